"""SummarizeBatch's handler: what a map run wrote in; results, a summary and its place out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

WORK, IMAGES = "safelight-work-example", "safelight-images-example"
BATCH = "batch-4f1c2a9be07d83615c2e9a40"
RESULTS, REFUSED = f"jobs/{BATCH}/1/results/", f"jobs/{BATCH}/1/refused/"
PLACE = f"batches/{BATCH}/1/"
Call = Callable[..., Any]
Event = Callable[[str], Any]


def done(line: int, status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    images = [{"bucket": IMAGES, "key": f"{line}.png"}] if status == "COMPLETED" else []
    told = {"line": line, "request_id": f"{BATCH}-{line}", "run": 1, "status": status}
    return {**told, "images": images, **more}


def failed(line: int, **members: Any) -> dict[str, Any]:
    row = {"line": line, "request_id": f"{BATCH}-{line}", "input": {"request": "SECRET"}}
    return {"Input": json.dumps({"row": row}), "Status": "FAILED", **members}


def refused(line: int) -> dict[str, Any]:
    name = f"{BATCH}-{line}"
    return {
        "line": line,
        "request_id": name,
        "field": "line",
        "rule": "json",
        "message": "not JSON",
    }


@pytest.fixture
def put(aws: Any) -> Callable[..., None]:
    """Writes lines as an object of the work bucket."""

    def put(key: str, *documents: Any) -> None:
        body = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents)
        aws("s3").put_object(Bucket=WORK, Key=key, Body=body.encode())

    return put


@pytest.fixture
def map_run(put: Any) -> Callable[..., None]:
    """Writes a map run's results, in files named by its manifest."""

    def map_run(identity: str, **files: list[list[Any]]) -> None:
        folder = f"{RESULTS}{identity}/"
        manifest: dict[str, list[Any]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        for kind, bodies in files.items():
            for number, documents in enumerate(bodies):
                key = f"{folder}{kind}_{number}.json"
                put(key, *documents)
                manifest[kind].append({"Key": key, "Size": 1})
        put(
            f"{folder}manifest.json",
            {"DestinationBucket": WORK, "MapRunArn": "arn", "ResultFiles": manifest},
        )

    return map_run


@pytest.fixture
def mixed(put: Any, map_run: Any) -> None:
    """Six rows, of which five have ended, and five bad lines."""
    cause = json.dumps(done(8, "EXPIRED"))
    map_run(
        "8f0b6c1e",
        SUCCEEDED=[[done(1), done(2, "BLOCKED_PROMPT")], [done(5, repeated=True)]],
        FAILED=[[failed(8, Error="Safelight.RowFailed", Cause=cause)], [failed(10)]],
        PENDING=[[{"Input": "{}"}]],
    )
    put(f"{REFUSED}000000001.jsonl", refused(4), refused(6), refused(7))
    put(f"{REFUSED}000000009.jsonl", refused(9), refused(11))


@pytest.fixture
def stored(aws: Any) -> Callable[[], dict[str, bytes]]:
    """What lies in the images bucket, by the end of its key."""

    def stored() -> dict[str, bytes]:
        listed = aws("s3").list_objects_v2(Bucket=IMAGES, Prefix=PLACE).get("Contents", ())
        return {
            one["Key"].removeprefix(PLACE): aws("s3")
            .get_object(Bucket=IMAGES, Key=one["Key"])["Body"]
            .read()
            for one in listed
        }

    return stored


def told(event: Event, scenario: str) -> Any:
    return event(f"summarize_batch/{scenario}")


def rows(stored: dict[str, bytes]) -> list[dict[str, Any]]:
    parts = [body for name, body in sorted(stored.items()) if name.startswith("results-")]
    return [json.loads(line) for line in b"".join(parts).splitlines()]


def test_every_row_has_its_line_and_every_outcome_its_count(
    mixed: None, call: Call, event: Event, stored: Any, logged: Any
) -> None:
    answer = call("summarize_batch", told(event, "completed"))

    counts = {"BLOCKED_PROMPT": 1, "COMPLETED": 2, "EXPIRED": 1, "FAILED": 1, "INVALID": 5}
    key = f"{PLACE}summary.json"
    assert answer["verdict"] == "done"
    assert answer["report"] == {"bucket": IMAGES, "key": key, "counts": counts}
    found = stored()
    assert {row["line"]: row["status"] for row in rows(found)} == {
        1: "COMPLETED",
        2: "BLOCKED_PROMPT",
        5: "COMPLETED",
        8: "EXPIRED",
        10: "FAILED",
        **dict.fromkeys([4, 6, 7, 9, 11], "INVALID"),
    }
    summary = json.loads(found["summary.json"])
    assert summary["seconds"] > 0
    assert summary["ended_at"] > summary["started_at"]
    del summary["seconds"], summary["ended_at"]
    assert summary == {
        "job_id": BATCH,
        "run": 1,
        "status": "COMPLETED",
        "source": told(event, "completed")["job"]["source"],
        "total": 6,
        "invalid": 5,
        "counts": counts,
        "repeated": 1,
        "rows_without_result": 1,
        "results": [f"{PLACE}results-00000.jsonl"],
        "started_at": "2026-11-20T10:00:01.250Z",
    }
    assert "SECRET" not in str(found) + json.dumps(answer) + logged()


def test_time_that_is_short_changes_no_row(
    mixed: None, call: Call, event: Event, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = told(event, "completed")
    whole = call("summarize_batch", payload)
    expected = rows(stored())
    monkeypatch.setattr("summarize_batch.summarize._MAX_ROWS", 3)
    monkeypatch.setattr("summarize_batch.handler.MARGIN_MS", 900_000)

    answers = [call("summarize_batch", payload)]
    while answers[-1]["verdict"] == "more":
        cursor = json.loads(json.dumps(answers[-1]["cursor"]))
        first = call("summarize_batch", payload | {"cursor": cursor})
        assert call("summarize_batch", payload | {"cursor": cursor}) == first
        answers.append(first)

    assert len(answers) == 5
    assert answers[-1]["report"] == whole["report"]
    assert rows(stored()) == expected
    assert len(json.loads(stored()["summary.json"])["results"]) == 4


def test_a_batch_that_was_stopped_says_what_it_came_to(
    map_run: Any, call: Call, event: Event, stored: Any
) -> None:
    map_run("8f0b6c1e", SUCCEEDED=[[done(1)]], FAILED=[[failed(2, Status="ABORTED")]])
    answer = call("summarize_batch", told(event, "stopped"))
    assert answer["report"]["counts"] == {"COMPLETED": 1}
    summary = json.loads(stored()["summary.json"])
    assert (summary["status"], summary["rows_without_result"]) == ("FAILED", 5)


def test_without_a_manifest_no_row_has_a_result(
    put: Any, call: Call, event: Event, stored: Any
) -> None:
    put(f"{RESULTS}8f0b6c1e/SUCCEEDED_0.json", done(1))
    put(f"{REFUSED}000000001.jsonl", refused(4))
    answer = call("summarize_batch", told(event, "stopped"))
    assert answer["report"]["counts"] == {"INVALID": 1}
    assert json.loads(stored()["summary.json"])["rows_without_result"] == 6


def test_a_batch_of_bad_lines_only_has_a_summary(
    put: Any, call: Call, event: Event, stored: Any
) -> None:
    put(f"{REFUSED}000000001.jsonl", refused(1), refused(2))
    answer = call("summarize_batch", told(event, "nothing_ran"))
    assert answer["report"]["counts"] == {"INVALID": 2}
    assert [row["rule"] for row in rows(stored())] == ["json", "json"]


def test_of_two_map_runs_the_later_counts(
    map_run: Any, call: Call, event: Event, answers: Any
) -> None:
    map_run("ffffffff", SUCCEEDED=[[done(1)]])
    map_run("00000000", SUCCEEDED=[[done(1, "BLOCKED_IMAGE"), done(2)]])

    def listed(request: dict[str, Any]) -> dict[str, Any]:
        manifests = [
            {
                "Key": f"{RESULTS}{run}/manifest.json",
                "ETag": '"1"',
                "Size": 1,
                "LastModified": f"2026-11-20T10:00:0{second}Z",
            }
            for run, second in (("00000000", 9), ("ffffffff", 1))
        ]
        return {"IsTruncated": False, "Contents": manifests if request["Prefix"] == RESULTS else []}

    answers.set("ListObjectsV2", listed)
    answer = call("summarize_batch", told(event, "completed"))
    assert answer["report"]["counts"] == {"BLOCKED_IMAGE": 1, "COMPLETED": 1}


def test_a_torn_line_is_a_row_without_a_result(
    map_run: Any, aws: Any, call: Call, event: Event, stored: Any
) -> None:
    map_run("8f0b6c1e", SUCCEEDED=[[done(1)]])
    torn = json.dumps(done(1)).encode() + b'\n{"line": 2, "sta'
    aws("s3").put_object(Bucket=WORK, Key=f"{RESULTS}8f0b6c1e/SUCCEEDED_0.json", Body=torn)
    call("summarize_batch", told(event, "completed"))
    assert json.loads(stored()["summary.json"])["rows_without_result"] == 5


def test_the_same_call_again_writes_the_same(
    mixed: None, call: Call, event: Event, stored: Any
) -> None:
    payload = told(event, "completed")
    first = call("summarize_batch", payload)
    before = stored()
    assert call("summarize_batch", payload) == first
    assert {**stored(), "summary.json": b""} == {**before, "summary.json": b""}
