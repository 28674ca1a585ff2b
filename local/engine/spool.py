"""Lines on disk: what is too much to hold, between one pass over it and the next."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator


class Spool:
    """Lines of text, written first and read after; the file is gone when this is."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115

    def add(self, line: str) -> None:
        """A line without its end."""
        self._file.write(f"{line}\n")

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        for line in self._file:
            yield line[:-1]

    def close(self) -> None:
        """Forget them."""
        self._file.close()
