"""Judges' replies of any shape: a verdict or UnusableVerdict, and never clean for want of one."""

import json
import math
from typing import Any

from fuzz.budget import fuzzed
from fuzz.mutation import damaged, documents, mutated, nested, raw
from fuzz.wire import wire
from hypothesis import example, given
from hypothesis import strategies as st

from shared.bedrock_runtime import CONFIDENCES, Guardrail
from shared.classification.verdict import decide
from shared.comprehend import CustomClassifier, LanguageDetection, ToxicityDetection
from shared.errors import UnusableVerdict
from shared.moderation.verdict import judge_attempt
from shared.policy import policy_part
from shared.rekognition import Moderator
from shared.s3 import ObjectVersion

CLASSIFIER, IMAGES = policy_part("classifier"), policy_part("images")
ENDPOINT = "arn:aws:comprehend:us-east-1:111122223333:document-classifier-endpoint/safelight"
GUARDRAIL = "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc123"
PICTURE = ObjectVersion("work", "pictures/1/0.png", "v1")


def custom(score: Any) -> dict[str, Any]:
    rows = [{"Name": "unsafe", "Score": score}, {"Name": "safe", "Score": 0.5}]
    return {"Classes": rows, "DocumentMetadata": {"Pages": 1}}


def toxicity(score: Any) -> dict[str, Any]:
    labels = [{"Name": name, "Score": 0.01} for name in CLASSIFIER["toxicity"]]
    labels[0]["Score"] = score
    return {"ResultList": [{"Labels": labels, "Toxicity": 0.01}]}


def guardrail(confidence: Any) -> dict[str, Any]:
    filters = [
        {"type": name, "confidence": "NONE", "action": "NONE", "detected": False}
        for name in ("SEXUAL", "VIOLENCE", "HATE", "INSULTS", "MISCONDUCT", "PROMPT_ATTACK")
    ]
    filters[0]["confidence"] = confidence
    topic = {"name": "x", "type": "DENY", "action": "NONE", "detected": False}
    return {
        "action": "NONE",
        "assessments": [
            {
                "contentPolicy": {"filters": filters},
                "topicPolicy": {"topics": [topic]},
                "wordPolicy": {"customWords": [], "managedWordLists": []},
            }
        ],
        "usage": {"contentPolicyUnits": 1, "topicPolicyUnits": 1, "wordPolicyUnits": 1},
        "guardrailCoverage": {"textCharacters": {"guarded": 5, "total": 5}},
    }


def moderation(*names: str) -> dict[str, Any]:
    rows = [
        {"Name": name, "ParentName": "", "Confidence": 88.1, "TaxonomyLevel": 1} for name in names
    ]
    kinds = [{"Name": "Illustrated", "Confidence": 97.0}]
    return {"ModerationLabels": rows, "ModerationModelVersion": "7.0", "ContentTypes": kinds}


def detected(*words: str) -> dict[str, Any]:
    line = {"DetectedText": " ".join(words), "Type": "LINE", "Id": 0, "Confidence": 99.0}
    rows = [
        {"DetectedText": word, "Type": "WORD", "Id": n, "ParentId": 0, "Confidence": 99.0}
        for n, word in enumerate(words, 1)
    ]
    return {"TextDetections": [line, *rows], "TextModelVersion": "3.0"}


def bodies(*replies: dict[str, Any]) -> st.SearchStrategy[bytes]:
    seeds = list(replies)
    return st.one_of(
        mutated(seeds).map(raw),
        mutated(seeds).map(raw),
        documents().map(raw),
        damaged([raw(seed) for seed in seeds]),
        st.sampled_from([b"", b"<html>", b"\xff\xfe", nested(5000).encode()]),
    )


def is_score(found: Any) -> bool:
    return type(found) in (int, float) and math.isfinite(found) and 0 <= found <= 1.001


