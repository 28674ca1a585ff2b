"""ModerateDatasetImages' handler: a group of listed images in; a verdict of each out."""

import hashlib
import io
import json
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from local.ai.painting.painter import paint
from shared.pictures.fingerprint import phash
from shared.policy import policy_part

DATASETS, WORK = "safelight-datasets-example", "safelight-work-example"
JOB = "dataset-5f0e3d21c6b7a89415e2d3c4"
PREFIX = "datasets/cats/"
SCENE = paint("a cat on a wall", "", 1, (320, 240))
Call = Callable[..., Any]
Event = Callable[[str], Any]


def encoded(picture: Image.Image = SCENE, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def found(*rows: tuple[str, str, float], version: str = "7.0") -> dict[str, Any]:
    """Rekognition's reply."""
    return {
        "ModerationLabels": [
            {"Name": name, "ParentName": parent, "Confidence": score, "TaxonomyLevel": 1}
            for name, parent, score in rows
        ],
        "ModerationModelVersion": version,
        "ContentTypes": [],
    }


CALM, GORE = found(), found(("Violence", "", 91.0))
SMALL = encoded(SCENE.resize((64, 48)))


class Set:
    """The images of a scenario's set, and the handler that judges them."""

    def __init__(self, s3: Any, call: Call, event: Event, answers: Any) -> None:
        self._s3, self._call, self._event, self._answers = s3, call, event, answers
        self._listed: dict[str, tuple[str, int]] = {}

    def put(self, name: str, body: bytes) -> str:
        """Puts an image and lists it; its version."""
        reply = self._s3.put_object(Bucket=DATASETS, Key=PREFIX + name, Body=body)
        self._listed[name] = reply["ETag"].strip('"'), len(body)
        return str(reply["VersionId"])

    def event(self, scenario: str, **job: Any) -> Any:
        """The scenario's event, of images as they were listed."""
        event = self._event(f"moderate_dataset_images/{scenario}")
        event["BatchInput"]["job"] |= job
        for item in event["Items"]:
            name = item["key"].removeprefix(PREFIX)
            if name in self._listed:
                item["etag"], item["size"] = self._listed[name]
        return event

    def judge(self, scenario: str, *replies: Any, **variables: str) -> list[dict[str, Any]]:
        """The rows, with Rekognition's replies one after the other."""
        if replies:
            self._answers.set("DetectModerationLabels", *replies)
        payload = self.event(scenario)
        rows: list[dict[str, Any]] = self._call("moderate_dataset_images", payload, **variables)[
            "images"
        ]
        return rows

    def asked(self) -> list[tuple[str, str, str]]:
        """(bucket, key, version) of every picture that Rekognition was asked about."""
        places = [one["Image"]["S3Object"] for one in self._answers.asked("DetectModerationLabels")]
        return [(place["Bucket"], place["Name"], place["Version"]) for place in places]

    def names(self, prefix: str) -> list[str]:
        """What lies under a prefix."""
        listed = self._s3.list_objects_v2(Bucket=DATASETS, Prefix=prefix)
        return [one["Key"].removeprefix(prefix) for one in listed.get("Contents", ())]

    def bytes_of(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=DATASETS, Key=key)["Body"].read()
        return body


@pytest.fixture
def images(aws: Any, call: Call, event: Event, answers: Any, monkeypatch: Any) -> Set:
    # One after the other, so that replies are those of known images.
    monkeypatch.setattr("moderate_dataset_images.handler._CONCURRENCY", 1)
    return Set(aws("s3"), call, event, answers)


def test_every_image_is_judged_in_place(images: Set) -> None:
    versions = [
        images.put("1.jpg", encoded()),
        images.put("class_data_dir/2.png", encoded(kind="PNG")),
    ]
    clean, flagged = images.judge("two_images", CALM, GORE)

    assert images.asked() == [
        (DATASETS, f"{PREFIX}1.jpg", versions[0]),
        (DATASETS, f"{PREFIX}class_data_dir/2.png", versions[1]),
    ]
    preview = clean.pop("preview")
    assert 0 < len(preview) < 1000
    assert clean == {
        "index": 0,
        "key": f"{PREFIX}1.jpg",
        "etag": hashlib.md5(encoded(), usedforsecurity=False).hexdigest(),
        "role": "instance",
        "verdict": "clean",
        "reasons": [],
        "warnings": [],
        "labels": [],
        "model": "7.0",
        "format": "jpeg",
        "width": 320,
        "height": 240,
        "version_id": versions[0],
        "run": 1,
    }
    assert (flagged["verdict"], flagged["role"], flagged["labels"]) == (
        "flagged",
        "class",
        ["Violence"],
    )
    assert [reason["rule"] for reason in flagged["reasons"]] == ["Violence"]


def test_what_is_no_image_is_not_paid_for(images: Set) -> None:
    rows = images.judge("no_images", CALM)
    assert images.asked() == []
    assert [row["verdict"] for row in rows] == ["unusable", "unusable"]
    assert [row["reasons"][0]["rule"] for row in rows] == ["not_used_by_training", "empty"]


def test_a_bad_image_does_not_fail_its_group(images: Set) -> None:
    images.put("1.jpg", b"no picture")
    images.put("class_data_dir/2.png", encoded())
    bad, good = images.judge("two_images", CALM)
    assert (bad["verdict"], bad["reasons"][0]["rule"]) == ("unusable", "format")
    # A JPEG under another name is what it is.
    assert (good["verdict"], good["format"]) == ("clean", "jpeg")
    assert len(images.asked()) == 1


def test_what_rekognition_cannot_read_is_judged_as_a_copy(images: Set, aws: Any) -> None:
    images.put("1.jpg", SMALL)
    (row,) = images.judge("clean_copies", CALM)

    ((bucket, key, version),) = images.asked()
    assert (bucket, key.startswith(f"jobs/{JOB}/kept/")) == (WORK, True)
    copy = aws("s3").get_object(Bucket=WORK, Key=key, VersionId=version)["Body"].read()
    assert min(Image.open(io.BytesIO(copy)).size) == 80
    assert (row["verdict"], row["width"], row["height"]) == ("clean", 64, 48)
    assert [warning["rule"] for warning in row["warnings"]] == ["enlarged"]
    # What a training is given is the image itself.
    assert images.bytes_of(f"clean/{JOB}/1/1.jpg") == SMALL


def test_no_file_is_held_while_it_is_judged(images: Set, answers: Any) -> None:
    noise = random.Random(1).randbytes(3 * 1600 * 1600)
    file = encoded(Image.frombytes("RGB", (1600, 1600), noise), "PNG")
    images.put("1.jpg", file)
    held = []

    def answer(_: Any) -> dict[str, Any]:
        held.append(tracemalloc.get_traced_memory()[0])
        return CALM

    tracemalloc.start()
    images.judge("two_images", answer)
    tracemalloc.stop()
    assert len(held) == 1
    assert held[0] < len(file)


def refusal(code: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "DetectModerationLabels")


def test_a_file_that_rekognition_refuses_is_judged_as_a_copy(images: Set) -> None:
    images.put("1.jpg", encoded())
    (row,) = images.judge("clean_copies", refusal("InvalidImageFormatException"), CALM)
    assert [bucket for bucket, _, _ in images.asked()] == [DATASETS, WORK]
    assert [warning["rule"] for warning in row["warnings"]] == ["refused_as_it_is"]
    assert row["verdict"] == "clean"


def test_a_copy_that_rekognition_refuses_is_unusable(images: Set) -> None:
    images.put("1.jpg", SMALL)
    (row,) = images.judge("clean_copies", refusal("ImageTooLargeException"))
    assert (row["verdict"], row["reasons"][0]["rule"]) == ("unusable", "refused")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({}, "UnusableVerdict"),
        ({"ModerationLabels": []}, "UnusableVerdict"),
        (refusal("ThrottlingException"), "Throttled"),
        (refusal("InternalServerError", 500), "ServiceUnavailable"),
        (refusal("AccessDeniedException"), "ClientError"),
    ],
)
def test_no_verdict_is_neither_clean_nor_flagged(
    answer: Any, error: str, images: Set, answers: Any
) -> None:
    images.put("1.jpg", encoded())
    images.put("class_data_dir/2.png", encoded(kind="PNG"))
    with pytest.raises(Exception) as raised:  # noqa: PT011 - named below
        images.judge("two_images", answer, CALM)
    assert type(raised.value).__name__ == error

    # The other's verdict was kept: a retry asks for what is missing.
    answers.calls.clear()
    assert [row["verdict"] for row in images.judge("two_images", CALM)] == ["clean", "clean"]
    assert [key for _, key, _ in images.asked()] == [f"{PREFIX}1.jpg"]


