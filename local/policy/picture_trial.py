"""One picture through StoreImages' checks and the local moderator, under a policy."""

import dataclasses
import io
from types import SimpleNamespace
from typing import Any, TypedDict

from local.policy.trial import Trial
from local.record_text import reason_text
from shared.errors import MalformedReply
from shared.moderation.verdict import needs_moderation
from shared.rekognition import Moderation, Moderator
from shared.s3 import ObjectVersion
from store_images.picture import StoredForm, prepare
from store_images.reply import RawPicture

_NOWHERE = ObjectVersion("local", "picture")


class PictureTrial(TypedDict):
    """stored: what StoreImages found; labels with the rule that holds for each; the verdict."""

    stored: dict[str, Any]
    model: str
    labels: list[dict[str, Any]]
    grounds: list[str]
    verdict: str


def try_picture(data: bytes, policy: dict[str, Any]) -> PictureTrial:
    """Whatever the bytes are: what cannot be judged is told as StoreImages would."""
    try:
        form = prepare(RawPicture(data), "local-explain", "explain")
    except MalformedReply as refused:
        return PictureTrial(
            stored={"refused": str(refused)},
            model="",
            labels=[],
            grounds=[],
            verdict="MalformedReply: asked for again, then FAILED; nothing is delivered",
        )
    trial = Trial(policy)
    image: dict[str, Any] = {"index": 0, "phash": form.phash}
    if form.filtered_because:
        image["filtered_because"] = form.filtered_because
    moderation = _moderate(form.data) if needs_moderation(image, trial.pictures) else None
    decision = trial.images([image], [moderation])
    return PictureTrial(
        stored=_stored(form, len(data)),
        model=moderation.model_version if moderation else "",
        labels=_labels(moderation, trial.pictures) if moderation else [],
        grounds=[reason_text(found) for found in decision["reasons"] + decision["warnings"]],
        verdict=decision["verdict"],
    )


def _moderate(data: bytes) -> Moderation:
    """What the stand-in for Rekognition finds, however unsure it is."""
    from PIL import Image

    from local.ai.moderation import moderation
    from local.ai.vision.published import ModelUnavailable, load_network

    try:
        network = load_network()
    except ModelUnavailable:
        network = None
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    client = SimpleNamespace(
        detect_moderation_labels=lambda **body: moderation(picture, network, body["MinConfidence"])
    )
    return Moderator(client).moderate(_NOWHERE, 0.0)


def _labels(moderation: Moderation, rules: dict[str, Any]) -> list[dict[str, Any]]:
    told = []
    for label in sorted(moderation.labels, key=lambda label: -label.score):
        rule = rules["labels"].get(label.name) or rules["unknown_label"]
        drawn = "illustrated_threshold" if moderation.illustrated else "threshold"
        told.append(
            {
                "label": label.name,
                "parent": label.parent,
                "score": round(label.score, 3),
                # An exemption has none.
                "threshold": rule.get(drawn, rule.get("threshold", "")),
                "uncertain from": rule.get("uncertain", {}).get("from", ""),
                "rule": rule.get("rule", "unknown_label"),
                "action": rule["action"],
            }
        )
    return told


def _stored(form: StoredForm, came_with: int) -> dict[str, Any]:
    """All that is known of the picture but its bytes."""
    fields = {field.name: getattr(form, field.name) for field in dataclasses.fields(form)}
    plain = {name: value for name, value in fields.items() if not isinstance(value, bytes)}
    plain["changes"] = "; ".join(text for _, text in plain.get("changes", ()))
    told = {name: value for name, value in plain.items() if value not in ("", None)}
    return {"bytes as it came": came_with, "bytes as it is stored": len(form.data), **told}
