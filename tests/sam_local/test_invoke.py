"""`sam local invoke <Function> -e events/<function>/<scenario>.json`, for every function."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sam_local.sam import ROOT, invoke
from sam_local.stage import EVENTS, Stage

NO_FAILURES: dict[str, list[str]] = {"batchItemFailures": []}


class Case(NamedTuple):
    """`answer`: what the function's answer holds, and may hold more of."""

    function: str
    scenario: str
    answer: dict[str, Any]


KEYWORDS = {
    "clean": "clean",
    "allowed_phrase": "clean",
    "nothing_but_punctuation": "clean",
    "blocked_word": "block",
    "disguised_word": "block",
    "combination_that_always_blocks": "block",
    "negative_prompt_against_clothes": "block",
}
CASES = [
    Case("AcceptRequest", "direct_start", {"verdict": "accepted"}),
    Case("AcceptRequest", "image_requested", {"verdict": "accepted", "request": {"num_images": 2}}),
    Case("AcceptRequest", "missing_prompt", {"verdict": "invalid"}),
    Case(
        "AcceptRequest", "s3_json", {"verdict": "accepted", "request": {"prompt": "a lighthouse"}}
    ),
    Case("AcceptRequest", "s3_folder", {"verdict": "ignored"}),
    Case("ClassifyPrompt", "safe", {"verdict": "clean"}),
    Case("ClassifyPrompt", "unsafe", {"verdict": "block"}),
    Case("ClassifyPrompt", "english_undeclared", {"verdict": "clean"}),
    Case("ClassifyPrompt", "german_declared_english", {"verdict": "block"}),
    Case("ClassifyPrompt", "russian_undeclared", {"usage": {"comprehend_units": 0}}),
    Case(
        "GenerateImages",
        "first_attempt",
        {"inference_id": "dfe87a76b52d1d0b8c4f9107412bf76fb6a51310"},
    ),
    Case("ResumeGeneration", "success", NO_FAILURES),
    Case("ResumeGeneration", "test_notification", NO_FAILURES),
    Case(
        "ResumeGeneration",
        "unreadable",
        {"batchItemFailures": [{"itemIdentifier": "059f36b4-87a3-44ab-83d2-661970000001"}]},
    ),
    Case("StoreImages", "list_of_jpegs", {"images": [{"width": 512}, {"width": 512}]}),
    Case("ModerateImages", "safe", {"verdict": "safe"}),
    Case("ModerateImages", "unsafe", {"verdict": "unsafe"}),
    Case("ModerateImages", "filtered", {"verdict": "filtered", "usage": {"rekognition_images": 0}}),
    Case("PublishImages", "safe", {"images": [{"delivered": True}]}),
    Case("SweepRequests", "scheduled", {"done": {}}),
    Case("CloseExecution", "failed", {"done": "closed"}),
    Case("CloseExecution", "failed_and_announced", {"done": "announced"}),
    Case("RecordUnstarted", "image_requested", NO_FAILURES),
    Case("CountOutcomes", "invalid", {"values": 3}),
    Case("PrepareBatch", "jsonl", {"verdict": "ready", "job": {"total": 6, "invalid": 5}}),
    Case("PrepareBatch", "folder", {"verdict": "ignored"}),
    Case("SummarizeBatch", "nothing_ran", {"verdict": "done", "report": {"counts": {}}}),
    Case("FollowJobs", "scheduled", {"done": {}}),
    Case("WatchEndpoint", "scheduled", {"state": "in_service", "instances": 1}),
    Case("PrepareDataset", "set_of_cats", {"verdict": "ready", "job": {"total": 1}}),
    Case("PrepareDataset", "without_slash", {"verdict": "invalid"}),
    Case(
        "ModerateDatasetImages",
        "no_images",
        {"images": [{"verdict": "unusable"}, {"verdict": "unusable"}]},
    ),
    Case("ReportDataset", "completed", {"verdict": "done", "report": {"clean": ""}}),
    Case(
        "PrepareTraining",
        "prompts",
        {"verdict": "ready", "training": {"texts": {"safe": 50, "unsafe": 50}}},
    ),
    Case("PrepareTraining", "outside_its_folder", {"verdict": "invalid"}),
    Case("JudgeClassifier", "trained", {"verdict": "accept"}),
    Case("RequestImages", "prompt", {"statusCode": 202}),
    Case("RequestImages", "prompt_missing", {"statusCode": 400}),
    Case("ReadRequests", "health", {"statusCode": 200}),
    Case("ReadRequests", "id_of_another", {"statusCode": 404}),
    Case("ReviewRequest", "uncertain_prompt", {"done": "opened"}),
    Case("ReviewRequest", "uncertain_picture_after_another_review", {"done": "opened"}),
    Case("ReadReviews", "list", {"statusCode": 200}),
    Case("ReadReviews", "list_by_a_requester", {"statusCode": 403}),
    Case("DecideReview", "claim", {"statusCode": 404}),
    Case("DecideReview", "claim_by_a_requester", {"statusCode": 403}),
    Case("AppealRequest", "appeal", {"statusCode": 404}),
    Case("CheckPrompt", "clean", {"statusCode": 200}),
    Case("CheckImage", "png", {"statusCode": 200}),
    Case("CheckImage", "not_a_picture", {"statusCode": 422}),
    Case("JudgeClassifier", "without_metrics", {"verdict": "refuse"}),
]


def test_every_event_of_the_keyword_filter_is_here() -> None:
    assert set(KEYWORDS) == {path.stem for path in (EVENTS / "filter_keywords").glob("*.json")}


@pytest.mark.sam_local
@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", KEYWORDS)
@pytest.mark.usefixtures("containers")
def test_the_keyword_filter_needs_nothing_else(scenario: str) -> None:
    answer = invoke("FilterKeywordsFunction", EVENTS / f"filter_keywords/{scenario}.json")
    assert answer.payload["verdict"] == KEYWORDS[scenario], answer.log


@pytest.mark.sam_local
@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.function}-{case.scenario}")
def test_a_function_answers_its_event(case: Case, stage: Stage, tmp_path: Path) -> None:
    event = stage.event(snake(case.function), case.scenario, tmp_path)
    answer = invoke(f"{case.function}Function", event, stage.env_vars(tmp_path))
    assert holds(answer.payload, case.answer), f"{answer.payload}\n{answer.log}"


def test_every_function_has_a_case() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert {snake(case.function) for case in CASES} | {"filter_keywords"} == folders


def holds(answer: Any, expected: Any) -> bool:
    """Whether the answer has all that is expected; of objects it may have more."""
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(
            name in answer and holds(answer[name], value) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return len(answer) == len(expected) and all(map(holds, answer, expected))
    return bool(answer == expected)


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