def test_a_verdict_is_paid_once(images: Set, answers: Any) -> None:
    images.put("1.jpg", encoded())
    images.put("class_data_dir/2.png", encoded(kind="PNG"))
    first = images.judge("two_images", CALM, GORE)
    answers.calls.clear()
    assert images.judge("two_images", AssertionError("paid again")) == first
    assert images.asked() == []


def test_the_same_image_under_two_keys_is_judged_twice(images: Set) -> None:
    """An etag is an MD5 sum at best, which two files can be made to share."""
    images.put("1.jpg", encoded())
    images.put("class_data_dir/2.png", encoded())
    images.judge("two_images", CALM)
    assert len(images.asked()) == 2


def test_another_upload_of_the_same_bytes_is_judged_again(images: Set, answers: Any) -> None:
    images.put("1.jpg", encoded())
    images.judge("clean_copies", CALM)
    answers.calls.clear()
    version = images.put("1.jpg", encoded())
    (row,) = images.judge("clean_copies", GORE)
    assert (row["verdict"], row["version_id"]) == ("flagged", version)


def test_another_policy_judges_again(images: Set, call: Call, answers: Any) -> None:
    images.put("1.jpg", encoded())
    images.judge("clean_copies", CALM)
    answers.calls.clear()
    payload = images.event("clean_copies")
    payload["BatchInput"]["policy"]["active"]["hash"] = "0" * 64
    call("moderate_dataset_images", payload)
    assert len(images.asked()) == 1


