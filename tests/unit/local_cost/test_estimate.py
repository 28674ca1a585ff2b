"""The arithmetic of a month."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path as Folder

import pytest

from local.cost import usage
from local.cost.endpoint_hours import DAYS_A_MONTH, hours
from local.cost.estimate import IDLE, PAINTING, Estimate, estimate
from local.cost.paths import ACCEPTED, IMAGE, KEYWORD, Path
from local.cost.prices import FILE, load, shipped
from local.cost.workflow import ROOT, facts, kind, machine
from local.cost.workload import Workload, WorkloadError

ONCE = len(Path(ACCEPTED, 1).states)
CHOICES = sum(kind(state) == "Choice" for state in Path(ACCEPTED, 1).states)
PLAIN = Workload(keyword=0, classifier=0, invalid=0, unsafe=0, retries=0)


def priced(workload: Workload) -> Estimate:
    return estimate(workload, shipped())


def test_an_accepted_request_of_one_picture() -> None:
    found = priced(PLAIN)
    assert found.transitions == ONCE
    assert found.usd("Step Functions") == pytest.approx(ONCE * 0.025)
    assert found.usd("Rekognition") == pytest.approx(1.0)
    assert found.usd("Comprehend, toxicity") == pytest.approx(0.3)
    assert found.usd("Comprehend, language") == pytest.approx(0.3)
    assert found.usd(PAINTING) == pytest.approx(4 * 1.515 / 3.6)
    assert found.delivered == pytest.approx(found.images)


def test_each_retry_is_a_transition_and_each_attempt_its_states() -> None:
    again = priced(replace(PLAIN, retries=0.5))
    assert again.transitions == ONCE + 0.5 * (ONCE - CHOICES - 1)
    twice = priced(replace(PLAIN, unsafe=0.5, max_attempts=2))
    # Half end at once, a quarter after the second attempt, a quarter blocked.
    second, blocked = (len(Path(end, 2).states) for end in (ACCEPTED, IMAGE))
    assert twice.transitions == pytest.approx(0.5 * ONCE + 0.25 * second + 0.25 * blocked)
    assert twice.usd("Rekognition") == pytest.approx(1.5)


def test_every_function_that_the_machine_calls_is_paid() -> None:
    for name, state in machine()["States"].items():
        if "lambda:invoke" in state.get("Resource", ""):
            told = f"local/cost/usage.py does not say what {name} calls"
            assert usage.LAMBDA + name in usage.of_state(name, PLAIN), told
            assert name in usage.SECONDS, told


def test_what_is_blocked_early_is_cheap() -> None:
    blocked = priced(replace(PLAIN, keyword=1.0))
    assert blocked.transitions == len(Path(KEYWORD).states)
    assert blocked.delivered == 0
    for label in ("Rekognition", PAINTING, "Comprehend, toxicity", "SNS"):
        assert blocked.usd(label) == 0


def test_an_idle_stack_costs_what_the_runbook_says() -> None:
    doc = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert "costs some 12 US dollars a month" in doc
    assert f"{facts().alarm_metrics} metrics at 0.10" in doc
    fixed = sum(row.spent.usd for row in priced(PLAIN).rows if row.fixed)
    assert fixed == pytest.approx(11.65, abs=0.05)


def test_backends() -> None:
    rows = {
        name: priced(replace(PLAIN, backend=name, detect_language=False))
        for name in ("toxicity", "custom", "guardrail")
    }
    assert rows["guardrail"].usd("Bedrock Guardrails") == pytest.approx(0.15)
    # One unit a day at 43.20, for a thousand prompts.
    (row,) = [row for row in rows["custom"].rows if row.label == "Comprehend, custom endpoint"]
    assert row.spent.usd == pytest.approx(43.2 * DAYS_A_MONTH + 0.5)
    busy = priced(replace(PLAIN, backend="custom", images_per_day=1e6))
    # 200 characters are two unit-seconds, at 70 % of use: 33.07 units, and there are whole ones.
    units = 2 / 0.7 * 0.5 * 34 / 33.07
    assert busy.usd("Comprehend, custom endpoint") == pytest.approx(units, rel=1e-3)
    assert all(row.usd("Comprehend, language") == 0 for row in rows.values())


@pytest.mark.parametrize(("chars", "units"), [(1, 3), (300, 3), (301, 4), (1000, 10)])
def test_units_of_comprehend(chars: int, units: int) -> None:
    assert usage.comprehend_units(chars) == usage.toxicity_units(chars) == units


def test_long_prompts_are_read_in_parts_that_overlap() -> None:
    assert 20 < usage.toxicity_units(2000) < 25


def test_sleeping_and_waking() -> None:
    always = hours(replace(PLAIN, always_on=True), 1000)
    assert always.painting + always.idle == pytest.approx(730)
    assert always.painting == pytest.approx(1000 * 4 / 3600 * DAYS_A_MONTH)
    asleep = hours(replace(PLAIN, images_per_day=1), 1)
    # One picture, twenty minutes of waiting, five of starting, a little less for meeting another.
    one_day = (asleep.painting + asleep.idle) / DAYS_A_MONTH
    assert one_day == pytest.approx(4 / 3600 + 25 / 60, rel=0.02)
    busy = hours(replace(PLAIN, images_per_day=100_000), 100_000)
    assert busy.painting / (busy.painting + busy.idle) == pytest.approx(0.7)
    # One in an hour of the day: it is the last, whatever came before.
    lone = hours(replace(PLAIN, images_per_day=1, active_hours=1), 1)
    assert lone.wakes / DAYS_A_MONTH == pytest.approx(1, rel=0.01)
    one_day = (lone.painting + lone.idle) / DAYS_A_MONTH
    assert one_day == pytest.approx(4 / 3600 + 25 / 60, rel=0.01)
    fewer = hours(replace(PLAIN, active_hours=2), 1000)
    assert (fewer.painting + fewer.idle) / DAYS_A_MONTH < 5


@pytest.mark.parametrize("images", [1, 30, 1000, 20_000, 1_000_000])
def test_sleeping_is_never_dearer_and_batches_neither(images: float) -> None:
    workload = replace(PLAIN, images_per_day=images)
    cost = priced(workload).month.usd
    assert cost <= priced(replace(workload, always_on=True)).month.usd
    assert priced(replace(workload, batch_speedup=2.0)).month.usd <= cost


def test_more_is_asked_of_more() -> None:
    cost = priced(PLAIN).month.usd
    for field in ("text_in_images", "own_key", "shadow_policy"):
        assert priced(replace(PLAIN, **{field: True})).month.usd > cost  # type: ignore[arg-type]
    for dearer in (
        {"unsafe": 0.2}, {"retries": 0.1}, {"reviewed": 0.2}, {"prompt_chars": 900},
        {"source": "api"}, {"picture_kb": 400}, {"keep_images_days": 900},
    ):  # fmt: skip
        assert priced(replace(PLAIN, **dearer)).month.usd > cost, dearer
    assert priced(replace(PLAIN, log_level="WARN")).month.usd < cost
    assert priced(replace(PLAIN, source="event")).month.usd != cost


def test_designs_change_the_path_that_there_is() -> None:
    ours = priced(PLAIN)
    changed = {
        name: priced(replace(PLAIN, design=name))
        for name in ("express", "one-lambda", "polling", "lambda-a-picture", "catch")
    }
    assert changed["one-lambda"].transitions == 0
    assert changed["catch"].transitions == ONCE - CHOICES
    assert changed["lambda-a-picture"].transitions == ONCE + 1
    # Seven states become two calls and two Choices.
    assert changed["express"].transitions == ONCE - 7 + 4
    # Six seconds are two looks.
    assert changed["polling"].transitions == ONCE + 3 * 2
    assert changed["polling"].usd("SNS") == 0
    assert ours.usd(IDLE) == changed["catch"].usd(IDLE)


def test_unverified_prices_mark_what_they_are_in(tmp_path: Folder) -> None:
    marked = {row.label for row in priced(PLAIN).rows if not row.spent.verified}
    assert marked == {"Comprehend, toxicity", "EventBridge"}
    assert not priced(PLAIN).month.verified
    sure = replace(PLAIN, backend="guardrail", source="event")
    assert priced(sure).month.verified
    assert not priced(replace(sure, images_per_day=100_000)).month.verified
    document = json.loads(FILE.read_text("utf-8"))
    document["prices"]["s3.write"]["verified"] = False
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(document), "utf-8")
    assert not estimate(sure, load(file)).month.verified


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("images_per_day", 0, "must be a number above 0"),
        ("images_per_day", float("nan"), "must be a number above 0"),
        ("images_per_request", 5, "must be from 1 to 4"),
        ("unsafe", 1.1, "must be from 0 to 1"),
        ("idle_minutes", -1, "must be at least 0"),
        ("idle_minutes", float("inf"), "must be at least 0"),
        ("active_hours", 25, "must be from 0 to 24"),
        ("utilisation", 0, "must be above 0 and at most 1"),
        ("backend", "mine", "must be one of toxicity, custom, guardrail"),
        ("keyword", 0.999, "with classifier and invalid must be at most 1, and is 1.019"),
    ],
)
def test_a_workload_that_cannot_be(field: str, value: object, told: str) -> None:
    with pytest.raises(WorkloadError, match=told) as error:
        Workload(**{field: value})  # type: ignore[arg-type]
    assert error.value.option == field
