"""JudgeClassifier: what Comprehend tells of a model in; accept or refuse, and why, out."""

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

DATASETS, WORK = "safelight-datasets-example", "safelight-work-example"
Call = Callable[..., Any]
Event = Callable[[str], Any]


def archive(name: str = "output/confusion_matrix.json", found: int = 900, of: int = 1000) -> bytes:
    """output.tar.gz of a model that finds so many unsafe texts."""
    matrix = {
        "type": "multi_class",
        "confusion_matrix": [[480, 20], [of - found, found]],
        "labels": ["safe", "unsafe"],
        "all_labels": ["safe", "unsafe"],
    }
    content, packed = json.dumps(matrix).encode(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        file = tarfile.TarInfo(name)
        file.size = len(content)
        tar.addfile(file, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def judge(call: Call, event: Event, aws: Any) -> Callable[..., Any]:
    """Calls the handler with a scenario's event, the training's output in its place."""

    def judge(scenario: str, output: bytes | None = None) -> Any:
        payload = event(f"judge_classifier/{scenario}")
        if output is not None:
            uri = payload["classifier"]["OutputDataConfig"]["S3Uri"]
            key = uri.removeprefix(f"s3://{WORK}/")
            aws("s3").put_object(Bucket=WORK, Key=key, Body=output)
        return call("judge_classifier", payload)

    return judge


@pytest.fixture
def kept(aws: Any) -> Callable[[Any], Any]:
    """The report that an answer names."""

    def kept(answer: Any) -> Any:
        report = answer["report"]
        body = aws("s3").get_object(Bucket=report["bucket"], Key=report["key"])["Body"].read()
        return json.loads(body)

    return kept


def rules(answer: Any) -> list[tuple[str, str]]:
    return [(reason["rule"], reason["action"]) for reason in answer["reasons"]]


def test_a_good_model_is_accepted_and_its_figures_are_kept(
    judge: Any, kept: Any, event: Any
) -> None:
    answer = judge("trained", archive())

    assert (answer["verdict"], answer["reasons"]) == ("accept", [])
    training = event("judge_classifier/trained")["training"]
    version = training["version"]
    assert answer["report"] == {
        "model_arn": "arn:aws:comprehend:us-east-1:111122223333:document-classifier/"
        f"safelight-prompts/version/{version}",
        "version": version,
        "metrics": {"accuracy": 0.91, "precision": 0.92, "recall": 0.9, "f1": 0.91},
        "recall_by_label": {"safe": 0.96, "unsafe": 0.9},
        "gates": {"f1": 0.8, "recall": 0.8},
        "texts": {"safe": 5000, "unsafe": 5000},
        "labels": ["safe", "unsafe"],
        "bucket": DATASETS,
        "key": f"reports/classifier/{version}/metrics.json",
    }
    report = kept(answer)
    assert (report["verdict"], report["tested"]) == ("accept", 1000)
    assert report["confusion_matrix"] == {
        "labels": ["safe", "unsafe"],
        "counts": [[480, 20], [100, 900]],
    }
    assert judge("trained", archive()) == answer


def test_an_unsafe_label_that_is_missed_is_refused_whatever_the_mean_is(judge: Any) -> None:
    answer = judge("trained", archive(found=790))
    assert answer["verdict"] == "refuse"
    (reason,) = answer["reasons"]
    assert (reason["rule"], reason["label"], reason["score"], reason["threshold"]) == (
        "recall",
        "unsafe",
        0.79,
        0.8,
    )


def test_both_gates_are_told(judge: Any, kept: Any) -> None:
    answer = judge("below_the_gates", archive(found=600))
    assert (answer["verdict"], rules(answer)) == (
        "refuse",
        [("f1", "reject"), ("recall", "reject")],
    )
    assert kept(answer)["reasons"] == answer["reasons"]


@pytest.mark.parametrize("output", [None, b"no archive", archive("output/another.json")])
def test_without_a_matrix_the_mean_is_judged_with_a_warning(judge: Any, output: Any) -> None:
    answer = judge("trained", output)
    assert (answer["verdict"], rules(answer)) == ("accept", [("no_confusion_matrix", "warn")])
    assert answer["report"]["recall_by_label"] is None
    answer = judge("below_the_gates", output)
    assert rules(answer)[1:] == [("no_confusion_matrix", "warn"), ("recall", "reject")]


def test_what_comprehend_warns_of_is_told(judge: Any) -> None:
    answer = judge("with_warning", archive())
    assert (answer["verdict"], rules(answer)) == ("accept", [("trained_with_warning", "warn")])
    assert answer["reasons"][0]["message"] == "Some documents were skipped"


def test_a_model_without_metrics_is_refused(judge: Any, kept: Any) -> None:
    answer = judge("without_metrics", archive())
    assert (answer["verdict"], rules(answer)) == ("refuse", [("no_metrics", "reject")])
    assert kept(answer)["metrics"] is None


def test_an_earlier_model_is_judged_by_its_own_report(judge: Any, aws: Any, event: Any) -> None:
    arn = event("judge_classifier/earlier_model")["classifier"]["DocumentClassifierArn"]

    def report(model_arn: str, recall: float) -> None:
        body = {"model_arn": model_arn, "recall_by_label": {"safe": 1.0, "unsafe": recall}}
        key = "reports/classifier/v-0123456789abcdef/metrics.json"
        aws("s3").put_object(Bucket=DATASETS, Key=key, Body=json.dumps(body).encode())

    report(arn, 0.85)
    answer = judge("earlier_model")
    assert (answer["verdict"], answer["reasons"]) == ("accept", [])
    assert answer["report"]["labels"] == ["safe", "unsafe"]
    report(arn, 0.5)
    assert rules(judge("earlier_model")) == [("recall", "reject")]
    report("another's", 0.5)
    assert rules(judge("earlier_model")) == [("no_confusion_matrix", "warn")]
    assert judge("earlier_model", archive())["report"]["recall_by_label"]["unsafe"] == 0.9


def test_an_earlier_model_without_a_report_is_judged_by_its_archive(judge: Any) -> None:
    assert rules(judge("earlier_model", archive(found=10))) == [("recall", "reject")]


def test_only_the_work_bucket_is_read(call: Call, event: Event, aws: Any) -> None:
    payload = event("judge_classifier/trained")
    payload["classifier"]["OutputDataConfig"]["S3Uri"] = "s3://elsewhere/output.tar.gz"
    answer = call("judge_classifier", payload)
    assert rules(answer) == [("no_confusion_matrix", "warn")]


def test_the_log_says_what_was_decided(judge: Any, logged: Any) -> None:
    judge("below_the_gates", archive(found=600))
    assert "refuse" in logged()
    assert "f1" in logged()
