"""Pictures of the page for people to look at, with a page that shows them side by side."""

from __future__ import annotations

import html
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
    """A folder of pictures, emptied when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._views: dict[str, list[Path]] = {}

    @property
    def index(self) -> Path:
        """The page with all pictures."""
        return self._folder / "index.html"

    def place(self, view: str, look: str) -> Path:
        """The file for a picture of a view as it looks so."""
        if not self._views:
            self._folder.mkdir(parents=True, exist_ok=True)
            for old in self._folder.glob("*.png"):
                old.unlink()
        file = self._folder / f"{view}-{look}.png"
        self._views.setdefault(view, []).append(file)
        return file

    def close(self) -> bool:
        """Writes the index; False where there are no pictures."""
        if not self._views:
            return False
        parts = [_HEAD]
        for view, files in self._views.items():
            figures = "".join(map(_figure, files))
            parts.append(f"<h2>{html.escape(view)}</h2><section>{figures}</section>\n")
        self.index.write_text("".join(parts), "utf-8")
        return True


def _figure(file: Path) -> str:
    name = html.escape(file.stem)
    image = f'<a href="{file.name}"><img src="{file.name}" alt="{name}"></a>'
    return f"<figure><figcaption>{name}</figcaption>{image}</figure>"
