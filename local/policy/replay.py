"""Stored decisions judged again under another policy, from what their records hold.

A record holds the classifier's scores and the moderator's labels, and the prompt only if the stack
stores prompts. What cannot be told from that is said, never guessed. What people decided stands as
long as the policy would have asked them.
"""

import json
from dataclasses import dataclass
from typing import Any

import jsonschema

from local.policy.source import ROOT
from local.policy.trial import Trial
from local.record_text import reason_text
from shared.errors import UnusableVerdict
from shared.rekognition import Label, Moderation

JUDGED = ("COMPLETED", "BLOCKED_PROMPT", "BLOCKED_IMAGE", "MODEL_FILTERED")
UNKNOWN = "cannot be told"
_PASSES = "passes on"
# Of a record's fields, those that every judgement needs.
_REQUIRED = ["request_id", "status", "stage"]


class RecordError(Exception):
    """What was given as stored records is something else; the message names the place."""


@dataclass(frozen=True)
class Replayed:
    """One record: how it ended, how it would end, why, and what could not be judged again.

    `now` is a status, or `passes on` where a stage would follow that was never reached, or UNKNOWN.
    """

    request_id: str
    was: str
    now: str
    why: str = ""
    untold: str = ""

    @property
    def changed(self) -> bool:
        return self.now not in (self.was, UNKNOWN)


def read_records(text: str) -> list[dict[str, Any]]:
    """Records from a JSON list or from JSON lines. Raises RecordError."""
    schema = json.loads((ROOT / "schemas" / "record.schema.json").read_text("utf-8"))
    shape = {**schema, "required": _REQUIRED, "additionalProperties": True}
    validator = jsonschema.Draft7Validator(shape)
    records = _parsed(text.strip())
    for number, record in enumerate(records, 1):
        broken = jsonschema.exceptions.best_match(validator.iter_errors(record))
        if broken is not None:
            raise RecordError(f"record {number}: {broken.json_path}: {broken.message}")
    return records


def _parsed(text: str) -> list[Any]:
    if text.startswith("["):
        return list(_json(text, ""))
    lines = enumerate(text.split("\n"), 1)
    return [_json(line, f"line {number}: ") for number, line in lines if line.strip()]


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{place}not JSON: {error}") from error


def replay(record: dict[str, Any], trial: Trial) -> Replayed:
    """The record under the policy on trial; its status must be one of JUDGED."""
    request_id, was = record["request_id"], record["status"]
    if "appeal" in record:
        return Replayed(request_id, was, UNKNOWN, "", "people: they decided on an appeal")
    untold: list[str] = []
    for stage in (_words, _text, _images):
        ending, why = stage(record, trial, untold)
        if ending:
            return Replayed(request_id, was, ending, why, "; ".join(untold))
    return Replayed(request_id, was, was, "", "; ".join(untold))


Ending = tuple[str, str]
_GOES_ON: Ending = ("", "")


def _words(record: dict[str, Any], trial: Trial, untold: list[str]) -> Ending:
    """FilterKeywords: on the prompt if it is stored, else on the terms that it was seen to hold."""
    seen = [r for r in _grounds(record) if r["stage"] == "FilterKeywords"]
    if "prompt" in record:
        reasons = trial.words(record["prompt"])["reasons"]
    else:
        untold.append("words: the prompt is not stored")
        terms = [r["term"] for r in seen if "term" in r and r["category"] != "negative_prompt"]
        reasons = [reason for term in terms for reason in trial.words(term)["reasons"]]
    for term in [r["term"] for r in seen if r["category"] == "negative_prompt"]:
        reasons += trial.words("", term)["reasons"]
    if reasons:
        return "BLOCKED_PROMPT", reason_text(reasons[0])
    if record["stage"] != "FilterKeywords":
        return _GOES_ON
    if "prompt" not in record and any(r.get("rule") == "combination" for r in seen):
        return UNKNOWN, ""
    return _PASSES, "the classifier was never asked"


