"""Amazon Bedrock Guardrails: one prompt in, scores by label out."""

from collections.abc import Iterator
from typing import Any

from shared import aws
from shared.answers import read_from, rows, text
from shared.errors import UnusableVerdict

Scores = dict[str, float]
Usage = dict[str, int]
# A filter tells four degrees of confidence; these are our places for them on a scale of 0 to 1.
CONFIDENCES = {"NONE": 0.0, "LOW": 0.3, "MEDIUM": 0.6, "HIGH": 0.9}
INTERVENED = "GUARDRAIL_INTERVENED"
# Denied topics, words and personal data are found or not. AWS lists words and expressions only
# where they were found, so that an absent list means none.
TOPIC, WORD, SENSITIVE = "TOPIC", "WORD", "SENSITIVE_INFORMATION"
_FOUND = {
    TOPIC: [("topicPolicy", "topics")],
    WORD: [("wordPolicy", "customWords"), ("wordPolicy", "managedWordLists")],
    SENSITIVE: [
        ("sensitiveInformationPolicy", "piiEntities"),
        ("sensitiveInformationPolicy", "regexes"),
    ],
}
# What is billed per started 1,000 characters; word filters are free.
_BILLED = {
    "contentPolicyUnits": "guardrail_content_units",
    "topicPolicyUnits": "guardrail_topic_units",
    "sensitiveInformationPolicyUnits": "guardrail_sensitive_information_units",
}


class Guardrail:
    """ApplyGuardrail with one version of a guardrail, on what a user asks for.

    Labels: the content filters' names (SEXUAL, VIOLENCE, HATE, INSULTS, MISCONDUCT, PROMPT_ATTACK)
    as far as they are switched on for input, TOPIC, WORD, SENSITIVE_INFORMATION, and
    GUARDRAIL_INTERVENED for the guardrail's own decision.
    """

    name = "guardrail"

    def __init__(self, arn: str, version: str, client: Any = None) -> None:
        self._arn, self._version = arn, version
        self._client = client or aws.client("bedrock-runtime")

    def model(self) -> str:
        return f"{aws.host(self._client)}/{self._arn.rpartition(':')[2]}:{self._version}"

    def scores(self, prompt: str) -> tuple[Scores, Usage]:
        with read_from("the guardrail"):
            reply = self._client.apply_guardrail(
                guardrailIdentifier=self._arn,
                guardrailVersion=self._version,
                source="INPUT",
                # FULL lists the filters that found nothing too: one that is missing was not asked.
                outputScope="FULL",
                content=[{"text": {"text": prompt}}],
            )
            return _scores(reply), _usage(reply.get("usage", {}))


def _usage(paid: dict[str, Any]) -> Usage:
    units = {ours: paid.get(theirs, 0) for theirs, ours in _BILLED.items()}
    if any(type(number) is not int or number < 0 for number in units.values()):
        raise UnusableVerdict("the guardrail's answer has units that are no numbers")
    return units


def _scores(reply: dict[str, Any]) -> Scores:
    action, assessments = reply.get("action"), rows(reply, "assessments")
    if action not in ("NONE", INTERVENED) or not assessments:
        raise UnusableVerdict("the guardrail answered without an action or without assessments")
    read = reply.get("guardrailCoverage", {}).get("textCharacters", {})
    # Not "less than": what is no number is not enough either.
    if not read.get("guarded", 0) >= read.get("total", 0):
        raise UnusableVerdict("the guardrail read only a part of the prompt")
    scores = {INTERVENED: float(action == INTERVENED), **dict.fromkeys(_FOUND, 0.0)}
    # More than one assessment where the account has guardrails of its own.
    for assessment in assessments:
        for label, score in _assessed(assessment):
            scores[label] = max(score, scores.get(label, 0.0))
    return scores


def _assessed(assessment: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for row in rows(assessment.get("contentPolicy", {}), "filters"):
        confidence = text(row, "confidence")
        if confidence not in CONFIDENCES:
            raise UnusableVerdict("the guardrail's answer has a filter without a confidence")
        yield text(row, "type"), CONFIDENCES[confidence]
    for label, places in _FOUND.items():
        for policy, found in places:
            for row in rows(assessment.get(policy, {}), found):
                # A guardrail may be set to detect only: then it finds, and acts on nothing.
                yield label, float(bool(row.get("detected")) or row.get("action") != "NONE")
