"""AcceptRequest's handler: whatever starts an execution in; a claim or a refusal out."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from compiled import POLICY_HASH

RECORD = json.loads((Path(__file__).parents[2] / "schemas/record.schema.json").read_text("utf-8"))
PROMPTS, RESULTS = "safelight-prompts-example", "safelight-ResultsTable-1A2B3C4D5E6F"
LIGHTHOUSE = "a lighthouse on a cliff at dawn"
DEFAULTS = {
    "negative_prompt": "",
    "width": 512,
    "height": 512,
    "num_images": 1,
    "guidance_scale": 7.5,
    "num_inference_steps": 25,
    "language": "und",
}
FILES = {
    "s3_json": json.dumps({"prompt": LIGHTHOUSE, "num_images": 2}).encode(),
    "s3_txt": f"\ufeff  {LIGHTHOUSE} \n".encode(),
    "s3_versionless": json.dumps({"prompt": LIGHTHOUSE}).encode(),
    "s3_key_with_space_plus_unicode": b'{"prompt": "a fox and a hound"}',
    "s3_jsonl_under_prompts": b'{"prompt": "one"}\n{"prompt": "two"}\n',
    "s3_csv_under_prompts": b"prompt\none\ntwo\n",
    "s3_unsupported_suffix": b"\x89PNG\r\n",
    "s3_empty_file": b"",
    "s3_file_of_20_mb": b"a" * 20_971_520,
    "s3_not_utf8": "ein schöner Fuchs".encode("latin-1"),
    "s3_not_json": b'{"prompt": "a fox"',
}
# Scenario to (field, rule).
REFUSED = {
    "s3_jsonl_under_prompts": ("file", "suffix"),
    "s3_csv_under_prompts": ("file", "suffix"),
    "s3_unsupported_suffix": ("file", "suffix"),
    "s3_empty_file": ("file", "not_empty"),
    "s3_file_of_20_mb": ("file", "max_bytes"),
    "s3_not_utf8": ("file", "utf-8"),
    "s3_not_json": ("file", "json"),
    "s3_file_deleted": ("file", "exists"),
    "s3_event_without_object": ("prompt", "required"),
    "image_requested_empty_detail": ("prompt", "required"),
    "direct_start_empty": ("prompt", "required"),
    "direct_start_of_a_list": ("request", "type"),
    "unknown_field": ("promt_strength", "unknown_field"),
    "missing_prompt": ("prompt", "required"),
    "prompt_of_white_space": ("prompt", "minLength"),
    "prompt_too_long": ("prompt", "maxLength"),
    "wrong_type": ("num_images", "type"),
    "size_not_a_multiple_of_8": ("width", "multipleOf"),
    "metadata_with_a_number": ("metadata.ticket", "type"),
    "batch_row_of_no_line": ("prompt", "required"),
    "api_call_under_anothers_id": ("prompt", "required"),
}
TICKET = {"ticket": "T-17"}
CALLED = "api-25bf8e1a2393f110-76a8c2acc99b6e76299b967a82a86480"
Call = Callable[..., Any]
Event = Callable[[str], Any]


@pytest.fixture
def accept(aws: Any, call: Call, event: Event) -> Callable[..., Any]:
    """Uploads the scenario's file, if it has one, and calls the handler with its event."""

    def accept(scenario: str, content: bytes | None = None, **changes: Any) -> Any:
        payload = event(f"accept_request/{scenario}")
        payload["execution"] |= changes.pop("execution", {})
        content = FILES.get(scenario) if content is None else content
        if content is not None:
            thing = payload["input"]["detail"]["object"]
            stored = aws("s3").put_object(Bucket=PROMPTS, Key=thing["key"], Body=content)
            thing["etag"] = stored["ETag"].strip('"')
            if "version-id" in thing:
                thing["version-id"] = stored["VersionId"]
        return call("accept_request", payload, **changes)

    return accept


def parsed(record: dict[str, Any]) -> dict[str, Any]:
    documents = ("source", "metadata", "history", "appeal")
    return {name: json.loads(v) if name in documents else v for name, v in record.items()}


