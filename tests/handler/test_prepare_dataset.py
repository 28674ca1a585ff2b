"""PrepareDataset's handler: what is asked for a data set in; a claimed job with its items out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from compiled import POLICY_HASH

DATASETS, WORK = "safelight-datasets-example", "safelight-work-example"
JOBS = "safelight-JobsTable-7A8B9C0D1E2F"
PREFIX = "datasets/cats/"
INFO = {"instance_prompt": "a photo of a Doppler cat", "class_prompt": "a photo of a cat"}
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-training:1"
Call = Callable[..., Any]
Event = Callable[[str], Any]


@pytest.fixture
def put(aws: Any) -> Callable[..., None]:
    """Puts objects under the set's prefix."""

    def put(*names: str, **bodies: bytes) -> None:
        for name, body in {**dict.fromkeys(names, b"picture"), **bodies}.items():
            aws("s3").put_object(Bucket=DATASETS, Key=PREFIX + name, Body=body)

    return put


@pytest.fixture
def info(put: Any) -> Callable[..., None]:
    """Puts dataset_info.json."""

    def info(**fields: Any) -> None:
        put(**{"dataset_info.json": json.dumps({**INFO, **fields}).encode()})

    return info


@pytest.fixture
def cats(put: Any, info: Any) -> None:
    """A set of three images, one of them of the class, and a file that is none."""
    info()
    put("1.jpg", "2.png", "class_data_dir/1.jpg", "notes.txt")


@pytest.fixture
def prepare(call: Call, event: Event) -> Callable[..., Any]:
    """Calls the handler with a scenario's event, as another execution if told so."""

    def prepare(scenario: str, execution: str = "", body: Any = None, **variables: str) -> Any:
        payload = event(f"prepare_dataset/{scenario}")
        payload["execution"]["arn"] += execution
        payload["input"] = payload["input"] if body is None else body
        return call("prepare_dataset", payload, **variables)

    return prepare


@pytest.fixture
def items(aws: Any) -> Callable[[Any], list[dict[str, Any]]]:
    """The lines of all files of items that an answer names."""

    def items(answer: Any) -> list[dict[str, Any]]:
        job = answer["job"]
        page = aws("s3").list_objects_v2(Bucket=job["bucket"], Prefix=job["items"])
        bodies = [
            aws("s3").get_object(Bucket=WORK, Key=one["Key"])["Body"].read()
            for one in page["Contents"]
        ]
        return [json.loads(line) for body in bodies for line in body.splitlines()]

    return items


@pytest.mark.usefixtures("cats")
def test_a_set_is_claimed_and_listed(prepare: Any, items: Any, item: Any, aws: Any) -> None:
    answer = prepare("set_of_cats")

    assert (answer["verdict"], answer["reasons"], answer["first"]) == ("ready", [], {})
    assert answer["policy"] == {"active": {"hash": POLICY_HASH, "version_id": ""}}
    assert answer["prompts"] == [
        {"field": "instance_prompt", "text": "a photo of a Doppler cat"},
        {"field": "class_prompt", "text": "a photo of a cat"},
    ]
    job = answer["job"]
    job_id = job["job_id"]
    token = job["items"].split("/")[-2]
    run = f"{job_id}/1-{token}"
    info = aws("s3").head_object(Bucket=DATASETS, Key=f"{PREFIX}dataset_info.json")
    assert job == {
        "job_id": job_id,
        "run": 1,
        "created_at": "2026-11-20T10:00:00.000Z",
        "expires_at": 1802944800 + 7 * 86400,
        "total": 4,
        "invalid": 1,
        "bucket": WORK,
        "datasets": DATASETS,
        "prefix": PREFIX,
        "items": job["items"],
        "verdicts": f"jobs/{run}/verdicts/",
        "kept": f"jobs/{job_id}/kept/",
        "quarantine": f"quarantine/{job_id}/",
        "reports": f"reports/{run}/",
        "clean": "",
        "flagged": "report",
        "info": {"key": f"{PREFIX}dataset_info.json", "version_id": info["VersionId"]},
        "prompts": ["instance_prompt", "class_prompt"],
        "unread_fields": [],
        "policy_hash": POLICY_HASH,
        "fine_tune": {},
    }
    listed = items(answer)
    assert [(one["index"], one["key"].removeprefix(PREFIX), one["role"]) for one in listed] == [
        (0, "1.jpg", "instance"),
        (1, "2.png", "instance"),
        (2, "class_data_dir/1.jpg", "class"),
        (3, "notes.txt", "none"),
    ]
    assert listed[3]["problem"]["rule"] == "not_used_by_training"
    record = item(JOBS, job_id)
    assert json.loads(record["source"]) == {"type": "dataset", "bucket": DATASETS, "prefix": PREFIX}
    assert {name: record[name] for name in ("kind", "run", "status", "stage", "open_jobs")} == {
        "kind": "dataset",
        "run": 1,
        "status": "RUNNING",
        "stage": "PrepareDataset",
        "open_jobs": "1",
    }
    assert (record["total"], record["invalid"], record["done"]) == (4, 1, 0)


