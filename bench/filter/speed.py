"""CPU time per call beside an exact token-set pass and glin-profanity, over lists and lengths.

Texts are clean running English; no text is judged twice, but its words come again. Since a filter
may remember words, ours is also timed on texts in which one word in twenty is new, as names are
in prompts. The filters take turns; a figure is the median of the turns.
"""

import itertools
import random
import statistics
import string
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.filter.families import VOCABULARY
from bench.filter.ours import OurFilter, compiled
from bench.peers.running import Peer

LIST_SIZES = (50, 5_000, 50_000)
# Characters; a token of CLIP's is about 5.3 of them in prompts.
LENGTHS = {"20 tokens": 107, "77 tokens": 406, "1,000 characters": 1_000, "4,000 characters": 4_000}
OURS, OURS_ON_NEW_WORDS = "ours", "ours, 5 % new words"
TOKENS, BARE_TOKENS = "token set", "token set, split at spaces only"
GLIN = "glin-profanity"
_PHRASES = 0.27
_NEW_WORDS = 0.05
_BATCH_CHARACTERS = 80_000
_PEER_BATCH_CHARACTERS = 4_000


@dataclass(frozen=True)
class Timing:
    """Microseconds of CPU per call: the median of the turns, and the quarters around it."""

    filter: str
    terms: int
    length: str
    low: float
    median: float
    high: float


def synthetic_terms(count: int) -> list[str]:
    """Words that can be pronounced and are no English, and phrases of two of them."""
    source = random.Random(f"terms {count}")
    english = set(_sentences().lower().replace(",", "").replace(".", "").split())
    terms: dict[str, None] = {}
    while len(terms) < count:
        words = [invented_word(source) for _ in range(2 if source.random() < _PHRASES else 1)]
        if english.isdisjoint(words):
            terms.setdefault(" ".join(words))
    return list(terms)


def invented_word(source: random.Random) -> str:
    """Of two to four syllables."""
    return "".join(
        source.choice("bcdfghjklmnprstvwyz")
        + source.choice("aeiou")
        + source.choice(["", "", "n", "r", "l", "s", "x"])
        for _ in range(source.choice([2, 3, 3, 4]))
    )


def _sentences() -> str:
    return (VOCABULARY / "english.txt").read_text("utf-8")


class Texts:
    """Clean texts without end, every one different."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._sentences = _sentences().splitlines()

    def of(self, length: int, new_words: float = 0) -> str:
        """A text of at most so many characters, whole words; that share of them invented."""
        words: list[str] = []
        while sum(map(len, words)) + len(words) < length + 20:
            words += self._random.choice(self._sentences).split()
        for place in range(len(words)):
            if self._random.random() < new_words:
                words[place] = f"{invented_word(self._random)}{invented_word(self._random)}"
        return " ".join(words)[: length + 1].rsplit(" ", 1)[0]


def timings(turns: int, peers: bool, tell: Callable[[str], None]) -> list[Timing]:
    """Every filter on every list and length; glin-profanity, when it is there, on fewer texts."""
    found: list[Timing] = []
    texts = Texts("speed")
    for size in LIST_SIZES:
        terms = synthetic_terms(size)
        ours = OurFilter(compiled(terms)).flags
        filters = {OURS: ours, OURS_ON_NEW_WORDS: ours, **_token_sets(terms)}
        for length, characters in LENGTHS.items():
            tell(f"{size:,} terms, {length}")
            spent: dict[str, list[float]] = {name: [] for name in filters}
            for _, (name, flags) in itertools.product(range(turns), filters.items()):
                new_words = _NEW_WORDS if name == OURS_ON_NEW_WORDS else 0
                count = _BATCH_CHARACTERS // characters
                batch = [texts.of(characters, new_words) for _ in range(count)]
                spent[name].append(_microseconds(flags, batch))
            found += [_timing(name, size, length, times) for name, times in spent.items()]
        if peers:
            found += _peer_timings(terms, texts, turns, tell)
    return found


def _token_sets(terms: list[str]) -> dict[str, Callable[[str], bool]]:
    """What looking whole words up costs at least; phrases left out."""
    no_words = frozenset(terms).isdisjoint
    punctuation = str.maketrans(dict.fromkeys(string.punctuation, " "))
    return {
        TOKENS: lambda text: not no_words(text.lower().translate(punctuation).split()),
        BARE_TOKENS: lambda text: not no_words(text.lower().split()),
    }


def _peer_timings(
    terms: list[str], texts: Texts, turns: int, tell: Callable[[str], None]
) -> Iterable[Timing]:
    with Peer(GLIN) as peer:
        for length, characters in LENGTHS.items():
            tell(f"{len(terms):,} terms, {length}, {GLIN}")
            times = []
            for _ in range(min(turns, 5)):
                count = max(1, _PEER_BATCH_CHARACTERS // characters // (len(terms) // 5_000 or 1))
                batch = [texts.of(characters) for _ in range(count)]
                times.append(peer.flags(terms, batch).cpu_seconds / count * 1e6)
            yield _timing(GLIN, len(terms), length, times)


def _microseconds(flags: Callable[[str], bool], batch: list[str]) -> float:
    started = time.process_time()
    for text in batch:
        flags(text)
    return (time.process_time() - started) / len(batch) * 1e6


def _timing(name: str, terms: int, length: str, times: list[float]) -> Timing:
    low, _, high = statistics.quantiles(times, n=4)
    return Timing(name, terms, length, low, statistics.median(times), high)