def judged(backend: Any, prompt: str = "a fox") -> dict[str, Any] | None:
    """The decision, or None where there is none; every other error is this property's failure."""
    try:
        scores, usage = backend.scores(prompt)
        assert all(0 <= score <= 1 for score in scores.values())
        assert all(type(units) is int and units >= 0 for units in usage.values())
        return decide(scores, CLASSIFIER[backend.name], warn=False)
    except UnusableVerdict:
        return None


def has_scores(rows: list[Any], label: str, threshold: float) -> bool:
    """Whether every row of a label has a score, and there is one, and none reaches the threshold.

    Read from what was sent, and not as the adapters read it.
    """
    scores = [row.get("Score") for row in rows if row.get("Name") == label]
    return bool(scores) and all(is_score(one) and one < threshold for one in scores)


@fuzzed(100)
@given(body=bodies(custom(0.01), custom(0.99), {"Labels": custom(0.01)["Classes"]}))
@example(body=raw(custom(False)))
@example(body=raw(custom(float("nan"))))
@example(body=raw({"Classes": custom(0.99)["Classes"] + custom(0.01)["Classes"]}))
@example(body=raw({"Classes": custom(0.01)["Classes"], "Labels": custom(0.99)["Classes"]}))
@example(body=raw({"Classes": "unsafe"}))
@example(body=b"[]")
def test_a_custom_classifiers_reply(body: bytes) -> None:
    client = wire("comprehend").says(body)
    decision = judged(CustomClassifier(ENDPOINT, client))
    if decision and decision["verdict"] == "clean":
        sent = sent_by(body)
        rows = [*sent.get("Classes", []), *sent.get("Labels", [])]
        rule = CLASSIFIER["custom"]["unsafe"]
        assert has_scores(rows, "unsafe", rule["threshold"])


@fuzzed(100)
@given(body=bodies(toxicity(0.01), toxicity(0.99)))
@example(body=raw(toxicity(False)))
@example(body=raw({"ResultList": toxicity(0.1)["ResultList"] * 2}))
@example(body=raw({"ResultList": [{"Labels": [*toxicity(0.99)["ResultList"][0]["Labels"]] * 2}]}))
@example(body=raw({"ResultList": {"0": {}}}))
def test_detect_toxic_contents_reply(body: bytes) -> None:
    decision = judged(ToxicityDetection(wire("comprehend").says(body)))
    if decision and decision["verdict"] == "clean":
        (result,) = sent_by(body)["ResultList"]
        for label, rule in CLASSIFIER["toxicity"].items():
            least = rule["threshold"] if rule["action"] == "block" else 1.1
            assert has_scores(result["Labels"], label, least)


@fuzzed(100)
@given(body=bodies(guardrail("NONE"), guardrail("HIGH")))
@example(body=raw({**guardrail("NONE"), "assessments": []}))
@example(body=raw({**guardrail("NONE"), "assessments": [{"topicPolicy": {"topics": {}}}]}))
@example(body=raw({**guardrail("NONE"), "usage": {"contentPolicyUnits": "1"}}))
@example(body=raw({**guardrail("NONE"), "usage": {"contentPolicyUnits": math.inf}}))
@example(body=raw({**guardrail("NONE"), "guardrailCoverage": {"textCharacters": {"guarded": "5"}}}))
def test_a_guardrails_reply(body: bytes) -> None:
    decision = judged(Guardrail(GUARDRAIL, "1", wire("bedrock-runtime").says(body)))
    if decision and decision["verdict"] == "clean":
        sent = sent_by(body)
        assert sent["action"] == "NONE"
        told = [
            (row["type"], CONFIDENCES[row["confidence"]])
            for assessment in sent["assessments"]
            for row in (assessment.get("contentPolicy") or {}).get("filters") or ()
        ]
        for label in ("SEXUAL", "VIOLENCE", "HATE", "MISCONDUCT"):
            scores = [score for name, score in told if name == label]
            assert scores
            assert max(scores) < CLASSIFIER["guardrail"][label]["threshold"]


LANGUAGES = {"Languages": [{"LanguageCode": "en", "Score": 0.99}]}


