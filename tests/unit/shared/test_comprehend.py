"""Prompts in overlapping parts of so many bytes, and what is billed for them."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.comprehend import LanguageDetection, ToxicityDetection, overlapping
from shared.errors import UnusableVerdict

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
LIMIT, OVERLAP = ToxicityDetection.segment_bytes, ToxicityDetection.overlap_bytes


@given(text=TEXT, limit=st.integers(16, 60))
@example(text="a" * 130, limit=60)
@example(text="狐" * 40, limit=16)
@example(text="🦊" * 40, limit=17)
@example(text="a " + "b" * 130, limit=60)
@example(text=" " * 130, limit=16)
@example(text="", limit=16)
def test_parts_are_small_and_lose_nothing(text: str, limit: int) -> None:
    parts = list(overlapping(text, limit, limit // 4))
    assert all(0 < len(part.encode()) <= limit for part in parts)
    end = 0
    for part in parts:
        # Its last place that leaves no gap behind the part before.
        at = text.rfind(part, 0, end + len(part))
        assert at >= 0
        end = at + len(part)
    assert end == len(text)


@given(words=st.lists(st.text("abcé狐", min_size=1, max_size=4), max_size=60))
def test_words_stay_whole(words: list[str]) -> None:
    parts = list(overlapping(" ".join(words), 60, 15))
    assert {word for part in parts for word in part.split()} == set(words)


@pytest.mark.parametrize("before", range(LIMIT - 60, LIMIT + 10))
def test_a_phrase_across_a_cut_is_read_in_one_piece(before: int) -> None:
    phrase = "stabs the guard of the castle"
    text = f"{'lamp ' * (before // 5)}{'x' * (before % 5)} {phrase} {'lamp ' * 200}"
    assert any(phrase in part for part in overlapping(text, LIMIT, OVERLAP))


def test_a_word_of_5000_bytes_is_cut_between_characters() -> None:
    parts = list(overlapping("狐" * 1_667, LIMIT, OVERLAP))
    assert len(parts) == 6
    assert set("".join(parts)) == {"狐"}
    assert sum(map(len, parts)) > 1_667


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1900, max_size=2000))
@example(text="🦊" * 2000)
def test_the_longest_prompt_takes_two_calls_at_most(text: str) -> None:
    prompt = " ".join(text.split())
    assert len(list(overlapping(prompt, LIMIT, OVERLAP))) <= 2 * ToxicityDetection.segments


class Client:
    """Answers each operation with what it was told."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self._reply = reply

    def detect_dominant_language(self, **_: object) -> dict[str, Any]:
        return self._reply


@pytest.mark.parametrize(("length", "units"), [(20, 3), (300, 3), (301, 4), (2000, 20)])
def test_a_detection_is_billed_by_its_characters(length: int, units: int) -> None:
    reply = {"Languages": [{"LanguageCode": "en", "Score": 1.0000001}]}
    found = LanguageDetection(Client(reply)).languages("é" * length)
    assert found == ({"en": 1.0}, {"comprehend_units": units})


@pytest.mark.parametrize("reply", [{}, {"Languages": None}, {"Languages": [{"Score": 0.9}]}])
def test_a_detection_without_languages_is_no_answer(reply: dict[str, Any]) -> None:
    with pytest.raises(UnusableVerdict):
        LanguageDetection(Client(reply)).languages("a lighthouse")
