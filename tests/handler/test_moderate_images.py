"""ModerateImages' handler: stored pictures in; the policy's verdict on Rekognition's labels out."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.policy import policy_part

WORK = "safelight-work-example"
GORE = [("Violence", "", 88.1), ("Graphic Violence", "Violence", 88.1)]
KISS = [
    ("Non-Explicit Nudity of Intimate parts and Kissing", "", 91.0),
    ("Kissing on the Lips", "Non-Explicit Nudity of Intimate parts and Kissing", 91.0),
]
Call = Callable[..., Any]
Event = Callable[[str], Any]
Row = tuple[str, str, float]


def moderation(rows: list[Row], version: str = "7.0", drawn: bool = False) -> dict[str, Any]:
    names = [
        {"Name": name, "ParentName": parent, "Confidence": confidence, "TaxonomyLevel": 1}
        for name, parent, confidence in rows
    ]
    kinds = [{"Name": "Illustrated", "Confidence": 97.0}] if drawn else []
    return {"ModerationLabels": names, "ModerationModelVersion": version, "ContentTypes": kinds}


@pytest.fixture
def moderate(aws: Any, answers: Any, call: Call, event: Event) -> Callable[..., Any]:
    """Calls the handler; `replies` are by the picture's index, the first one for the others."""

    def moderate(scenario: str, *replies: dict[str, Any], **variables: str) -> Any:
        payload = event(f"moderate_images/{scenario}")
        by_key = {image["key"]: image["index"] for image in payload["images"]}

        def reply(request: dict[str, Any]) -> dict[str, Any]:
            index = by_key[request["Image"]["S3Object"]["Name"]]
            return replies[index] if index < len(replies) else replies[0]

        answers.set("DetectModerationLabels", reply)
        return call("moderate_images", payload, **variables)

    return moderate


def images(event: Event, scenario: str) -> list[dict[str, Any]]:
    return list(event(f"moderate_images/{scenario}")["images"])


def gore(index: int) -> dict[str, Any]:
    return {
        "stage": "ModerateImages",
        "category": "violence",
        "rule": "Violence",
        "action": "block",
        "image": index,
        "label": "Graphic Violence",
        "parent": "Violence",
        "score": 0.881,
        "threshold": 0.7,
        "illustrated": False,
    }


def test_safe(moderate: Any, answers: Any, event: Event) -> None:
    answer = moderate("safe", moderation([]))

    (image,) = images(event, "safe")
    assert answer == {
        "verdict": "safe",
        "images": [{**image, "verdict": "safe", "labels": []}],
        "labels": [],
        "reasons": [],
        "warnings": [],
        "model": "7.0",
        "usage": {"rekognition_images": 1},
        "found": {"min_score": 0.5, "pictures": [{"image": 0, "illustrated": False, "labels": []}]},
    }


def test_the_very_version_that_was_stored_is_judged(
    moderate: Any, answers: Any, event: Event
) -> None:
    moderate("safe", moderation([]))

    (image,) = images(event, "safe")
    (request,) = answers.asked("DetectModerationLabels")
    assert request["Image"] == {
        "S3Object": {"Bucket": WORK, "Name": image["key"], "Version": image["version_id"]}
    }
    assert request["MinConfidence"] == pytest.approx(50.0)


def test_unsafe(moderate: Any, event: Event) -> None:
    answer = moderate("unsafe", moderation(GORE))

    (image,) = images(event, "unsafe")
    labels = ["Graphic Violence", "Violence"]
    assert answer == {
        "verdict": "unsafe",
        "images": [{**image, "verdict": "unsafe", "labels": labels}],
        "labels": ["Graphic Violence"],
        "reasons": [gore(0)],
        "warnings": [],
        "model": "7.0",
        "usage": {"rekognition_images": 1},
        "found": {
            "min_score": 0.5,
            "pictures": [
                {
                    "image": 0,
                    "illustrated": False,
                    "labels": [
                        {"label": "Violence", "parent": "", "score": 0.881},
                        {"label": "Graphic Violence", "parent": "Violence", "score": 0.881},
                    ],
                }
            ],
        },
    }


