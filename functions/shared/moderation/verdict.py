"""What follows for an attempt from what was found in its pictures."""

from typing import Any

from shared.moderation.rules import judge_labels, reason
from shared.rekognition import Moderation

# Which verdict of a picture is the attempt's, by what the policy delivers.
_FIRST = {
    "each": ("review", "safe", "unsafe", "filtered"),
    "all_or_none": ("unsafe", "filtered", "review", "safe"),
}
_HASH_BITS = 64

Reasons = list[dict[str, Any]]


def judge_attempt(
    images: list[dict[str, Any]],
    moderations: list[Moderation | None],
    policy: dict[str, Any],
    writing: dict[int, Reasons] | None = None,
    reviews: bool = False,
) -> dict[str, Any]:
    """{verdict, images, labels, reasons, warnings} of an attempt.

    A picture has no moderation if its looks alone decide (needs_moderation). `writing` is what
    speaks against the text in pictures, by index. If the policy delivers each safe picture, the
    attempt is safe as soon as one is, and what speaks against the others is a warning; if all or
    none, a safe picture beside another is withheld, and each says that it goes out `together`.

    Where there are `reviews`, people decide on a picture against which nothing but the action
    review speaks. An attempt with such a picture has the verdict review, unless another one
    withholds all; its reasons are of those pictures alone.
    """
    judged = [
        _judge(image, moderation, policy, (writing or {}).get(image["index"], []), reviews)
        for image, moderation in zip(images, moderations, strict=True)
    ]
    verdicts = [verdict for verdict, _ in judged]
    deliver = policy["deliver"]
    verdict = next(name for name in _FIRST[deliver] if name in verdicts)
    against = [(one, found) for one, reasons in judged for found in reasons]
    warnings = [found for _, found in against if found["action"] == "warn"]
    objections = [(one, found) for one, found in against if found["action"] != "warn"]
    deciding = set(verdicts) if verdict in ("unsafe", "filtered") else {verdict}
    together = {"together": True} if deliver == "all_or_none" and len(images) > 1 else {}
    return {
        "verdict": verdict,
        "images": [
            {
                **image,
                "verdict": _beside(one, verdict, deliver),
                "labels": sorted({label.name for label in moderation.labels} if moderation else ()),
                **together,
            }
            for image, moderation, one in zip(images, moderations, verdicts, strict=True)
        ],
        # Of pictures that were refused: what the next attempt's negative prompt answers to.
        "labels": sorted({found["label"] for _, found in objections if "label" in found}),
        "reasons": [found for one, found in objections if one in deciding],
        "warnings": warnings + [found for one, found in objections if one not in deciding],
    }


def lowest_threshold(policy: dict[str, Any]) -> float:
    """The score below which no label changes anything under this policy."""
    rules = [*policy["labels"].values(), policy["unknown_label"]]
    rules += [{"threshold": rule["uncertain"]["from"]} for rule in rules if "uncertain" in rule]
    thresholds = ("threshold", "illustrated_threshold")
    return float(min(rule[name] for rule in rules for name in thresholds if name in rule))


def needs_moderation(image: dict[str, Any], policy: dict[str, Any]) -> bool:
    """Whether the moderator must be paid, or the picture's looks alone decide."""
    return "filtered_because" not in image and not _blocked(image, policy)


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


def _judge(
    image: dict[str, Any],
    moderation: Moderation | None,
    policy: dict[str, Any],
    writing: Reasons,
    reviews: bool,
) -> tuple[str, Reasons]:
    """(safe, review, unsafe or filtered; what speaks against the picture)."""
    if "filtered_because" in image:
        because = reason("model_filtered", image["filtered_because"], "block", image["index"])
        return "filtered", [because]
    against = _blocked(image, policy) + writing
    if moderation is not None:
        against += judge_labels(moderation, policy, image["index"], reviews)
    elif not against:
        raise ValueError("a picture that nobody has judged")
    actions = {found["action"] for found in against} - {"warn"}
    if not actions:
        return "safe", against
    return "review" if reviews and actions == {"review"} else "unsafe", against


def _beside(one: str, attempt: str, deliver: str) -> str:
    """What becomes of a picture's verdict beside the attempt's."""
    if one == "review" != attempt:
        # All are withheld because of another one: nobody is asked.
        return "unsafe"
    return "withheld" if one == "safe" != attempt and deliver == "all_or_none" else one


def _blocked(image: dict[str, Any], policy: dict[str, Any]) -> Reasons:
    """The reason if the picture looks like one that the operator has listed."""
    blocked = policy["blocked_hashes"]
    # Executions that began under an earlier release have pictures without a hash.
    if not blocked["hashes"] or "phash" not in image:
        return []
    seen = int(image["phash"], 16)
    distance = min((seen ^ int(listed, 16)).bit_count() for listed in blocked["hashes"])
    if distance > blocked["max_distance"]:
        return []
    likeness = {
        "score": round(1 - distance / _HASH_BITS, 4),
        "threshold": round(1 - blocked["max_distance"] / _HASH_BITS, 4),
    }
    return [reason("blocked_picture", "blocked_hash", "block", image["index"]) | likeness]
