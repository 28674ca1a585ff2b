"""Asks a peer, in a child process, which texts it flags.

`make peers` makes their environment, .venv-peers. What cannot be started there is reported with
the reason, by available_peers() and as Absent.
"""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-peers"

# What a reader of a comparison must know of each.
NOTES = {
    "alt-profanity-check": "a linear model; it takes no term list, its own training decides",
    "better-profanity": "variants of every term made beforehand",
    "glin-profanity": "detect_leetspeak on; its own English list is always added to ours",
    "glin-profanity strict": "leetspeak_level aggressive, obfuscation strict; list as above",
    "obscenity": "English transformers; terms with doubled letters collapsed, as it asks for",
}


class Absent(Exception):
    """A peer that cannot be asked here; the text says why."""


@dataclass(frozen=True)
class Answer:
    """One flag per text; CPU seconds of the checks alone; the peer's version."""

    flags: list[bool]
    cpu_seconds: float
    version: str


class Peer:
    """One peer, running until it is closed. Raises Absent when it does not start.

    With terms None it uses its own list. alt-profanity-check ignores terms.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        command, path = _command(name)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process: Any = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={"PATH": path, "NODE_PATH": str(ENVIRONMENT / "npm" / "node_modules")},
            text=True,
            encoding="utf-8",
        )
        self.version: str = self._read()["version"]

    def flags(self, terms: list[str] | None, texts: list[str]) -> Answer:
        """What the peer says of each text, given the terms."""
        try:
            # ASCII only: lone surrogates survive it, and no line separator is left inside.
            print(
                json.dumps({"terms": terms, "texts": texts}), file=self._process.stdin, flush=True
            )
        except BrokenPipeError:
            raise Absent(self._last_words()) from None
        answer = self._read()
        return Answer(answer["flags"], answer["cpu_seconds"], self.version)

    def close(self) -> None:
        """Ends the child process."""
        self._process.communicate()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise Absent(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        self._process.communicate()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        self._errors.close()
        errors = [line.strip() for line in lines if "Error" in line]
        return errors[-1] if errors else f"ended with {self._process.returncode}"


def available_peers() -> tuple[list[str], dict[str, str]]:
    """Names of the peers that start here; and of the others the reason."""
    here, absent = [], {}
    for name in NOTES:
        try:
            Peer(name).close()
            here.append(name)
        except Absent as reason:
            absent[name] = str(reason)
    return here, absent


def _command(name: str) -> tuple[list[str], str]:
    folder = Path(__file__).parent
    if name == "obscenity":
        node = shutil.which("node")
        if not node:
            raise Absent("node is not on PATH")
        return [node, str(folder / "obscenity_worker.js")], str(Path(node).parent)
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise Absent("no .venv-peers: `make peers` makes it")
    return [str(python), "-B", str(folder / "python_worker.py"), name], str(python.parent)
