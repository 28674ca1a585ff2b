"""Data sets for fine-tuning: judged whole, reported, and trained on where they are clean."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from PIL import Image
from workflow.running_jobs import (
    assert_closed_and_told,
    data_set,
    ended,
    follow_jobs,
    images_of,
    job_of,
    put_set,
    states,
    submit,
    until,
)
from workflow.running_system import Stack

pytestmark = pytest.mark.engine

PROMPTS = {"instance_prompt": "a photo of a zxw cat", "class_prompt": "a photo of a cat"}
NUDE = {"labels": ["Explicit Nudity"], "confidence": 97}


def picture(shade: int, form: str = "png") -> bytes:
    """A picture that no other shade has the bytes of."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((96, 96)).point(lambda value: (value + shade) % 256).save(
        out, form
    )
    return out.getvalue()


def cats(*shades: int) -> dict[str, bytes]:
    return {f"{shade}.png": picture(shade) for shade in shades}


def moderated(stack: Stack, prefix: str) -> int:
    """How often Rekognition was asked, and paid, for pictures whose keys begin so."""
    return stack.stand_ins.calls("DetectModerationLabels", f"/{prefix}")


def lying(stack: Stack, prefix: str) -> dict[str, bytes]:
    """The objects of the data sets' bucket below a prefix, by the rest of their keys."""
    return {
        key.removeprefix(prefix): content
        for key, content in stack.objects("DatasetsBucket").items()
        if key.startswith(prefix)
    }


def verdicts(stack: Stack, job: dict[str, Any]) -> dict[str, str]:
    return {name: row["verdict"] for name, row in images_of(stack, job).items()}


def see(stack: Stack, prefix: str, **steps: Any) -> None:
    """What Rekognition sees in pictures by the name that their key ends with; else nothing."""
    stack.stand_ins.script(key=f"/{prefix}", rekognition=["safe"])
    for name, step in steps.items():
        stack.stand_ins.script(key=f"/{prefix}{name}.", rekognition=[step])


def test_a_clean_set_is_trained_on(job_stack: Stack) -> None:
    prefix = "datasets/clean/"
    files = {**cats(1, 2), "class_data_dir/3.jpg": picture(3, "jpeg")}
    put_set(job_stack, prefix, files, **PROMPTS)
    see(job_stack, prefix)

    run = data_set(job_stack, prefix=prefix, fine_tune={"hyperparameters": {"epochs": "2"}})

    assert run.status == "SUCCEEDED"
    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    report = job["report"]
    assert report["counts"] == {"clean": 3, "flagged": 0, "not_judged": 0, "unusable": 0}
    assert report["prompts"] == dict.fromkeys(PROMPTS, "clean")
    copied = lying(job_stack, report["clean"])
    assert json.loads(copied.pop("dataset_info.json")) == PROMPTS
    assert copied == files
    training = report["fine_tuning"]
    assert training["status"] == "COMPLETED"
    assert f"/models/{run.job_id}/1-" in training["model"]
    assert training["model"].split("/", 3)[3] in job_stack.objects("DatasetsBucket")
    rows = images_of(job_stack, job)
    roles = {"1.png": "instance", "2.png": "instance", "class_data_dir/3.jpg": "class"}
    assert {name: row["role"] for name, row in rows.items()} == roles


def test_no_prompt_of_a_data_set_is_told(job_stack: Stack) -> None:
    prefix = "datasets/silent/"
    put_set(job_stack, prefix, cats(1), instance_prompt="a photo of a zebrafinch, nude")
    see(job_stack, prefix)
    run = data_set(job_stack, prefix=prefix)
    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    assert job["report"]["prompts"] == {"instance_prompt": "flagged"}
    events = job_stack.events(run.job_id, about="job_id")
    assert "zebrafinch" not in json.dumps([job, events, run.output]) + job_stack.logs()


