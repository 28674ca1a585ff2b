"""A module of the command line stands on its own: pytest finds the functions, a user's Python does
not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from wiring.system import ROOT

_PACKAGES = "|".join(sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir()))
_USES = re.compile(rf"^(?:from|import) (?:{_PACKAGES})\b", re.MULTILINE)


def using_functions() -> list[str]:
    files = sorted((ROOT / "local").rglob("*.py"))
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in files
        if _USES.search(file.read_text("utf-8"))
    ]


@pytest.mark.parametrize("module", using_functions())
def test_it_can_be_imported_alone(module: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", f"import {module}"]
    ran = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
