"""The demo's requests as files."""

from __future__ import annotations

from collections import Counter

from local.demo.scenarios import EVENTS, SCENARIOS


def test_every_file_of_the_demo_is_asked_for() -> None:
    files = {path for folder in ("prompts", "requests") for path in (EVENTS / folder).iterdir()}
    assert {scenario.path for scenario in SCENARIOS} == files


def test_what_the_painter_is_told_for_one_prompt_concerns_no_other() -> None:
    told = [scenario.prompt.casefold() for scenario in SCENARIOS if scenario.answers]
    asked = Counter(scenario.prompt.casefold() for scenario in SCENARIOS)
    for prompt in told:
        assert [other for other in asked.elements() if prompt in other] == [prompt]


def test_names_are_unique_and_point_to_each_other() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    assert {scenario.after for scenario in SCENARIOS if scenario.after} <= set(names)
