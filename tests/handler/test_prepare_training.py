"""PrepareTraining: what an execution is started with in; a claimed job, and clean copies, out."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from local.policy.bundle import make_bundle
from local.policy.source import read_policy
from shared.policy import ACTIVE_KEY

DATASETS, WORK = "safelight-datasets-example", "safelight-work-example"
JOBS = "safelight-JobsTable-7A8B9C0D1E2F"
KEY, TEST_KEY = "classifiers/prompts.csv", "classifiers/test.csv"
VERSION = f"v-{hashlib.sha256(b'prompts').hexdigest()[:16]}"
Call = Callable[..., Any]
Event = Callable[[str], Any]


def texts(number: int, tag: str = "prompt", labels: tuple[str, ...] = ("safe", "unsafe")) -> bytes:
    """So many different texts of each label."""
    rows = [f'{label},"{tag} {n}, {label}"\n' for n in range(number) for label in labels]
    return "".join(rows).encode()


@pytest.fixture
def put(aws: Any) -> Callable[[str, bytes], str]:
    """Puts a file into the datasets bucket; returns its version."""

    def put(key: str, body: bytes) -> str:
        return str(aws("s3").put_object(Bucket=DATASETS, Key=key, Body=body)["VersionId"])

    return put


@pytest.fixture
def prepare(call: Call, event: Event) -> Callable[..., Any]:
    """Calls the handler with a scenario's event, some of its input replaced."""

    def prepare(scenario: str, variables: dict[str, str] | None = None, **changed: Any) -> Any:
        payload = event(f"prepare_training/{scenario}")
        payload["input"] |= changed
        return call("prepare_training", payload, **(variables or {}))

    return prepare


@pytest.fixture
def copied(aws: Any) -> Callable[[str], list[list[str]]]:
    """The rows of a copy in the work bucket, by its address."""

    def copied(uri: str) -> list[list[str]]:
        key = uri.removeprefix(f"s3://{WORK}/")
        reply = aws("s3").get_object(Bucket=WORK, Key=key)
        assert reply["ContentType"] == "text/csv"
        content = reply["Body"].read().decode()
        return list(csv.reader(io.StringIO(content, newline=""), strict=True))

    return copied


def test_a_file_is_claimed_checked_and_copied(
    prepare: Any, put: Any, copied: Any, item: Any
) -> None:
    put(KEY, texts(50) + b'safe,"prompt 0,  safe"\n')

    answer = prepare("prompts")

    assert (answer["verdict"], answer["reasons"], answer["first"]) == ("ready", [], {})
    folder = f"s3://{WORK}/jobs/classifier/{VERSION}"
    assert answer["training"] == {
        "version": VERSION,
        "token": VERSION,
        "train": f"{folder}/train.csv",
        "test": None,
        "output": f"{folder}/output/",
        "language": "en",
        "labels": ["safe", "unsafe"],
        "texts": {"safe": 50, "unsafe": 50},
        "left_out": {"duplicates": 1},
        "policy_labels": ["unsafe"],
        "gates": {"f1": 0.8, "recall": 0.8},
        "deploy": True,
        "model_arn": None,
    }
    rows = copied(answer["training"]["train"])
    assert len(rows) == 100
    assert rows[:2] == [["safe", "prompt 0, safe"], ["unsafe", "prompt 0, unsafe"]]
    job = answer["job"]
    assert job["created_at"] == "2026-11-21T10:00:00.000Z"
    record = item(JOBS, job["job_id"])
    assert {name: record[name] for name in ("kind", "run", "status", "stage", "fingerprint")} == {
        "kind": "classifier",
        "run": 1,
        "status": "RUNNING",
        "stage": "PrepareTraining",
        "fingerprint": "prompts",
    }
    assert json.loads(record["source"]) == {"type": "classifier", "bucket": DATASETS, "key": KEY}
    assert record["expires_at"] == job["expires_at"]


def test_a_retry_enters_its_own_claim_and_writes_the_same(prepare: Any, put: Any, aws: Any) -> None:
    put(KEY, texts(50))
    first, again = prepare("prompts"), prepare("prompts")
    assert first == again
    versions = aws("s3").list_object_versions(Bucket=WORK)["Versions"]
    assert len({one["ETag"] for one in versions}) == 1


def test_what_was_ended_is_not_begun_again(prepare: Any, put: Any, aws: Any) -> None:
    put(KEY, texts(50))
    job = prepare("prompts")["job"]
    aws("dynamodb").update_item(
        TableName=JOBS,
        Key={"job_id": {"S": job["job_id"]}},
        UpdateExpression="SET #status = :status REMOVE open_jobs",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": "FAILED"}},
    )
    answer = prepare("prompts")
    assert (answer["verdict"], answer["training"]) == ("closed", {})
    assert (answer["first"]["job_id"], answer["first"]["status"]) == (job["job_id"], "FAILED")


def test_a_name_that_no_endpoint_can_have_is_refused_before_anything_is_paid(
    prepare: Any, put: Any
) -> None:
    put(KEY, texts(50))
    answer = prepare("prompts", {"CLASSIFIER_NAME": "s" * 41})
    assert answer["verdict"] == "invalid"
    (reason,) = answer["reasons"]
    assert (reason["field"], reason["rule"]) == ("stack", "max_length")
    assert "41 characters" in reason["message"]


