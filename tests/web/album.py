"""Pictures of the page for people to look at, with a page that shows them side by side."""

from __future__ import annotations

import html
from itertools import groupby
from pathlib import Path

_HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Screenshots of the page</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem; background: #888; }
section { display: flex; gap: 1rem; overflow-x: auto; align-items: start; }
figure { margin: 0; flex: none; } img { display: block; max-height: 48rem; border: 1px solid #333; }
</style>
"""


class Album:
    """A folder of pictures. New ones take the place of those of earlier runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.index = folder / "index.html"

    def place(self, view: str, look: str) -> Path:
        """The file for a picture of a view as it looks so."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{view}.{look}.png"

    def close(self) -> bool:
        """Writes the index; False where there are no pictures."""
        files = sorted(self._folder.glob("*.png"))
        if not files:
            return False
        rows = (
            f"<h2>{html.escape(view)}</h2><section>{''.join(map(_figure, looks))}</section>\n"
            for view, looks in groupby(files, lambda file: file.name.partition(".")[0])
        )
        self.index.write_text(_HEAD + "".join(rows), "utf-8")
        return True


def _figure(file: Path) -> str:
    name = html.escape(file.stem)
    image = f'<a href="{file.name}"><img src="{file.name}" alt="{name}" loading="lazy"></a>'
    return f"<figure><figcaption>{name}</figcaption>{image}</figure>"
