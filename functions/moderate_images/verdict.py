"""What follows from the labels found in pictures: per picture, and for the attempt."""

from typing import Any

from shared.rekognition import Label, Moderation

STAGE = "ModerateImages"


def lowest_threshold(policy: dict[str, Any]) -> float:
    """The score below which no label changes anything under this policy."""
    rules = [*policy["labels"].values(), policy["unknown_label"]]
    thresholds = ("threshold", "illustrated_threshold")
    return float(min(rule[name] for rule in rules for name in thresholds if name in rule))


def judge_attempt(
    images: list[dict[str, Any]], moderations: list[Moderation | None], policy: dict[str, Any]
) -> dict[str, Any]:
    """The decision on an attempt's pictures; None is what the model blotted out itself."""
    judged = [
        filtered(image) if moderation is None else judge(moderation, policy, image["index"])
        for image, moderation in zip(images, moderations, strict=True)
    ]
    return decide(images, judged)


def found(moderations: list[Moderation | None]) -> list[dict[str, Any]]:
    """What the moderator found, as a record keeps it: another policy can judge it again."""
    return [
        {
            "image": index,
            "illustrated": moderation.illustrated,
            "labels": [
                {"label": label.name, "parent": label.parent, "score": round(label.score, 4)}
                for label in moderation.labels
            ],
        }
        for index, moderation in enumerate(moderations)
        if moderation is not None
    ]


def judge(moderation: Moderation, policy: dict[str, Any], index: int) -> dict[str, Any]:
    """{verdict, labels, reasons, warnings} of one picture."""
    reasons: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    for label in _telling(moderation.labels):
        rule = _rule(label, policy)
        threshold = rule["threshold"]
        if moderation.illustrated:
            threshold = rule.get("illustrated_threshold", threshold)
        if rule["action"] == "allow" or label.score < threshold:
            continue
        reason = _reason(rule["category"], rule["rule"], rule["action"], index)
        reason |= {"label": label.name, "score": round(label.score, 4), "threshold": threshold}
        (reasons if rule["action"] == "block" else warnings).append(reason)
    if not moderation.model_version.startswith(tuple(policy["known_model_versions"])):
        stops = policy["unknown_model_version"] == "block"
        reason = _reason("unknown_model_version", "unknown_model_version", "block", index)
        reason |= {"action": "block" if stops else "warn", "label": moderation.model_version}
        (reasons if stops else warnings).append(reason)
    return {
        "verdict": "unsafe" if reasons else "safe",
        "labels": sorted({label.name for label in moderation.labels}),
        "reasons": reasons,
        "warnings": warnings,
    }


def filtered(image: dict[str, Any]) -> dict[str, Any]:
    """The same for a picture that the model itself has blotted out."""
    reason = _reason("model_filtered", image["filtered_because"], "block", image["index"])
    return {"verdict": "filtered", "labels": [], "reasons": [reason], "warnings": []}


def decide(images: list[dict[str, Any]], judged: list[dict[str, Any]]) -> dict[str, Any]:
    """{verdict, images, labels, reasons, warnings} of an attempt.

    safe if at least one picture may be delivered: what speaks against the others is then a warning.
    Otherwise unsafe, or filtered if the model blotted out every picture itself.
    """
    verdicts = {one["verdict"] for one in judged}
    verdict = next(name for name in ("safe", "unsafe", "filtered") if name in verdicts)
    reasons = [reason for one in judged for reason in one["reasons"]]
    warnings = [warning for one in judged for warning in one["warnings"]]
    if verdict == "safe":
        warnings, reasons = warnings + reasons, []
    return {
        "verdict": verdict,
        "images": [
            {**image, "verdict": one["verdict"], "labels": one["labels"]}
            for image, one in zip(images, judged, strict=True)
        ],
        # Of pictures that were refused: what the next attempt's negative prompt answers to.
        "labels": sorted(
            {reason["label"] for one in judged for reason in one["reasons"] if "label" in reason}
        ),
        "reasons": reasons,
        "warnings": warnings,
    }


def _telling(labels: list[Label]) -> list[Label]:
    """Labels that say more than the more exact ones below them.

    Rekognition repeats a label's confidence in its parents, so that a parent speaks for itself only
    when it is surer than all its children: without this, no rule on a child could exempt anything.
    """
    surest: dict[str, float] = {}
    for label in labels:
        if label.parent != label.name:
            surest[label.parent] = max(label.score, surest.get(label.parent, 0.0))
    return [label for label in labels if label.score > surest.get(label.name, 0.0)]


def _rule(label: Label, policy: dict[str, Any]) -> dict[str, Any]:
    rules = policy["labels"]
    unknown = {**policy["unknown_label"], "rule": "unknown_label"}
    rule: dict[str, Any] = rules.get(label.name) or rules.get(label.parent) or unknown
    return rule


def _reason(category: str, rule: str, action: str, index: int) -> dict[str, Any]:
    return {
        "stage": STAGE,
        "category": category,
        "rule": rule,
        "action": action,
        "image": index,
    }
