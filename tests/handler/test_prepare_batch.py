"""PrepareBatch's handler: a file of prompts in; chunks of rows, and records of bad lines, out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
RECORD, RESULT_EVENT = (
    json.loads((ROOT / f"schemas/{name}.schema.json").read_text("utf-8"))
    for name in ("record", "result-event")
)
PROMPTS, WORK = "safelight-prompts-example", "safelight-work-example"
RESULTS, JOBS = "safelight-ResultsTable-1A2B3C4D5E6F", "safelight-JobsTable-7A8B9C0D1E2F"
MIXED_JSONL, MIXED_CSV, CLEAN = (
    (ROOT / "events/batches" / name).read_bytes()
    for name in ("mixed.jsonl", "mixed.csv", "clean.jsonl")
)
FILES = {
    "jsonl": MIXED_JSONL,
    "csv": MIXED_CSV,
    "clean": CLEAN,
    "versionless": CLEAN,
    "one_prompt": b"a lighthouse",
    "outside_its_folder": MIXED_JSONL,
}
ANOTHER = {"arn": "arn:aws:states:us-east-1:111122223333:execution:safelight-RunBatch:2"}
Call = Callable[..., Any]
Event = Callable[[str], Any]


@pytest.fixture
def dropped(aws: Any, answers: Any, event: Event) -> Callable[..., Any]:
    """Puts the scenario's file, or this content, under the event's key; gives the event."""
    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})

    def dropped(scenario: str, content: bytes | None = None, key: str = "") -> Any:
        payload = event(f"prepare_batch/{scenario}")
        content = FILES.get(scenario) if content is None else content
        if content is not None:
            thing = payload["input"]["detail"]["object"]
            thing["key"] = key or thing["key"]
            stored = aws("s3").put_object(Bucket=PROMPTS, Key=thing["key"], Body=content)
            thing["etag"] = stored["ETag"].strip('"')
            if "version-id" in thing:
                thing["version-id"] = stored["VersionId"]
        return payload

    return dropped


@pytest.fixture
def prepare(dropped: Any, call: Call) -> Callable[..., Any]:
    """Drops a file and calls the handler with its event."""

    def prepare(scenario: str, *file: Any, **payload: Any) -> Any:
        return call("prepare_batch", dropped(scenario, *file) | payload)

    return prepare


@pytest.fixture
def by_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three rows, and time for one of them in each call."""
    monkeypatch.setattr("prepare_batch.chunks._MAX_ROWS", 3)
    monkeypatch.setattr("prepare_batch.handler.MARGIN_MS", 900_000)


@pytest.fixture
def written(aws: Any) -> Callable[[str], dict[str, list[Any]]]:
    """The lines of every object under a prefix of the work bucket, by the rest of its key."""

    def written(prefix: str) -> dict[str, list[Any]]:
        found = aws("s3").list_objects_v2(Bucket=WORK, Prefix=prefix).get("Contents", ())
        bodies = {
            one["Key"]: aws("s3").get_object(Bucket=WORK, Key=one["Key"])["Body"].read()
            for one in found
        }
        return {
            key.removeprefix(prefix): [json.loads(line) for line in body.decode().splitlines()]
            for key, body in bodies.items()
        }

    return written


def whole(call: Call, payload: Any) -> tuple[Any, int]:
    """The last answer, and how many calls it took."""
    calls, answer = 0, {"verdict": "more", "cursor": {}}
    while answer["verdict"] == "more":
        answer = call("prepare_batch", payload | {"cursor": answer["cursor"]})
        calls += 1
    return answer, calls


def announced(answers: Any) -> list[dict[str, Any]]:
    entries = [request["Entries"][0] for request in answers.asked("PutEvents")]
    details = [json.loads(entry["Detail"]) for entry in entries]
    for detail in details:
        jsonschema.validate(detail, RESULT_EVENT)
    return details


def rules(answer: Any) -> list[tuple[str, str]]:
    return [(reason["field"], reason["rule"]) for reason in answer["reasons"]]