@pytest.mark.parametrize(
    ("scenario", "request_"),
    [
        ("s3_json", {"prompt": LIGHTHOUSE, "num_images": 2}),
        ("s3_txt", {"prompt": LIGHTHOUSE}),
        ("s3_versionless", {"prompt": LIGHTHOUSE}),
        ("s3_key_with_space_plus_unicode", {"prompt": "a fox and a hound"}),
        ("image_requested_without_id", {"prompt": LIGHTHOUSE}),
        ("direct_start", {"prompt": "a red fox in snow"}),
        ("direct_start_with_request_id", {"prompt": "a red fox in snow", "request_id": "fox-1"}),
        ("batch_row", {"prompt": "a red fox in snow", "requester": "mona", "metadata": TICKET}),
        ("batch_row_with_request_id", {"prompt": "a red fox in snow", "request_id": "fox-1"}),
        ("api_call", {"prompt": "a red fox in snow", "requester": "mona", "metadata": TICKET}),
    ],
)
def test_an_accepted_request_is_claimed(
    scenario: str, request_: dict[str, Any], accept: Any, item: Any, event: Event
) -> None:
    answer = accept(scenario)

    record = item(RESULTS, answer["claim"]["request_id"])
    claim = {name: v for name, v in record.items() if name not in {"status", "stage"}}
    assert answer == {
        "verdict": "accepted",
        "claim": claim,
        "request": DEFAULTS | request_,
        "policy": {"active": {"hash": POLICY_HASH, "version_id": ""}},
        "shadow": [],
        "reasons": [],
    }
    assert record["policy_hash"] == POLICY_HASH
    jsonschema.validate(parsed(record), RECORD)
    execution = event(f"accept_request/{scenario}")["execution"]
    assert (record["status"], record["stage"]) == ("RUNNING", "AcceptRequest")
    assert record["execution_arn"] == execution["arn"]
    assert record["created_at"] == "2026-11-20T10:00:01.250Z"
    # 3 attempts of 3 waits of 3,600 + 600 + 300 s, and 30,000 s.
    assert record["deadline"] == "2026-11-21T05:35:01.250Z"
    assert record["expires_at"] == 1795168801 + 90 * 86400
    assert "prompt" not in record


def test_an_event_brings_every_field(accept: Any, item: Any) -> None:
    answer = accept("image_requested")

    assert answer["request"] == {
        "prompt": "a lighthouse on a cliff at dawn, oil painting",
        "negative_prompt": "people, text",
        "width": 768,
        "height": 512,
        "num_images": 2,
        "seed": 7,
        "guidance_scale": 8.0,
        "num_inference_steps": 30,
        "language": "en",
        "request_id": "gallery-0042",
        "requester": "mona",
        "metadata": {"album": "coast", "ticket": "T-17"},
    }
    record = parsed(item(RESULTS, "event:example.gallery/gallery-0042"))
    assert record["requester"] == "event:example.gallery/mona"
    assert record["metadata"] == {"album": "coast", "ticket": "T-17"}
    assert record["source"] == {
        "type": "event",
        "event_id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "event_source": "example.gallery",
    }


def test_a_row_is_recorded_with_its_file_and_line(accept: Any, item: Any) -> None:
    accept("batch_row")

    record = parsed(item(RESULTS, "batch-4f1c2a9be07d83615c2e9a40-12"))
    assert record["requester"] == "s3:batches/mona/mona"
    assert record["metadata"] == TICKET
    assert record["source"] == {
        "type": "batch",
        "job_id": "batch-4f1c2a9be07d83615c2e9a40",
        "line": "12",
        "bucket": "safelight-prompts-example",
        "key": "batches/mona/autumn.jsonl",
        "version_id": "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
    }


def test_a_call_of_the_api_is_recorded_under_the_id_that_its_caller_knows(
    accept: Any, item: Any
) -> None:
    accept("api_call")

    record = parsed(item(RESULTS, CALLED))
    assert record["requester"] == "api:local/mona"
    assert record["source"] == {"type": "api"}


