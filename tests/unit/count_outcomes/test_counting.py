"""What an outcome's event adds to the metrics, and which names may become dimensions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from count_outcomes.counting import OTHER, STAGES, UNITS, Known, Value, values_of
from shared.metrics import METRICS

ROOT = Path(__file__).parents[3]
EVENTS = sorted((ROOT / "events/count_outcomes").glob("*.json"))
KNOWN = Known.from_policy()
Counted = Callable[..., list[Value]]


def outcome(**facts: Any) -> dict[str, Any]:
    """The detail of a result event."""
    return {
        "request_id": "r-1",
        "status": "COMPLETED",
        "stage": "PublishImages",
        "reasons": [],
        "attempts": 0,
        **facts,
    }


def counted(metric: str, **facts: Any) -> list[tuple[float, dict[str, str]]]:
    values = values_of(outcome(**facts), KNOWN)
    return [(value.value, value.dimensions) for value in values if value.metric == metric]


def test_an_outcome_is_counted_once_by_its_status() -> None:
    assert counted("Outcomes") == [(1, {"Status": "COMPLETED"})]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("COMPLETED", [0]),
        ("BLOCKED_PROMPT", [100]),
        ("BLOCKED_IMAGE", [100]),
        ("MODEL_FILTERED", [100]),
        ("INVALID", []),
        ("FAILED", []),
    ],
)
def test_the_block_rate_is_of_requests_that_were_judged(status: str, expected: list[float]) -> None:
    assert [value for value, _ in counted("BlockRate", status=status)] == expected


def test_a_category_counts_once_however_many_of_its_words_matched() -> None:
    reasons = [{"category": name} for name in ("weapons", "violence", "weapons")]
    found = counted(
        "BlockedCategories", status="BLOCKED_PROMPT", stage="FilterKeywords", reasons=reasons
    )
    assert found == [(1, {"Category": "violence"}), (1, {"Category": "weapons"})]


@pytest.mark.parametrize("status", ["COMPLETED", "INVALID", "REFUSED", "FAILED", "EXPIRED"])
def test_only_what_moderation_stopped_counts_as_blocked(status: str) -> None:
    reasons = [{"category": "violence", "label": "VIOLENCE_OR_THREAT", "rule": "classifier"}]
    metrics = {value.metric for value in values_of(outcome(status=status, reasons=reasons), KNOWN)}
    assert not metrics & {"Blocked", "BlockedCategories", "BlockedLabels"}


@pytest.mark.parametrize(
    ("rules", "counts_as"),
    [
        (["UnusableVerdict"], "UnusableVerdict"),
        (["States.Timeout"], "States.Timeout"),
        (["a prompt that came to be an error's name"], OTHER),
        ([], OTHER),
    ],
)
def test_a_failure_is_counted_by_stage_and_error(rules: list[str], counts_as: str) -> None:
    reasons = [{"category": "technical", "rule": rule} for rule in rules]
    found = counted("Failures", status="FAILED", stage="ClassifyPrompt", reasons=reasons)
    assert found == [(1, {"Stage": "ClassifyPrompt", "Rule": counts_as})]


@pytest.mark.parametrize(("attempts", "expected"), [(1, [0]), (3, [2]), (0, [])])
def test_attempts_after_the_first_are_regenerations(attempts: int, expected: list[float]) -> None:
    assert [value for value, _ in counted("Regenerations", attempts=attempts)] == expected


def test_the_whole_duration_is_the_sum_of_the_stages() -> None:
    timings = {"AcceptRequest": 400, "FilterKeywords": 40.5, "AnotherStage": 1_000}
    assert counted("RequestDuration", timings=timings) == [(440.5, {})]
    assert len(counted("StageDuration", timings=timings)) == 2


def test_what_an_event_lacks_is_not_counted() -> None:
    """Who closes a request in the machine's place knows no times."""
    assert {value.metric for value in values_of(outcome(), KNOWN)} == {"Outcomes", "BlockRate"}


def test_names_that_nobody_declared_make_no_metrics() -> None:
    reasons = [{"category": f"c-{n}", "label": f"l-{n}", "rule": f"r-{n}"} for n in range(1_000)]
    values = values_of(
        outcome(
            status="BLOCKED_IMAGE",
            stage="elsewhere",
            reasons=reasons,
            timings={"elsewhere": 1},
            usage={"gold": 1},
        ),
        KNOWN,
    )
    told = {value.metric: set(value.dimensions.values()) for value in values}
    assert told == {
        "Outcomes": {"BLOCKED_IMAGE"},
        "BlockRate": set(),
        "Blocked": {OTHER},
        "BlockedCategories": {OTHER},
        "BlockedLabels": {OTHER},
    }


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_value_fits_its_declaration(path: Path) -> None:
    for value in values_of(json.loads(path.read_text("utf-8"))["detail"], KNOWN):
        assert value.dimensions.keys() == set(METRICS[value.metric].dimensions)
        assert all(value.dimensions.values())


def test_a_request_takes_no_longer_for_having_been_reviewed() -> None:
    timings = {"ClassifyPrompt": 20, "ReviewRequest": 86_000_000, "GenerateImages": 3000}
    assert counted("RequestDuration", timings=timings) == [(3020, {})]
    assert (86_000_000, {"Stage": "ReviewRequest"}) in counted("StageDuration", timings=timings)


def test_stages_are_the_machines_states_and_those_who_close_in_its_place() -> None:
    machine = json.loads((ROOT / "statemachine/generate_safe_image.asl.json").read_text("utf-8"))
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}
    for stage in STAGES:
        folder = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in stage)
        assert stage in machine["States"] or folder[1:] in folders
    for name, state in machine["States"].items():
        assigned = [
            state.get("Assign", {}),
            *(caught.get("Assign", {}) for caught in state.get("Catch", ())),
        ]
        assert name in STAGES or not any("timings" in variables for variables in assigned)


def test_errors_that_the_machine_names_are_told_apart() -> None:
    machine = json.loads((ROOT / "statemachine/generate_safe_image.asl.json").read_text("utf-8"))
    blocks = [
        block
        for state in machine["States"].values()
        for block in (*state.get("Retry", ()), *state.get("Catch", ()))
    ]
    named = {error for block in blocks for error in block["ErrorEquals"]}
    assert named - KNOWN.rules == {"States.ALL", "DynamoDB.ConditionalCheckFailedException"}


def test_units_are_those_that_functions_report() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "functions").glob("*/*.py")]
    machine = (ROOT / "statemachine/generate_safe_image.asl.json").read_text("utf-8")
    others = [text for text in sources if "UNITS = frozenset" not in text]
    for unit in UNITS:
        assert unit in machine or any(f'"{unit}"' in text for text in others)


def test_a_jobs_names_are_of_closed_sets() -> None:
    job = {"job_id": "j", "kind": "x", "status": "y", "invalid": 0, "counts": {"z": 1}}
    (ended,) = values_of(job, KNOWN)
    assert ended.dimensions == {"Kind": OTHER, "Status": OTHER}
    *_, images = values_of(job | {"kind": "dataset"}, KNOWN)
    assert images.dimensions == {"Verdict": OTHER}
