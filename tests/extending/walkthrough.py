"""A document's blocks of files and of differences, applied to a copy of the repository.

```LANGUAGE PATH is a whole file. ```diff PATH is a difference without line numbers: the lines that
stay or go must be found once, @@ divides places, and … stands for the rest of a line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """What the document says of one file."""

    language: str
    path: str
    text: str

    def apply(self, folder: Path) -> None:
        """Writes the file. Raises ValueError for a difference that does not fit it."""
        path = folder / self.path
        if self.language != "diff":
            if path.exists():
                raise ValueError(f"{self.path} is there already: show what differs")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.text, "utf-8")
            return
        if not path.exists():
            raise ValueError(f"{self.path} is not there")
        text = path.read_text("utf-8")
        for hunk in re.split(r"^@@\n", self.text, flags=re.MULTILINE):
            old, new = _sides(hunk)
            if text.count(old) != 1:
                raise ValueError(f"{self.path} holds {text.count(old)} times: {old}")
            text = text.replace(old, new)
        path.write_text(text, "utf-8")


def blocks_of(document: str) -> Iterator[Block]:
    """Those that name a file, in the document's order."""
    for language, path, text in _BLOCK.findall(document):
        yield Block(language, path, text)


def _sides(hunk: str) -> tuple[str, str]:
    lines = hunk.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    new = "".join(line[1:] for line in lines if line[0] in " +")
    if "…" in hunk:
        return old.strip("…\n"), new.strip("…\n")
    return old, new
