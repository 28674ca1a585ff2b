"""What the events tell of a job, and that copies of one event are known by their id."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.job_events import event_of, progress_of
from shared.jobs import batch_id, dataset_id

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "schemas/job-event.schema.json").read_text("utf-8")
)
REPORT = {"bucket": "images", "key": "batches/b/1/summary.json", "counts": {"COMPLETED": 7}}


def job(**parts: Any) -> dict[str, Any]:
    base = {
        "job_id": "batch-1",
        "kind": "batch",
        "run": 1,
        "status": "RUNNING",
        "stage": "RunRows",
        "created_at": "2026-11-21T06:00:00.000Z",
        "execution_arn": "arn:execution",
        "source": '{"type": "s3", "key": "batches/a.csv"}',
    }
    return base | {n: v if isinstance(v, (str, int)) else json.dumps(v) for n, v in parts.items()}


@pytest.mark.parametrize(
    ("kind", "status", "detail_type"),
    [
        ("batch", "COMPLETED", "BatchCompleted"),
        ("batch", "INVALID", "BatchFailed"),
        ("batch", "FAILED", "BatchFailed"),
        ("dataset", "COMPLETED", "DatasetCompleted"),
        ("dataset", "FAILED", "DatasetFailed"),
        ("classifier", "COMPLETED", "ClassifierCompleted"),
        ("classifier", "REFUSED", "ClassifierFailed"),
    ],
)
def test_the_detail_type_says_what_ended_and_how(kind: str, status: str, detail_type: str) -> None:
    assert event_of(job(kind=kind, status=status))[0] == detail_type


def test_an_end_tells_what_the_report_counted() -> None:
    _, detail = event_of(job(status="COMPLETED", total=8, done=8, n_COMPLETED=8, report=REPORT))
    assert detail["counts"] == {"COMPLETED": 7}
    assert detail["report"] == REPORT


def test_without_a_report_the_counters_are_told() -> None:
    _, detail = event_of(job(status="FAILED", n_COMPLETED=3, n_FAILED=5))
    assert detail["counts"] == {"COMPLETED": 3, "FAILED": 5}
    assert detail["report"] == {}


def test_what_is_not_known_yet_is_none() -> None:
    _, detail = event_of(job(status="INVALID"))
    assert (detail["total"], detail["done"], detail["invalid"], detail["reasons"]) == (0, 0, 0, [])


def test_the_words_that_matched_stay_in_the_record() -> None:
    reason = {"stage": "FilterKeywords", "category": "gore", "term": "SECRET", "field": "prompt"}
    _, detail = event_of(job(status="FAILED", reasons=[reason]))
    (told,) = detail["reasons"]
    assert told == {name: reason[name] for name in ("stage", "category", "field")}


def test_progress_tells_pace_and_rest() -> None:
    running = job(total=100, done=40, concurrency=10, n_COMPLETED=40)
    detail_type, detail = progress_of(running, backlog=9, per_minute=12.34, eta_seconds=300)
    assert detail_type == "BatchProgress"
    assert detail["counts"] == {"COMPLETED": 40}
    told = {name: detail[name] for name in ("concurrency", "backlog", "per_minute", "eta_seconds")}
    assert told == {"concurrency": 10, "backlog": 9, "per_minute": 12.3, "eta_seconds": 300}
    assert progress_of(job(kind="dataset"), 0, 0.0, None)[0] == "DatasetProgress"


def test_an_event_is_known_by_the_job_its_run_and_what_it_tells() -> None:
    events = [
        event_of(job(status="COMPLETED")),
        event_of(job(status="FAILED")),
        event_of(job(status="COMPLETED", run=2)),
        progress_of(job(done=1), 0, 1.0, None),
        progress_of(job(done=2), 0, 1.0, None),
    ]
    assert len({detail["event_id"] for _, detail in events}) == len(events)
    for _, detail in events:
        jsonschema.validate(detail, SCHEMA)
    again = event_of(job(status="COMPLETED", done=9))[1]["event_id"]
    assert again == events[0][1]["event_id"]


def test_a_job_is_known_by_what_it_is_about() -> None:
    ids = {
        batch_id("b", "k", "e"),
        batch_id("b", "k", "other"),
        batch_id("b", "other", "e"),
        dataset_id("b", "datasets/cats/"),
        dataset_id("b", "datasets/dogs/"),
    }
    assert len(ids) == 5
    assert all(len(one) <= 32 for one in ids)