def test_two_rows_with_the_same_id_are_one_request_or_a_refusal(
    accept: Any, call: Call, event: Event
) -> None:
    accept("batch_row_with_request_id")
    payload = event("accept_request/batch_row_with_request_id")
    payload["input"]["batch"]["line"] = 13
    payload["execution"] |= ANOTHER

    again = call("accept_request", payload)
    payload["input"]["request"]["prompt"] = "a blue fox in snow"
    other = call("accept_request", payload)

    assert again["verdict"] == "duplicate"
    assert again["first"]["request_id"] == "s3:batches/mona/fox-1"
    assert other["verdict"] == "invalid"
    assert other["reasons"][0]["rule"] == "unique"
    assert other["claim"]["request_id"] == "batch-4f1c2a9be07d83615c2e9a40-13"


def test_an_odd_key_is_read_as_it_is(accept: Any) -> None:
    answer = accept("s3_key_with_space_plus_unicode")

    source = json.loads(answer["claim"]["source"])
    assert source["key"] == "prompts/Änne Müller/fox + hound 100%2F.json"
    assert answer["claim"]["requester"] == "s3:prompts/Änne Müller"


@pytest.mark.parametrize("scenario", REFUSED)
def test_a_refused_request_is_claimed_with_its_reason(
    scenario: str, accept: Any, item: Any, aws: Any
) -> None:
    answer = accept(scenario)

    field, rule = REFUSED[scenario]
    assert (answer["verdict"], answer["request"]) == ("invalid", None)
    (reason,) = answer["reasons"]
    assert (reason["field"], reason["rule"], reason["action"]) == (field, rule, "reject")
    assert (reason["stage"], reason["category"]) == ("AcceptRequest", "invalid_request")
    record = parsed(item(RESULTS, answer["claim"]["request_id"]))
    jsonschema.validate(record, RECORD)
    for key in [
        thing["Key"] for thing in aws("s3").list_objects_v2(Bucket=PROMPTS).get("Contents", ())
    ]:
        content = aws("s3").get_object(Bucket=PROMPTS, Key=key)["Body"].read()
        assert content == FILES[scenario], "the file is untouched"


def test_many_prompts_in_a_file_are_shown_the_way(accept: Any) -> None:
    (reason,) = accept("s3_jsonl_under_prompts")["reasons"]
    assert reason["message"] == "a .jsonl file holds many prompts: drop it under batches/"


def test_a_large_file_is_never_read(accept: Any, answers: Any) -> None:
    answers.set("GetObject", AssertionError("read"))
    (reason,) = accept("s3_file_of_20_mb")["reasons"]
    assert reason["message"] == "the file has 20971520 bytes; at most 65536 are read"


def test_a_folder_is_ignored(accept: Any, item: Any) -> None:
    answer = accept("s3_folder")

    assert (answer["verdict"], answer["request"], answer["reasons"]) == ("ignored", None, [])
    assert item(RESULTS, answer["claim"]["request_id"]) is None


def test_a_retry_of_the_task_enters_its_own_claim_again(accept: Any) -> None:
    assert accept("direct_start_with_request_id") == accept("direct_start_with_request_id")


ANOTHER = {"arn": "arn:aws:states:us-east-1:111122223333:execution:other:2", "name": "2"}


def test_a_second_execution_is_told_of_the_first(accept: Any) -> None:
    first = accept("direct_start_with_request_id")

    answer = accept("direct_start_with_request_id", execution=ANOTHER)

    assert answer["verdict"] == "duplicate"
    assert answer["first"] == {
        "request_id": "direct/fox-1",
        "run": 1,
        "status": "RUNNING",
        "execution_arn": first["claim"]["execution_arn"],
    }


def test_one_upload_announced_twice_is_one_request(
    accept: Any, aws: Any, call: Call, event: Event
) -> None:
    payload = event("accept_request/s3_json")
    thing = payload["input"]["detail"]["object"]
    stored = aws("s3").put_object(Bucket=PROMPTS, Key=thing["key"], Body=FILES["s3_json"])
    thing["version-id"] = stored["VersionId"]

    first = call("accept_request", payload)
    again = call("accept_request", {**payload, "execution": payload["execution"] | ANOTHER})

    assert (first["verdict"], again["verdict"]) == ("accepted", "duplicate")
    assert again["first"]["request_id"] == first["claim"]["request_id"]


