"""Peers in child processes: what is absent says why, what answers is read."""

import sys
from pathlib import Path

import pytest

from bench.peers import running
from bench.peers.running import NOTES, Absent, Peer, available_peers

SHOUTING = """
import json, sys
print(json.dumps({"version": "1.0"}), flush=True)
for line in sys.stdin:
    flags = [text.isupper() for text in json.loads(line)["texts"]]
    print(json.dumps({"flags": flags, "cpu_seconds": 0.5}), flush=True)
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(running, "ENVIRONMENT", tmp_path)
    (tmp_path / "bin").mkdir()
    return tmp_path


def stand_in(environment: Path, program: str) -> None:
    (environment / "program.py").write_text(program, "utf-8")
    python = environment / "bin" / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} {environment / 'program.py'}\n", "utf-8")
    python.chmod(0o755)


def test_a_peer_answers_for_every_text(environment: Path) -> None:
    stand_in(environment, SHOUTING)

    with Peer("better-profanity") as peer:
        answer = peer.flags(["term"], ["QUIET", "loud\u2028", "\u0130"])

    assert (answer.flags, answer.cpu_seconds, answer.version) == ([True, False, True], 0.5, "1.0")


def test_a_peer_that_does_not_start_is_absent_with_its_error(environment: Path) -> None:
    stand_in(environment, "import no_such_package")

    with pytest.raises(Absent, match="ModuleNotFoundError: No module named 'no_such_package'"):
        Peer("better-profanity")


def test_without_their_environment_every_peer_is_absent_with_a_reason(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")

    here, absent = available_peers()

    assert not here
    assert absent == dict.fromkeys(NOTES, "no .venv-peers: `make peers` makes it") | {
        "obscenity": "node is not on PATH"
    }
