"""What is found in a text: disguises of every kind, innocents beside them, spans, time."""

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.keywords.lists import KeywordLists, Lists
from shared.keywords.matching import find
from shared.keywords.reading import Reading
from shared.policy import policy_part

DISGUISES = {
    "": [
        "nude",
        "NUDE",
        "nudes",
        "(nude:1.3)",
        "[nude|dog]",
        "<lora:nude:1>",
        "nude_art",
        "<nude>",
    ],
    "look-alike letters": [
        "nudе",
        "ｎｕｄｅ",
        "𝓷𝓾𝓭𝓮",
        "ⓝⓤⓓⓔ",
        "🅽🆄🅳🅴",
        "ɴᴜᴅᴇ",
        "ꓠꓴꓓꓰ",
        "几ㄩᗪ乇",
    ],
    "invisible characters": [
        "nu\u200bde",
        "n\u00adude",
        "nu\u0336d\u0336e",
        "n\ufe0fude",
        "n\x02ude",
    ],
    "encoded characters": [
        *(
            "&#110;ude",
            "n&#x75;de",
            "%6eude",
            "%256eude",
            "n\\u0075de",
            "n<b>u</b>de",
            "n&amp;#117;de",
        ),
    ],
    "digits or symbols for letters": ["nud3", "b00bs", "c0rp$e", "8o0bs", "gren@de", "murd3rs"],
    "digits for letters": ["80085"],
    "stretched letters": ["nuuuude", "nnuuddee", "murrrrder"],
    "doubled letters": ["gren ade"[:4] + "nade", "murdder", "skul"[:4] + "ls"],
    "swapped letters": ["nued", "mudrer", "grenaed"],
    "written backwards": ["redrum", "esproc"],
    "spelled by sound": ["korpse", "muurderz"],
    "masked letters": ["n*de", "m#rder", "c•rpse", "m.rder", "gr**ade"],
    "letters drawn with symbols": ["|\\|ude", "c()rpse", "m(_)rder"],
    "letters apart": ["n u d e", "n.u.d.e", "n-u-d-3", "m/u/r/d/e/r", "(n)(u)(d)(e)"],
    "cut word": ["mur der", "nu-de", "nu|de", "cor🙂pse", "over dose", "mu rd3r"],
    "joined words": ["darkNudeArt", "deadBody", "DeadBody", "deadbody"],
    "joined to a word": ["nudegirl", "darkcorpse", "skullhouse"],
    "disguised words": ["s3vered head", "p00l of bl00d", "seeevered head", "d**d b*dy"],
}


@pytest.mark.parametrize(
    ("disguise", "written"),
    [(disguise, written) for disguise, forms in DISGUISES.items() for written in forms],
)
def test_a_disguise_is_seen_through(lists: KeywordLists, disguise: str, written: str) -> None:
    found = find(f"an oil painting of {written} in the fog", lists.prompt)
    assert found, written
    if disguise not in {"doubled letters", "spelled by sound"}:
        assert disguise in {match.disguise for match in found}


