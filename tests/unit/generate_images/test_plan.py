"""An attempt's plan: seeds, negative prompts, and the warning when they are cut."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generate_images.plan import negative_prompt, negative_prompt_warnings, seed_for

POLICY: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "functions/compiled/generation.json").read_text("utf-8")
)
SMALL = {
    "negative_prompt": ["nsfw", "nude"],
    "negative_prompt_by_label": {"Violence": ["fight", "nude"], "Weapons": ["gun"]},
    "max_tokens": 75,
}


def test_the_callers_seed_is_the_first_attempts() -> None:
    assert seed_for({"seed": 7}, "r", 1, 1) == 7
    assert seed_for({"seed": 0}, "r", 1, 1) == 0


def test_every_attempt_and_run_has_a_seed_of_its_own() -> None:
    requests: list[dict[str, Any]] = [{}, {"seed": 7}]
    seeds = [
        seed_for(request, name, run, attempt)
        for request in requests
        for name in ("a", "b")
        for run in (1, 2)
        for attempt in (2, 3)
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_a_seed_is_the_same_for_a_retry() -> None:
    assert seed_for({}, "r", 1, 2) == seed_for({}, "r", 1, 2)


def test_phrases_are_joined_policys_first_each_once() -> None:
    text, added, cut = negative_prompt(SMALL, ["Violence", "Weapons"], " text ,gun,, nsfw ")
    assert text == "nsfw, nude, fight, gun, text"
    assert added == ["fight", "nude", "gun"]
    assert cut == 0


def test_labels_that_the_policy_does_not_know_add_nothing() -> None:
    assert negative_prompt(SMALL, ["New In 8.0"], "") == ("nsfw, nude", [], 0)


def test_the_callers_are_the_first_to_be_cut() -> None:
    text, added, cut = negative_prompt(
        SMALL | {"max_tokens": 8}, ["Violence"], "a very long wish, blurry"
    )
    assert text == "nsfw, nude, fight"
    assert added == ["fight", "nude"]
    assert cut == 2


@given(labels=st.lists(st.sampled_from([*POLICY["negative_prompt_by_label"]])), wish=st.text())
def test_whatever_is_asked_the_policys_own_phrases_stay(labels: list[str], wish: str) -> None:
    text, added, cut = negative_prompt(POLICY, labels, wish)
    assert text.startswith(", ".join(POLICY["negative_prompt"]))
    assert len(text) <= 75 * 5
    assert cut >= 0
    assert set(added) <= set(text.split(", "))


@pytest.mark.parametrize("count", [1, 3])
def test_a_cut_is_told(count: int) -> None:
    assert negative_prompt_warnings(0, 7.5) == []
    (warning,) = negative_prompt_warnings(count, 7.5)
    assert (warning["rule"], warning["action"]) == ("max_tokens", "warn")
    assert str(count) in warning["message"]


@pytest.mark.parametrize(("scale", "heeded"), [(0, False), (1, False), (1.01, True), (30, True)])
def test_a_negative_prompt_that_the_model_does_not_heed_is_told(scale: float, heeded: bool) -> None:
    rules = [warning["rule"] for warning in negative_prompt_warnings(2, scale)]
    assert rules == ["max_tokens"] + ["guidance_scale"] * (not heeded)


def test_digits_and_other_scripts_are_counted_high() -> None:
    for wish, tokens in (("abcdefgh", 2), ("12345678", 8), ("漢字", 6)):
        room = SMALL | {"negative_prompt": [], "max_tokens": tokens + 1}
        assert negative_prompt(room, [], wish)[2] == 0
        assert negative_prompt(room | {"max_tokens": tokens}, [], wish)[2] == 1
