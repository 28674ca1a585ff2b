"""The note that `safelight local` leaves, so that other commands find what it runs."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

from local.stack import ROOT

# Another folder is for a second instance beside the first.
STATE = Path(os.environ.get("SAFELIGHT_STATE") or ROOT / ".safelight")
_NOTE = STATE / "local.json"


@dataclass(frozen=True)
class Instance:
    """A running local stack. `pid` is the process whose end is its end, `page` the page's URL."""

    pid: int
    endpoint: str
    stand_ins: str
    page: str
    stack: str
    outputs: dict[str, str]


def write(instance: Instance) -> Path:
    """Leave the note."""
    _NOTE.parent.mkdir(parents=True, exist_ok=True)
    _NOTE.write_text(json.dumps(asdict(instance), indent=2) + "\n", "utf-8")
    return _NOTE


def remove(pid: int) -> None:
    """Take the note away, if it is this process's own."""
    instance = _noted()
    if instance is not None and instance.pid == pid:
        _NOTE.unlink(missing_ok=True)


def find() -> Instance | None:
    """The instance that runs, or None. A note whose instance is gone is removed."""
    instance = _noted()
    if instance is None or (_alive(instance.pid) and _answers(instance.endpoint)):
        return instance
    _NOTE.unlink(missing_ok=True)
    return None


def _noted() -> Instance | None:
    try:
        return Instance(**json.loads(_NOTE.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=3) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