def test_the_same_file_uploaded_twice_is_two_requests(accept: Any) -> None:
    assert accept("s3_json")["verdict"] == accept("s3_json", execution=ANOTHER)["verdict"]


def test_an_id_used_for_another_request_is_refused(
    accept: Any, call: Call, event: Event, item: Any
) -> None:
    accept("direct_start_with_request_id")
    payload = event("accept_request/direct_start_with_request_id")
    payload["input"]["prompt"] = "a blue fox in snow"
    payload["execution"] |= ANOTHER

    answer = call("accept_request", payload)

    assert answer["verdict"] == "invalid"
    (reason,) = answer["reasons"]
    assert (reason["field"], reason["rule"]) == ("request_id", "unique")
    assert answer["claim"]["request_id"] == "execution-2"
    assert item(RESULTS, "direct/fox-1")["execution_arn"] != ANOTHER["arn"]
    assert item(RESULTS, "execution-2")["execution_arn"] == ANOTHER["arn"]


def test_a_file_that_changed_since_its_event_is_not_read_for_it(
    accept: Any, aws: Any, call: Call, event: Event
) -> None:
    payload = event("accept_request/s3_versionless")
    thing = payload["input"]["detail"]["object"]
    thing["etag"] = hashlib.md5(b"what lay there before").hexdigest()  # noqa: S324
    aws("s3").put_object(Bucket=PROMPTS, Key=thing["key"], Body=FILES["s3_versionless"])

    answer = call("accept_request", payload)

    assert [reason["rule"] for reason in answer["reasons"]] == ["exists"]


def test_the_prompt_is_kept_only_if_the_stack_says_so(accept: Any, item: Any) -> None:
    answer = accept("direct_start", STORE_PROMPTS="true")

    assert item(RESULTS, answer["claim"]["request_id"])["prompt"] == "a red fox in snow"
    assert "prompt" not in answer["claim"]


def test_the_log_holds_no_prompt(accept: Any, logged: Callable[[], str]) -> None:
    accept("direct_start")
    accept("unknown_field", execution=ANOTHER)

    assert "'verdict': 'accepted'" in logged()
    assert "'verdict': 'invalid'" in logged()
    assert "red fox" not in logged()


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ProvisionedThroughputExceededException", 400, "Throttled"),
        ("InternalServerError", 500, "ServiceUnavailable"),
    ],
)
def test_a_failing_table_has_an_error_name_that_is_retried(
    code: str, status: int, error: str, accept: Any, answers: Any
) -> None:
    answers.refuse("PutItem", code, status)
    with pytest.raises(Exception, match=code) as raised:
        accept("direct_start")
    assert type(raised.value).__name__ == error


ENDED = {
    "status": "FAILED",
    "stage": "ClassifyPrompt",
    "reasons": '[{"stage": "ClassifyPrompt", "category": "technical", "action": "fail"}]',
    "announced_at": "2026-11-20T10:01:00.000Z",
}


@pytest.fixture
def end(aws: Any, item: Any) -> Callable[..., None]:
    """Ends a run as RecordOutcome and MarkAnnounced do, changed as told."""

    def end(name: str, **changes: Any) -> None:
        claimed = {n: v for n, v in item(RESULTS, name).items() if n != "open_shard"}
        ended = claimed | ENDED | changes
        texts = {n: {"N": str(v)} if isinstance(v, int) else {"S": v} for n, v in ended.items()}
        aws("dynamodb").put_item(TableName=RESULTS, Item=texts)

    return end


@pytest.fixture
def again(aws: Any, call: Call, answers: Any, event: Event) -> Callable[..., Any]:
    """Asks for the run after `run`, in the execution `number`; `asked` was the first one's."""

    def describe(asked: str) -> None:
        started = event(f"accept_request/{asked}")
        described = {
            "executionArn": started["execution"]["arn"],
            "stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:safelight",
            "status": "FAILED",
            "startDate": "2026-11-20T10:00:01Z",
            "input": json.dumps(started["input"]),
        }
        answers.set("DescribeExecution", described)

    describe("direct_start_with_request_id")

    def again(name: str = "direct/fox-1", run: int = 1, number: int = 2, asked: str = "") -> Any:
        if asked:
            describe(asked)
        payload = event("accept_request/" + "run_again")
        payload["input"] = {"request_id": name, "run": run}
        payload["execution"] |= {"arn": f"arn:again:{number}", "name": f"again-{number}"}
        return call("accept_request", payload)

    return again


