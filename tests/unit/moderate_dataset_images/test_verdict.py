"""One image's verdict: the image layer's, in the words of a data set."""

from typing import Any

import pytest

from moderate_dataset_images.examination import Examined
from moderate_dataset_images.verdict import unusable, verdict_of
from shared.policy import policy_part
from shared.rekognition import Label, Moderation

POLICY = policy_part("images")
IMAGE = Examined("png", 640, 480, "00ff00ff00ff00ff", "cHJldmlldw==", [], b"")


def moderation(*labels: tuple[str, str, float], model: str = "7.0") -> Moderation:
    return Moderation([Label(*label) for label in labels], model, illustrated=False)


def rules(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["rule"], one["action"]) for one in found]


def test_nothing_found_is_clean() -> None:
    assert verdict_of(IMAGE, moderation(), POLICY, []) == {
        "verdict": "clean",
        "reasons": [],
        "warnings": [],
        "labels": [],
        "model": "7.0",
        "format": "png",
        "width": 640,
        "height": 480,
        "preview": "cHJldmlldw==",
    }


def test_a_label_flags_with_the_policys_reason() -> None:
    found = verdict_of(IMAGE, moderation(("Violence", "", 0.9)), POLICY, [])
    assert (found["verdict"], found["labels"]) == ("flagged", ["Violence"])
    (reason,) = found["reasons"]
    assert reason == {
        "stage": "ModerateDatasetImages",
        "category": "violence",
        "rule": "Violence",
        "action": "block",
        "label": "Violence",
        "parent": "",
        "score": 0.9,
        "threshold": 0.7,
        "illustrated": False,
    }


@pytest.mark.parametrize(
    ("labels", "model", "verdict", "warned"),
    [
        ([("Violence", "", 0.4)], "7.0", "clean", []),
        ([("Violence", "", 0.6)], "7.0", "clean", [("uncertain", "warn")]),
        ([("Gambling", "", 0.95)], "7.0", "clean", [("Gambling", "warn")]),
        ([], "9.0", "clean", [("unknown_model_version", "warn")]),
        ([("Unheard Of", "", 0.6)], "7.0", "flagged", []),
    ],
)
def test_the_policy_decides(
    labels: Any, model: str, verdict: str, warned: list[tuple[str, str]]
) -> None:
    found = verdict_of(IMAGE, moderation(*labels, model=model), POLICY, [])
    assert (found["verdict"], rules(found["warnings"])) == (verdict, warned)


def test_a_review_that_nobody_can_give_flags() -> None:
    policy = {**POLICY, "unknown_model_version": "review"}
    assert verdict_of(IMAGE, moderation(model="9.0"), policy, [])["verdict"] == "flagged"


def test_a_listed_picture_is_flagged_unseen() -> None:
    policy = {**POLICY, "blocked_hashes": {"max_distance": 6, "hashes": [IMAGE.phash]}}
    found = verdict_of(IMAGE, None, policy, [])
    assert (found["verdict"], found["model"]) == ("flagged", "")
    assert rules(found["reasons"]) == [("blocked_hash", "block")]


def test_an_image_that_nobody_has_judged_is_not_clean() -> None:
    with pytest.raises(ValueError, match="nobody has judged"):
        verdict_of(IMAGE, None, POLICY, [])


def test_writing_counts_and_is_bounded() -> None:
    one = {"stage": "ModerateImages", "category": "hate", "rule": "text_in_image"}
    writing = [{**one, "action": "block", "image": 0}] * 30
    found = verdict_of(IMAGE, moderation(), POLICY, writing)
    assert (found["verdict"], len(found["reasons"])) == ("flagged", 20)


def test_what_was_done_to_the_image_is_a_warning() -> None:
    changed = Examined(**{**vars(IMAGE), "changes": [("enlarged", "judged enlarged")]})
    found = verdict_of(changed, moderation(), POLICY, [])
    assert rules(found["warnings"]) == [("enlarged", "warn")]


def test_what_cannot_be_judged_is_not_clean() -> None:
    found = unusable("damaged", "it cannot be decoded")
    assert (found["verdict"], found["reasons"][0]["rule"]) == ("unusable", "damaged")
    assert found.keys() == verdict_of(IMAGE, moderation(), POLICY, []).keys()
