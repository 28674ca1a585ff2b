"""Bedrock's ApplyGuardrail, answered from the text classifier's scores.

A guardrail here has the content filters, each of medium strength for input, and nothing else: no
denied topics, words or personal data. Shapes and errors: botocore's model of bedrock-runtime.
"""

import re
from collections.abc import Callable

from local.ai.wire import Json, ServiceError

NAME = "local-guardrail-1"
PATH = re.compile(r"/guardrail/([^/]+)/version/([^/]+)/apply")
ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:guardrail/([a-z0-9]+)")
LOCAL_GUARDRAIL = "local"
# What each filter goes by; nothing here sees misconduct or attacks.
FILTERS: dict[str, tuple[str, ...]] = {
    "SEXUAL": ("SEXUAL",),
    "VIOLENCE": ("VIOLENCE_OR_THREAT", "GRAPHIC"),
    "HATE": ("HATE_SPEECH",),
    "INSULTS": ("INSULT", "HARASSMENT_OR_ABUSE"),
    "MISCONDUCT": (),
    "PROMPT_ATTACK": (),
}
CONFIDENCES = (("HIGH", 0.8), ("MEDIUM", 0.5), ("LOW", 0.2))
CHARACTERS_PER_UNIT = 1000


class Guardrail:
    name = NAME

    def __init__(self, scores: Callable[[str], dict[str, float]]) -> None:
        """`scores` are 0 to 1 for each of DetectToxicContent's labels."""
        self._scores = scores

    def answer(self, operation: str, body: Json) -> Json:
        identifier = str(body["guardrailIdentifier"])
        known = ARN.fullmatch(identifier)
        if not (known[1] if known else identifier).startswith(LOCAL_GUARDRAIL):
            raise ServiceError(
                "ResourceNotFoundException",
                f"no such guardrail: here their names begin with {LOCAL_GUARDRAIL}",
                404,
            )
        if body.get("source") not in ("INPUT", "OUTPUT"):
            raise ServiceError("ValidationException", "source is INPUT or OUTPUT")
        text = text_of(body)
        if not text:
            raise ServiceError("ValidationException", "content is a list of texts")
        scores = self._scores(text)
        return assessed(
            {name: max([scores[one] for one in of], default=0.0) for name, of in FILTERS.items()},
            len(text),
            full=body.get("outputScope") == "FULL",
        )


def text_of(body: Json) -> str:
    """All texts of an ApplyGuardrail request."""
    blocks = body.get("content")
    texts = [block.get("text") for block in blocks or () if isinstance(block, dict)]
    return " ".join(str(text.get("text", "")) for text in texts if isinstance(text, dict))


def assessed(scores: dict[str, float], characters: int, full: bool = True) -> Json:
    """The answer for a score 0..1 per content filter; all filters, or only those that found."""
    filters = [_filter(name, score) for name, score in scores.items()]
    blocked = any(row["action"] == "BLOCKED" for row in filters)
    units = dict.fromkeys(
        (
            "topicPolicyUnits", "wordPolicyUnits", "sensitiveInformationPolicyUnits",
            "sensitiveInformationPolicyFreeUnits", "contextualGroundingPolicyUnits",
        ), 0,
    )  # fmt: skip
    shown = [row for row in filters if full or row["detected"]]
    coverage = {"guarded": characters, "total": characters}
    return {
        "usage": {**units, "contentPolicyUnits": -(-characters // CHARACTERS_PER_UNIT)},
        "action": "GUARDRAIL_INTERVENED" if blocked else "NONE",
        "outputs": [{"text": "Blocked by the local guardrail."}] if blocked else [],
        "assessments": [{"contentPolicy": {"filters": shown}} if shown else {}],
        "guardrailCoverage": {"textCharacters": coverage},
    }


def _filter(name: str, score: float) -> Json:
    confidence = next((word for word, least in CONFIDENCES if score >= least), "NONE")
    found = confidence in ("HIGH", "MEDIUM")
    return {
        "type": name,
        "confidence": confidence,
        "filterStrength": "MEDIUM",
        "action": "BLOCKED" if found else "NONE",
        "detected": found,
    }
