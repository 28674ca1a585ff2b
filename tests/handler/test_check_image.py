"""CheckImage's handler: a picture in by the API; the policy's verdict on what is seen in it out."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from compiled import POLICY_HASH
from shared.pictures.decoding import decode
from shared.pictures.fingerprint import phash
from shared.policy import policy_part

GORE = [("Violence", "", 88.1), ("Graphic Violence", "Violence", 88.1)]
PNG = b"\x89PNG\r\n\x1a\n"
Call = Callable[..., Any]
Event = Callable[[str], Any]
Reply = tuple[int, dict[str, Any]]


def moderation(rows: list[tuple[str, str, float]], version: str = "7.0") -> dict[str, Any]:
    labels = [
        {"Name": name, "ParentName": parent, "Confidence": confidence, "TaxonomyLevel": 1}
        for name, parent, confidence in rows
    ]
    return {"ModerationLabels": labels, "ModerationModelVersion": version, "ContentTypes": []}


def words(*lines: str) -> dict[str, Any]:
    """DetectText's reply: the words of lines."""
    found = [
        {"DetectedText": word, "Type": "WORD", "ParentId": number, "Confidence": 99.0}
        for number, line in enumerate(lines)
        for word in line.split()
    ]
    return {"TextDetections": found, "TextModelVersion": "3.0"}


def picture(event: Any) -> bytes:
    return base64.b64decode(json.loads(event["body"])["image"])


@pytest.fixture
def check(aws: Any, call: Call, event: Event, answers: Any) -> Callable[..., Reply]:
    """(status, body) for an event; `body` in place of the event's own."""
    answers.set("DetectModerationLabels", moderation([]))
    answers.set("DetectText", words())

    def check(scenario: str, body: dict[str, Any] | None = None, **variables: str) -> Reply:
        asked = event(f"check_image/{scenario}")
        if body is not None:
            asked["body"] = json.dumps(body)
        reply = call("check_image", asked, **variables)
        return reply["statusCode"], json.loads(reply["body"])

    return check


@pytest.mark.parametrize("scenario", ["png", "jpeg"])
def test_safe(scenario: str, check: Any, answers: Any, event: Event) -> None:
    assert check(scenario) == (
        200,
        {
            "verdict": "safe",
            "reasons": [],
            "warnings": [],
            "labels": [],
            "model": "7.0",
            "usage": {"rekognition_images": 1},
            "policy_hash": POLICY_HASH,
        },
    )
    (request,) = answers.asked("DetectModerationLabels")
    assert request["Image"] == {"Bytes": picture(event(f"check_image/{scenario}"))}
    assert request["MinConfidence"] == pytest.approx(50.0)


