"""What the model sees of a text: hashed words, pairs of words and pieces of words."""

import re
import unicodedata
import zlib

BITS = 16
SIZE = 1 << BITS
_WORD = re.compile(r"[a-z0-9']+")
_PIECES = (4, 5, 6)
_OF_WORD, _OF_PAIR, _OF_PIECE = 1.0, 0.7, 0.4
# Long prompts say more beside the point: each word of theirs counts a little less.
_SHORT = 8
_LENGTH = 0.35


def features(text: str) -> dict[int, float]:
    """The value of each feature by its hash, 0 to SIZE; of features with one hash, the first's."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    share = max(1.0, len(words) / _SHORT) ** -_LENGTH
    found: dict[int, float] = {}
    before = ""
    for word in words:
        found.setdefault(_hash("w" + word), _OF_WORD * share)
        if before:
            found.setdefault(_hash(f"b{before} {word}"), _OF_PAIR * share)
        before = word
        ends = f"<{word}>"
        for length in _PIECES:
            for start in range(len(ends) - length + 1):
                found.setdefault(_hash(ends[start : start + length]), _OF_PIECE * share)
    return found


def _hash(name: str) -> int:
    return zlib.crc32(name.encode()) & (SIZE - 1)