@fuzzed(60)
@given(body=bodies(LANGUAGES))
@example(body=raw({"Languages": [{"LanguageCode": "en", "Score": True}]}))
def test_a_language_detections_reply(body: bytes) -> None:
    try:
        found, _ = LanguageDetection(wire("comprehend").says(body)).languages("a fox")
    except UnusableVerdict:
        return
    assert all(isinstance(name, str) and 0 <= score <= 1 for name, score in found.items())
    # botocore makes an empty list of anything empty, so that no adapter can tell.
    assert not found or isinstance(sent_by(body)["Languages"], list)


BLOCKED = [name for name, rule in IMAGES["labels"].items() if rule["action"] == "block"]


@fuzzed(150)
@given(
    body=bodies(
        moderation(), moderation("Violence"), moderation(*BLOCKED[:3]), moderation("New In 8.0")
    )
)
@example(body=raw(moderation() | {"ModerationLabels": {}}))
@example(body=raw(moderation() | {"ContentTypes": [{"Name": "Illustrated", "Confidence": 3.0}]}))
@example(body=raw(moderation() | {"ModerationLabels": [{"Name": "Violence", "Confidence": True}]}))
@example(body=raw(moderation(*(f"New {n}" for n in range(150)))))
def test_a_moderation_reply(body: bytes) -> None:
    try:
        found = Moderator(wire("rekognition").says(body)).moderate(PICTURE, 0.5)
    except UnusableVerdict:
        return
    sent = sent_by(body)
    assert found.model_version == sent["ModerationModelVersion"]
    assert len(found.labels) == len(sent["ModerationLabels"])
    assert all(0 <= label.score <= 1 for label in found.labels)
    if found.illustrated:
        assert any(kind["Confidence"] >= 50 for kind in sent["ContentTypes"])
    (image,) = judge_attempt([{"index": 0}], [found], IMAGES)["images"]
    parents = {label.parent for label in found.labels}
    for label in found.labels:
        rule = IMAGES["labels"].get(label.name, IMAGES["unknown_label"])
        highest = max(rule["threshold"], rule.get("illustrated_threshold", 0))
        if rule["action"] == "block" and label.score >= highest and label.name not in parents:
            assert image["verdict"] == "unsafe"


@fuzzed(100)
@given(body=bodies(detected("WELCOME", "HOME"), detected()))
@example(body=raw({"TextDetections": [{**detected("HOME")["TextDetections"][1], "Type": None}]}))
@example(body=raw({"TextDetections": [{**detected("HOME")["TextDetections"][1], "ParentId": {}}]}))
@example(
    body=raw(
        {"TextDetections": [{**detected("HOME")["TextDetections"][1], "Confidence": math.nan}]}
    )
)
def test_a_text_detections_reply(body: bytes) -> None:
    try:
        lines = Moderator(wire("rekognition").says(body)).read(PICTURE, 0.8)
    except UnusableVerdict:
        return
    read = " ".join(lines)
    for row in sent_by(body)["TextDetections"]:
        assert row["Type"] in ("LINE", "WORD")
        assert is_score(row["Confidence"] / 100)
        if row["Type"] == "WORD" and row["Confidence"] >= 80:
            assert row["DetectedText"] in read


def test_a_sound_reply_is_read() -> None:
    """Otherwise every property here would hold of nothing."""
    backends = [
        CustomClassifier(ENDPOINT, wire("comprehend").says(raw(custom(0.01)))),
        Guardrail(GUARDRAIL, "1", wire("bedrock-runtime").says(raw(guardrail("NONE")))),
    ]
    assert [(judged(backend) or {})["verdict"] for backend in backends] == ["clean", "clean"]
    moderator = Moderator(wire("rekognition").says(raw(moderation("Violence"))))
    assert [label.name for label in moderator.moderate(PICTURE, 0.5).labels] == ["Violence"]


def sent_by(body: bytes) -> dict[str, Any]:
    """What was sent, without what botocore leaves out: members that are null."""
    sent: dict[str, Any] = json.loads(body)
    return {name: value for name, value in sent.items() if value is not None}