@pytest.mark.parametrize("flagged", ["report", "quarantine", "tag"])
def test_every_object_ends_in_the_report(job_stack: Stack, flagged: str) -> None:
    prefix = f"datasets/mixed-{flagged}/"
    good = cats(4)
    bad = {
        "5.png": picture(5),
        "6.png": picture(6)[:60],
        "7.webp": picture(7, "webp"),
        "8.jpg": b"",
        "notes.txt": b"a text",
        "older/9.png": picture(9),
    }
    put_set(job_stack, prefix, {**good, **bad}, **PROMPTS)
    see(job_stack, prefix, **{"5": NUDE})

    run = data_set(job_stack, prefix=prefix, flagged=flagged, clean_copy=True)

    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    unusable = dict.fromkeys(bad, "unusable")
    assert verdicts(job_stack, job) == {"4.png": "clean", **unusable, "5.png": "flagged"}
    assert images_of(job_stack, job)["5.png"]["labels"] == ["Explicit", "Explicit Nudity"]
    copied = lying(job_stack, job["report"]["clean"])
    assert copied == {**good, "dataset_info.json": json.dumps(PROMPTS).encode()}
    assert moderated(job_stack, prefix) == 2
    moved = lying(job_stack, f"quarantine/{run.job_id}/")
    left = lying(job_stack, prefix).keys() - {"dataset_info.json"}
    if flagged == "quarantine":
        assert moved == {name: bad[name] for name in ("5.png", "6.png")}
        assert left == {*good, *bad} - moved.keys()
    else:
        assert (moved, left) == ({}, {*good, *bad})
    tags = {name: _tag(job_stack, prefix + name) for name in ("4.png", "5.png") if name in left}
    expected = {"4.png": "clean", "5.png": "flagged"} if flagged == "tag" else {}
    assert {name: tag for name, tag in tags.items() if tag} == expected


def _tag(stack: Stack, key: str) -> str:
    told = stack.client("s3").get_object_tagging(Bucket=stack.outputs["DatasetsBucket"], Key=key)
    return next((tag["Value"] for tag in told["TagSet"] if tag["Key"] == "safelight-verdict"), "")


@pytest.mark.parametrize(
    ("name", "prompts", "seen", "why"),
    [
        ("prompt", PROMPTS | {"class_prompt": "a photo of a nude man"}, {}, "class_prompt"),
        ("pictures", PROMPTS, {"10": NUDE, "11": NUDE}, "no instance image is clean"),
    ],
)
def test_nobody_trains_on_what_is_not_clean(
    job_stack: Stack, name: str, prompts: dict[str, str], seen: dict[str, Any], why: str
) -> None:
    prefix = f"datasets/refused-{name}/"
    put_set(job_stack, prefix, cats(10, 11), **prompts)
    see(job_stack, prefix, **seen)
    before = job_stack.stand_ins.calls("CreateTrainingJob")

    run = data_set(job_stack, prefix=prefix, fine_tune={})

    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    told = job["report"]["fine_tuning"]
    assert (told["status"], why in told["reason"]) == ("REFUSED", True)
    assert "dataset_info.json" not in lying(job_stack, job["report"]["clean"])
    assert job_stack.stand_ins.calls("CreateTrainingJob") == before


def test_a_training_that_fails_is_a_failed_job(job_stack: Stack) -> None:
    prefix = "datasets/stopped-training/"
    put_set(job_stack, prefix, cats(12), **PROMPTS)
    see(job_stack, prefix)
    job_stack.stand_ins.slow_training(60)
    try:
        arn = submit(job_stack, {"prefix": prefix, "fine_tune": {}})
        until(lambda: "StartFineTuning" in states(job_stack, arn))
        job_id = job_of(job_stack, arn)["job_id"]
        (run_folder,) = {key.split("/")[0] for key in lying(job_stack, f"clean/{job_id}/")}
        name = f"safelight-{job_id}-{run_folder}"
        until(lambda: _stopped(job_stack, name))
        run = ended(job_stack, arn)
    finally:
        job_stack.stand_ins.slow_training(0.05)

    job = assert_closed_and_told(job_stack, run.job_id, "FAILED")
    assert job["stage"] == "StartFineTuning"
    assert job["report"]["fine_tuning"]["status"] == "FAILED"
    paid = moderated(job_stack, prefix)
    again = data_set(job_stack, prefix=prefix, fine_tune={})
    job = assert_closed_and_told(job_stack, again.job_id, "COMPLETED")
    assert (job["run"], job["report"]["fine_tuning"]["status"]) == (2, "COMPLETED")
    assert moderated(job_stack, prefix) == paid


