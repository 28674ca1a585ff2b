"""Prompts before a guardrail, and prompts in languages that nobody here can read."""

from collections.abc import Iterator
from typing import Any

import pytest
from workflow.conftest import PATIENCE
from workflow.running_system import Stack

from local.ai.running import StandIns
from local.running import Engine

pytestmark = pytest.mark.engine

GERMAN = "ein Leuchtturm auf einer Klippe im Morgenlicht"


@pytest.fixture(scope="module")
def guarded(system: tuple[Engine, StandIns]) -> Iterator[Stack]:
    parameters = {
        "ClassifierBackend": "guardrail",
        "ClassifierEndpointArn": "",
        "GuardrailArn": "arn:aws:bedrock:us-east-1:000000000000:guardrail/local1",
        "GuardrailVersion": "1",
        **PATIENCE,
    }
    stack = Stack(system[0], system[1], "guarded", parameters)
    yield stack
    stack.delete()


def test_a_guardrail_lets_a_clean_prompt_pass(guarded: Stack, check: Any) -> None:
    run = guarded.run({"prompt": "a lighthouse on a cliff in the morning"})
    check(run, "COMPLETED")
    assert run.record["models"]["classifier"].endswith("/guardrail/local1:1")
    assert run.record["usage"]["guardrail_content_units"] == 1
    assert run.record["usage"]["comprehend_units"] == 3
    assert run.record["classification"]["backend"] == "guardrail"
    assert run.record["classification"]["language"] == {"code": "en", "source": "detected"}


def test_a_guardrail_stops_what_the_keywords_do_not_know(guarded: Stack, check: Any) -> None:
    prompt = "an afternoon in the garden, flagged"
    guarded.script(prompt, guardrail=["unsafe"])
    run = guarded.run({"prompt": prompt})
    check(run, "BLOCKED_PROMPT")
    assert {reason["label"] for reason in run.record["reasons"]} == {
        "VIOLENCE",
        "GUARDRAIL_INTERVENED",
    }


def test_what_a_guardrail_is_not_sure_of_goes_on_with_a_warning(guarded: Stack, check: Any) -> None:
    prompt = "an evening in the garden"
    guarded.script(prompt, guardrail=[{"label": "SEXUAL", "score": 0.3}])
    run = guarded.run({"prompt": prompt})
    check(run, "COMPLETED")
    (warning,) = run.record["warnings"]
    assert (warning["rule"], warning["label"]) == ("uncertain", "SEXUAL")
    assert (warning["score"], warning["threshold"]) == (0.3, 0.3)


def test_a_throttled_guardrail_is_asked_again(guarded: Stack, check: Any) -> None:
    prompt = "a morning in the garden"
    guarded.script(prompt, guardrail=[{"error": "ThrottlingException"}] * 4 + ["usual"])
    check(guarded.run({"prompt": prompt}), "COMPLETED")


def test_a_guardrail_without_an_answer_fails(guarded: Stack, check: Any) -> None:
    prompt = "a night in the garden"
    guarded.script(prompt, guardrail=["empty"])
    run = guarded.run({"prompt": prompt})
    check(run, "FAILED")
    (reason,) = run.record["reasons"]
    assert (reason["stage"], reason["rule"]) == ("ClassifyPrompt", "UnusableVerdict")


@pytest.mark.parametrize("declared", [{}, {"language": "en"}, {"language": "de"}])
def test_german_is_not_taken_for_english(
    stack: Stack, check: Any, declared: dict[str, str]
) -> None:
    before = stack.stand_ins.calls("ClassifyDocument", GERMAN)
    run = stack.run({"prompt": GERMAN, **declared})
    check(run, "BLOCKED_PROMPT")
    (reason,) = run.record["reasons"]
    assert (reason["stage"], reason["rule"]) == ("ClassifyPrompt", "unread_language")
    assert run.record["classification"]["language"] == {"code": "de", "source": "detected"}
    assert stack.stand_ins.calls("ClassifyDocument", GERMAN) == before


def test_where_the_stack_warns_an_unread_prompt_goes_on(warning_stack: Stack, check: Any) -> None:
    run = warning_stack.run({"prompt": GERMAN})
    check(run, "COMPLETED")
    assert [warning["rule"] for warning in run.record["warnings"]] == ["unread_language"]
