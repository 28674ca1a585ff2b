"""What the model sees of a text: hashed words, pairs of words and pieces of words."""

import re
import unicodedata
import zlib

BITS = 16
SIZE = 1 << BITS
_WORD = re.compile(r"[a-z0-9']+")
_PIECES = (3, 4, 5)


def features(text: str) -> dict[int, float]:
    """The weight of every feature by its hash."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = _WORD.findall(plain)
    found: dict[int, float] = {}
    mask = SIZE - 1
    before = ""
    for word in words:
        found[zlib.crc32(b"w" + word.encode()) & mask] = 1.0
        if before:
            found[zlib.crc32(f"b{before} {word}".encode()) & mask] = 0.7
        before = word
        padded = f"<{word}>"
        for length in _PIECES:
            for start in range(len(padded) - length + 1):
                found.setdefault(zlib.crc32(padded[start : start + length].encode()) & mask, 0.4)
    share = max(1.0, len(words) / 8) ** -0.35
    return {at: value * share for at, value in found.items()}
