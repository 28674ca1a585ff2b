"""What holds of every batch and every data set, whatever was broken on its way."""

import json
from pathlib import Path
from typing import Any

import jsonschema
from faults.job_campaign import Jobs
from faults.job_case import CLEAN, FLAGGED, PROMPTS, JobCase, pictures
from faults.promises import assert_closed_and_told

from shared.job_events import event_of

Json = dict[str, Any]
_EVENT = json.loads(
    (Path(__file__).parents[2] / "schemas" / "job-event.schema.json").read_text("utf-8")
)
_ROWS = {1: "COMPLETED", 2: "BLOCKED_PROMPT", 3: "INVALID"}


def assert_job_ended(left: Jobs, case: JobCase, expected: tuple[str, ...]) -> Json:
    """One job, closed and told; no execution of it runs. Returns the job."""
    mine = {arn: status for arn, status in left.ended.items() if case.tag in arn}
    assert "RUNNING" not in mine.values(), "an orphan"
    job = left.job(case)
    assert job["status"] in expected, (job["status"], job["stage"], job.get("reasons"))
    assert "open_jobs" not in job
    assert job["announced_at"]
    events = left.ends_of(job)
    assert events, "nobody was told"
    detail_type, detail = event_of(left.items[job["job_id"]])
    for event in events:
        assert (event["detail-type"], event["detail"]) == (detail_type, detail)
        jsonschema.validate(event["detail"], _EVENT)
    return job


def assert_rows_ended(left: Jobs, case: JobCase, job: Json) -> None:
    """Each row's record is closed, told and true; what has ended well ended so once."""
    records = left.records(case)
    for line, record in records.items():
        assert_closed_and_told(left.world, record)
        assert record["status"] in (_ROWS[line], "FAILED"), (line, record["status"])
        assert record["run"] <= job["run"]
    assert left.paid[case.name] <= (records[1]["run"] if 1 in records else 0), "paid twice"
    if job["status"] == "COMPLETED":
        assert {line: record["status"] for line, record in records.items()} == _ROWS
        assert _results(left, job) == {
            line: (record["request_id"], record["run"], record["status"])
            for line, record in records.items()
        }
        counts = dict.fromkeys(_ROWS.values(), 1)
        assert job["report"]["counts"] == counts


def _results(left: Jobs, job: Json) -> dict[int, tuple[str, int, str]]:
    deployed, report = left.world.stack.deployed, job["report"]
    summary = json.loads(deployed.object(report["bucket"], report["key"]))
    texts = [deployed.object(report["bucket"], key) for key in summary["results"]]
    rows = [json.loads(line) for text in texts for line in text.splitlines()]
    assert len(rows) == len({row["line"] for row in rows})
    return {row["line"]: (row["request_id"], row["run"], row["status"]) for row in rows}


def assert_only_judged_pictures_pass(left: Jobs, case: JobCase, job: Json) -> None:
    """What lies under clean/ was judged clean; no set is trained on that was not judged whole."""
    files = pictures()
    for run in range(1, job["run"] + 1):
        copied = _under(left, f"clean/{job['job_id']}/{run}/")
        info = copied.pop("dataset_info.json", None)
        assert copied.items() <= {name: files[name] for name in CLEAN}.items()
        if info is not None:
            assert json.loads(info) == PROMPTS
            assert copied.keys() == set(CLEAN)
    moved = _under(left, f"quarantine/{job['job_id']}/")
    assert moved.items() <= {FLAGGED: files[FLAGGED]}.items()
    assert {**moved, **_under(left, case.place)}.keys() == {*files, "dataset_info.json"}
    trained = _under(left, f"models/{job['job_id']}/")
    assert len(trained) <= job["run"], "trained twice"
    if job["status"] == "COMPLETED":
        report = job["report"]
        assert report["fine_tuning"]["status"] == "COMPLETED"
        # What was moved by an earlier run belongs to the set no more.
        seen_before = job["run"] - 1
        assert report["counts"]["clean"] == len(CLEAN)
        assert 1 - seen_before <= report["counts"]["flagged"] <= 1
        assert report["counts"]["unusable"] == report["counts"]["not_judged"] == 0


def _under(left: Jobs, prefix: str) -> dict[str, bytes]:
    return {
        key.removeprefix(prefix): content
        for key, content in left.objects.items()
        if key.startswith(prefix)
    }
