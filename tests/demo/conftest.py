"""The command as a user runs it: a process of its own, with a state folder of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

SAFELIGHT = str(Path(sys.executable).with_name("safelight"))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No credentials, no stack but the one that the test makes, and no environment activated."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    folders = os.environ["PATH"].split(os.pathsep)
    elsewhere = [folder for folder in folders if Path(folder) != Path(SAFELIGHT).parent]
    state = str(tmp_path / "state")
    return {**kept, "PATH": os.pathsep.join(elsewhere), "SAFELIGHT_STATE": state}
