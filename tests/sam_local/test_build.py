"""What `sam build` puts into the artefacts, and what it leaves out; and the lint."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from sam_local.sam import ROOT, RUNTIME, TEMPLATE, sam

pytestmark = [pytest.mark.sam_local, pytest.mark.timeout(300)]
FUNCTIONS = [n for n, r in TEMPLATE["Resources"].items() if r["Type"].endswith("::Function")]
LAYER = "PillowLayer"
# Our own code is all that ships: the runtime brings boto3, and nothing else is imported.
OWN = {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}
MOST_OWN_BYTES = 350_000
# Unpacked, AWS takes 250 MB of a function and its layers together.
MOST_LAYER_BYTES = 10_000_000


def test_the_template_is_valid() -> None:
    ran = sam("validate", "--lint")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_s_artefact_is_our_code_alone(function: str, built: Path) -> None:
    folder = built / function
    assert {path.name for path in folder.iterdir()} == OWN
    assert not [
        path for path in folder.rglob("*") if path.suffix not in {"", ".py", ".json", ".txt"}
    ]
    assert len(zipped(folder)) <= MOST_OWN_BYTES


def test_the_layer_holds_pillow_for_the_runtime_and_the_architecture(built: Path) -> None:
    folder = built / LAYER
    version = RUNTIME.removeprefix("python").replace(".", "")
    pillow = folder / "python/PIL"
    assert (pillow / f"_imaging.cpython-{version}-x86_64-linux-gnu.so").exists()
    assert len(zipped(folder)) <= MOST_LAYER_BYTES


def zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return content.getvalue()
