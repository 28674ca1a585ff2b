"""The compiled policy: each function reads its own part."""

import json
from pathlib import Path
from typing import Any

_COMPILED = Path(__file__).parents[1] / "compiled"


def policy_part(name: str) -> dict[str, Any]:
    """keywords, classifier, images or generation."""
    part: dict[str, Any] = json.loads((_COMPILED / f"{name}.json").read_text("utf-8"))
    return part
