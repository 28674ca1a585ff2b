"""Sends the requests, so many at a time, and hears of their ends and of their results."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.soak.plan import Submission, name_in
from bench.soak.system import Listener, System
from bench.soak.weight import Weighing

# A request whose end is not heard of gives up its place; the account finds out what became of it.
_PATIENCE_SECONDS = 300.0
_LISTEN_SECONDS = 1
Json = dict[str, Any]


@dataclass
class Load:
    """What was sent and heard. `seconds` from the first submission to the last heard end."""

    events: list[Json] = field(default_factory=list)
    round_trips: dict[str, float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Sender:
    """Keeps `concurrency` requests under way until all are sent."""

    def __init__(self, system: System, progress: Callable[[int], None]) -> None:
        self._system, self._progress = system, progress
        self.load = Load()
        self._ended: dict[str, threading.Event] = {}
        self._listeners = [Listener(self._hear_end), Listener(self._hear_result)]

    def send_all(self, planned: list[Submission], concurrency: int, weighing: Weighing) -> Load:
        """Send and wait for the ends; the results are listened to until stop()."""
        self._ended = {submission.name: threading.Event() for submission in planned}
        for listener in self._listeners:
            listener.start()
        started = time.monotonic()
        with weighing, ThreadPoolExecutor(concurrency) as pool:
            list(pool.map(self._one, planned))
        self.load.seconds = time.monotonic() - started
        return self.load

    def stop(self) -> None:
        """Hear no more."""
        for listener in self._listeners:
            listener.stop()

    def _one(self, submission: Submission) -> None:
        started = time.monotonic()
        try:
            self._system.send(submission)
        except Exception as error:  # noqa: BLE001 - what could not be sent is not lost: it is told
            self.load.refused[submission.name] = type(error).__name__
        else:
            if self._ended[submission.name].wait(_PATIENCE_SECONDS):
                self.load.round_trips[submission.name] = time.monotonic() - started
        self._progress(1)

    def _hear_end(self) -> None:
        for end in self._system.ends.receive(_LISTEN_SECONDS):
            name = name_in(end["name"], end.get("input") or "")
            if name in self._ended:
                self._ended[name].set()

    def _hear_result(self) -> None:
        self.load.events += self._system.results.receive(_LISTEN_SECONDS)