def test_a_clean_file_is_one_chunk(prepare: Any, written: Any, item: Any) -> None:
    answer = prepare("clean")

    job = answer["job"]
    assert (answer["verdict"], answer["reasons"]) == ("ready", [])
    assert (job["total"], job["invalid"], job["concurrency"]) == (12, 0, 10)
    assert (job["run"], job["bucket"]) == (1, WORK)
    assert job["source"]["key"] == "batches/clean.jsonl"
    assert job["chunks"] == f"jobs/{job['job_id']}/1/chunks/"
    rows = written(job["chunks"])["000000001.jsonl"]
    assert [row["line"] for row in rows] == list(range(1, 13))
    assert rows[1] == {
        "line": 2,
        "name": f"{job['job_id']}-2",
        "request_id": f"{job['job_id']}-2",
        "input": {
            "batch": {
                "job_id": job["job_id"],
                "line": 2,
                "bucket": PROMPTS,
                "key": "batches/clean.jsonl",
                "version_id": job["source"]["version_id"],
            },
            "request": {"prompt": "a red fox in snow"},
        },
    }
    record = item(JOBS, job["job_id"])
    assert (record["kind"], record["status"], record["stage"]) == (
        "batch",
        "RUNNING",
        "PrepareBatch",
    )
    assert (record["total"], record["invalid"], record["concurrency"]) == (12, 0, 10)
    assert record["fingerprint"] == job["source"]["etag"]
    assert record["open_jobs"] == "1"
    assert record["expires_at"] == job["expires_at"] == 1795168801 + (30 + 90) * 86400


def test_every_row_is_taken_as_accept_request_takes_it(
    prepare: Any, written: Any, call: Call, event: Event
) -> None:
    job = prepare("jsonl")["job"]
    (rows,) = written(job["chunks"]).values()
    execution = event("accept_request/batch_row")["execution"]
    for row in rows:
        one = execution | {"name": row["name"], "arn": f"arn:{row['name']}"}
        accepted = call("accept_request", {"input": row["input"], "execution": one})
        assert accepted["verdict"] == "accepted"
        assert accepted["claim"]["request_id"] == row["request_id"]
    assert "s3:batches/mona/train-1" in {row["request_id"] for row in rows}


@pytest.mark.parametrize(
    ("scenario", "good", "bad"),
    [
        (
            "jsonl",
            [1, 2, 5, 8, 10, 12],
            {
                4: ("line", "json"),
                6: ("width", "multipleOf"),
                7: ("prompt", "required"),
                9: ("request", "type"),
                11: ("num_images", "maximum"),
            },
        ),
        (
            "csv",
            [2, 3, 4, 8, 11, 14],
            {
                6: ("seed", "type"),
                9: ("width", "multipleOf"),
                10: ("line", "cells"),
                12: ("line", "quotes"),
                13: ("prompt", "required"),
            },
        ),
    ],
)
def test_a_bad_line_has_an_end_of_its_own_and_stops_no_other(
    scenario: str,
    good: list[int],
    bad: dict[int, tuple[str, str]],
    prepare: Any,
    written: Any,
    item: Any,
    answers: Any,
    logged: Any,
) -> None:
    answer = prepare(scenario)

    job = answer["job"]
    assert (answer["verdict"], job["total"], job["invalid"]) == ("ready", len(good), len(bad))
    (rows,) = written(job["chunks"]).values()
    assert [row["line"] for row in rows] == good
    (listed,) = written(job["refused"]).values()
    assert {one["line"]: (one["field"], one["rule"]) for one in listed} == bad
    told = {detail["request_id"]: detail for detail in announced(answers)}
    assert sorted(told) == sorted(f"{job['job_id']}-{line}" for line in bad)
    for line, (field, rule) in bad.items():
        name = f"{job['job_id']}-{line}"
        record = item(RESULTS, name)
        nested = ("reasons", "source", "metadata")
        record |= {part: json.loads(record[part]) for part in nested}
        jsonschema.validate(record, RECORD)
        assert (record["status"], record["stage"], record["run"]) == ("INVALID", "PrepareBatch", 1)
        assert record["requester"] == "s3:batches/mona"
        assert record["source"]["type"] == "batch"
        assert record["source"]["line"] == str(line)
        (reason,) = record["reasons"]
        assert (reason["field"], reason["rule"], reason["line"]) == (field, rule, line)
        assert "open_shard" not in record
        assert record["expires_at"] == 1795168801 + 90 * 86400
        assert (told[name]["status"], told[name]["retryable"]) == ("INVALID", False)
    for secret in ("lighthouse", "oranges"):
        assert secret not in logged() + json.dumps(answer) + json.dumps(list(told.values()))


