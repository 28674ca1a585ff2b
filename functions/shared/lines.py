"""Lines of a stream of bytes: never more of it in memory than a line may have, and a block."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line begins: its first byte's offset in the file, and its number, from 1."""

    offset: int = 0
    line: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; `content` is None if it is longer than its reader accepts."""

    place: Place
    content: bytes | None
    following: Place


class Window:
    """A stream's bytes from a place on: `data` from `at`, as many as were asked for."""

    def __init__(self, blocks: Iterable[bytes], place: Place) -> None:
        self._blocks = iter(blocks)
        self.data, self.at, self.place = b"", 0, place

    def fill(self, least: int) -> bool:
        """Has at least so many bytes in `data` from `at` on, or all that follow; False if none."""
        if len(self.data) - self.at < least:
            parts, size = [self.data[self.at :]], len(self.data) - self.at
            while size < least and (block := next(self._blocks, b"")):
                parts.append(block)
                size += len(block)
            self.data, self.at = b"".join(parts), 0
        return self.at < len(self.data)

    def take(self, size: int, lines: int) -> Place:
        """Goes on by so many bytes and line ends of `data`; returns the place that follows."""
        self.at += size
        self.place = Place(self.place.offset + size, self.place.line + lines)
        return self.place

    def skip_line(self) -> Place:
        """Goes on behind the next line end, however far it is; returns the place that follows."""
        while self.fill(1):
            end = self.data.find(b"\n", self.at)
            if end >= 0:
                return self.take(end + 1 - self.at, 1)
            self.take(len(self.data) - self.at, 0)
        return self.place


def lines(window: Window, most: int) -> Iterator[Line]:
    """The lines that follow, of at most so many bytes each; LF or CRLF ends one, or the stream."""
    while window.fill(most + 2):
        place, at = window.place, window.at
        end = window.data.find(b"\n", at, at + most + 2)
        ended = end >= 0
        if not ended:
            end = len(window.data)
        content = window.data[at:end].removesuffix(b"\r") if end - at <= most + 1 else None
        if content is None or len(content) > most:
            yield Line(place, None, window.skip_line())
        else:
            yield Line(place, content, window.take(end + ended - at, int(ended)))
