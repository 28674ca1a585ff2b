"""FilterKeywords' handler: a prompt's words in, a verdict out."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
Event = Callable[[str], Any]


def reason(category: str, term: str, start: int, end: int, **more: str) -> dict[str, Any]:
    return {
        "stage": "FilterKeywords",
        "category": category,
        "severity": "high" if category != "negative_prompt" else "medium",
        "rule": "keyword",
        "term": term,
        "span": [start, end],
        "action": "block",
        **more,
    }


CLEAN: dict[str, Any] = {"verdict": "clean", "reasons": [], "warnings": []}
BLOCKED = {
    "blocked_word": [reason("nudity", "nude", 2, 6)],
    "disguised_word": [
        reason("nudity", "nude", 2, 9, disguise="letters apart"),
    ],
    "negative_prompt_against_clothes": [reason("negative_prompt", "clothes", 0, 7)],
}


@pytest.mark.parametrize("scenario", ["clean", "allowed_phrase", "nothing_but_punctuation"])
def test_clean(scenario: str, call: Call, event: Event) -> None:
    assert call("filter_keywords", event(f"filter_keywords/{scenario}")) == CLEAN


@pytest.mark.parametrize("scenario", BLOCKED)
def test_blocked(scenario: str, call: Call, event: Event) -> None:
    answer = call("filter_keywords", event(f"filter_keywords/{scenario}"))

    assert answer == {"verdict": "block", "reasons": BLOCKED[scenario], "warnings": []}


@pytest.mark.parametrize("scenario", BLOCKED)
def test_warned_where_the_stack_warns(scenario: str, call: Call, event: Event) -> None:
    answer = call("filter_keywords", event(f"filter_keywords/{scenario}"), ON_FLAGGED_PROMPT="warn")

    warnings = [{**blocked, "action": "warn"} for blocked in BLOCKED[scenario]]
    assert answer == {"verdict": "clean", "reasons": [], "warnings": warnings}


@pytest.mark.parametrize("on_flagged_prompt", ["reject", "warn"])
def test_some_combinations_always_block(on_flagged_prompt: str, call: Call, event: Event) -> None:
    payload = event("filter_keywords/" + "combination_that_always_blocks")
    answer = call("filter_keywords", payload, ON_FLAGGED_PROMPT=on_flagged_prompt)

    assert answer["verdict"] == "block"
    assert {
        "stage": "FilterKeywords",
        "category": "minor_and_sexual",
        "rule": "combination",
        "action": "always",
    } in answer["reasons"]


def test_the_log_holds_neither_prompt_nor_term(
    call: Call, event: Event, logged: Callable[[], str]
) -> None:
    call("filter_keywords", event("filter_keywords/blocked_word"))

    assert "'verdict': 'block'" in logged()
    assert "figure" not in logged()
    assert "'nude" not in logged()