def test_a_failed_run_is_followed_by_another(
    accept: Any, end: Any, again: Any, item: Any, answers: Any
) -> None:
    first = accept("direct_start_with_request_id")
    end("direct/fox-1")

    answer = again()

    assert answer["verdict"] == "accepted"
    assert answer["request"] == first["request"]
    record = item(RESULTS, "direct/fox-1")
    assert (record["run"], record["status"], answer["claim"]["run"]) == (2, "RUNNING", 2)
    assert record["execution_arn"] == "arn:again:2"
    assert record["open_shard"]
    assert not {"reasons", "announced_at"} & record.keys()
    assert "history" not in answer["claim"]
    jsonschema.validate(parsed(record), RECORD)
    (run,) = parsed(record)["history"]
    assert (run["run"], run["status"], run["stage"]) == (1, "FAILED", "ClassifyPrompt")
    assert run["execution_arn"] == first["claim"]["execution_arn"]
    assert run["reasons"][0]["category"] == "technical"
    (asked,) = answers.asked("DescribeExecution")
    assert asked["executionArn"] == first["claim"]["execution_arn"]


def test_a_third_run_still_finds_what_was_asked_first(
    accept: Any, end: Any, again: Any, item: Any, answers: Any
) -> None:
    first = accept("direct_start_with_request_id")
    end("direct/fox-1")
    again()
    end("direct/fox-1", status="EXPIRED")

    assert again(run=2, number=3)["verdict"] == "accepted"

    runs = json.loads(item(RESULTS, "direct/fox-1")["history"])
    assert [(run["run"], run["status"]) for run in runs] == [(1, "FAILED"), (2, "EXPIRED")]
    assert answers.asked("DescribeExecution")[-1]["executionArn"] == first["claim"]["execution_arn"]


def test_of_long_histories_the_oldest_runs_lose_their_reasons(
    accept: Any, end: Any, again: Any, item: Any
) -> None:
    accept("direct_start_with_request_id")
    long = json.dumps([{"stage": "ClassifyPrompt", "message": "\u00fc" * 30_000}])
    end("direct/fox-1", reasons=long)
    again()
    end("direct/fox-1", reasons=long)

    again(run=2, number=3)

    first, second = json.loads(item(RESULTS, "direct/fox-1")["history"])
    assert (first["run"], first["status"]) == (1, "FAILED")
    assert "reasons" not in first
    assert second["reasons"] == json.loads(long)


def test_a_file_is_read_again_from_its_own_version(
    accept: Any, end: Any, again: Any, answers: Any, aws: Any
) -> None:
    first = accept("s3_json")
    name = first["claim"]["request_id"]
    end(name)
    key = json.loads(first["claim"]["source"])["key"]
    aws("s3").put_object(Bucket=PROMPTS, Key=key, Body=b"what lies there now")

    answer = again(name)

    assert (answer["verdict"], answer["request"]) == ("accepted", first["request"])
    assert answer["claim"]["source"] == first["claim"]["source"]
    assert answers.asked("DescribeExecution") == []


def test_what_could_not_be_started_is_started_from_its_copy(
    again: Any, aws: Any, item: Any, event: Event, end: Any, accept: Any
) -> None:
    name = accept("image_requested_without_id")["claim"]["request_id"]
    source = json.loads(item(RESULTS, name)["source"]) | {"kept": "unstarted/1f.json"}
    end(name, run=0, execution_arn="none", source=json.dumps(source), request_hash="none")
    kept = json.dumps(event("accept_request/image_requested_without_id")["input"])
    aws("s3").put_object(
        Bucket="safelight-work-example", Key="unstarted/1f.json", Body=kept.encode()
    )

    answer = again(name, run=0)

    assert answer["verdict"] == "accepted"
    assert answer["request"]["prompt"] == LIGHTHOUSE
    assert answer["claim"]["run"] == 1