@pytest.mark.usefixtures("cats")
def test_an_event_asks_for_the_same(prepare: Any) -> None:
    answer = prepare("submitted_event")
    assert (answer["verdict"], answer["job"]["flagged"]) == ("ready", "quarantine")


@pytest.mark.usefixtures("cats")
def test_fine_tuning_is_planned_whole(prepare: Any, info: Any) -> None:
    info(author="me")
    answer = prepare("with_fine_tuning", FINE_TUNING_IMAGE=IMAGE)

    job = answer["job"]
    name = f"1-{job['items'].split('/')[-2]}"
    run = f"{job['job_id']}/{name}"
    tune = job["fine_tune"]
    assert (job["clean"], job["unread_fields"]) == (f"clean/{run}/", ["author"])
    assert tune["training_uri"] == f"s3://{DATASETS}/clean/{run}/"
    assert tune["output_uri"] == f"s3://{DATASETS}/models/{run}/"
    assert (tune["instance_type"], tune["job_name"]) == (
        "ml.g5.2xlarge",
        f"safelight-{job['job_id']}-{name}",
    )
    assert len(tune["job_name"]) <= 63
    given = tune["hyperparameters"]
    assert (given["max_steps"], given["epochs"]) == ("400", "20")
    assert {type(value) for value in given.values()} == {str}


@pytest.mark.usefixtures("cats")
@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"prefix": "datasets/cats"}, "prefix", "trailing_slash"),
        ({"prefix": "prompts/"}, "prefix", "root"),
        ({"prefix": "datasets/dogs/"}, "dataset_info.json", "exists"),
        ({"prefix": PREFIX, "fine_tune": {}}, "fine_tune", "not_configured"),
        ([], "request", "type"),
    ],
)
def test_what_is_asked_wrongly_costs_nothing(
    body: Any, field: str, rule: str, prepare: Any, item: Any, aws: Any
) -> None:
    answer = prepare("without_slash", body=body)

    (reason,) = answer["reasons"]
    assert (answer["verdict"], reason["field"], reason["rule"]) == ("invalid", field, rule)
    assert (reason["stage"], reason["action"]) == ("PrepareDataset", "reject")
    # Claimed, so that the state machine can close it with the reason.
    assert item(JOBS, answer["job"]["job_id"])["status"] == "RUNNING"
    assert aws("s3").list_objects_v2(Bucket=WORK)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("bodies", "field", "rule"),
    [
        ({"dataset_info.json": b""}, "dataset_info.json", "not_empty"),
        ({"dataset_info.json": b" " * 65_537}, "dataset_info.json", "max_bytes"),
        ({"dataset_info.json": b"[]"}, "dataset_info.json", "type"),
        ({"dataset_info.json": b'{"instance_prompt": ""}'}, "instance_prompt", "minLength"),
        (
            {"dataset_info.json": json.dumps(INFO).encode(), "1.webp": b"x"},
            "prefix",
            "no_instance_images",
        ),
        (
            {"dataset_info.json": json.dumps(INFO).encode(), "class_data_dir/1.png": b"x"},
            "prefix",
            "no_instance_images",
        ),
        ({"dataset_info.json": json.dumps(INFO).encode()}, "prefix", "no_instance_images"),
    ],
)
def test_a_set_that_cannot_be_trained_on_is_refused(
    bodies: dict[str, bytes], field: str, rule: str, put: Any, prepare: Any
) -> None:
    put(**bodies)
    answer = prepare("set_of_cats")
    (reason,) = answer["reasons"]
    assert (answer["verdict"], reason["field"], reason["rule"]) == ("invalid", field, rule)


def test_a_training_that_nobody_means_is_refused(prepare: Any, info: Any, put: Any) -> None:
    info()
    put(*(f"{number}.png" for number in range(101)))
    body = {"prefix": PREFIX, "fine_tune": {"hyperparameters": {"epochs": "1000"}}}
    answer = prepare("with_fine_tuning", body=body, FINE_TUNING_IMAGE=IMAGE)
    assert [reason["rule"] for reason in answer["reasons"]] == ["max_passes"]


@pytest.mark.usefixtures("cats")
def test_a_retry_enters_its_own_claim_and_reads_no_other_items(prepare: Any, items: Any) -> None:
    first, again = prepare("set_of_cats"), prepare("set_of_cats")
    assert (first["verdict"], again["verdict"]) == ("ready", "ready")
    assert first["job"]["items"] != again["job"]["items"]
    assert items(first) == items(again)


