"""What follows for one image of a data set from what was found in it."""

from typing import Any

from moderate_dataset_images.examination import Examined
from shared.moderation.verdict import Reasons, judge_attempt
from shared.rekognition import Moderation

STAGE = "ModerateDatasetImages"
# A group's ten answers must fit into a state's 256 KiB.
_MOST_REASONS = 20


def verdict_of(
    examined: Examined, moderation: Moderation | None, policy: dict[str, Any], writing: Reasons
) -> dict[str, Any]:
    """{verdict, reasons, warnings, labels, model, ...} of an image that could be judged.

    verdict is clean or flagged: as a picture that was painted for a request is safe or not.
    """
    painted = {"index": 0, "phash": examined.phash}
    judged = judge_attempt([painted], [moderation], policy, {0: writing})
    changes = [_reason("image", rule, "warn", message) for rule, message in examined.changes]
    return {
        "verdict": "clean" if judged["verdict"] == "safe" else "flagged",
        "reasons": _of_stage(judged["reasons"]),
        "warnings": changes + _of_stage(judged["warnings"]),
        "labels": judged["images"][0]["labels"],
        "model": moderation.model_version if moderation else "",
        "format": examined.format,
        "width": examined.width,
        "height": examined.height,
        "preview": examined.preview,
    }


def unusable(rule: str, message: str) -> dict[str, Any]:
    """The same for what nobody could judge: never clean, and not skipped."""
    return {
        "verdict": "unusable",
        "reasons": [_reason("unusable", rule, "block", message)],
        "warnings": [],
        "labels": [],
        "model": "",
        "format": "",
        "width": 0,
        "height": 0,
        "preview": "",
    }


def untagged() -> dict[str, Any]:
    """A warning: the image's tags leave no room for ours."""
    return _reason("image", "not_tagged", "warn", "it has ten tags already")


def _of_stage(reasons: Reasons) -> Reasons:
    """Of one image, so that none says which."""
    return [
        {name: value for name, value in found.items() if name != "image"} | {"stage": STAGE}
        for found in reasons[:_MOST_REASONS]
    ]


def _reason(category: str, rule: str, action: str, message: str) -> dict[str, Any]:
    return {
        "stage": STAGE,
        "category": category,
        "rule": rule,
        "action": action,
        "message": message,
    }