def _text(record: dict[str, Any], trial: Trial, untold: list[str]) -> Ending:
    """ClassifyPrompt: on the scores that the classifier gave."""
    known = record.get("classification") or {}
    if not known.get("scores"):
        untold.append("classifier: no scores are stored")
        return (UNKNOWN, "") if record["stage"] == "ClassifyPrompt" else _GOES_ON
    scores, labels = known["scores"], trial.classifier[known["backend"]]
    asked = _asked(record, "prompt")
    try:
        decision = trial.scores(known["backend"], scores, asked)
    except UnusableVerdict:
        missing = ", ".join(sorted(labels.keys() - scores.keys()))
        untold.append(f"classifier: {missing} was not scored")
        return UNKNOWN, ""
    if decision["verdict"] == "block":
        return "BLOCKED_PROMPT", reason_text(decision["reasons"][0])
    refused = asked and record["status"] == "BLOCKED_PROMPT"
    if refused and decision["verdict"] == "review":
        return "BLOCKED_PROMPT", ""
    if refused or record["stage"] == "ClassifyPrompt":
        return _PASSES, "nothing was painted"
    return _GOES_ON


def _images(record: dict[str, Any], trial: Trial, untold: list[str]) -> Ending:
    """ModerateImages: on what was found in each attempt, until one has a picture to deliver."""
    attempts = record.get("attempts", ())
    ending: Ending = (UNKNOWN, "")
    if not attempts:
        untold.append("pictures: none are recorded")
    for attempt in attempts:
        if "found" not in attempt:
            untold.append("pictures: no labels are stored")
            return UNKNOWN, ""
        # A record keeps the pictures of the last attempt alone, and what spoke against their text.
        last = record if attempt is attempts[-1] else {}
        ending = _attempt(attempt["found"], last, _version(record), trial, untold)
        if ending[0] in ("COMPLETED", UNKNOWN):
            return ending
    if record["status"] == "COMPLETED":
        untold.append("pictures: another attempt might have been safe")
    return ending


def _attempt(
    found: dict[str, Any], last: dict[str, Any], version: str, trial: Trial, untold: list[str]
) -> Ending:
    moderations = {
        picture["image"]: Moderation(
            [Label(label["label"], label["parent"], label["score"]) for label in picture["labels"]],
            version,
            picture["illustrated"],
        )
        for picture in found["pictures"]
    }
    images = last.get("images") or [{"index": index} for index in moderations]
    if not images:
        return "MODEL_FILTERED", ""
    if any(i["index"] not in moderations and trial.needs_moderation(i) for i in images):
        untold.append("pictures: one was refused by its looks, and never moderated")
        return UNKNOWN, ""
    if last.get("usage", {}).get("rekognition_text_images"):
        untold.append("text in pictures: only the terms that matched are stored")
    written = [r for r in _grounds(last) if r.get("rule") == "text_in_image"]
    writing = {r["image"]: trial.writing(r["term"], r["image"]) for r in written}
    moderated = [moderations.get(image["index"]) for image in images]
    decision = trial.images(images, moderated, writing, _asked(last, "images"))
    if decision["verdict"] == "review":
        return last["status"], ""
    if decision["verdict"] == "safe":
        if trial.lowest_threshold() < found["min_score"]:
            untold.append("pictures: lower scores were not asked for than the policy looks at")
            return UNKNOWN, ""
        return "COMPLETED", ""
    status = "BLOCKED_IMAGE" if decision["verdict"] == "unsafe" else "MODEL_FILTERED"
    return status, reason_text(decision["reasons"][0])


def _asked(record: dict[str, Any], about: str) -> bool:
    """Whether people were asked, and what they decided stands."""
    return any(review["about"] == about for review in record.get("reviews", ()))


def _version(record: dict[str, Any]) -> str:
    return str(record.get("models", {}).get("moderator", ""))


def _grounds(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [*record.get("reasons", ()), *record.get("warnings", ())]