def test_a_retry_of_the_task_enters_its_own_next_run_again(
    accept: Any, end: Any, again: Any, item: Any
) -> None:
    accept("direct_start_with_request_id")
    end("direct/fox-1")

    assert again() == again()
    assert len(json.loads(item(RESULTS, "direct/fox-1")["history"])) == 1


def test_a_retry_that_comes_after_the_end_changes_nothing(
    accept: Any, end: Any, again: Any, item: Any
) -> None:
    accept("direct_start_with_request_id")
    end("direct/fox-1")
    again()
    end("direct/fox-1")
    ended = item(RESULTS, "direct/fox-1")

    answer = again()

    assert answer["verdict"] == "duplicate"
    assert item(RESULTS, "direct/fox-1") == ended


@pytest.mark.parametrize("scenario", ["batch_row", "batch_row_with_request_id", "api_call"])
def test_a_request_is_run_again_as_what_it_was(
    scenario: str, accept: Any, end: Any, again: Any, item: Any
) -> None:
    first = accept(scenario)
    name = first["claim"]["request_id"]
    before = item(RESULTS, name)
    end(name)

    answer = again(name, asked=scenario)

    assert (answer["verdict"], answer["request"]) == ("accepted", first["request"])
    record = item(RESULTS, name)
    assert record["run"] == 2
    for kept in ("source", "requester", "metadata", "request_hash"):
        assert record[kept] == before[kept]


def test_a_call_that_was_not_even_read_is_run_again_as_a_call(
    aws: Any, again: Any, item: Any
) -> None:
    """As RecordOutcome makes the record of an execution that has claimed none."""
    arn = "arn:aws:states:us-east-1:111122223333:execution:GenerateSafeImage-4mWnJx7QzTbc:"
    unread = {
        "request_id": f"execution-{CALLED}",
        "execution_arn": f"{arn}{CALLED}",
        "status": "FAILED",
        "stage": "AcceptRequest",
        "requester": "unknown",
        "request_hash": "none",
        "policy_hash": "none",
        "source": '{"type": "unknown"}',
    }
    typed = {name: {"S": text} for name, text in unread.items()} | {"run": {"N": "1"}}
    times = {name: {"S": "2026-11-20T10:00:01.250Z"} for name in ("created_at", "updated_at")}
    aws("dynamodb").put_item(TableName=RESULTS, Item=typed | times)

    answer = again(f"execution-{CALLED}", asked="api_call")

    record = parsed(item(RESULTS, f"execution-{CALLED}"))
    assert answer["verdict"] == "accepted"
    assert (record["run"], record["requester"]) == (2, "api:local/mona")
    assert record["source"] == {"type": "api"}


def test_only_one_of_two_next_runs_is_run(accept: Any, end: Any, again: Any, item: Any) -> None:
    accept("direct_start_with_request_id")
    end("direct/fox-1")
    again()

    answer = again(number=3)

    assert answer["verdict"] == "duplicate"
    assert answer["first"]["execution_arn"] == "arn:again:2"
    assert item(RESULTS, "execution-again-3") is None


@pytest.mark.parametrize(
    ("changes", "run", "field", "rule"),
    [
        ({"status": "COMPLETED"}, 1, "run", "rerunnable"),
        ({"status": "BLOCKED_PROMPT"}, 1, "run", "rerunnable"),
        ({"status": "INVALID"}, 1, "run", "rerunnable"),
        ({}, 2, "run", "current"),
        ({"open_shard": "3"}, 1, "run", "announced"),
        ({"run": 10}, 10, "run", "maximum"),
        ({"request_hash": "of another request"}, 1, "request", "unchanged"),
    ],
)
def test_what_may_not_be_run_again_is_refused_by_name(
    changes: Any, run: int, field: str, rule: str, accept: Any, end: Any, again: Any, item: Any
) -> None:
    accept("direct_start_with_request_id")
    end("direct/fox-1", **changes)
    before = item(RESULTS, "direct/fox-1")

    answer = again(run=run)

    (reason,) = answer["reasons"]
    assert (answer["verdict"], reason["field"], reason["rule"]) == ("invalid", field, rule)
    assert item(RESULTS, "direct/fox-1") == before
    record = parsed(item(RESULTS, "execution-again-2"))
    jsonschema.validate(record, RECORD)
    assert record["source"] == {"type": "again", "request_id": "direct/fox-1", "run": str(run)}


