"""The demo's data sets: drawn by the painter into a folder, and what each file must be found to be.

The layout is JumpStart's for DreamBooth: pictures, dataset_info.json, class_data_dir/.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from local.ai.marker import Marker
from local.ai.painting.painter import paint, paint_unsafe

_SIZE = (384, 384)
_TINY = (48, 48)
_CLASS_DIR = "class_data_dir"


@dataclass(frozen=True)
class Drawn:
    """A folder with a data set, and how many of its files must get which verdict."""

    folder: Path
    expected: dict[str, int]


def draw_lighthouses(folder: Path) -> Drawn:
    """A set with everything that can be wrong with a picture, and prompts that nothing is with."""
    clean = {f"{number:02}.{suffix}": _clean(number, suffix) for number, suffix in _named(8)}
    flagged = {
        "20.png": _unsafe("Graphic Violence", 96, "png"),
        "21.jpg": _unsafe("Weapons", 94, "jpg"),
        f"{_CLASS_DIR}/22.png": _unsafe("Explicit Nudity", 97, "png"),
    }
    clean |= {f"{_CLASS_DIR}/{number}.png": _clean(number, "png") for number in range(30, 34)}
    # Rekognition reads neither: a copy is judged, and a warning says so.
    clean |= {
        "35.jpg": _encoded(_painting(35), "gif"),
        "36.png": _encoded(_painting(36).resize(_TINY), "png"),
    }
    unusable = {
        "40.png": _clean(40, "png")[:2000],
        "41.webp": _encoded(_painting(41), "webp"),
        "notes.txt": b"the last two were taken in winter\n",
    }
    verdicts = Counter(clean=len(clean), flagged=len(flagged), unusable=len(unusable))
    prompts = {
        "instance_prompt": "a photo of a zxw lighthouse",
        "class_prompt": "a photo of a lighthouse",
    }
    return _write(folder, clean | flagged | unusable, prompts, dict(verdicts))


def draw_flagged_prompt(folder: Path) -> Drawn:
    """Clean pictures that are to teach what the policy refuses."""
    clean = {f"{number:02}.{suffix}": _clean(number, suffix) for number, suffix in _named(3)}
    prompts = {"instance_prompt": "a photo of a nude zxw model"}
    return _write(folder, clean, prompts, {"clean": len(clean)})


def _named(count: int) -> list[tuple[int, str]]:
    return [(number, ("png", "jpg", "jpeg")[number % 3]) for number in range(1, count + 1)]


def _painting(seed: int) -> Image.Image:
    return paint("a lighthouse by the sea", "", seed, _SIZE)


def _clean(seed: int, suffix: str) -> bytes:
    return _encoded(_painting(seed), suffix)


def _unsafe(label: str, confidence: float, suffix: str) -> bytes:
    return _encoded(paint_unsafe(Marker(((label, confidence),)), 7, _SIZE), suffix)


def _encoded(picture: Image.Image, suffix: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, "jpeg" if suffix in ("jpg", "jpeg") else suffix, quality=92)
    return out.getvalue()


def _write(
    folder: Path, files: dict[str, bytes], prompts: dict[str, str], expected: dict[str, int]
) -> Drawn:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "dataset_info.json").write_text(json.dumps(prompts, indent=1) + "\n", "utf-8")
    return Drawn(folder, expected)