def test_a_test_file_is_held_against_the_training_file(prepare: Any, put: Any, copied: Any) -> None:
    put(KEY, texts(50))
    put(TEST_KEY, texts(10, "test") + texts(10, "test"))

    training = prepare("with_test_file")["training"]

    assert training["test"] == training["train"].replace("train.csv", "test.csv")
    assert len(copied(training["test"])) == 20
    assert training["left_out"] == {"duplicates": 20}
    assert (training["gates"], training["deploy"]) == ({"f1": 0.9, "recall": 0.95}, False)
    assert training["texts"] == {"safe": 50, "unsafe": 50}


def test_a_leak_is_told_with_its_lines(prepare: Any, put: Any, aws: Any) -> None:
    put(KEY, texts(50))
    put(TEST_KEY, texts(10, "test") + texts(1))
    answer = prepare("with_test_file")
    assert (answer["verdict"], answer["training"]) == ("invalid", {})
    assert [(reason["field"], reason["line"], reason["rule"]) for reason in answer["reasons"]] == [
        ("test_key", 21, "leak"),
        ("test_key", 22, "leak"),
    ]
    assert answer["reasons"][0]["message"].startswith("line 21: ")
    keys = [one["Key"] for one in aws("s3").list_objects_v2(Bucket=WORK).get("Contents", ())]
    assert not [key for key in keys if key.endswith("test.csv")]


def test_the_version_that_is_named_is_read(prepare: Any, put: Any) -> None:
    version = put(KEY, texts(60))
    put(KEY, b"overwritten")
    assert prepare("prompts", version_id=version)["training"]["texts"]["safe"] == 60


def test_an_earlier_model_needs_no_file(prepare: Any, aws: Any, item: Any) -> None:
    answer = prepare("earlier_model")
    training = answer["training"]
    assert answer["verdict"] == "ready"
    assert training["model_arn"].endswith("/version/v-0123456789abcdef")
    assert (training["train"], training["output"], training["labels"]) == (None, None, [])
    assert training["gates"] == {"f1": 0.8, "recall": 0.7}
    assert training["policy_labels"] == ["unsafe"]
    assert aws("s3").list_objects_v2(Bucket=WORK)["KeyCount"] == 0
    source = json.loads(item(JOBS, answer["job"]["job_id"])["source"])
    assert source["model_arn"] == training["model_arn"]


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"key": "datasets/prompts.csv"}, "key", "folder"),
        ({"key": "classifiers/absent.csv"}, "key", "exists"),
        ({"key": KEY, "version_id": "no-such-version"}, "key", "exists"),
        ({"key": KEY, "test_key": "classifiers/absent.csv"}, "test_key", "exists"),
        ({"key": KEY, "deploy": "yes"}, "deploy", "type"),
        ({"key": KEY, "model_arn": "arn:aws:s3:::bucket"}, "key", "unknown_field"),
    ],
)
def test_what_is_asked_wrongly_is_a_job_with_a_reason(
    changed: Any, field: str, rule: str, prepare: Any, put: Any, item: Any
) -> None:
    put(KEY, texts(50))
    answer = prepare("outside_its_folder", **changed)
    (reason,) = answer["reasons"]
    assert (answer["verdict"], reason["field"], reason["rule"]) == ("invalid", field, rule)
    assert (reason["stage"], reason["action"]) == ("PrepareTraining", "reject")
    # Claimed, so that the state machine can close it with the reason.
    assert item(JOBS, answer["job"]["job_id"])["status"] == "RUNNING"


def test_a_bad_file_has_twenty_reasons_and_a_count(prepare: Any, put: Any, aws: Any) -> None:
    put(KEY, texts(50) + b"unsafe\n" * 25)
    reasons = prepare("prompts")["reasons"]
    assert {reason["rule"] for reason in reasons} == {"columns"}
    assert len(reasons) == 20
    assert reasons[-1]["message"].endswith("(5 more problems are not listed)")
    assert aws("s3").list_objects_v2(Bucket=WORK)["KeyCount"] == 0


def test_labels_are_those_of_the_published_policy(prepare: Any, put: Any, aws: Any) -> None:
    policy = "safelight-policy-example"
    aws("s3").create_bucket(Bucket=policy)
    aws("s3").put_bucket_versioning(Bucket=policy, VersioningConfiguration={"Status": "Enabled"})
    source = read_policy()
    aws("s3").put_object(Bucket=policy, Key=ACTIVE_KEY, Body=make_bundle(source))
    put(KEY, texts(50))
    variables = {"POLICY_SOURCE": "bucket", "POLICY_BUCKET": policy}
    assert prepare("prompts", variables)["training"]["policy_labels"] == ["unsafe"]


def test_the_log_holds_no_text_and_no_key(prepare: Any, put: Any, logged: Any) -> None:
    put(KEY, texts(50, "SECRET"))
    put(TEST_KEY, texts(10, "SECRET"))
    prepare("prompts")
    prepare("with_test_file")
    assert "ready" in logged()
    assert "leak" in logged()
    assert "SECRET" not in logged()