def test_the_next_run_says_in_which_an_image_was_judged(images: Set, call: Call) -> None:
    images.put("1.jpg", encoded())
    images.judge("clean_copies", CALM)
    (row,) = call("moderate_dataset_images", images.event("clean_copies", run=2))["images"]
    assert row["run"] == 1


@pytest.mark.parametrize("how", ["deleted", "changed", "grown"])
@pytest.mark.parametrize("judged_before", [False, True])
def test_an_image_that_changed_since_it_was_listed_is_not_clean(
    how: str, judged_before: bool, images: Set, aws: Any
) -> None:
    images.put("1.jpg", encoded())
    if judged_before:
        images.judge("clean_copies", CALM)
    asked = len(images.asked())
    if how == "deleted":
        aws("s3").delete_object(Bucket=DATASETS, Key=f"{PREFIX}1.jpg")
    else:
        body = encoded(SCENE.rotate(180)) + (bytes(100_000) if how == "grown" else b"")
        aws("s3").put_object(Bucket=DATASETS, Key=f"{PREFIX}1.jpg", Body=body)
    (row,) = images.judge("clean_copies", CALM)
    assert (row["verdict"], row["reasons"][0]["rule"]) == ("unusable", "changed")
    assert len(images.asked()) == asked


def test_clean_images_are_copied_version_by_version(images: Set) -> None:
    images.put("1.jpg", encoded())
    images.put("2.jpg", encoded(SCENE.rotate(180)))
    images.judge("quarantine", CALM, GORE)
    assert images.names(f"clean/{JOB}/1/") == ["1.jpg"]
    assert images.bytes_of(f"clean/{JOB}/1/1.jpg") == encoded()


@pytest.mark.parametrize("bad", [encoded(SCENE.rotate(180)), b"no picture"])
def test_what_is_not_clean_is_moved_to_quarantine(bad: bytes, images: Set) -> None:
    images.put("1.jpg", encoded())
    images.put("2.jpg", bad)
    rows = images.judge("quarantine", CALM, GORE)

    place = f"quarantine/{JOB}/2.jpg"
    assert [row.get("moved_to") for row in rows] == [None, place]
    assert images.names(PREFIX) == ["1.jpg"]
    assert images.bytes_of(place) == bad

    # A retry finds the image gone, and knows why.
    assert images.judge("quarantine", AssertionError("paid again")) == rows
    assert images.names(PREFIX) == ["1.jpg"]


def test_what_was_uploaded_meanwhile_is_not_moved_away(
    images: Set, aws: Any, call: Call, answers: Any
) -> None:
    images.put("1.jpg", encoded())
    images.put("2.jpg", encoded(SCENE.rotate(180)))
    answers.set("DetectModerationLabels", CALM, GORE)
    call("moderate_dataset_images", images.event("quarantine", flagged="report"))
    later = encoded(SCENE.rotate(90))
    aws("s3").put_object(Bucket=DATASETS, Key=f"{PREFIX}2.jpg", Body=later)
    rows = images.judge("quarantine", AssertionError("paid again"))
    assert rows[1]["moved_to"] == f"quarantine/{JOB}/2.jpg"
    assert images.bytes_of(rows[1]["moved_to"]) == encoded(SCENE.rotate(180))
    assert images.bytes_of(f"{PREFIX}2.jpg") == later


def test_an_older_version_does_not_come_back(images: Set) -> None:
    images.put("1.jpg", encoded())
    images.put("2.jpg", b"an older version")
    images.put("2.jpg", encoded())
    images.judge("quarantine", CALM, GORE)
    assert images.names(PREFIX) == ["1.jpg"]


