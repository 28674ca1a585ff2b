"""Peers that are there are asked; of the others the report says why they were not."""

from types import SimpleNamespace

import pytest
from rich.console import Console

from bench.evaluate import panel
from bench.evaluate.panel import Panel
from bench.evaluate.progress import Steps
from bench.peers.running import Absent


class FakePeer:
    """Flags every text of more than three letters that is no term."""

    asked = 0
    version = "2.0"

    def __init__(self, name: str) -> None:
        type(self).asked += 1
        if name == "gone":
            raise Absent("not installed")

    def __enter__(self) -> "FakePeer":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def flags(self, terms: list[str] | None, texts: list[str]) -> SimpleNamespace:
        return SimpleNamespace(
            flags=[len(text) > 3 and text not in (terms or []) for text in texts]
        )


def test_who_is_absent_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "Peer", FakePeer)
    steps, peers = Steps(Console(quiet=True)), Panel(("here", "gone"))
    assert peers.flags(steps, "words", ["ox", "wombat"]) == {"here": [False, True]}
    assert peers.flags(steps, "words", ["wombat"], ["wombat"]) == {"here": [False]}
    assert (peers.versions, peers.absent) == ({"here": "2.0"}, {"gone": "not installed"})
    assert FakePeer.asked == 3