def test_what_nobody_asked_for_is_not_run_again(again: Any) -> None:
    (reason,) = again("direct/nobody")["reasons"]
    assert (reason["field"], reason["rule"]) == ("request_id", "known")


def test_what_nobody_kept_is_not_run_again(accept: Any, end: Any, again: Any, answers: Any) -> None:
    accept("direct_start_with_request_id")
    end("direct/fox-1")
    answers.refuse("DescribeExecution", "ExecutionDoesNotExist")

    (reason,) = again()["reasons"]

    assert (reason["field"], reason["rule"]) == ("run", "kept")


GORE = {
    "stage": "ModerateImages",
    "category": "violence",
    "rule": "Violence",
    "action": "block",
    "image": 0,
}
SCORES = {
    "backend": "toxicity",
    "language": {"code": "en", "source": "detected"},
    "scores": {"SEXUAL": 0.4},
}
WORK = "safelight-work-example"


@pytest.fixture
def block(accept: Any, end: Any, aws: Any) -> Callable[..., dict[str, Any]]:
    """Ends a first run as blocked, with one picture in the work bucket; returns that picture."""

    def block(status: str = "BLOCKED_IMAGE", **changes: Any) -> dict[str, Any]:
        accept("direct_start_with_request_id")
        key = "pictures/dfe87a76/0.jpg"
        stored = aws("s3").put_object(Bucket=WORK, Key=key, Body=b"a picture")
        picture = {"index": 0, "verdict": "unsafe", "bucket": WORK, "key": key}
        picture |= {"version_id": stored["VersionId"], "labels": ["Violence"]}
        parts = {
            "reasons": [GORE],
            "warnings": [],
            "images": [picture | {"delivered": False}],
            "classification": SCORES,
            "models": {"moderator": "7.0"},
        }
        texts = {name: json.dumps(value) for name, value in parts.items()}
        end("direct/fox-1", status=status, stage="ModerateImages", **texts | changes)
        return picture

    return block


@pytest.fixture
def appeal(again: Any, call: Call, event: Event) -> Callable[..., Any]:
    """Appeals against a run, in the execution `number`."""

    def appeal(run: int = 1, number: int = 2, **changes: Any) -> Any:
        payload = event("accept_request/" + "appeal")
        payload["input"]["run"] = run
        payload["input"]["appeal"] |= changes
        payload["execution"] |= {"arn": f"arn:appeal:{number}", "name": f"fox-1-appeal-{number}"}
        return call("accept_request", payload)

    return appeal


def test_an_appeal_is_the_next_run_and_says_what_it_is_about(
    block: Any, appeal: Any, item: Any
) -> None:
    picture = block()

    answer = appeal()

    assert answer["verdict"] == "appealed"
    assert answer["appeal"] == {
        "about": "images",
        "images": [picture | {"verdict": "review"}],
        "attempts": [],
        "reasons": [GORE],
        "classification": SCORES,
        "models": {"moderator": "7.0"},
        "warnings": [],
    }
    assert answer["request"]["prompt"] == "a red fox in snow"
    record = parsed(item(RESULTS, "direct/fox-1"))
    jsonschema.validate(record, RECORD)
    assert (record["run"], record["status"]) == (2, "RUNNING")
    assert record["appeal"] == {
        "by": "operator:mona",
        "at": "2026-11-20T10:00:00.000Z",
        "message": "The figure on the bench is a statue.",
        "against": 1,
        "about": "images",
    }
    assert json.loads(answer["claim"]["appeal"]) == record["appeal"]
    (run,) = record["history"]
    assert (run["status"], run["classification"]) == ("BLOCKED_IMAGE", SCORES)