def test_time_that_is_short_changes_no_row(
    by_one_chunk: None, dropped: Any, call: Call, written: Any, answers: Any
) -> None:
    answer, calls = whole(call, dropped("csv"))

    job = answer["job"]
    assert (answer["verdict"], job["total"], job["invalid"]) == ("ready", 6, 5)
    assert calls == 5
    assert {key: [row["line"] for row in rows] for key, rows in written(job["chunks"]).items()} == {
        "000000002.jsonl": [2, 3, 4],
        "000000006.jsonl": [8],
        "000000009.jsonl": [11],
        "000000012.jsonl": [14],
    }
    assert len(announced(answers)) == 5


def test_a_call_that_is_made_again_doubles_nothing(
    by_one_chunk: None, dropped: Any, call: Call, written: Any, item: Any, answers: Any
) -> None:
    payload = dropped("jsonl")
    first = call("prepare_batch", payload)
    second = call("prepare_batch", payload | {"cursor": first["cursor"]})
    place = f"jobs/{first['job']['job_id']}/"
    before = written(place), len(announced(answers))

    assert call("prepare_batch", payload) == first
    assert call("prepare_batch", payload | {"cursor": first["cursor"]}) == second
    assert (written(place), len(announced(answers))) == before

    answer, _ = whole(call, payload)
    again, _ = whole(call, payload)
    assert again == answer
    assert len(announced(answers)) == 5


