"""ModerateImages: has Rekognition judge an attempt's pictures, all at the same time."""

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moderate_images.verdict import decide, filtered, judge
from shared.log import tell
from shared.policy import policy_part
from shared.rekognition import Moderator
from shared.s3 import ObjectVersion

# A request has at most 4 pictures.
_CONCURRENCY = 4


@functools.cache
def build() -> tuple[dict[str, Any], Moderator]:
    """Policy and adapter, made at the first call."""
    return policy_part("images"), Moderator()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, images} in; {verdict, images, labels, reasons, warnings, model, usage} out."""
    policy, moderator = build()
    decision = moderate(policy, moderator, event["images"])
    tell(
        "pictures",
        request_id=event["request_id"],
        verdict=decision["verdict"],
        labels=decision["labels"],
    )
    return decision


def moderate(
    policy: dict[str, Any], moderator: Moderator, images: list[dict[str, Any]]
) -> dict[str, Any]:
    """The decision on an attempt. Pictures that the model filtered are not paid for."""
    # Below the lowest threshold a label changes nothing.
    rules = [*policy["labels"].values(), policy["unknown_label"]]
    thresholds = ("threshold", "illustrated_threshold")
    lowest = min(rule[name] for rule in rules for name in thresholds if name in rule)
    versions: set[str] = set()

    def verdict(image: dict[str, Any]) -> dict[str, Any]:
        if "filtered_because" in image:
            return filtered(image)
        place = ObjectVersion(image["bucket"], image["key"], image["version_id"])
        moderation = moderator.moderate(place, lowest)
        versions.add(moderation.model_version)
        return judge(moderation, policy, image["index"])

    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        judged = list(pool.map(verdict, images))
    paid = sum(one["verdict"] != "filtered" for one in judged)
    return {
        **decide(images, judged),
        "model": ", ".join(sorted(versions)),
        "usage": {"rekognition_images": paid},
    }
