"""Splitting prompts by their bytes, and which languages are read."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.comprehend import CustomClassifier, ToxicityDetection, split_bytes

ANY: Any = object()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(text=TEXT, limit=st.integers(4, 60))
@example(text="a" * 130, limit=60)
@example(text="狐" * 40, limit=4)
@example(text="a " + "b" * 130, limit=60)
def test_parts_are_small_and_lose_nothing_but_spaces(text: str, limit: int) -> None:
    parts = split_bytes(text, limit)
    assert all(0 < len(part.encode()) <= limit for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


@given(words=st.lists(st.text("abcé狐", min_size=1, max_size=8), max_size=60))
def test_words_that_fit_stay_whole(words: list[str]) -> None:
    parts = split_bytes(" ".join(words), 40)
    assert [word for part in parts for word in part.split()] == words


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1900, max_size=2000))
def test_the_longest_prompt_takes_two_calls_at_most(text: str) -> None:
    prompt = " ".join(text.split())
    parts = split_bytes(prompt, ToxicityDetection.segment_bytes)
    assert len(parts) <= 2 * ToxicityDetection.segments


@pytest.mark.parametrize(
    ("language", "read"),
    [("en", True), ("EN-gb", True), ("de", False), ("eng", False), ("", False)],
)
def test_toxicity_is_found_in_english_only(language: str, read: bool) -> None:
    assert ToxicityDetection(ANY).reads(language) is read
    assert CustomClassifier("arn", ANY).reads(language) is True
