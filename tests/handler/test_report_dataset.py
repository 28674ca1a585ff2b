"""ReportDataset's handler: verdicts in; reports, and the last file of the clean copy, out."""

import base64
import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

DATASETS, WORK = "safelight-datasets-example", "safelight-work-example"
JOB = "dataset-5f0e3d21c6b7a89415e2d3c4"
PREFIX, REPORTS, CLEAN = "datasets/cats/", f"reports/{JOB}/1/", f"clean/{JOB}/1/"
INFO = b'{"instance_prompt": "a cat"}'
Call = Callable[..., Any]
Event = Callable[[str], Any]


def preview() -> str:
    out = io.BytesIO()
    Image.new("RGB", (16, 12), "grey").save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


def row(index: int, name: str, verdict: str, **more: Any) -> dict[str, Any]:
    flagged = {"category": "violence", "rule": "Violence", "label": "Weapons", "score": 0.9}
    return {
        "index": index,
        "key": PREFIX + name,
        "etag": "0" * 32,
        "role": "class" if name.startswith("class_data_dir/") else "instance",
        "verdict": verdict,
        "reasons": [flagged] if verdict == "flagged" else [],
        "warnings": [],
        "labels": ["Weapons"] if verdict == "flagged" else [],
        "model": "7.0",
        "format": "jpeg",
        "width": 640,
        "height": 480,
        "preview": preview(),
        "version_id": f"v{index}",
        "run": 1,
    } | more


ROWS = [
    row(0, "1.jpg", "clean"),
    row(1, "2.jpg", "flagged"),
    row(2, "3.jpg", "clean"),
    row(3, "class_data_dir/1.jpg", "clean"),
    row(4, "notes.txt", "unusable", role="none", preview="", model=""),
]


@pytest.fixture
def report(aws: Any, call: Call, event: Event) -> Callable[..., Any]:
    """Writes what PrepareDataset and the map have left, and calls the handler."""

    def put(key: str, rows: list[dict[str, Any]]) -> None:
        body = "".join(json.dumps(one) + "\n" for one in rows).encode()
        aws("s3").put_object(Bucket=WORK, Key=key, Body=body)

    def report(
        scenario: str, judged: list[dict[str, Any]] = ROWS, listed: list[dict[str, Any]] = ROWS
    ) -> Any:
        payload = event(f"report_dataset/{scenario}")
        job = payload["job"]
        members = ("index", "key", "etag", "role")
        items = [{name: one[name] for name in members} for one in listed]
        put(f"{job['items']}000000000.jsonl", items[:3])
        put(f"{job['items']}000000003.jsonl", items[3:])
        if judged:
            # As children end, not as they began.
            folder = f"{job['verdicts']}0b9e/"
            put(f"{folder}SUCCEEDED_0.jsonl", judged[::-1])
            manifest = {"ResultFiles": {"SUCCEEDED": [{"Key": f"{folder}SUCCEEDED_0.jsonl"}]}}
            body = json.dumps(manifest).encode()
            aws("s3").put_object(Bucket=WORK, Key=f"{folder}manifest.json", Body=body)
        stored = aws("s3").put_object(Bucket=DATASETS, Key=job["info"]["key"], Body=INFO)
        job["info"]["version_id"] = job["info"]["version_id"] and stored["VersionId"]
        return call("report_dataset", payload)

    return report


@pytest.fixture
def stored(aws: Any) -> Callable[[str], str]:
    """The text of an object in the bucket of data sets."""

    def stored(key: str) -> str:
        body: bytes = aws("s3").get_object(Bucket=DATASETS, Key=key)["Body"].read()
        return body.decode()

    return stored


@pytest.fixture
def names(aws: Any) -> Callable[[str], list[str]]:
    def names(prefix: str) -> list[str]:
        listed = aws("s3").list_objects_v2(Bucket=DATASETS, Prefix=prefix)
        return [one["Key"].removeprefix(prefix) for one in listed.get("Contents", ())]

    return names


