"""`make picture`: writes the pictures of docs/images, or with --check says which are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.picture import system, workflow
from local.picture.machine import Machine
from local.picture.stack import Stack

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"


def pictures() -> dict[str, str]:
    """Every picture's SVG, by its file's name."""
    stack = Stack(ROOT / "template.yaml")
    made = {
        path.name.replace(".asl.json", ".svg"): workflow.picture(
            Machine.read(path, name), stack.parts[name].starts
        )
        for name, path in stack.definitions.items()
    }
    return {**made, "system.svg": system.picture(stack)}


def stale(made: dict[str, str]) -> list[str]:
    """The files that are not there or say something else."""
    return [
        name
        for name, svg in made.items()
        if not (IMAGES / name).exists() or (IMAGES / name).read_text("utf-8") != svg
    ]


def main(arguments: list[str] | None = None) -> int:
    """0 where all is written or up to date, 1 where --check finds something stale."""
    parser = argparse.ArgumentParser(
        prog="python -m local.picture",
        description="Draws docs/images/*.svg from statemachine/*.asl.json and template.yaml.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if one is stale")
    check = parser.parse_args(arguments).check
    try:
        made = pictures()
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    old = stale(made)
    for name in old:
        if not check:
            (IMAGES / name).write_text(made[name], "utf-8")
        print(f"docs/images/{name} {'is stale: make picture' if check else 'is written'}")
    if not old:
        print("The pictures are up to date.")
    return 1 if check and old else 0


if __name__ == "__main__":
    sys.exit(main())