def test_a_blocked_prompt_is_appealed_against_without_pictures(block: Any, appeal: Any) -> None:
    block("BLOCKED_PROMPT", images="[]")

    answer = appeal()

    assert (answer["verdict"], answer["appeal"]["about"]) == ("appealed", "prompt")
    assert answer["appeal"]["images"] == []


def test_of_two_appeals_one_is_heard(block: Any, appeal: Any, item: Any) -> None:
    block()
    first = appeal()

    second = appeal(number=3, message="Another one.")

    assert (first["verdict"], second["verdict"]) == ("appealed", "duplicate")
    assert second["first"]["execution_arn"] == "arn:appeal:2"
    assert "Another" not in item(RESULTS, "direct/fox-1")["appeal"]


def test_a_retry_of_the_task_enters_its_own_appeal_again(block: Any, appeal: Any) -> None:
    block()
    assert appeal() == appeal()


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "REFUSED"])
def test_an_appeal_whose_run_ends_technically_is_the_same_appeal_again(
    status: str, block: Any, appeal: Any, end: Any, again: Any, item: Any
) -> None:
    block()
    first = appeal()
    end("direct/fox-1", status=status, images="[]")
    before = item(RESULTS, "direct/fox-1")["appeal"]

    answer = again(run=2, number=3)

    assert (answer["verdict"], answer["appeal"]) == ("appealed", first["appeal"])
    record = item(RESULTS, "direct/fox-1")
    assert (record["run"], record["appeal"]) == (3, before)


def test_an_appeal_is_one_run_more_than_a_request_may_have(block: Any, appeal: Any) -> None:
    block(run=10)
    assert appeal(run=10)["claim"]["run"] == 11


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"status": "COMPLETED"}, "run", "appealable"),
        ({"status": "MODEL_FILTERED"}, "run", "appealable"),
        ({"status": "FAILED"}, "run", "appealable"),
        ({"reasons": json.dumps([GORE | {"action": "always"}])}, "run", "appealable"),
        ({"open_shard": "3"}, "run", "announced"),
        ({"appeal": "{}"}, "run", "appealed"),
        ({"images": "[]"}, "run", "kept"),
        ({"request_hash": "of another request"}, "request", "unchanged"),
    ],
)
def test_what_may_not_be_appealed_against_is_refused_by_name(
    changes: Any, field: str, rule: str, block: Any, appeal: Any, item: Any
) -> None:
    block(**changes)
    before = item(RESULTS, "direct/fox-1")

    answer = appeal()

    (reason,) = answer["reasons"]
    assert (answer["verdict"], reason["field"], reason["rule"]) == ("invalid", field, rule)
    assert item(RESULTS, "direct/fox-1") == before
    jsonschema.validate(parsed(item(RESULTS, "execution-fox-1-appeal-2")), RECORD)


def test_pictures_that_were_deleted_cannot_be_approved(block: Any, appeal: Any, aws: Any) -> None:
    picture = block()
    place = {"Bucket": WORK, "Key": picture["key"]}
    aws("s3").put_object(**place, Body=b"written afterwards")
    aws("s3").delete_object(**place, VersionId=picture["version_id"])

    (reason,) = appeal()["reasons"]

    assert (reason["field"], reason["rule"]) == ("run", "kept")


def test_an_appeal_has_a_message(block: Any, appeal: Any) -> None:
    block()
    (reason,) = appeal(message="")["reasons"]
    assert (reason["field"], reason["rule"]) == ("message", "minLength")


@pytest.mark.parametrize("given", [None, "please", {"by": "mona"}])
def test_whoever_means_to_appeal_does_not_merely_run_again(
    given: Any, block: Any, again: Any, call: Call, event: Event
) -> None:
    block(status="FAILED")
    payload = event("accept_request/run_again")
    payload["input"]["appeal"] = given

    (reason,) = call("accept_request", payload)["reasons"]

    assert (reason["field"], reason["rule"]) == ("appeal", "type")


def test_the_log_holds_no_appeal(block: Any, appeal: Any, logged: Any) -> None:
    block()
    appeal()
    assert "statue" not in logged()
