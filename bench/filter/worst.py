"""The slowest inputs: shapes made to be slow and random ones, at one length and as they grow.

The filter learns harmless words as it goes, so every figure is of lists that were prepared anew;
tables that are made once are there before.
"""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from string import ascii_lowercase

from bench.filter.families import terms_of
from bench.filter.ours import OurFilter, compiled
from bench.filter.speed import invented_word, synthetic_terms

LENGTH = 4_000
GROWTH = (1_000, 2_000, 4_000, 8_000)
_REPEATS = 3
_SEEDS = 8
Shape = Callable[[int, random.Random, list[str]], str]


@dataclass(frozen=True)
class Slowest:
    """Milliseconds of CPU for one call on an input of LENGTH characters."""

    shape: str
    milliseconds: float


@dataclass(frozen=True)
class Growth:
    """How many times longer a call takes when the input is twice as long: the worst doubling."""

    shape: str
    ratio: float
    milliseconds: tuple[float, ...]


def _repeated(unit: str) -> Shape:
    return lambda length, *_: (unit * (length // len(unit) + 1))[:length]


def _joined(unit: Callable[[random.Random, list[str]], str], between: str = " ") -> Shape:
    def text(length: int, source: random.Random, terms: list[str]) -> str:
        units: list[str] = []
        size = 0
        while size < length:
            units.append(unit(source, terms))
            size += len(units[-1]) + len(between)
        return between.join(units)[:length]

    return text


def _choices(alphabet: str, length: int) -> Callable[[random.Random, list[str]], str]:
    return lambda source, _: "".join(source.choices(alphabet, k=length))


def _start_of_term(source: random.Random, terms: list[str]) -> str:
    return source.choice(terms)[:4]


def _all_but_last(source: random.Random, terms: list[str]) -> str:
    return source.choice(terms)[:-1]


def _first_of_phrase(source: random.Random, terms: list[str]) -> str:
    return source.choice([term for term in terms[:200] if " " in term]).split()[0]


def _masked_term(source: random.Random, terms: list[str]) -> str:
    term = source.choice(terms).replace(" ", "")
    return term[0] + "*" * (len(term) - 2) + source.choice(ascii_lowercase)


def _stretched_start(source: random.Random, terms: list[str]) -> str:
    return "".join(letter * 9 for letter in source.choice(terms)[:4])


def _leet_start(source: random.Random, terms: list[str]) -> str:
    return source.choice(terms)[:5].translate(str.maketrans("aeiost", "4310$7"))


SHAPES: dict[str, Shape] = {
    "one letter": _repeated("a"),
    "two letters in turn": _repeated("ab"),
    "the alphabet apart": _repeated(" ".join(ascii_lowercase) + " "),
    "single letters": _joined(_choices("aeioustrnl", 1)),
    "pairs of letters": _joined(_choices("aeioustrnl", 2)),
    "three letters": _joined(_choices("aeioustrnl", 3)),
    "starts of terms": _joined(_start_of_term),
    "starts of terms, hyphens": _joined(_start_of_term, "-"),
    "starts of terms, nothing between": _joined(_start_of_term, ""),
    "terms but the last letter": _joined(_all_but_last),
    "terms but the last letter, one word": _joined(_all_but_last, ""),
    "first words of phrases": _joined(_first_of_phrase),
    "letters of terms apart": _joined(lambda *given: " ".join(_all_but_last(*given))),
    "letters of terms, dots": _joined(lambda *given: ".".join(_all_but_last(*given)), "."),
    "masked terms": _joined(_masked_term),
    "stretched starts": _joined(_stretched_start),
    "leet starts": _joined(_leet_start),
    "leet starts, one word": _joined(_leet_start, ""),
    "a1": _repeated("a1"),
    "digits": _repeated("1234567890"),
    "leet soup": _joined(_choices("4@3!1|0$5+7", 1), ""),
    "leet soup and letters": _joined(_choices("a4@e3i1!o0s5$t7", 6)),
    "ambiguous 1 and |": _repeated("1|!l"),
    "parts of letters": _repeated("|\\/|()|<|_"),
    "stars": _repeated("*"),
    "letter and star": _repeated("a*"),
    "masked tokens": _joined(lambda source, _: f"{source.choice('abc')}***{source.choice('xyz')}"),
    "triples": _joined(lambda source, _: source.choice("abcdefgh") * 3),
    "long runs": _repeated("k" + "i" * 60 + "l" * 30),
    "double letters": _repeated("aabbccddee"),
    "camel": _repeated("aB"),
    "camel words": _joined(lambda source, _: invented_word(source).title(), ""),
    "capital I": _repeated("kIIIl "),
    "tags": _repeated("<b>"),
    "open tags": _repeated("<"),
    "open tags and letters": _repeated("<a"),
    "open comments": _repeated("<!--"),
    "ampersands": _repeated("&"),
    "entities": _repeated("&#107;"),
    "entities without end": _repeated("&#1"),
    "ampersand entities": _repeated("&amp;"),
    "percent codes": _repeated("%6b"),
    "percents": _repeated("%25"),
    "zero width": _repeated("a\u200b"),
    "zero width only": _repeated("\u200b"),
    "combining": lambda length, *_: "a" + "\u0301" * (length - 1),
    "combining of many classes": lambda length, *_: (
        "a" + ("\u0316\u0301\u0327" * length)[: length - 1]
    ),
    "zalgo": _repeated("k" + "\u0336" * 9),
    "Cyrillic": _repeated("абвгд "),
    "Cyrillic look-alikes": _repeated("асеорху "),
    "Chinese": _repeated("漢字"),
    "emoji": _repeated("🔥"),
    "flags": _repeated("🇦🇧🇨"),
    "enclosed": _repeated("🅰🅱"),
    "long decompositions": _repeated("\ufdfa"),
    "other decompositions": _repeated("㌀ﬃ㏂"),
    "Hangul": _repeated("각힣"),
    "Arabic": _repeated("مرحبا "),
    "weights": _repeated("(a:1.3) "),
    "open brackets": _repeated("("),
    "nested brackets": lambda length, *_: "(" * (length // 2) + ")" * (length // 2),
    "nested weights": lambda length, *_: "(" * (length // 6) + "a" + ":1.1)" * (length // 6),
    "alternations": _repeated("[a|b]"),
    "braces": _repeated("{a|"),
    "dots": _repeated("a.b.c."),
    "apostrophes": _repeated("'"),
    "letters and apostrophes": _repeated("a'"),
    "underscores": _repeated("a_b_"),
    "hyphens and short parts": _joined(_choices("aeioustrnl", 3), "-"),
    "slashes": _repeated("//"),
    "newlines": _repeated("\n"),
    "spaces": _repeated(" "),
    "NUL": _repeated("\0"),
    "different words": _joined(lambda source, _: invented_word(source)),
    "different long words": _joined(lambda source, _: invented_word(source) * 4),
    "different mixed tokens": _joined(_choices("abeios013457@$!-_*.", 7)),
}
_ALPHABETS = (
    "abcdeiklostu 0134579@$!|.*-_'<>&;#()",
    "abcdeiklostu 0134579@$!|.*-_'<>&;#()абс\u200b\u0301ｋ🅰",
    "aeiost *-.",
    "4310$57@!|+ abc",
    "<>&;#x/b1amp ",
    "AaBbIlL1 ",
)


class _Lists:
    """The filter with 5,000 synthetic terms and the dev ones, anew each time."""

    def __init__(self) -> None:
        self.terms = [*synthetic_terms(5_000), *terms_of("dev")]
        self._part = compiled(self.terms)
        self.prepared = self._anew()

    def milliseconds(self, text: str, repeats: int = _REPEATS) -> float:
        """The least of the repeats."""
        least = float("inf")
        for _ in range(repeats):
            ours = self._anew()
            started = time.process_time()
            ours.flags(text)
            least = min(least, time.process_time() - started)
        return least * 1000

    def _anew(self) -> OurFilter:
        ours = OurFilter(self._part)
        ours.make_tables()
        return ours


def slowest(fuzz: int, tell: Callable[[str], None]) -> tuple[list[Slowest], list[Growth]]:
    """Every shape and the slowest random text at LENGTH, slowest first; and each shape's growth."""
    lists = _Lists()
    found: list[Slowest] = []
    growths: list[Growth] = []
    for name, shape in SHAPES.items():
        tell(f"shape: {name}")
        growth = _growth(lists, name, shape)
        growths.append(growth)
        found.append(Slowest(name, growth.milliseconds[GROWTH.index(LENGTH)]))
    found += _fuzz(lists, fuzz, tell)
    found.sort(key=lambda one: -one.milliseconds)
    growths.sort(key=lambda one: -one.ratio)
    return found, growths


def _growth(lists: _Lists, name: str, shape: Shape) -> Growth:
    texts = _texts(lists, name, shape)
    times: tuple[float, ...] = ()
    # A busy machine can spoil any of the figures; the least of each counts.
    for attempt in range(3):
        measured = [lists.milliseconds(text) for text in texts]
        times = tuple(map(min, times or measured, measured))
        ratio = max(_doublings(times))
        if ratio <= 2.4 or attempt == 2:
            break
    return Growth(name, ratio, times)


def _texts(lists: _Lists, name: str, shape: Shape) -> list[str]:
    """One of every length; all hold a term by chance, or none does: finding one is a step."""
    texts: list[str] = []
    for seed in range(_SEEDS):
        texts = [shape(length, random.Random(f"{name} {seed}"), lists.terms) for length in GROWTH]
        if len({lists.prepared.flags(text) for text in texts}) == 1:
            break
    return texts


def _doublings(times: tuple[float, ...]) -> Iterator[float]:
    for shorter, longer in itertools.pairwise(times):
        # Below this, what a call costs in any case is most of it.
        yield longer / max(shorter, 0.05)


def _fuzz(lists: _Lists, count: int, tell: Callable[[str], None]) -> Iterator[Slowest]:
    source = random.Random("fuzz")
    worst: list[tuple[float, str]] = []
    for number in range(count):
        if number % 100 == 0:
            tell(f"random texts: {number} of {count}")
        text = "".join(source.choices(_ALPHABETS[number % len(_ALPHABETS)], k=LENGTH))
        started = time.process_time()
        lists.prepared.flags(text)
        worst.append((time.process_time() - started, text))
    worst.sort(reverse=True)
    best = max((lists.milliseconds(text), text) for _, text in worst[:5])
    yield Slowest(f"slowest of {count} random ones", best[0])