def test_a_report_is_written_for_everybody(report: Any, stored: Any, names: Any) -> None:
    answer = report("completed")

    assert answer == {
        "verdict": "done",
        "report": {
            "bucket": DATASETS,
            "key": f"{REPORTS}report.html",
            "csv_key": f"{REPORTS}report.csv",
            "jsonl_key": f"{REPORTS}report.jsonl",
            "clean_key": f"{REPORTS}clean.jsonl",
            "clean": "",
            "counts": {"clean": 3, "flagged": 1, "not_judged": 0, "unusable": 1},
            "models": ["7.0"],
            "prompts": {"instance_prompt": "clean", "class_prompt": "clean"},
            "fine_tuning": {"status": "NOT_ASKED", "reason": ""},
        },
    }
    table = list(csv.DictReader(io.StringIO(stored(f"{REPORTS}report.csv"), newline="")))
    assert [one["key"] for one in table] == [one["key"] for one in ROWS]
    assert [one["verdict"] for one in table] == [one["verdict"] for one in ROWS]
    whole = [json.loads(line) for line in stored(f"{REPORTS}report.jsonl").splitlines()]
    assert whole == [{name: one[name] for name in one if name != "preview"} for one in ROWS]
    manifest = [json.loads(line) for line in stored(f"{REPORTS}clean.jsonl").splitlines()]
    assert [one["version_id"] for one in manifest] == ["v0", "v2", "v3"]
    page = stored(f"{REPORTS}report.html")
    shown = [page.index(one["key"].removeprefix(PREFIX)) for one in ROWS]
    # Flagged, unusable, then what is clean.
    assert sorted(range(5), key=lambda index: shown[index]) == [1, 4, 0, 2, 3]
    assert names("clean/") == []


def test_a_clean_copy_gets_its_prompts_at_last(report: Any, stored: Any) -> None:
    told = report("with_fine_tuning")["report"]
    assert told["fine_tuning"] == {"status": "ALLOWED", "reason": ""}
    assert told["clean"] == CLEAN
    assert stored(f"{CLEAN}dataset_info.json").encode() == INFO
    first = json.loads(stored(f"{REPORTS}clean.jsonl").splitlines()[0])
    assert first["copy"] == f"{CLEAN}1.jpg"


def test_the_prompts_that_were_judged_are_copied(report: Any, stored: Any, aws: Any) -> None:
    newer = b'{"instance_prompt": "something else"}'
    copy = aws("s3").copy_object

    def late(**asked: Any) -> Any:
        aws("s3").put_object(Bucket=DATASETS, Key=f"{PREFIX}dataset_info.json", Body=newer)
        return copy(**asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws("s3"), "copy_object", late)
        report("with_fine_tuning")
    assert stored(f"{CLEAN}dataset_info.json").encode() == INFO


@pytest.mark.parametrize(
    ("scenario", "judged", "reason"),
    [
        ("flagged_prompt", ROWS, "class_prompt must be clean"),
        ("stopped", ROWS, "not every image was judged"),
        ("with_fine_tuning", ROWS[1:], "not every image was judged"),
        ("with_fine_tuning", [], "not every image was judged"),
    ],
)
def test_what_is_not_known_to_be_clean_is_not_trained_on(
    scenario: str, judged: list[Any], reason: str, report: Any, names: Any
) -> None:
    told = report(scenario, judged)["report"]
    assert told["fine_tuning"] == {"status": "REFUSED", "reason": reason}
    assert told["counts"]["not_judged"] == 5 - len(judged)
    assert names(CLEAN) == []
    assert len(names(REPORTS)) == 4


def test_class_images_alone_are_not_trained_on(report: Any, names: Any) -> None:
    rows = [one | ({"verdict": "flagged"} if one["role"] == "instance" else {}) for one in ROWS]
    told = report("with_fine_tuning", rows, rows)["report"]
    assert told["fine_tuning"]["reason"] == "no instance image is clean"
    assert names(CLEAN) == []


def test_prompts_that_are_gone_are_not_trained_on(
    report: Any, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = aws("s3").copy_object
    gone = {"VersionId": "0" * 32}
    monkeypatch.setattr(
        aws("s3"),
        "copy_object",
        lambda **asked: copy(**{**asked, "CopySource": {**asked["CopySource"], **gone}}),
    )
    told = report("with_fine_tuning")["report"]
    assert told["fine_tuning"]["status"] == "REFUSED"
    assert "gone" in told["fine_tuning"]["reason"]


def test_a_second_call_writes_the_same(report: Any, stored: Any) -> None:
    first = report("completed")
    page = stored(f"{REPORTS}report.jsonl")
    assert report("completed") == first
    assert stored(f"{REPORTS}report.jsonl") == page


def test_a_large_set_is_shown_in_part(
    report: Any, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("report_dataset.report.MOST_PICTURES", 2)
    report("completed")
    page = stored(f"{REPORTS}report.html")
    assert page.count("<figure>") == 2
    assert "2 are shown, 3 are left out" in page
    assert "2.jpg" in page


def test_a_report_says_what_it_counted(report: Any, logged: Any) -> None:
    report("with_fine_tuning")
    assert "'flagged': 1" in logged()
    assert "ALLOWED" in logged()