def test_one_safe_picture_is_enough(moderate: Any) -> None:
    calm = moderation([])
    answer = moderate("safe_and_unsafe", calm, moderation(GORE), calm, moderation(GORE))

    assert answer["verdict"] == "safe"
    assert [image["verdict"] for image in answer["images"]] == ["safe", "unsafe", "safe", "unsafe"]
    assert (answer["reasons"], answer["warnings"]) == ([], [gore(1), gore(3)])
    assert answer["usage"] == {"rekognition_images": 4}


def test_filtered_pictures_are_not_paid_for(moderate: Any, answers: Any) -> None:
    answer = moderate("filtered")

    assert answers.asked("DetectModerationLabels") == []
    assert answer["verdict"] == "filtered"
    assert [reason["rule"] for reason in answer["reasons"]] == ["black", "uniform"]
    assert (answer["model"], answer["usage"]) == ("", {"rekognition_images": 0})


def test_unsafe_outweighs_filtered(moderate: Any) -> None:
    answer = moderate("filtered_and_unsafe", moderation([]), moderation(GORE))

    assert answer["verdict"] == "unsafe"
    assert [reason["category"] for reason in answer["reasons"]] == ["model_filtered", "violence"]


def test_an_exempted_label_takes_its_parents_with_it(moderate: Any) -> None:
    assert moderate("exempted_label", moderation(KISS))["verdict"] == "safe"
    surer = [(KISS[0][0], "", 95.0), KISS[1]]
    assert moderate("exempted_label", moderation(surer))["verdict"] == "unsafe"


def test_drawings_have_thresholds_of_their_own(moderate: Any) -> None:
    rows = [("Violence", "", 75.0)]
    assert moderate("drawn", moderation(rows, drawn=True))["verdict"] == "safe"
    assert moderate("drawn", moderation(rows))["verdict"] == "unsafe"


def test_a_label_that_nobody_knows_is_unsafe_and_an_alarm(moderate: Any, counted: Any) -> None:
    answer = moderate("unknown_label", moderation([("Something New", "", 60.0)]))

    assert answer["verdict"] == "unsafe"
    assert [reason["rule"] for reason in answer["reasons"]] == ["unknown_label"]
    assert counted("UnknownLabel") == [1]
    assert counted("UnknownModelVersion") == []


def test_a_model_that_nobody_knows_is_an_alarm(moderate: Any, logged: Any, counted: Any) -> None:
    answer = moderate("unknown_model_version", moderation([], version="8.0"))

    assert "unknown_model_version" in logged()
    assert counted("UnknownModelVersion") == [1]
    assert (answer["verdict"], answer["model"]) == ("safe", "8.0")
    assert [warning["rule"] for warning in answer["warnings"]] == ["unknown_model_version"]


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes what the shipped policy says of pictures."""
    shipped = policy_part

    def policy(**changed: Any) -> None:
        monkeypatch.setattr(
            "shared.policy.policy_part",
            lambda name: shipped(name) | (changed if name == "images" else {}),
        )

    return policy


def test_all_or_none(moderate: Any, policy: Any) -> None:
    policy(deliver="all_or_none")
    answer = moderate("all_or_none", moderation([]), moderation(GORE))

    assert answer["verdict"] == "unsafe"
    assert [image["verdict"] for image in answer["images"]] == ["withheld", "unsafe"]
    assert answer["reasons"] == [gore(1)]


@pytest.mark.parametrize(
    ("scenario", "verdict", "warned"),
    [("with_reviews", "review", []), ("safe_and_unsafe", "safe", ["uncertain"])],
)
def test_the_shipped_policy_is_unsure_of_some_pictures(
    scenario: str, verdict: str, warned: list[str], moderate: Any
) -> None:
    answer = moderate(scenario, moderation([("Violence", "", 60.0)]), moderation([]))
    assert answer["verdict"] == verdict
    assert [warning["rule"] for warning in answer["warnings"][:1]] == warned


UNKNOWN = [("Something New", "", 60.0)]


@pytest.fixture
def asking(policy: Any) -> None:
    """What nobody has a rule for is a person's to decide."""
    policy(unknown_label={"category": "unknown_label", "threshold": 0.5, "action": "review"})


