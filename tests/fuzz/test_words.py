"""The keyword filter on texts made to confuse it: it answers, in the text, and in bounded time."""

import json

from fuzz.budget import fuzzed, within
from hypothesis import example, given
from hypothesis import strategies as st

from shared.keywords.folding import fold, origins
from shared.keywords.lists import prepare
from shared.keywords.matching import find
from shared.keywords.verdict import decide
from shared.policy import policy_part
from shared.request import InvalidRequest, normalised

LISTS = prepare(policy_part("keywords"))
TERMS = sorted({*LISTS.prompt.words, *LISTS.prompt.phrases, *LISTS.prompt.stems})
ALLOWED = sorted(LISTS.prompt.allowed)
MARKUP = [
    "&", "&#", "&#x6e;", "&#110", "&amp;#110;", "&amp;amp;lt;", "&NotEqualTilde;", "&#x110000;",
    "%6e", "%25", "%256E", "%f0%9f", "\\u006e", "\\ud83d", "\\x6e", "<", "</b>", "<b ", "<!--",
    "-->", "[b]", "[/b]", ":1.3)", "((", "))", "{", "}", "|", "\\",
]  # fmt: skip
SHAPES = [
    " ", "  ", "-", ".", "*", "_", "'", "!", "$", "@", "1", "0", "3", "|_|", "|-|", "/\\", "()",
    "\n", "\u00ad", "\u200b", "\u2060", "\u0301", "\u20dd", "\u115f",
    "İ", "ß", "ﬀ", "ﷺ", "ſ", "Ⅷ", "𝓃", "🅽", "ⓝ", "ո", "и", "狐", "\U000e006e", "\ufe0f",
    "½", "º", "ª", "a", "b", "e", "n", "u", "X", "I", "l",
]  # fmt: skip
PIECES = st.one_of(
    st.sampled_from(TERMS),
    st.sampled_from(TERMS).map(lambda term: " ".join(term)),
    st.sampled_from(TERMS).map(lambda term: term[::-1].upper()),
    st.sampled_from(TERMS).map(lambda term: term[: len(term) // 2]),
    st.sampled_from(ALLOWED),
    st.sampled_from(MARKUP),
    st.sampled_from(SHAPES),
    st.sampled_from(["lighthouse", "painting of", "assassin", "cockpit", "A4", "2024"]),
    st.text(max_size=4),
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=14).map("".join),
    st.lists(PIECES, max_size=14).map(" ".join),
    st.tuples(st.lists(PIECES, min_size=1, max_size=4), st.integers(1, 400)).map(
        lambda made: ("".join(made[0]) * made[1])[:2000]
    ),
)
# Of no list, and too long to be a piece of a spelled-out word.
BESIDE = "watercolour"


@fuzzed(150)
@given(text=TEXTS)
@example(text="\\ud83d\\ude00" * 300)
@example(text="&#0;&#x110000;&#55357;")
def test_folding_keeps_its_places(text: str) -> None:
    with within(1):
        folded, places = fold(text), origins(text)
    assert len(places) == len(folded)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)


@fuzzed(150)
@given(text=TEXTS)
def test_any_text_is_judged(text: str) -> None:
    with within(1):
        decision = decide(text, text, LISTS, warn=False)
    assert (decision["verdict"] == "block") == bool(decision["reasons"])
    assert len(json.dumps(decision)) < 20_000
    for part in (LISTS.prompt, LISTS.negative):
        matches = find(text, part)
        assert matches == sorted(matches, key=lambda match: match.start)
        for match in matches:
            assert 0 <= match.start < match.end <= len(text)
            assert match.category in part.categories(match.term)


@fuzzed(150)
@given(text=TEXTS)
def test_harmless_words_beside_a_term_hide_nothing(text: str) -> None:
    found = {match.category for match in find(text, LISTS.prompt)}
    for beside in (f"{BESIDE}. {text}", f"{text} . {BESIDE}", f"{BESIDE}. {text} . {BESIDE}"):
        assert found <= {match.category for match in find(beside, LISTS.prompt)}


@fuzzed(100)
@given(text=TEXTS)
def test_a_request_is_normalised_once(text: str) -> None:
    try:
        request = normalised({"prompt": text, "negative_prompt": text})
    except InvalidRequest:
        return
    assert normalised(request) == request
    prompt = request["prompt"]
    assert prompt == prompt.strip()
    assert not any(ord(character) < 32 for character in prompt)