INNOCENT = [
    "rapeseed, peacock, cocktails, skullcap, Cockburn",
    "a grape on a skyscraper",
    "a cocktail and a peacock in Scunthorpe",
    "therapist with a drape",
    "c o c k t a i l",
    "d.r.a.p.e",
    "the word g r a p e s",
    "H E L L O",
    "U.S.A. road trip",
    "a murder of crows",
    "who're you",
    "his hit song",
    "f/1.8, 35mm, 8k, 1920x1080, 1950s, 4:3",
    "Привет, мир",
    "美しい山の風景",
    "منظر غروب",
    "wow!!! $5 bill, 50% off, #1",
    "user@example.org",
    "read https://example.org/a%20b?c=d&e=f",
    "x + y = z",
    "<3 cats & dogs",
    "{red",
    "blue} car",
    "a.b.c.d",
    "seed=455371 --ar 16:9 --s 750",
    "(masterpiece:1.2), ((best quality)), [blurry]",
    "the pool of light, a head of lettuce",
    "C++ and A",
    "B",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_innocents_pass(lists: KeywordLists, text: str) -> None:
    assert find(text, lists.prompt) == []


@pytest.mark.parametrize("written", ["nude", "nudе", "nu\u200bde", "n u d e", "n&#117;de", "n*de"])
def test_a_span_is_in_the_text_as_it_was_written(lists: KeywordLists, written: str) -> None:
    (match,) = find(f"Ünë &amp; {written}, ßo", lists.prompt)
    assert (match.start, match.end) == (10, 10 + len(written))


def test_a_match_names_the_term_of_the_policy(lists: KeywordLists) -> None:
    texts = ["nudes", "n00de", "mutilating", "severed  heads", "DEAD-BODY", "d.e.a.d b.o.d.y"]
    terms = [[match.term for match in find(text, lists.prompt)] for text in texts]
    assert terms == [["nude"], [], ["mutilat"], ["severed head"], ["dead body"], ["dead body"]]


def test_a_term_of_two_categories_is_found_for_both() -> None:
    lists = Lists({**_bare("a", "b"), "words": {"a": "nude", "b": "nude"}}, frozenset())
    assert [match.category for match in find("nude", lists)] == ["a", "b"]


def test_a_term_in_another_script_is_found_without_word_borders() -> None:
    lists = Lists({**_bare("a"), "words": {"a": "裸体"}}, frozenset())
    assert [(match.start, match.end) for match in find("一张裸体照片", lists)] == [(2, 4)]


def _bare(*names: str) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(names, "")
    return {
        "actions": dict.fromkeys(names, "block"),
        "severities": dict.fromkeys(names, "high"),
        "combinations": [],
        "words": empty,
        "stems": empty,
        "phrases": {name: [] for name in names},
        "allow": {name: [] for name in names},
    }


@given(st.text(max_size=80))
def test_words_and_their_spans_are_the_same(text: str) -> None:
    from shared.keywords.folding import origins

    reading = Reading(text, frozenset())
    assert len(origins(text)) == len(reading.folded)
    assert [reading.folded[slice(*span)].lower() for span in reading.spans] == reading.words


SHAPES: dict[str, Callable[[int], str]] = {
    "one letter": lambda n: "a" * n,
    "single letters": lambda n: " ".join("nudemrcops"[i % 10] for i in range(n // 2)),
    "spelled terms": lambda n: "m u r d e r " * (n // 12),
    "pairs of letters": lambda n: "nu mu co ra " * (n // 12),
    "leet": lambda n: " ".join(f"4@3{i}!1|0$" for i in range(n // 11)),
    "masks": lambda n: " ".join(f"c***{i}e" for i in range(n // 8)),
    "stretched": lambda n: ("n" + "u" * 60 + "d" * 30 + " ") * (n // 92),
    "capitals": lambda n: "aB" * (n // 2),
    "angle brackets": lambda n: "<a" * (n // 2),
    "references": lambda n: "&#107;" * (n // 6),
    "per cent": lambda n: "%25" * (n // 3),
    "marks": lambda n: "a" + "\u0301" * (n - 1),
    "a word of 18 letters in one character": lambda n: "\ufdfa" * n,
    "brackets": lambda n: "(" * (n // 2) + ")" * (n // 2),
    "hyphens": lambda n: "nu-de-" * (n // 6),
    "new words": lambda n: " ".join(f"w{'abcdefghij'[i % 10]}x{i}" for i in range(n // 7)),
    "drawings": lambda n: "|_|()/\\" * (n // 7),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_no_faster_than_the_text(lists: KeywordLists, shape: str) -> None:
    def calls(length: int) -> int:
        # Functions called, ours and the interpreter's: the same on every machine.
        fresh = Lists(policy_part("keywords"), lists.prompt.ordinary)
        find("n0 such thing as a cached table n*w b.e.f.o.r.e", fresh)
        count = 0

        def counting(frame: object, event: str, arg: object) -> None:
            nonlocal count
            count += event in {"call", "c_call"}

        text = SHAPES[shape](length)
        sys.setprofile(counting)
        try:
            find(text, fresh)
        finally:
            sys.setprofile(None)
        return count

    assert calls(2000) <= 2.3 * calls(1000) + 200


@pytest.mark.parametrize(
    "text",
    [
        "lorem " * 300 + "n.u.d.e",
        "lorem/" * 300 + "gren@de",
        "lorem-" * 300 + "nud3",
        "n" + "u" * 1500 + "de",
        "n" + "ü" * 1500 + "d3",
        "%20" * 600 + "nude",
    ],
)
def test_a_bad_word_does_not_hide_in_a_long_text(lists: KeywordLists, text: str) -> None:
    assert find(text, lists.prompt)


def test_what_was_harmless_once_is_not_what_hides_later(lists: KeywordLists) -> None:
    for _ in range(2):
        assert find("nu", lists.prompt) == []
        assert find("de", lists.prompt) == []
        assert find("nu de", lists.prompt)
        assert find("s3vered", lists.prompt) == []
        assert find("s3vered head", lists.prompt)


def test_no_pattern_can_backtrack_for_long() -> None:
    from shared.keywords import capitals, chunks, folding, lists, reading, spelled_out, spelling

    for module in (capitals, chunks, folding, lists, reading, spelled_out, spelling):
        for pattern in vars(module).values():
            if isinstance(pattern, re.Pattern):
                # A repetition inside an unbounded repetition is what costs exponential time.
                assert not re.search(r"[*+]\)[*+]", pattern.pattern), pattern.pattern
