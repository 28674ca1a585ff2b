"""ModerateImages: has Rekognition judge an attempt's pictures, all at the same time."""

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from moderate_images.verdict import STAGE, found, judge_attempt, lowest_threshold
from shared.log import tell
from shared.policy import Policies
from shared.rekognition import Moderation, Moderator
from shared.s3 import ObjectVersion
from shared.settings import Environment

# A request has at most 4 pictures.
_CONCURRENCY = 4


@dataclass(frozen=True)
class Settings:
    """ModerateImages' variable."""

    policy_bucket: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Without a bucket, the shipped policy judges."""
        return cls(policy_bucket=Environment().optional("POLICY_BUCKET"))


@functools.cache
def build() -> tuple[Policies[dict[str, Any]], Moderator]:
    """Policies and adapter, made at the first call."""
    return Policies("images", Settings.from_env().policy_bucket, dict), Moderator()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, images, policy} in; a decision on the attempt with its evidence out.

    {verdict, images, labels, reasons, warnings, model, usage, found: {min_score, pictures}}.
    """
    policies, moderator = build()
    pins, images = event.get("policy"), event["images"]
    # Below the lowest threshold of all a label changes nothing.
    lowest = min(lowest_threshold(policy) for policy in policies.each(pins))
    moderations = moderate(moderator, images, lowest)

    def judge(policy: dict[str, Any]) -> dict[str, Any]:
        return judge_attempt(images, moderations, policy)

    decision = judge(policies.active(pins))
    tell(
        "pictures",
        request_id=event["request_id"],
        verdict=decision["verdict"],
        labels=decision["labels"],
    )
    asked = [moderation for moderation in moderations if moderation]
    return {
        **policies.shadowed(pins, STAGE, decision, judge),
        "model": ", ".join(sorted({moderation.model_version for moderation in asked})),
        "usage": {"rekognition_images": len(asked)},
        "found": {"min_score": lowest, "pictures": found(moderations)},
    }


def moderate(
    moderator: Moderator, images: list[dict[str, Any]], min_score: float
) -> list[Moderation | None]:
    """What the moderator finds in each; None for pictures that the model filtered, and not paid."""

    def ask(image: dict[str, Any]) -> Moderation | None:
        if "filtered_because" in image:
            return None
        place = ObjectVersion(image["bucket"], image["key"], image["version_id"])
        return moderator.moderate(place, min_score)

    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        return list(pool.map(ask, images))