def test_unsafe(check: Any, answers: Any) -> None:
    answers.set("DetectModerationLabels", moderation(GORE))

    status, body = check("png")

    assert (status, body["verdict"]) == (200, "unsafe")
    assert body["labels"] == ["Graphic Violence", "Violence"]
    assert body["reasons"] == [
        {
            "stage": "ModerateImages",
            "category": "violence",
            "rule": "Violence",
            "action": "block",
            "label": "Graphic Violence",
            "parent": "Violence",
            "score": 0.881,
            "threshold": 0.7,
            "illustrated": False,
        }
    ]


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({}, "image", "required"),
        ({"image": 7}, "image", "type"),
        ({"image": ""}, "image", "minLength"),
        ({"image": "iVBORw0KGgo"}, "image", "base64"),
        ({"image": "iVBO Rw0K"}, "image", "base64"),
        ({"image": "iVBORw0K\n"}, "image", "base64"),
        ({"image": "data:image/png;base64,iVBORw0KGgo="}, "image", "base64"),
        ({"image": "é==="}, "image", "base64"),
        ({"image": "iVBORw0KGgo=", "prompt": "a cat"}, "prompt", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named(
    body: dict[str, Any], field: str, rule: str, check: Any, answers: Any
) -> None:
    status, told = check("png", body)

    assert (status, told["code"]) == (400, "invalid_request")
    (error,) = told["errors"]
    assert (error["field"], error["rule"]) == (field, rule)
    assert answers.calls == []


def encoded(size: int) -> dict[str, str]:
    return {"image": base64.b64encode(PNG.ljust(size, b"\0")).decode()}


def test_the_largest_file_fits(check: Any, answers: Any) -> None:
    assert check("png", encoded(4_000_000))[0] == 200
    status, body = check("png", encoded(4_000_001))
    assert (status, body["code"], body["errors"][0]["rule"]) == (413, "too_large", "max_bytes")
    assert len(answers.calls) == 1


def test_what_is_no_picture_is_not_paid_for(check: Any, answers: Any) -> None:
    status, body = check("not_a_picture", CHECKS_PER_DAY="1")
    assert (status, body["code"], body["errors"][0]["field"]) == (422, "unreadable_image", "image")
    assert answers.calls == []
    assert check("png", CHECKS_PER_DAY="1")[0] == 200


@pytest.mark.parametrize(
    ("code", "status", "answered", "told"),
    [
        ("InvalidImageFormatException", 400, 422, "unreadable_image"),
        ("ImageTooLargeException", 400, 422, "unreadable_image"),
        ("InvalidParameterException", 400, 422, "unreadable_image"),
        ("ProvisionedThroughputExceededException", 400, 503, "unavailable"),
        ("ThrottlingException", 400, 503, "unavailable"),
        ("InternalServerError", 500, 503, "unavailable"),
        ("AccessDeniedException", 400, 500, "internal"),
    ],
)
def test_without_an_answer_there_is_no_verdict(
    code: str, status: int, answered: int, told: str, check: Any, answers: Any
) -> None:
    answers.refuse("DetectModerationLabels", code, status)

    found, body = check("png")

    assert (found, body["code"]) == (answered, told)
    assert "verdict" not in body


def test_checks_are_counted_by_requester_and_day(check: Any, answers: Any) -> None:
    limited = {"API_AUTH": "key", "CHECKS_PER_DAY": "1"}
    assert check("png", **limited)[0] == 200
    status, body = check("png", **limited)
    assert (status, body["code"]) == (429, "quota_exceeded")
    assert len(answers.calls) == 1


def test_text_is_read_where_the_stack_reads_it(check: Any, answers: Any, event: Event) -> None:
    answers.set("DetectText", words("WELCOME TO", "THE NUDE BEACH"))

    _, body = check("png", CHECK_TEXT_IN_IMAGES="true")

    (reason,) = body["reasons"]
    assert (body["verdict"], reason["rule"], reason["term"]) == ("unsafe", "text_in_image", "nude")
    assert body["usage"] == {"rekognition_images": 1, "rekognition_text_images": 1}
    (request,) = answers.asked("DetectText")
    assert request["Image"] == {"Bytes": picture(event("check_image/png"))}


def test_text_in_a_picture_that_is_refused_anyway_is_not_paid_for(check: Any, answers: Any) -> None:
    answers.set("DetectModerationLabels", moderation(GORE))
    assert check("png", CHECK_TEXT_IN_IMAGES="true")[1]["usage"] == {"rekognition_images": 1}
    assert answers.asked("DetectText") == []


def test_a_picture_whose_text_cannot_be_read_is_not_safe(check: Any, answers: Any) -> None:
    answers.refuse("DetectText", "InternalServerError", 500)
    assert check("png", CHECK_TEXT_IN_IMAGES="true")[0] == 503


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch, event: Event) -> None:
    """A policy that lists the picture of the event."""
    shown = phash(decode(picture(event("check_image/png"))).image)
    rules = policy_part("images") | {"blocked_hashes": {"max_distance": 6, "hashes": [shown]}}
    monkeypatch.setattr("shared.policy.policy_part", lambda name: rules)


@pytest.mark.usefixtures("listed")
def test_a_listed_picture_is_unsafe_in_any_format(check: Any, answers: Any) -> None:
    for scenario in ("png", "jpeg"):
        status, body = check(scenario)
        assert (status, body["verdict"], body["model"]) == (200, "unsafe", "")
        assert [reason["rule"] for reason in body["reasons"]] == ["blocked_hash"]
        assert body["usage"] == {}
    assert answers.asked("DetectModerationLabels") == []


@pytest.mark.usefixtures("listed")
def test_what_cannot_be_compared_with_listed_pictures_has_no_verdict(check: Any) -> None:
    status, body = check("png", encoded(100))
    assert (status, body["code"]) == (422, "unreadable_image")


def test_transparency_is_a_warning(check: Any, answers: Any) -> None:
    clear = PNG + b"\0\0\0\rIHDR" + bytes(8) + b"\x08\x06" + bytes(80)
    _, body = check("png", {"image": base64.b64encode(clear).decode()})
    (warning,) = body["warnings"]
    assert (body["verdict"], warning["rule"]) == ("safe", "transparency")


def test_what_the_policy_does_not_know_is_an_alarm(check: Any, answers: Any, counted: Any) -> None:
    answers.set("DetectModerationLabels", moderation([("Something New", "", 60.0)], "8.0"))

    _, body = check("png")

    assert body["verdict"] == "unsafe"
    assert counted("UnknownLabel") == [1]
    assert counted("UnknownModelVersion") == [1]


def test_nothing_of_the_picture_is_stored_or_told(
    check: Any, logged: Callable[[], str], event: Event, counted: Any
) -> None:
    check("png")

    assert json.loads(event("check_image/png")["body"])["image"][:24] not in logged()
    assert counted("Checks", Verdict="safe") == [1]
    assert counted("Usage", Unit="rekognition_images") == [1]
