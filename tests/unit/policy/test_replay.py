"""Stored decisions under another policy: told where the record allows, and never guessed."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from local.policy.replay import UNKNOWN, replay
from local.policy.source import read_policy
from local.policy.trial import Trial

POLICY = read_policy()
LABELS = POLICY["classifier"]["custom"]
CALM = {"backend": "custom", "scores": dict.fromkeys(LABELS, 0.01)}
KEYWORD = {
    "stage": "FilterKeywords",
    "category": "nudity",
    "rule": "keyword",
    "term": "nude",
    "span": [2, 6],
    "action": "block",
}
BASE: dict[str, Any] = {"request_id": "r", "reasons": [], "warnings": [], "attempts": []}


def attempt(*labels: tuple[str, str, float], min_score: float = 0.0) -> dict[str, Any]:
    rows = [{"label": name, "parent": parent, "score": score} for name, parent, score in labels]
    pictures = [{"image": 0, "illustrated": False, "labels": rows}]
    return {"n": 1, "found": {"min_score": min_score, "pictures": pictures}}


VIOLENCE = attempt(("Violence", "", 0.75))
COMPLETED = BASE | {
    "status": "COMPLETED",
    "stage": "PublishImages",
    "prompt": "a quiet pond",
    "classification": CALM,
    "models": {"moderator": "7.0"},
    "attempts": [attempt()],
}
BLOCKED = BASE | {"status": "BLOCKED_PROMPT", "stage": "FilterKeywords", "reasons": [KEYWORD]}
Change = Callable[[dict[str, Any]], object]


def under(change: Change, record: dict[str, Any]) -> tuple[str, str, str]:
    """(how it would end, why, what cannot be told) under the shipped policy with a change."""
    policy = copy.deepcopy(POLICY)
    change(policy)
    result = replay(record, Trial(policy))
    return result.now, result.why, result.untold


def unchanged(policy: dict[str, Any]) -> None:
    """The shipped policy itself."""


def warn_of_nudity(policy: dict[str, Any]) -> None:
    policy["keywords"]["categories"]["nudity"]["action"] = "warn"


def rule(label: str, **changes: Any) -> Change:
    def change(policy: dict[str, Any]) -> None:
        next(r for r in policy["images"]["rules"] if r["label"] == label).update(changes)

    return change


def test_the_same_policy_changes_nothing() -> None:
    assert under(unchanged, COMPLETED) == ("COMPLETED", "", "")
    unsafe = COMPLETED | {
        "status": "BLOCKED_IMAGE",
        "stage": "ModerateImages",
        "attempts": [VIOLENCE],
    }
    assert under(unchanged, unsafe)[0] == "BLOCKED_IMAGE"
    now, why, untold = under(unchanged, BLOCKED)
    assert (now, "nude" in why) == ("BLOCKED_PROMPT", True)
    assert untold == "words: the prompt is not stored"


def test_a_stored_prompt_is_read_by_the_new_lists() -> None:
    def refuse_ponds(policy: dict[str, Any]) -> None:
        policy["keywords"]["categories"]["violence"]["terms"].append("pond")

    now, why, untold = under(refuse_ponds, COMPLETED)
    assert (now, untold) == ("BLOCKED_PROMPT", "")
    assert "pond" in why
    without = {name: value for name, value in COMPLETED.items() if name != "prompt"}
    now, _, untold = under(refuse_ponds, without)
    assert (now, untold) == ("COMPLETED", "words: the prompt is not stored")


def test_what_would_pass_has_no_end_yet() -> None:
    now, why, _ = under(warn_of_nudity, BLOCKED)
    assert (now, why) == ("passes on", "the classifier was never asked")


def test_a_combination_needs_the_prompt() -> None:
    reason = {"stage": "FilterKeywords", "category": "minor_and_sexual", "rule": "combination"}
    record = BLOCKED | {"reasons": [reason | {"action": "always"}]}
    assert under(unchanged, record)[0] == "cannot be told"
    assert under(unchanged, record | {"prompt": "a nude child"})[0] == "BLOCKED_PROMPT"


def test_scores_are_judged_by_the_new_thresholds() -> None:
    label = next(iter(LABELS))

    def stricter(policy: dict[str, Any]) -> None:
        policy["classifier"]["custom"][label] = {
            "category": "unsafe_prompt",
            "threshold": 0.01,
            "action": "block",
        }

    assert under(stricter, COMPLETED)[0] == "BLOCKED_PROMPT"
    refused = COMPLETED | {"status": "BLOCKED_PROMPT", "stage": "ClassifyPrompt", "attempts": []}
    assert under(unchanged, refused)[:2] == ("passes on", "nothing was painted")


@pytest.mark.parametrize("known", [{}, {"backend": "custom", "scores": None}])
def test_without_scores_the_classifiers_verdict_cannot_be_told(known: dict[str, Any]) -> None:
    refused = COMPLETED | {"status": "BLOCKED_PROMPT", "stage": "ClassifyPrompt"}
    now, _, untold = under(unchanged, refused | {"classification": known})
    assert (now, untold) == ("cannot be told", "classifier: no scores are stored")


def test_a_label_that_was_not_scored_cannot_be_told() -> None:
    known = {"backend": "custom", "scores": {"another": 0.9}}
    assert under(unchanged, COMPLETED | {"classification": known})[0] == "cannot be told"


def test_labels_are_judged_by_the_new_rules() -> None:
    withheld = COMPLETED | {
        "status": "BLOCKED_IMAGE",
        "stage": "ModerateImages",
        "attempts": [VIOLENCE] * 3,
    }
    assert under(rule("Violence", action="warn"), withheld)[0] == "COMPLETED"
    delivered = COMPLETED | {"attempts": [attempt(("Violence", "", 0.65))]}
    now, why, untold = under(rule("Violence", threshold=0.6), delivered)
    assert now == "BLOCKED_IMAGE"
    assert "Violence" in why
    assert untold == "pictures: another attempt might have been safe"


def test_scores_below_what_was_asked_for_cannot_be_told() -> None:
    record = COMPLETED | {"attempts": [attempt(min_score=0.5)]}
    assert under(unchanged, record)[0] == "COMPLETED"
    assert under(rule("Violence", threshold=0.3), record)[0] == "cannot be told"


def test_pictures_that_the_model_filtered_stay_so() -> None:
    nothing = {"n": 1, "found": {"min_score": 0.5, "pictures": []}}
    record = COMPLETED | {
        "status": "MODEL_FILTERED",
        "stage": "ModerateImages",
        "attempts": [nothing],
    }
    assert under(unchanged, record)[0] == "MODEL_FILTERED"


def test_the_looks_of_the_last_pictures_are_judged_again() -> None:
    black = {"index": 0, "filtered_because": "black", "verdict": "filtered"}
    nothing = {"n": 1, "found": {"min_score": 0.5, "pictures": []}}
    record = COMPLETED | {"status": "MODEL_FILTERED", "images": [black], "attempts": [nothing]}
    assert under(unchanged, record)[0] == "MODEL_FILTERED"

    listed = {"index": 0, "phash": "e37d327580e4722b", "verdict": "unsafe"}
    record = record | {"status": "BLOCKED_IMAGE", "images": [listed]}
    now, _, untold = under(unchanged, record)
    assert (now, untold) == (
        "cannot be told",
        "pictures: one was refused by its looks, and never moderated",
    )

    def list_it(policy: dict[str, Any]) -> None:
        blocked = {"hashes": [{"hash": "e37d327580e4722b"}], "max_distance": 4}
        policy["images"]["blocked_hashes"] = blocked

    assert under(list_it, record)[0] == "BLOCKED_IMAGE"
    delivered = COMPLETED | {"images": [listed | {"verdict": "safe"}]}
    assert under(list_it, delivered)[0] == "BLOCKED_IMAGE"


def test_terms_in_pictures_are_judged_again() -> None:
    reason = {"stage": "ModerateImages", "category": "nudity", "rule": "text_in_image"}
    record = COMPLETED | {
        "status": "BLOCKED_IMAGE",
        "reasons": [reason | {"term": "nude", "image": 0, "action": "block"}],
        "images": [{"index": 0, "verdict": "unsafe"}],
        "usage": {"rekognition_text_images": 1},
    }
    now, _, untold = under(unchanged, record)
    assert (now, untold) == (
        "BLOCKED_IMAGE",
        "text in pictures: only the terms that matched are stored",
    )
    assert under(warn_of_nudity, record)[0] == "COMPLETED"


def test_records_of_an_earlier_release_cannot_be_told() -> None:
    record = COMPLETED | {"attempts": [{"n": 1, "labels": [], "verdict": "safe"}]}
    assert under(unchanged, record)[0] == "cannot be told"


def reviewed(about: str, status: str, **more: Any) -> dict[str, Any]:
    """A record that people decided on."""
    unsure = CALM | {"scores": dict.fromkeys(LABELS, 0.6)}
    seen = {"about": about, "decision": "approve" if status == "COMPLETED" else "reject"}
    return COMPLETED | {"status": status, "reviews": [seen], "classification": unsure} | more


def bands(at: float) -> Change:
    def change(policy: dict[str, Any]) -> None:
        for label in policy["classifier"]["custom"].values():
            label["uncertain"]["from"] = at

    return change


def test_what_people_decided_on_a_prompt_stands_while_they_would_be_asked() -> None:
    rejected = reviewed("prompt", "BLOCKED_PROMPT", stage="ReviewRequest", attempts=[])
    assert under(unchanged, rejected) == ("BLOCKED_PROMPT", "", "")
    assert under(bands(0.65), rejected)[0] == "passes on"
    assert under(unchanged, reviewed("prompt", "COMPLETED")) == ("COMPLETED", "", "")


def test_what_people_decided_on_pictures_stands_while_they_would_be_asked() -> None:
    approved = reviewed("images", "COMPLETED", classification=CALM, attempts=[VIOLENCE])
    assert under(rule("Violence", action="review"), approved) == ("COMPLETED", "", "")
    assert under(unchanged, approved)[0] == "BLOCKED_IMAGE"


def test_what_was_decided_on_an_appeal_is_not_judged_again() -> None:
    appealed = COMPLETED | {"appeal": {"against": 1}}
    assert under(unchanged, appealed) == (UNKNOWN, "", "people: they decided on an appeal")