@pytest.mark.usefixtures("asking")
def test_where_there_are_reviews_people_decide_on_what_the_policy_leaves_to_them(
    moderate: Any,
) -> None:
    answer = moderate("with_reviews", moderation(UNKNOWN), moderation(GORE))

    assert answer["verdict"] == "review"
    assert [image["verdict"] for image in answer["images"]] == ["review", "unsafe"]
    (reason,) = answer["reasons"]
    assert (reason["image"], reason["rule"], reason["action"]) == (0, "unknown_label", "review")
    assert answer["warnings"] == [gore(1)]
    assert answer["labels"] == ["Graphic Violence", "Something New"]


@pytest.mark.usefixtures("asking")
def test_without_reviews_what_the_policy_leaves_to_people_is_withheld(moderate: Any) -> None:
    answer = moderate("unknown_label", moderation(UNKNOWN))

    assert answer["verdict"] == "unsafe"
    assert [reason["action"] for reason in answer["reasons"]] == ["review"]


@pytest.mark.usefixtures("asking")
def test_nobody_is_asked_about_a_picture_whose_text_refuses_it(read: Any, answers: Any) -> None:
    answer = read(words("NUDE"), "with_reviews", moderation(UNKNOWN), moderation(GORE))

    assert len(answers.asked("DetectText")) == 1
    assert answer["verdict"] == "unsafe"
    rules = [reason["rule"] for reason in answer["reasons"]]
    assert rules == ["text_in_image", "unknown_label", "Violence"]


def test_a_listed_picture_is_not_paid_for(
    moderate: Any, policy: Any, answers: Any, event: Event
) -> None:
    listed, other = images(event, "blocked_hash")
    policy(blocked_hashes={"max_distance": 6, "hashes": [listed["phash"]]})
    answer = moderate("blocked_hash", moderation([]))

    (request,) = answers.asked("DetectModerationLabels")
    assert request["Image"]["S3Object"]["Name"] == other["key"]
    assert [image["verdict"] for image in answer["images"]] == ["unsafe", "safe"]
    assert [warning["rule"] for warning in answer["warnings"]] == ["blocked_hash"]
    assert answer["usage"] == {"rekognition_images": 1}


def words(*lines: str, confidence: float = 99.0) -> dict[str, Any]:
    """DetectText's reply: every line, then its words."""
    found = [
        {"DetectedText": line, "Type": "LINE", "Id": number, "Confidence": confidence}
        for number, line in enumerate(lines)
    ]
    for number, line in enumerate(lines):
        found += [
            {"DetectedText": word, "Type": "WORD", "ParentId": number, "Confidence": confidence}
            for word in line.split()
        ]
    return {"TextDetections": found, "TextModelVersion": "3.0"}


@pytest.fixture
def read(moderate: Any, answers: Any) -> Callable[..., Any]:
    """Calls the handler of a stack that reads text in pictures, with DetectText's reply."""

    def read(reply: dict[str, Any], scenario: str = "text_in_image", *replies: Any) -> Any:
        answers.set("DetectText", reply)
        calm = moderation([])
        return moderate(scenario, *(replies or [calm]), CHECK_TEXT_IN_IMAGES="true")

    return read


