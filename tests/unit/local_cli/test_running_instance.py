"""The note that a running local stack leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import running_instance
from local.running_instance import Instance


@pytest.fixture(autouse=True)
def note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "state" / "local.json"
    monkeypatch.setattr(running_instance, "_NOTE", path)
    return path


def instance(pid: int) -> Instance:
    here = "http://127.0.0.1:9"
    return Instance(pid, here, here, f"{here}/", "safelight", {"A": "b"})


def test_what_is_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_instance, "_answers", lambda endpoint: True)
    running_instance.write(instance(os.getpid()))
    assert running_instance.find() == instance(os.getpid())


def test_the_note_of_a_process_that_is_gone_is_removed(note: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    running_instance.write(instance(gone.pid))
    assert running_instance.find() is None
    assert not note.exists()


def test_the_note_of_an_engine_that_does_not_answer_is_removed(note: Path) -> None:
    running_instance.write(instance(os.getpid()))
    assert running_instance.find() is None
    assert not note.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_a_note_that_cannot_be_read_is_no_instance(note: Path, content: str) -> None:
    note.parent.mkdir()
    note.write_text(content)
    assert running_instance.find() is None


def test_nobody_removes_the_note_of_another(note: Path) -> None:
    running_instance.write(instance(os.getpid()))
    running_instance.remove(os.getpid() + 1)
    assert note.exists()
    running_instance.remove(os.getpid())
    assert not note.exists()
