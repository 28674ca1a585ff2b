"""The generator of disguises behind `make bench-filter`."""

import random

import pytest

from bench.filter.families import FAMILIES, HALVES, cases_of, innocents_of, terms_of

GROUPS = {
    *("plain", "tags", "prompt syntax", "encodings", "invisible", "homoglyphs", "letter styles"),
    *("marks", "separators", "leet", "stretch", "masks", "splits", "order", "endings"),
    *("phrases", "combined"),
}


def test_there_are_many_families_of_every_group_each_with_its_own_name() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES) >= 95
    assert {family.group for family in FAMILIES} == GROUPS


@pytest.mark.parametrize("half", HALVES)
def test_cases_and_innocents_are_the_same_each_time(half: str) -> None:
    cases, innocents = cases_of(half), innocents_of(half)
    random.random()

    assert (cases_of(half), innocents_of(half)) == (cases, innocents)


@pytest.mark.parametrize("half", HALVES)
def test_a_half_is_large(half: str) -> None:
    terms = terms_of(half)

    assert sum(" " not in term for term in terms) >= 50
    assert sum(" " in term for term in terms) >= 15
    assert len(set(innocents_of(half))) >= 250


def test_the_halves_share_no_word_and_no_innocent() -> None:
    words = [set(" ".join(terms_of(half)).split()) for half in HALVES]
    innocents = [set(innocents_of(half)) for half in HALVES]

    assert not words[0] & words[1]
    assert not innocents[0] & innocents[1]


@pytest.mark.parametrize("half", HALVES)
def test_no_innocent_holds_a_term_as_it_is_spelt(half: str) -> None:
    terms = set(terms_of(half))

    assert not [text for text in innocents_of(half) if terms & set(text.casefold().split())]


@pytest.mark.parametrize("half", HALVES)
def test_every_family_is_used_and_alters_what_it_is_given(half: str) -> None:
    idle = []
    for family in FAMILIES:
        terms = [term for term in terms_of(half) if (" " in term) is family.phrases]
        written = [(term, family.disguise(term, random.Random(term))) for term in terms]
        altered = {term != text for term, text in written if text is not None}
        if altered != {not family.name.endswith("plain")}:
            idle.append(family.name)

    assert not idle