def test_text_in_a_picture_is_judged_like_a_prompt(read: Any, answers: Any, event: Event) -> None:
    answer = read(words("WELCOME TO", "THE NUDE BEACH"))

    (image,) = images(event, "text_in_image")
    (request,) = answers.asked("DetectText")
    assert request["Image"]["S3Object"]["Version"] == image["version_id"]
    assert request["Filters"] == {"WordFilter": {"MinConfidence": 80.0}}
    assert answer["verdict"] == "unsafe"
    (reason,) = answer["reasons"]
    assert (reason["stage"], reason["rule"]) == ("ModerateImages", "text_in_image")
    assert (reason["category"], reason["term"]) == ("nudity", "nude")
    assert reason["severity"]
    assert answer["labels"] == []
    assert answer["usage"] == {"rekognition_images": 1, "rekognition_text_images": 1}


@pytest.mark.parametrize(
    "reply", [words(), words("WELCOME TO", "SCUNTHORPE"), words("nude", confidence=50.0)]
)
def test_harmless_and_unsure_text_changes_nothing(read: Any, reply: dict[str, Any]) -> None:
    answer = read(reply)
    assert (answer["verdict"], answer["warnings"]) == ("safe", [])


def test_text_is_read_only_where_nothing_else_speaks_against_the_picture(
    read: Any, answers: Any
) -> None:
    calm, gory = moderation([]), moderation(GORE)
    answer = read(words("a sign"), "safe_and_unsafe", calm, gory, calm, gory)
    assert len(answers.asked("DetectText")) == 2
    assert answer["usage"] == {"rekognition_images": 4, "rekognition_text_images": 2}


def test_text_is_not_read_unless_the_stack_says_so(moderate: Any, answers: Any) -> None:
    answers.set("DetectText", AssertionError("read"))
    assert moderate("text_in_image", moderation([]))["verdict"] == "safe"


@pytest.mark.parametrize("reply", [{}, {"TextDetections": [{"DetectedText": "a", "Type": "WORD"}]}])
def test_an_answer_without_text_is_neither_safe_nor_unsafe(
    read: Any, reply: dict[str, Any]
) -> None:
    with pytest.raises(Exception, match="Rekognition") as raised:
        read(reply)
    assert type(raised.value).__name__ == "UnusableVerdict"


def test_the_log_holds_no_text_of_pictures(read: Any, logged: Any) -> None:
    read(words("THE NUDE BEACH"))
    assert "nude" not in logged().lower().replace("nudity", "")


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"ModerationLabels": []},
        {"ModerationModelVersion": "7.0"},
        {"ModerationLabels": [], "ModerationModelVersion": ""},
        {"ModerationLabels": [{"Name": "Violence"}], "ModerationModelVersion": "7.0"},
        {"ModerationLabels": [{"Confidence": 99.0}], "ModerationModelVersion": "7.0"},
        moderation([("Violence", "", float("nan"))]),
        moderation([("Violence", "", 101.0)]),
    ],
)
def test_an_answer_without_a_verdict_is_neither_safe_nor_unsafe(
    reply: dict[str, Any], moderate: Any
) -> None:
    with pytest.raises(Exception, match="Rekognition") as raised:
        moderate("safe", reply)
    assert type(raised.value).__name__ == "UnusableVerdict"


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ProvisionedThroughputExceededException", 400, "Throttled"),
        ("ThrottlingException", 500, "Throttled"),
        ("InternalServerError", 500, "ServiceUnavailable"),
        ("InvalidS3ObjectException", 400, "ClientError"),
        ("InvalidImageFormatException", 400, "ClientError"),
    ],
)
def test_one_picture_without_a_verdict_fails_the_attempt(
    code: str, status: int, error: str, moderate: Any, answers: Any, call: Call, event: Event
) -> None:
    answers.refuse("DetectModerationLabels", code, status)
    with pytest.raises(Exception, match=code) as raised:
        call("moderate_images", event("moderate_images/safe_and_unsafe"))
    assert error in {kind.__name__ for kind in type(raised.value).__mro__}
