"""The demo's requests as files."""

from __future__ import annotations

from collections import Counter

import pytest

from local.demo.scenarios import EVENTS, SCENARIOS, Scenario
from local.policy.source import read_policy
from local.policy.trial import Trial, read_text

FILTER, CLASSIFIER = "FilterKeywords", "ClassifyPrompt"
STOPPED_BY = {"keyword": FILTER, "keyword-obfuscated": FILTER, "classifier": CLASSIFIER}


def test_every_file_of_the_demo_is_asked_for() -> None:
    files = {path for folder in ("prompts", "requests") for path in (EVENTS / folder).iterdir()}
    assert {scenario.path for scenario in SCENARIOS if not scenario.is_call} == files


def test_what_the_painter_is_told_for_one_prompt_concerns_no_other() -> None:
    told = [scenario.prompt.casefold() for scenario in SCENARIOS if scenario.answers]
    asked = Counter(scenario.prompt.casefold() for scenario in SCENARIOS)
    for prompt in told:
        assert [other for other in asked.elements() if prompt in other] == [prompt]


def test_names_are_unique_and_point_to_each_other() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    assert {scenario.after for scenario in SCENARIOS if scenario.after} <= set(names)


@pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if one.expected != "INVALID"], ids=lambda one: one.name
)
def test_a_prompt_is_stopped_by_the_layer_that_its_title_names(scenario: Scenario) -> None:
    trial = Trial(read_policy())
    reading = read_text({"prompt": scenario.prompt, "language": "en"}, "custom")
    unsure = [one for one in trial.text(reading)["warnings"] if one["rule"] == "uncertain"]
    assert bool(unsure) == bool(scenario.decision)
    decisions = {FILTER: trial.words(scenario.prompt), CLASSIFIER: trial.text(reading)}
    stopping = [layer for layer, one in decisions.items() if one["verdict"] == "block"]
    if scenario.warn:
        assert stopping
    else:
        assert stopping[:1] == [one for one in [STOPPED_BY.get(scenario.name)] if one]
