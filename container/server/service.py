"""The server's life: loads the model, is ready, paints, drains, ends."""

import enum
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from server.batching import Batcher, Stopping
from server.job import Job, Picture
from server.log import tell, where
from server.settings import Settings


class Model(Protocol):
    """What load() gives: see server.pipeline.Pipeline."""

    device: str
    dtype: str

    def warm_up(self) -> None:
        """Paints whatever makes the first request as fast as the next."""

    def paint(self, jobs: Sequence[Job]) -> list[Picture]:
        """A picture for each job."""


class State(enum.Enum):
    """Where the server is in its life."""

    LOADING = "loading"
    READY = "ready"
    STOPPING = "stopping"
    FAILED = "failed"


class Service:
    """One model and its queue; one thread loads it and paints."""

    def __init__(self, settings: Settings, load: Callable[[Settings], Model]) -> None:
        self.settings, self._load = settings, load
        self.state = State.LOADING
        self.batcher = Batcher(
            settings.max_batch, settings.batch_wait_seconds, settings.queue_images
        )
        self._ended = threading.Event()
        self._worker = threading.Thread(target=self._work, name="painter", daemon=True)

    def start(self) -> None:
        """Loads the model, beside whoever calls."""
        self._worker.start()

    def stop(self) -> None:
        """Has wait() return."""
        self._ended.set()

    def stop_on_signals(self) -> None:
        """SIGTERM, which SageMaker sends 30 s before it kills, and Ctrl-C."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())

    def wait(self) -> int:
        """Until there is a signal or a failure for good; the process's exit code. What is queued
        is painted first, for as long as settings.shutdown_seconds."""
        self._ended.wait()
        if self.state is State.FAILED:
            # SageMaker asks /ping every 5 s: it shall see the failure, not a closed port.
            time.sleep(self.settings.failure_seconds)
            return 1
        loading = self.state is State.LOADING
        self.state = State.STOPPING
        self.batcher.stop()
        if not loading:
            self._worker.join(self.settings.shutdown_seconds)
        self.batcher.abandon(Stopping())
        tell("stopped", drained=not self._worker.is_alive())
        return 0

    def _work(self) -> None:
        started = time.monotonic()
        try:
            model = self._load(self.settings)
            loaded = time.monotonic()
            model.warm_up()
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no model
            # No client has written anything yet: the message is safe to tell.
            return self._fail("load_failed", error, message=str(error))
        tell(
            "ready", device=model.device, dtype=model.dtype, max_batch=self.settings.max_batch,
            load_seconds=round(loaded - started, 2),
            warm_up_seconds=round(time.monotonic() - loaded, 2),
        )  # fmt: skip
        if self.state is State.LOADING:
            self.state = State.READY
        try:
            self.batcher.run(model.paint)
        except Exception as error:  # noqa: BLE001 - a new process may do better
            self._fail("painting_failed", error)
        return None

    def _fail(self, event: str, error: Exception, **facts: object) -> None:
        tell(event, error=type(error).__name__, where=where(error), **facts)
        self.state = State.FAILED
        self._ended.set()