def test_images_are_tagged_with_their_verdict(images: Set, aws: Any) -> None:
    images.put("1.jpg", encoded())
    images.put("2.jpg", encoded(SCENE.rotate(180)))
    mine = [{"Key": "photographer", "Value": "me"}]
    aws("s3").put_object_tagging(Bucket=DATASETS, Key=f"{PREFIX}2.jpg", Tagging={"TagSet": mine})
    images.judge("tags", CALM, GORE)
    images.judge("tags")
    tags = [
        aws("s3").get_object_tagging(Bucket=DATASETS, Key=f"{PREFIX}{name}")["TagSet"]
        for name in ("1.jpg", "2.jpg")
    ]
    assert tags == [
        [{"Key": "safelight-verdict", "Value": "clean"}],
        [*mine, {"Key": "safelight-verdict", "Value": "flagged"}],
    ]


def test_ten_tags_leave_no_room(images: Set, aws: Any) -> None:
    images.put("1.jpg", encoded())
    images.put("2.jpg", encoded())
    full = [{"Key": str(number), "Value": "x"} for number in range(10)]
    aws("s3").put_object_tagging(Bucket=DATASETS, Key=f"{PREFIX}2.jpg", Tagging={"TagSet": full})
    rows = images.judge("tags", CALM, GORE)
    assert [[one["rule"] for one in row["warnings"]] for row in rows] == [[], ["not_tagged"]]


def test_a_listed_picture_is_not_paid_for(images: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded()
    hashes = [phash(Image.open(io.BytesIO(data)))]
    shipped = policy_part
    blocked = {"blocked_hashes": {"max_distance": 6, "hashes": hashes}}
    monkeypatch.setattr(
        "shared.policy.policy_part",
        lambda name: shipped(name) | (blocked if name == "images" else {}),
    )
    images.put("1.jpg", data)
    (row,) = images.judge("clean_copies", CALM)
    assert images.asked() == []
    assert (row["verdict"], row["reasons"][0]["rule"]) == ("flagged", "blocked_hash")


def test_text_is_read_where_nothing_else_speaks_against_an_image(images: Set, answers: Any) -> None:
    line = {"DetectedText": "NUDE BEACH", "Type": "LINE", "Id": 0, "Confidence": 99.0}
    words = [
        {"DetectedText": word, "Type": "WORD", "ParentId": 0, "Confidence": 99.0}
        for word in ("NUDE", "BEACH")
    ]
    answers.set("DetectText", {"TextDetections": [line, *words], "TextModelVersion": "3.0"})
    images.put("1.jpg", encoded())
    images.put("class_data_dir/2.png", encoded(kind="PNG"))
    rows = images.judge("two_images", CALM, GORE, CHECK_TEXT_IN_IMAGES="true")
    assert len(answers.asked("DetectText")) == 1
    assert [row["verdict"] for row in rows] == ["flagged", "flagged"]
    assert rows[0]["reasons"][0]["rule"] == "text_in_image"


def test_what_nobody_knows_is_told(images: Set, logged: Any, counted: Any) -> None:
    images.put("1.jpg", encoded())
    images.put("class_data_dir/2.png", encoded(kind="PNG"))
    unknown = found(("Something New", "", 60.0), version="9.0")
    rows = images.judge("two_images", unknown, CALM)
    assert [row["verdict"] for row in rows] == ["flagged", "clean"]
    assert counted("UnknownLabel") == [1]
    assert counted("UnknownModelVersion") == [1]
    assert "unknown_model_version" in logged()


def test_the_log_holds_verdicts_and_no_picture(images: Set, logged: Any) -> None:
    images.put("1.jpg", encoded())
    (row,) = images.judge("clean_copies", CALM)
    assert "'clean': 1" in logged()
    assert row["preview"] not in logged()


def test_a_group_of_answers_fits_into_a_state(images: Set, call: Call, answers: Any) -> None:
    rows = [(f"Unheard Of {number}", "", 90.0) for number in range(60)]
    answers.set("DetectModerationLabels", found(*rows))
    name = "ä" * 420 + ".jpg"
    images.put(name, encoded())
    payload = images.event("clean_copies")
    (item,) = payload["Items"]
    item |= {"key": PREFIX + name, "etag": images.event("clean_copies")["Items"][0]["etag"]}
    item["etag"], item["size"] = images._listed[name]
    (row,) = call("moderate_dataset_images", payload)["images"]
    assert row["verdict"] == "flagged"
    assert len(json.dumps(row)) < 25_000
