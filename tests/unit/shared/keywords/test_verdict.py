"""The keyword rules on the shipped lists: disguises, innocents, combinations, negative prompts."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.keywords.lists import prepare
from shared.keywords.matching import find
from shared.keywords.verdict import decide
from shared.policy import policy_part

LISTS = prepare(policy_part("keywords"))


def verdict(prompt: str, negative: str = "", warn: bool = False) -> str:
    return str(decide(prompt, negative, LISTS, warn)["verdict"])


def categories(prompt: str) -> set[str]:
    return {match.category for match in find(prompt, LISTS.prompt)}


def test_every_entry_of_the_lists_is_found_as_it_is_written() -> None:
    for lists in (LISTS.prompt, LISTS.negative):
        for entry in (*lists.words, *lists.phrases, *lists.stems):
            for text in (entry, f"one {entry} here", f"({entry.title()}:1.2), fog"):
                found = {match.category for match in find(text, lists)}
                assert found.issuperset(lists.categories(entry)), entry


@pytest.mark.parametrize(
    "age",
    [
        *("13yo", "13 yo", "13 y/o", "13-year-old", "13 years old", "13yr old", "13 yrs old"),
        *("13year old", "13 years of age", "13 years young", "age 13", "aged 13", "thirteen yo"),
    ],
)
def test_an_age_below_18_counts_however_it_is_written(age: str) -> None:
    assert verdict(f"a topless model, {age}", warn=True) == "block"
    assert verdict(f"a model, {age}") == "clean"


@pytest.mark.parametrize("warn", [False, True])
def test_an_action_that_nobody_knows_does_not_let_a_word_pass(warn: bool) -> None:
    part = policy_part("keywords")
    lists = prepare(part | {"actions": part["actions"] | {"nudity": "blok"}})
    assert decide("a nude figure", "", lists, warn)["verdict"] == "block"


def test_only_the_last_word_of_a_phrase_may_be_a_plural_and_of_that_word() -> None:
    assert categories("14 year olds") == {"minors"}
    assert not categories("14 year ohms")


@pytest.mark.parametrize(
    ("written", "disguise"),
    [
        ("nude", ""),
        ("NUDE", ""),
        ("nude!!!", ""),
        ("(nude)", ""),
        ("art/nude", ""),
        ("nüde", "look-alike letters"),
        ("ｎｕｄｅ", "look-alike letters"),
        ("𝓷𝓾𝓭𝓮", "look-alike letters"),
        ("nudе", "look-alike letters"),
        ("nu\u200bde", "invisible characters"),
        ("nu\u0336d\u0336e", "invisible characters"),
        ("nu&ZeroWidthSpace;de", "encoded characters"),
        ("nud3", "digits or symbols for letters"),
        ("t0ple$$", "digits or symbols for letters"),
        ("n@ked", "digits or symbols for letters"),
        ("nuuuuude", "stretched letters"),
        ("n.u.d.e", "letters apart"),
        ("n-u_d*e", "letters apart"),
        ("n u d e", "letters apart"),
    ],
)
def test_a_disguised_word_is_found_and_its_disguise_named(written: str, disguise: str) -> None:
    found = find(f"one {written} figure", LISTS.prompt)
    assert found
    assert found[0].category == "nudity"
    assert found[0].disguise == disguise


@pytest.mark.parametrize("written", ["a n u d e woman", "n u d e 4 k", "I a n u d e"])
def test_letters_beside_a_spelled_word_hide_nothing(written: str) -> None:
    assert {match.term for match in find(written, LISTS.prompt)} == {"nude"}


@pytest.mark.parametrize("written", ["nude", "ｎｕｄｅ", "n.u.d.e", "nu\u200bde", "n u d e"])
def test_a_span_is_in_the_text_as_it_was_written(written: str) -> None:
    match = find(f"Ünë {written}, ßo", LISTS.prompt)[0]
    assert (match.start, match.end) == (4, 4 + len(written))


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "a grape on a classic glass plate in Essex, Scunthorpe",
        "an analyst at a cocktail assembly",
        "a cockatoo and a peacock",
        "a naked mole rat seen with the naked eye",
        "a sex education class, same sex couple",
        "a murder of crows in a murder mystery",
        "Suicide Squad poster",
        "a pussy willow branch, great tits at the feeder",
        "goddess Isis in the temple of Isis",
        "a girl and a boy on a swing",
        "3d render, 4k, f/1.8, 35mm, 1950s",
        "! ! ! wow ! ! !",
        "+ + + | | |",
        "$$$ @@@ 1337",
    ],
)
def test_innocents_pass(prompt: str) -> None:
    assert verdict(prompt) == "clean"


def test_an_allowed_phrase_excuses_only_what_stands_in_it() -> None:
    assert verdict("a naked mole rat and a naked man") == "block"
    assert verdict("a murder of crows at a murder") == "block"


def test_an_allowed_phrase_excuses_only_its_own_category() -> None:
    assert verdict("a naked mole rat and gore") == "block"


@pytest.mark.parametrize("prompt", ["no clothes", "no ! clothes", "n0 cl0thes", "NO   CLOTHES"])
def test_phrases_are_words_in_a_row(prompt: str) -> None:
    assert "nudity" in categories(prompt)


def test_phrases_are_not_words_apart() -> None:
    assert "nudity" not in categories("no hats, red clothes")


@pytest.mark.parametrize(
    ("word", "category"), [("disembowelling", "violence"), ("nudes", "nudity")]
)
def test_stems_and_plurals(word: str, category: str) -> None:
    assert categories(word) == {category}


@pytest.mark.parametrize("warn", [False, True])
@pytest.mark.parametrize("prompt", ["a topless boy", "b.o.y, t0pless", "12 years old ... n u d e"])
def test_a_combination_always_blocks(prompt: str, warn: bool) -> None:
    decision = decide(prompt, "", LISTS, warn)
    assert decision["verdict"] == "block"
    assert decision["reasons"][0] == {
        "stage": "FilterKeywords",
        "category": "minor_and_sexual",
        "rule": "combination",
        "action": "always",
    }


def test_a_combination_is_not_crowded_out_by_words() -> None:
    decision = decide("nude " * 200 + "boy", "", LISTS, warn=False)
    assert decision["reasons"][0]["category"] == "minor_and_sexual"
    assert len(decision["reasons"]) == 20


def test_a_word_that_always_blocks_is_not_crowded_out_by_others() -> None:
    part = policy_part("keywords")
    lists = prepare(part | {"actions": part["actions"] | {"violence": "always"}})
    decision = decide("nude " * 200 + "gore", "", lists, warn=False)
    assert decision["reasons"][0]["category"] == "violence"
    assert len(decision["reasons"]) == 20


def test_an_allowed_phrase_is_no_part_of_a_combination() -> None:
    assert verdict("a boy and a naked mole rat") == "clean"


def test_warn_turns_block_into_a_warning() -> None:
    decision = decide("a nude figure", "", LISTS, warn=True)
    assert (decision["verdict"], decision["reasons"]) == ("clean", [])
    assert [warning["action"] for warning in decision["warnings"]] == ["warn"]


@pytest.mark.parametrize("negative", ["clothes", "c l o t h e s", "blurry, sfw", "safe for work"])
def test_a_negative_prompt_may_not_remove_safety(negative: str) -> None:
    decision = decide("a dancer", negative, LISTS, warn=False)
    assert decision["verdict"] == "block"
    assert {reason["category"] for reason in decision["reasons"]} == {"negative_prompt"}


@pytest.mark.parametrize("negative", ["nude, gore", "blurry, text", ""])
def test_a_negative_prompt_may_name_what_a_prompt_may_not(negative: str) -> None:
    assert verdict("a dancer", negative) == "clean"


def test_a_prompt_may_name_clothes() -> None:
    assert verdict("a dancer in red clothes") == "clean"


@pytest.mark.parametrize("filler", ["ﷺ", "㍿", "x", "x ", "!", "! ", "a.b", "\u0301", "½", "ß"])
def test_nothing_hides_behind_a_long_beginning(filler: str) -> None:
    prompt = filler * (1990 // len(filler)) + " nude"
    assert "nudity" in categories(prompt)


@given(text=st.text(max_size=80))
@example(text="! ! !")
@example(text="1 | ! + ! |")
@example(text="İ ﬀ ẞ ŉ ͅ")
def test_any_text_is_judged_and_spans_lie_in_it(text: str) -> None:
    for part in (LISTS.prompt, LISTS.negative):
        for match in find(text, part):
            assert 0 <= match.start < match.end <= len(text)
    assert decide(text, text, LISTS, warn=False)["verdict"] in {"clean", "block"}


@given(before=st.text(max_size=30), after=st.text(max_size=30))
def test_a_plain_word_is_found_wherever_it_stands(before: str, after: str) -> None:
    prompt = f"{before} genitalia {after}"
    spans = [(m.start, m.end) for m in find(prompt, LISTS.prompt) if m.term == "genitalia"]
    assert (len(before) + 1, len(before) + 10) in spans