@pytest.fixture
def end(aws: Any) -> Callable[..., None]:
    """Ends a job."""

    def end(answer: Any, status: str) -> None:
        aws("dynamodb").update_item(
            TableName=JOBS,
            Key={"job_id": {"S": answer["job"]["job_id"]}},
            UpdateExpression="SET #status = :status, report = :report REMOVE open_jobs",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":status": {"S": status},
                ":report": {"S": '{"key": "reports/1"}'},
            },
        )

    return end


@pytest.mark.usefixtures("cats")
@pytest.mark.parametrize(
    ("status", "changed", "verdict", "run"),
    [
        ("RUNNING", {}, "duplicate", 1),
        ("RUNNING", {"flagged": "tag"}, "duplicate", 1),
        ("COMPLETED", {}, "duplicate", 1),
        ("COMPLETED", {"flagged": "report", "clean_copy": False}, "duplicate", 1),
        ("COMPLETED", {"flagged": "tag"}, "ready", 2),
        ("FAILED", {}, "ready", 2),
    ],
)
def test_another_execution_does_what_is_left_to_do(
    status: str, changed: dict[str, str], verdict: str, run: int, prepare: Any, end: Any
) -> None:
    first = prepare("set_of_cats")
    if status != "RUNNING":
        end(first, status)

    answer = prepare("set_of_cats", "-again", body={"prefix": PREFIX, **changed})

    assert (answer["verdict"], answer["job"]["job_id"]) == (verdict, first["job"]["job_id"])
    if verdict == "ready":
        assert (answer["job"]["run"], answer["first"]) == (run, {})
        assert answer["job"]["reports"].rpartition("-")[0].endswith(f"/{run}")
        return
    assert (answer["first"]["run"], answer["first"]["status"]) == (1, status)
    assert answer["first"].get("report") == (None if status == "RUNNING" else {"key": "reports/1"})


@pytest.mark.usefixtures("cats")
def test_a_set_that_was_forgotten_finds_nothing_of_its_earlier_runs(prepare: Any, aws: Any) -> None:
    def places() -> set[str]:
        job = prepare("with_fine_tuning", FINE_TUNING_IMAGE=IMAGE)["job"]
        tune = job["fine_tune"]
        named = {job[name] for name in ("clean", "verdicts", "reports", "items")}
        return named | {tune["job_name"], tune["training_uri"], tune["output_uri"]}

    first = places()
    # As the table's time to live does it, long after the copies were made.
    (job,) = aws("dynamodb").scan(TableName=JOBS)["Items"]
    aws("dynamodb").delete_item(TableName=JOBS, Key={"job_id": job["job_id"]})
    assert first.isdisjoint(places())


@pytest.mark.usefixtures("cats")
@pytest.mark.parametrize("name", ["3.png", "1.jpg", "notes.txt", "dataset_info.json"])
def test_whatever_changes_in_a_set_makes_it_another(
    name: str, prepare: Any, end: Any, put: Any
) -> None:
    end(prepare("set_of_cats"), "COMPLETED")
    put(**{name: b'{"instance_prompt": "a cat"}'})
    assert prepare("set_of_cats", "-again")["verdict"] == "ready"


def test_a_set_refused_again_for_the_same_is_not_new(prepare: Any, end: Any, put: Any) -> None:
    end(prepare("without_slash"), "INVALID")
    assert prepare("without_slash", "-again")["verdict"] == "duplicate"
    put("1.png")
    end(prepare("set_of_cats"), "INVALID")
    put(**{"dataset_info.json": b"{"})
    assert prepare("set_of_cats", "-again")["verdict"] == "invalid"


def test_a_long_listing_is_several_files(
    prepare: Any, info: Any, put: Any, items: Any, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    info()
    put(*(f"{number:02}.png" for number in range(7)))
    listed = aws("s3").list_objects_v2
    monkeypatch.setattr(
        aws("s3"), "list_objects_v2", lambda **asked: listed(**{**asked, "MaxKeys": 3})
    )
    answer = prepare("set_of_cats")
    assert [one["index"] for one in items(answer)] == list(range(7))
    files = listed(Bucket=WORK, Prefix=answer["job"]["items"])["Contents"]
    assert [file["Key"].rpartition("/")[2] for file in files] == [
        "000000000.jsonl",
        "000000003.jsonl",
        "000000006.jsonl",
    ]


@pytest.mark.usefixtures("cats")
def test_the_log_holds_no_prompt(prepare: Any, logged: Any) -> None:
    prepare("set_of_cats")
    assert "ready" in logged()
    assert "Doppler" not in logged()
