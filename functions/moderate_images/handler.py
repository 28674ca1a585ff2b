"""ModerateImages: has Rekognition judge an attempt's pictures, all at the same time."""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.log import tell
from shared.metrics import Metrics
from shared.moderation.evidence import moderations, texts
from shared.moderation.rules import STAGE, is_known
from shared.moderation.verdict import (
    Reasons,
    found,
    judge_attempt,
    lowest_threshold,
    needs_moderation,
)
from shared.policy import Policies
from shared.rekognition import Moderator
from shared.settings import Environment

if TYPE_CHECKING:
    from shared.keywords.lists import KeywordLists

Part = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """ModerateImages' variables."""

    policy_bucket: str
    check_text: bool
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Without a bucket, the shipped policy judges. Raises SettingsError."""
        env = Environment()
        return cls(
            policy_bucket=env.optional("POLICY_BUCKET"),
            check_text=env.flag("CHECK_TEXT_IN_IMAGES"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@functools.cache
def build() -> tuple[Metrics, Policies[Part], Moderator, "Policies[KeywordLists] | None"]:
    """What the handler needs, with the keyword lists if text in pictures is read."""
    settings = Settings.from_env()
    lists = None
    if settings.check_text:
        # Lists and matcher cost a quarter of a cold start that others need not pay.
        from shared.keywords.lists import prepare

        lists = Policies("keywords", settings.policy_bucket, prepare)
    metrics = Metrics(settings.metrics_namespace)
    return metrics, Policies("images", settings.policy_bucket, dict), Moderator(), lists


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, images, policy, reviews} in; a decision on the attempt with its evidence out.

    {verdict, images, labels, reasons, warnings, model, usage, found: {min_score, pictures}}.
    """
    metrics, policies, moderator, lists = build()
    pins, images, reviews = event.get("policy"), event["images"], event.get("reviews", False)
    active = policies.active(pins)
    # Below the lowest threshold of all a label changes nothing.
    lowest = max(0.0, min(policies.each(pins, lowest_threshold)))
    needed = [needs_moderation(image, active) for image in images]
    moderated = moderations(moderator, images, needed, lowest)
    usage = {"rekognition_images": sum(needed)}
    writing: dict[int, Reasons] = {}
    if lists is not None:
        # Text in a picture that is refused anyway need not be paid for.
        open_yet = [
            image
            for image in judge_attempt(images, moderated, active, reviews=reviews)["images"]
            if image["verdict"] in ("safe", "withheld", "review")
        ]
        writing = read_writing(moderator, open_yet, active, lists.active(pins))
        usage["rekognition_text_images"] = len(open_yet)

    decision = judge_attempt(images, moderated, active, writing, reviews)

    def tried(policy: Part) -> dict[str, Any]:
        """Asks for the pictures that this policy alone needs, so that it fails alone, too."""
        more = [
            needs_moderation(image, policy) and not needs
            for image, needs in zip(images, needed, strict=True)
        ]
        usage["rekognition_images"] += sum(more)
        asked = moderations(moderator, images, more, lowest)
        both = [one or other for one, other in zip(moderated, asked, strict=True)]
        return judge_attempt(images, both, policy, writing, reviews)

    versions = sorted({moderation.model_version for moderation in moderated if moderation})
    _tell(event["request_id"], decision, [v for v in versions if not is_known(v, active)], metrics)
    return {
        **policies.shadowed(pins, STAGE, decision, tried),
        "model": ", ".join(versions),
        "usage": usage,
        "found": {"min_score": lowest, "pictures": found(moderated)},
    }


def read_writing(
    moderator: Moderator, images: list[dict[str, Any]], policy: Part, lists: "KeywordLists"
) -> dict[int, Reasons]:
    """What speaks against the text in each picture, by index."""
    from shared.moderation.writing import judge_writing

    read = texts(moderator, images, policy["text"]["threshold"])
    return {index: judge_writing(text, lists, index) for index, text in read.items()}


def _tell(
    request_id: str, decision: dict[str, Any], unknown_versions: list[str], metrics: Metrics
) -> None:
    verdict, labels = decision["verdict"], decision["labels"]
    tell("pictures", request_id=request_id, verdict=verdict, labels=labels)
    against = [*decision["reasons"], *decision["warnings"]]
    if any(found["rule"] == "unknown_label" for found in against):
        metrics.count("UnknownLabel")
    for version in unknown_versions:
        tell("unknown_model_version", request_id=request_id, model=version)
        metrics.count("UnknownModelVersion")