def test_a_bad_line_that_was_not_announced_is_announced_by_the_next_try(
    dropped: Any, call: Call, answers: Any, item: Any
) -> None:
    answers.set("PutEvents", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "Throttling"}]})
    payload = dropped("jsonl")
    answers.set("PutEvents", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "Throttling"}]})
    with pytest.raises(Exception, match="PutEvents"):
        call("prepare_batch", payload)

    answers.set("PutEvents", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    job = call("prepare_batch", payload)["job"]
    assert "open_shard" not in item(RESULTS, f"{job['job_id']}-4")
    told = [detail["request_id"] for detail in announced(answers)]
    assert (len(told), len(set(told))) == (6, 5)


def end(aws: Any, job_id: str, status: str) -> None:
    """As RecordJob and MarkJobAnnounced do."""
    aws("dynamodb").update_item(
        TableName=JOBS,
        Key={"job_id": {"S": job_id}},
        UpdateExpression="SET #status = :status REMOVE open_jobs",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": status}},
    )


@pytest.mark.parametrize("status", ["RUNNING", "COMPLETED"])
def test_the_same_file_dropped_again_is_told_of_the_first(
    status: str, dropped: Any, call: Call, aws: Any, written: Any, answers: Any
) -> None:
    first = call("prepare_batch", dropped("jsonl"))
    end(aws, first["job"]["job_id"], status)
    payload = dropped("jsonl")
    answers.set("GetObject", AssertionError("read again"))

    answer = call("prepare_batch", payload | {"execution": payload["execution"] | ANOTHER})

    assert answer["verdict"] == "duplicate"
    assert answer["first"] == {
        "job_id": first["job"]["job_id"],
        "run": 1,
        "status": status,
        "execution_arn": payload["execution"]["arn"],
    }


@pytest.mark.parametrize("status", ["FAILED", "INVALID"])
def test_a_batch_that_failed_is_run_again_when_its_file_is_dropped_again(
    status: str, dropped: Any, call: Call, aws: Any, written: Any, item: Any, answers: Any
) -> None:
    first = call("prepare_batch", dropped("jsonl"))
    job_id = first["job"]["job_id"]
    end(aws, job_id, status)
    before = item(RESULTS, f"{job_id}-4")
    payload = dropped("jsonl")

    answer = call("prepare_batch", payload | {"execution": payload["execution"] | ANOTHER})

    assert (answer["verdict"], answer["job"]["run"]) == ("ready", 2)
    assert answer["job"]["chunks"] == f"jobs/{job_id}/2/chunks/"
    names = [
        [row["name"] for row in written(one["job"]["chunks"])["000000001.jsonl"]]
        for one in (first, answer)
    ]
    assert names[0] == names[1]
    assert item(JOBS, job_id)["execution_arn"] == ANOTHER["arn"]
    assert item(RESULTS, f"{job_id}-4") == before
    assert len(announced(answers)) == 5


def test_the_same_prompts_under_another_key_are_another_batch(prepare: Any) -> None:
    one, other = prepare("clean"), prepare("clean", CLEAN, "batches/other.jsonl")
    assert one["job"]["job_id"] != other["job"]["job_id"]


@pytest.mark.parametrize(
    ("key", "content", "rule", "message"),
    [
        (
            "batches/a.txt",
            b"a fox",
            "suffix",
            "a .txt file holds one prompt: drop it under prompts/",
        ),
        (
            "batches/a.JSON",
            b"{}",
            "suffix",
            "a .json file holds one prompt: drop it under prompts/",
        ),
        ("batches/a.xlsx", b"PK", "suffix", "a file of prompts must end in .jsonl or .csv"),
        ("batches/jsonl", b"{}", "suffix", "a file of prompts must end in .jsonl or .csv"),
        ("batches/a.jsonl", b"", "not_empty", "the file is empty"),
        ("batches/a.csv", b"", "not_empty", "the file is empty"),
        ("batches/a.jsonl", b"\n \r\n\t\n", "not_empty", "the file has no rows"),
        ("batches/a.csv", b"\r\n\r\n", "not_empty", "the file has no rows"),
        ("batches/a.csv", b"prompt,seed\r\n", "not_empty", "the file has no rows"),
        ("batches/a.jsonl", b"\xef\xbb\xbf", "not_empty", "the file has no rows"),
        (
            "batches/a.csv",
            b"prompt\ra fox",
            "line_ends",
            "lines must end with LF or CRLF, not with CR",
        ),
        (
            "batches/a.csv",
            b'"prompt";"seed"\na fox;1\n',
            "separator",
            "columns are separated by semicolons: save the file with commas",
        ),
        ("batches/a.csv", b"seed\n1\n", "required", "there is no column prompt"),
        (
            "batches/a.csv",
            b"prompt,seed,prompt\na,1,b\n",
            "duplicate_column",
            "there are two columns prompt",
        ),
        (
            "batches/a.csv",
            "prompt\na".encode("utf-16"),
            "utf-8",
            "the file is UTF-16: save it as UTF-8",
        ),
        ("batches/a.csv", b"prompt,\xff\n", "utf-8", "in the first line, the line is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused(
    key: str, content: bytes, rule: str, message: str, prepare: Any, item: Any, written: Any
) -> None:
    answer = prepare("jsonl", content, key)

    assert answer["verdict"] == "invalid"
    (reason,) = answer["reasons"]
    assert (reason["rule"], reason["message"]) == (rule, message)
    assert (reason["stage"], reason["category"], reason["action"]) == (
        "PrepareBatch",
        "invalid_request",
        "reject",
    )
    assert item(JOBS, answer["job"]["job_id"])["status"] == "RUNNING", "RecordJob closes it"
    assert written("jobs/") == {}


def test_a_header_that_may_be_a_prompt_is_not_repeated(prepare: Any, logged: Any) -> None:
    answer = prepare("csv", b"a lighthouse,prompt\nx,y\n")
    (reason,) = answer["reasons"]
    assert reason["rule"] == "unknown_column"
    assert reason["message"].startswith("column 1 of the first line names no field of a request")
    assert "lighthouse" not in json.dumps(answer) + logged()


@pytest.mark.parametrize("suffix", ["JSONL", "Jsonl"])
def test_capitals_in_a_suffix_are_no_matter(suffix: str, prepare: Any) -> None:
    assert prepare("clean", CLEAN, f"batches/a.{suffix}")["job"]["total"] == 12


@pytest.mark.parametrize(
    ("scenario", "field", "rule"),
    [
        ("one_prompt", "file", "suffix"),
        ("outside_its_folder", "file", "folder"),
        ("not_an_s3_event", "file", "folder"),
    ],
)
def test_what_is_no_batch_is_refused(
    scenario: str, field: str, rule: str, prepare: Any, item: Any
) -> None:
    answer = prepare(scenario)
    assert (answer["verdict"], rules(answer)) == ("invalid", [(field, rule)])
    assert item(JOBS, answer["job"]["job_id"])


def test_a_folder_is_ignored(prepare: Any, item: Any) -> None:
    answer = prepare("folder")
    assert answer["verdict"] == "ignored"
    assert item(JOBS, answer["job"]["job_id"]) is None


def test_a_file_that_was_deleted_is_refused(dropped: Any, call: Call, aws: Any) -> None:
    payload = dropped("jsonl")
    thing = payload["input"]["detail"]["object"]
    aws("s3").delete_object(Bucket=PROMPTS, Key=thing["key"], VersionId=thing["version-id"])
    answer = call("prepare_batch", payload)
    assert (answer["verdict"], rules(answer)) == ("invalid", [("file", "exists")])


def test_a_file_that_was_overwritten_is_read_as_it_was(dropped: Any, call: Call, aws: Any) -> None:
    payload = dropped("clean")
    aws("s3").put_object(Bucket=PROMPTS, Key="batches/clean.jsonl", Body=b"{}")
    assert call("prepare_batch", payload)["job"]["total"] == 12


def test_without_a_version_an_overwritten_file_is_refused_and_nothing_of_it_run(
    by_one_chunk: None, dropped: Any, call: Call, aws: Any
) -> None:
    payload = dropped("versionless")
    first = call("prepare_batch", payload)
    assert first["verdict"] == "more"
    aws("s3").put_object(Bucket=PROMPTS, Key="batches/clean.jsonl", Body=b"{}")
    answer = call("prepare_batch", payload | {"cursor": first["cursor"]})
    assert (answer["verdict"], rules(answer)) == ("invalid", [("file", "exists")])


def test_a_file_of_bad_lines_only_is_refused(
    dropped: Any, call: Call, monkeypatch: pytest.MonkeyPatch, item: Any
) -> None:
    monkeypatch.setattr("prepare_batch.prepare.MAX_INVALID_LINES", 150)
    answer = call("prepare_batch", dropped("jsonl", b"a fox\n" * 151))
    assert (answer["verdict"], rules(answer)) == ("invalid", [("file", "max_invalid_lines")])
    assert answer["reasons"][0]["message"] == (
        "more than 150 lines are no requests (the first of the last 51 is line 101)"
    )
    # Those that have a record of their own by now.
    assert item(JOBS, answer["job"]["job_id"])["invalid"] == 100
    assert call("prepare_batch", dropped("jsonl", b"a fox\n" * 150))["job"]["invalid"] == 150


def test_two_rows_with_the_same_id_are_two_rows(prepare: Any, written: Any) -> None:
    row = b'{"prompt": "a fox", "request_id": "mine"}\n'
    job = prepare("jsonl", row * 2)["job"]
    (rows,) = written(job["chunks"]).values()
    assert [row["name"] for row in rows] == [f"{job['job_id']}-{line}" for line in (1, 2)]
    assert {row["request_id"] for row in rows} == {"s3:batches/mona/mine"}


def test_concurrency_is_the_stacks_if_that_is_less(dropped: Any, call: Call) -> None:
    answer = call("prepare_batch", dropped("clean"), BATCH_CONCURRENCY="3")
    assert answer["job"]["concurrency"] == 3
