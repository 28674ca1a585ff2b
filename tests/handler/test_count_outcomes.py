"""CountOutcomes' handler: a result event in; lines that CloudWatch makes metrics of."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
RESULT_EVENT = json.loads((ROOT / "schemas/result-event.schema.json").read_text("utf-8"))
JOB_EVENT = json.loads((ROOT / "schemas/job-event.schema.json").read_text("utf-8"))
SCENARIOS = {
    "completed": {"Attempts": 1, "Regenerations": 0, "RequestDuration": 12_011},
    "completed_at_the_second_attempt": {"Attempts": 2, "Regenerations": 1},
    "blocked_by_keywords": {"Blocked": "FilterKeywords", "RequestDuration": 450},
    "blocked_by_the_classifier": {
        "Blocked": "ClassifyPrompt",
        "BlockedLabels": "VIOLENCE_OR_THREAT",
    },
    "blocked_by_the_moderator": {"Blocked": "ModerateImages", "BlockedLabels": "Explicit Nudity"},
    "filtered_by_the_model": {"Blocked": "ModerateImages", "BlockedCategories": "model_filtered"},
    "invalid": {"Outcomes": "INVALID"},
    "failed": {"Failures": "ClassifyPrompt/UnusableVerdict"},
    "expired": {"Failures": "SweepRequests/deadline"},
    "names_that_nobody_knows": {"Blocked": "other", "BlockedLabels": "other"},
}
JOBS = {
    "batch_completed": {"JobsEnded": "batch/COMPLETED", "RowsRefused": 3},
    "batch_refused": {"JobsEnded": "batch/INVALID", "RowsRefused": 10_001},
    "dataset_completed": {
        "JobsEnded": "dataset/COMPLETED",
        "DatasetImages": ["clean", "flagged", "unusable"],
    },
}


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items(), ids=SCENARIOS)
def test_an_event_becomes_lines(
    scenario: str,
    expected: dict[str, Any],
    call: Callable[..., Any],
    event: Callable[[str], Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    sample = event(f"count_outcomes/{scenario}")
    jsonschema.validate(sample["detail"], RESULT_EVENT)
    answer = call("count_outcomes", sample)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert answer == {"values": len(lines)}
    told = {}
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Safelight/safelight"
        ((metric,), (dimensions,)) = directive["Metrics"], directive["Dimensions"]
        values = "/".join(line[name] for name in dimensions)
        told[metric["Name"]] = values or line[metric["Name"]]
    assert told["Outcomes"] == sample["detail"]["status"]
    assert {name: told[name] for name in expected} == expected


@pytest.mark.parametrize(("scenario", "expected"), JOBS.items(), ids=JOBS)
def test_so_does_the_end_of_a_job(
    scenario: str,
    expected: dict[str, Any],
    call: Callable[..., Any],
    event: Callable[[str], Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    sample = event(f"count_outcomes/{scenario}")
    jsonschema.validate(sample["detail"], JOB_EVENT)
    call("count_outcomes", sample)
    told: dict[str, Any] = {}
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        ((metric,), (dimensions,)) = directive["Metrics"], directive["Dimensions"]
        values = "/".join(line[name] for name in dimensions)
        told.setdefault(metric["Name"], []).append(values or line[metric["Name"]])
    alone = {name: values[0] if len(values) == 1 else values for name, values in told.items()}
    assert alone == expected
