"""Running English that no term is hidden in: how many lines are flagged all the same."""

import gzip
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.filter.families import terms_of
from bench.filter.ours import OurFilter, compiled
from bench.filter.speed import synthetic_terms

# Debian's documentation and the like; on other systems there may be none.
FOLDER = Path("/usr/share/doc")
_NAMES = re.compile(
    r"README|NEWS|changelog|copyright|FAQ|HOWTO|AUTHORS|TODO|\.(txt|md|rst|pod)(\.gz)?$", re.I
)
_PACKED = ".gz"
_WORD = re.compile(r"[\"'(]?[A-Za-z]+(?:['-][A-Za-z]+)?[.,;:!?\"')]*")
_LETTERS = re.compile(r"[a-z]+")
PROSE, OTHER = "prose", "code, logs, lists"


@dataclass(frozen=True)
class Running:
    """Flagged lines, none of which spells a term out, among so many lines and words of a kind.

    disguises counts what the filter took each of their first matches for.
    """

    kind: str
    lines: int
    words: int
    flagged: list[str]
    disguises: dict[str, int]

    @property
    def per_million(self) -> float:
        """Flagged lines in a million words."""
        return 1e6 * len(self.flagged) / self.words if self.words else 0.0


def running_english(paths: list[Path], most_words: int) -> list[Running]:
    """Of the files, or of those that the machine has: prose, and code, logs and lists apart.

    The lists are 5,000 synthetic terms and those of both halves. A line that spells a term out is
    rightly flagged and not counted. A line that comes again, as licences do, counts once.
    """
    terms = [*synthetic_terms(5_000), *terms_of("dev"), *terms_of("held_out")]
    ours = OurFilter(compiled(terms))
    lines: Counter[str] = Counter()
    words: Counter[str] = Counter()
    flagged: dict[str, list[str]] = {PROSE: [], OTHER: []}
    disguises: dict[str, Counter[str]] = {kind: Counter() for kind in flagged}
    seen: set[str] = set()
    for line in itertools.chain.from_iterable(map(_lines, _files(paths))):
        if line in seen or not line.strip():
            continue
        seen.add(line)
        kind = PROSE if _is_prose(line) else OTHER
        lines[kind] += 1
        words[kind] += len(line.split())
        found = [match for match in ours.found(line) if not _spells_out(line, match.term)]
        if found:
            flagged[kind].append(line)
            disguises[kind][found[0].disguise] += 1
        if words.total() >= most_words:
            break
    return [
        Running(kind, lines[kind], words[kind], flagged[kind], dict(disguises[kind].most_common()))
        for kind in flagged
    ]


def _is_prose(line: str) -> bool:
    words = line.split()
    plain = sum(_WORD.fullmatch(word) is not None for word in words)
    return len(words) >= 6 and plain >= 0.9 * len(words)


def _spells_out(line: str, term: str) -> bool:
    """Whether the term stands there as itself, or with an ending of grammar."""
    plain = " ".join(_LETTERS.findall(line.lower()))
    return bool(re.search(rf"\b{term.removesuffix('e')}(e?|e?s|e?d|e?rs?|ings?)\b", plain))


def _files(paths: list[Path]) -> Iterator[Path]:
    found = sorted(
        path
        for folder in paths or [FOLDER]
        for path in ([folder] if folder.is_file() else folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and (path in paths or _NAMES.search(path.name))
    )
    # In any order, so that one package's many files are not all that is read.
    random.Random("files").shuffle(found)
    return iter(found)


def _lines(path: Path) -> list[str]:
    """What is not English text in UTF-8 is left out."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == _PACKED else path.read_bytes()
        return data.decode("utf-8").splitlines()
    except (OSError, EOFError, UnicodeDecodeError):
        return []
