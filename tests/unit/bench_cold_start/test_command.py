"""What the command refuses before it measures."""

import sys
from pathlib import Path

import pytest

from bench.cold_start.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--keep", "--quick"], "--keep keeps all functions"),
        (["--keep", "--only", "store_images"], "--keep keeps all functions"),
        (["--only", "no_function"], "invalid choice"),
        (["--rounds", "0"], "--rounds"),
        (["--json", "no/such/folder/file.json"], "no file in a folder that is there"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.cold_start", *arguments])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert says in capsys.readouterr().err


def test_a_folder_without_powertools_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.cold_start", "--typical", str(tmp_path)])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "there is no Powertools in it" in capsys.readouterr().err
