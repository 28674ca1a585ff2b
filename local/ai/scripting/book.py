"""The scripts that are in force: which step is next for a prompt or a picture."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.ai.wire import Json

Parser = Callable[[object], Any]
SERVICES_OF = {
    "prompt": ("generation", "comprehend", "language", "guardrail"),
    "key": ("rekognition", "detect_text"),
}


@dataclass
class _Script:
    needle: str
    steps: dict[str, list[Any]] = field(default_factory=dict)

    def take(self, service: str) -> Any:
        steps = self.steps[service]
        return steps.pop(0) if len(steps) > 1 else steps[0]


class ScriptBook:
    """Each service's steps are taken one per call; the last one repeats. Of the scripts that
    match, the one told last decides."""

    def __init__(self, parsers: dict[str, Parser]) -> None:
        self._parsers = parsers
        self._lock = threading.Lock()
        self._scripts: list[_Script] = []

    def add(self, told: Json) -> None:
        """`told` holds "prompt" or "key" (a part of it is enough, case does not matter) and
        lists of steps by service; ValueError for anything else."""
        kinds = SERVICES_OF.keys() & told.keys()
        if len(kinds) != 1:
            raise ValueError('a script is for a "prompt" or for a "key"')
        kind = kinds.pop()
        needle, services = told[kind], told.keys() - {kind}
        if not isinstance(needle, str) or not needle:
            raise ValueError(f"{kind} is a text of at least one character")
        if not services or not services <= set(SERVICES_OF[kind]):
            raise ValueError(f"a script for a {kind} has steps for {SERVICES_OF[kind]}")
        script = _Script(needle.casefold())
        for service in services:
            script.steps[service] = self._parsed(service, told[service])
        with self._lock:
            self._scripts.insert(0, script)

    def _parsed(self, service: str, steps: object) -> list[Any]:
        if not isinstance(steps, list) or not steps:
            raise ValueError(f"{service} is a list of at least one step")
        return [self._parsers[service](step) for step in steps]

    def clear(self) -> None:
        with self._lock:
            self._scripts.clear()

    def next(self, service: str, subject: str) -> Any:
        """The next parsed step for this prompt or key; None where nothing was told."""
        subject = subject.casefold()
        with self._lock:
            for script in self._scripts:
                if service in script.steps and script.needle in subject:
                    return script.take(service)
        return None