def _stopped(stack: Stack, training_job: str) -> bool:
    """Stops a training; False while there is none."""
    sagemaker = boto3.client(
        "sagemaker",
        endpoint_url=stack.stand_ins.endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    try:
        sagemaker.stop_training_job(TrainingJobName=training_job)
    except sagemaker.exceptions.ClientError:
        return False
    return True


def test_without_a_training_image_nothing_is_begun(stack: Stack) -> None:
    put_set(stack, "datasets/cats/", cats(13), **PROMPTS)
    run = data_set(stack, prefix="datasets/cats/", fine_tune={})
    job = assert_closed_and_told(stack, run.job_id, "INVALID")
    assert job["reasons"][0]["rule"] == "not_configured"


def test_the_same_set_again_costs_nothing_and_a_new_picture_one_call(job_stack: Stack) -> None:
    prefix = "datasets/growing/"
    put_set(job_stack, prefix, cats(20, 21), **PROMPTS)
    see(job_stack, prefix, **{"21": NUDE})
    first = data_set(job_stack, prefix=prefix)
    assert moderated(job_stack, prefix) == 2
    classified = job_stack.stand_ins.calls("ClassifyDocument")

    twin = data_set(job_stack, prefix=prefix)

    assert (twin.states[-1], twin.job) == ("AlreadyRun", {})
    told = twin.output["first"]
    assert (told["job_id"], told["run"], told["status"]) == (first.job_id, 1, "COMPLETED")
    assert told["report"] == first.job["report"]
    assert moderated(job_stack, prefix) == 2
    assert job_stack.stand_ins.calls("ClassifyDocument") == classified

    put_set(job_stack, prefix, cats(22))
    grown = data_set(job_stack, prefix=prefix)

    job = assert_closed_and_told(job_stack, first.job_id, "COMPLETED")
    assert (job["run"], job["execution_arn"]) == (2, grown.arn)
    assert moderated(job_stack, prefix) == 3
    rows = images_of(job_stack, job)
    assert {name: (row["verdict"], row["run"]) for name, row in rows.items()} == {
        "20.png": ("clean", 1),
        "21.png": ("flagged", 1),
        "22.png": ("clean", 2),
    }
    assert moderated(job_stack, f"{prefix}22.") == 1


def test_what_nobody_could_judge_fails_the_job_and_is_judged_when_submitted_again(
    job_stack: Stack,
) -> None:
    prefix = "datasets/unjudged/"
    files = cats(*range(30, 42))
    put_set(job_stack, prefix, files, **PROMPTS)
    see(job_stack, prefix, **{"41": "empty"})

    first = data_set(job_stack, prefix=prefix, fine_tune={})

    job = assert_closed_and_told(job_stack, first.job_id, "FAILED")
    assert job["stage"] == "JudgeImages"
    found = verdicts(job_stack, job)
    assert found["41.png"] == "not_judged"
    assert len(found) == 12
    assert job["report"]["fine_tuning"]["status"] == "REFUSED"
    copied = lying(job_stack, job["report"]["clean"])
    assert copied.items() <= files.items()
    assert not {"41.png", "dataset_info.json"} & copied.keys()

    see(job_stack, prefix)
    paid = {name: moderated(job_stack, prefix + name) for name in files}
    second = data_set(job_stack, prefix=prefix, fine_tune={})

    assert second.status == "SUCCEEDED"
    job = assert_closed_and_told(job_stack, first.job_id, "COMPLETED")
    assert (job["run"], job["report"]["counts"]["clean"]) == (2, 12)
    for name in files:
        assert moderated(job_stack, prefix + name) - paid[name] == (name == "41.png"), name


INFO = "dataset_info.json"
INVALID: list[tuple[str, Any, dict[str, bytes], dict[str, str], str, str]] = [
    ("no-object", ["datasets/x/"], {}, {}, "request", "type"),
    ("no-prefix", {}, {}, {}, "prefix", "required"),
    ("root", {"prefix": "cats/"}, {}, {}, "prefix", "root"),
    ("slash", {"prefix": "datasets/cats"}, {}, {}, "prefix", "trailing_slash"),
    ("option", {"flagged": "delete"}, {}, PROMPTS, "flagged", "pattern"),
    ("unknown", {"colour": "red"}, {}, PROMPTS, "colour", "unknown_field"),
    ("missing", {}, cats(1), {}, INFO, "exists"),
    ("no-json", {}, {**cats(1), INFO: b"{"}, {}, INFO, "json"),
    ("no-prompt", {}, cats(1), {"class_prompt": "a cat"}, "instance_prompt", "required"),
    ("no-images", {}, {}, PROMPTS, "prefix", "no_instance_images"),
    ("parameter", {"fine_tune": {"hyperparameters": {"layers": "9"}}}, cats(1), PROMPTS,
     "fine_tune.hyperparameters.layers", "unknown_field"),
    ("instance", {"fine_tune": {"instance_type": "ml.p4d.24xlarge"}}, cats(1), PROMPTS,
     "fine_tune.instance_type", "instance_type"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "asked", "files", "prompts", "field", "rule"),
    INVALID,
    ids=[case[0] for case in INVALID],
)
def test_what_is_wrong_with_a_set_is_told_before_anything_is_paid(
    job_stack: Stack,
    name: str,
    asked: Any,
    files: dict[str, bytes],
    prompts: dict[str, str],
    field: str,
    rule: str,
) -> None:
    prefix = f"datasets/invalid-{name}/"
    put_set(job_stack, prefix, files, **prompts)
    if name not in ("no-object", "no-prefix"):
        asked = {"prefix": prefix, **asked}
    paid = "DetectModerationLabels", "ClassifyDocument"
    before = [job_stack.stand_ins.calls(operation) for operation in paid]

    run = ended(job_stack, submit(job_stack, asked))

    assert (run.status, run.states[-1]) == ("SUCCEEDED", "Invalid")
    job = assert_closed_and_told(job_stack, run.job_id, "INVALID")
    (reason,) = job["reasons"]
    assert (reason["stage"], reason["field"], reason["rule"]) == ("PrepareDataset", field, rule)
    assert [job_stack.stand_ins.calls(operation) for operation in paid] == before


def test_an_event_submits_a_set(job_stack: Stack) -> None:
    prefix = "datasets/by-event/"
    put_set(job_stack, prefix, cats(50), **PROMPTS)
    see(job_stack, prefix)
    entry = {
        "EventBusName": job_stack.outputs["EventBus"],
        "Source": "test.studio",
        "DetailType": "DatasetSubmitted",
        "Detail": json.dumps({"prefix": prefix, "clean_copy": True}),
    }
    job_stack.client("events").put_events(Entries=[entry])

    def submitted() -> list[dict[str, Any]]:
        dynamodb = job_stack.client("dynamodb")
        jobs = dynamodb.scan(TableName=job_stack.outputs["JobsTable"])["Items"]
        return [job for job in jobs if prefix in job["source"]["S"]]

    (job,) = until(submitted)
    job_id = job["job_id"]["S"]
    whole = assert_closed_and_told(job_stack, job_id, "COMPLETED")
    assert lying(job_stack, whole["report"]["clean"]).keys() == {"50.png", INFO}


@contextmanager
def killed_after(stack: Stack, caller: str, service: str, operation: str) -> Iterator[None]:
    """The function dies once, when such a call of its is done."""
    rule = {"caller": caller, "service": service, "operation": operation, "kind": "kill_after"}
    stack.engine.break_calls(rule)
    try:
        yield
        assert [rule["injected"] for rule in stack.engine.broken_calls()] == [1]
    finally:
        stack.engine.mend()


@pytest.mark.parametrize(
    ("caller", "service", "operation"),
    [
        ("PrepareDataset", "dynamodb", "PutItem"),
        ("ModerateDatasetImages", "s3", "PutObject"),
        ("ModerateDatasetImages", "s3", "CopyObject"),
        ("ModerateDatasetImages", "s3", "DeleteObject"),
        ("ReportDataset", "s3", "PutObject"),
    ],
)
def test_a_function_that_dies_after_a_write_judges_and_moves_nothing_twice(
    job_stack: Stack, caller: str, service: str, operation: str
) -> None:
    prefix = f"datasets/killed-{caller}-{operation}/"
    put_set(job_stack, prefix, cats(60, 61), **PROMPTS)
    see(job_stack, prefix, **{"61": NUDE})

    with killed_after(job_stack, caller, service, operation):
        run = data_set(job_stack, prefix=prefix, flagged="quarantine", clean_copy=True)

    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    assert verdicts(job_stack, job) == {"60.png": "clean", "61.png": "flagged"}
    assert lying(job_stack, job["report"]["clean"]).keys() == {"60.png", INFO}
    assert lying(job_stack, f"quarantine/{run.job_id}/") == cats(61)
    assert lying(job_stack, prefix).keys() == {"60.png", INFO}


def test_a_stopped_set_fails_and_goes_on_when_submitted_again(job_stack: Stack) -> None:
    prefix = "datasets/stopped/"
    put_set(job_stack, prefix, cats(70, 71), **PROMPTS)
    see(job_stack, prefix, **{"71": {"slow": 3}})
    arn = submit(job_stack, {"prefix": prefix, "clean_copy": True})
    until(lambda: moderated(job_stack, f"{prefix}70."))

    job_stack.client("stepfunctions").stop_execution(executionArn=arn)

    job_id = ended(job_stack, arn).job_id
    follow_jobs(job_stack)
    job = assert_closed_and_told(job_stack, job_id, "FAILED")
    assert (job["stage"], job["reasons"][0]["rule"]) == ("FollowJobs", "ABORTED")
    see(job_stack, prefix)
    again = data_set(job_stack, prefix=prefix, clean_copy=True)
    job = assert_closed_and_told(job_stack, job_id, "COMPLETED")
    assert (job["run"], again.status) == (2, "SUCCEEDED")
    assert moderated(job_stack, f"{prefix}70.") == 1
    assert lying(job_stack, job["report"]["clean"]).keys() == {"70.png", "71.png", INFO}
