"""What the state machine makes of a review's end, evaluated as the local engine evaluates it.

One picture and several: JSONata takes a list of one for its only member wherever it may.
"""

from typing import Any

import pytest
from wiring.system import STATES

from local.engine.jsonata_expressions import evaluate
from shared.reviews import deliverable, review_id

FOUND = {"stage": "ModerateImages", "rule": "violence", "action": "review"}
SUBSTITUTED = {"${MaxAttempts}": "2"}
NAMES = {
    "about": "images",
    "attempt": 1,
    "labels": [],
    "warnings": [],
    "image_warnings": [],
    "reviews": [],
}


def value(template: Any, names: dict[str, Any]) -> Any:
    """Of an argument of a state, with everything in it evaluated."""
    if isinstance(template, dict):
        return {name: value(part, names) for name, part in template.items()}
    if not isinstance(template, str) or not template.startswith("{%"):
        return template
    for parameter, given in SUBSTITUTED.items():
        template = template.replace(parameter, given)
    return evaluate(template[2:-2].strip(), names)


def chosen(state: str, names: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Where a Choice goes, and what it assigns."""
    for choice in STATES[state]["Choices"]:
        if value(choice["Condition"], names) is True:
            return choice["Next"], value(choice.get("Assign", {}), names)
    return STATES[state]["Default"], {}


def after(decision: str, verdicts: str, approved: list[int], **more: Any) -> Any:
    """IsApproved on pictures of these verdicts, each in review held by a reason."""
    images = [{"index": index, "verdict": one} for index, one in enumerate(verdicts.split())]
    held = [FOUND | {"image": one["index"]} | more for one in images if one["verdict"] == "review"]
    deliver = [] if decision == "regenerate" else deliverable(images, approved)
    told = {"decision": decision, "deliver": deliver, "approved": approved}
    return chosen("IsApproved", NAMES | {"images": images, "held": held, "decision": told})


@pytest.mark.parametrize(
    ("verdicts", "approved", "found", "actions"),
    [
        ("review", [0], "safe", ["review"]),
        ("review review review review", [0, 1, 2, 3], "safe safe safe safe", ["review"] * 4),
        ("review review review review", [2], "unsafe unsafe safe unsafe",
         ["block", "block", "review", "block"]),
        ("safe review unsafe filtered", [], "safe unsafe unsafe filtered", ["block"]),
        ("safe review unsafe filtered", [1], "safe safe unsafe filtered", ["review"]),
        ("withheld review", [1], "safe safe", ["review"]),
    ],
)  # fmt: skip
def test_what_goes_out(verdicts: str, approved: list[int], found: str, actions: list[str]) -> None:
    state, assigned = after("approve" if approved else "reject", verdicts, approved)
    assert state == "PublishImages"
    assert [one["verdict"] for one in assigned["images"]] == found.split()
    assert [one["action"] for one in assigned["image_warnings"]] == actions
    assert assigned["outcome"]["status"] == "COMPLETED"


@pytest.mark.parametrize("decision", ["approve", "reject", "expire"])
@pytest.mark.parametrize("verdicts", ["review", "withheld review review review"])
def test_what_stays(decision: str, verdicts: str) -> None:
    state, assigned = after(decision, verdicts, [])
    assert state == "AreWithheldShown"
    assert not {"safe", "review"} & {one["verdict"] for one in assigned["images"]}
    *held, said = assigned["outcome"]["reasons"]
    assert [one["image"] for one in held] == [
        index for index, one in enumerate(verdicts.split()) if one == "review"
    ]
    assert said["rule"] == ("expired" if decision == "expire" else "rejected")


@pytest.mark.parametrize("label", [{}, {"label": "Smoking"}])
@pytest.mark.parametrize("verdicts", ["review", "review review"])
def test_another_attempt_knows_the_labels_if_there_are_any(
    verdicts: str, label: dict[str, str]
) -> None:
    state, assigned = after("regenerate", verdicts, [], **label)
    assert (state, assigned) == ("PlanNextAttempt", {"labels": list(label.values())})


@pytest.mark.parametrize("decision", ["", "approved", "regenerate"])
def test_what_is_no_decision_delivers_nothing(decision: str) -> None:
    names = {"decision": {"decision": decision, "deliver": [0], "approved": [0]}, "attempt": 2}
    images = [{"index": 0, "verdict": "review"}]
    state, _ = chosen("IsApproved", NAMES | names | {"images": images, "held": [FOUND]})
    assert state == "UnknownVerdict"


@pytest.mark.parametrize("held", [[], [FOUND], [FOUND, FOUND]])
def test_what_was_held_against_a_prompt_is_a_warning(held: list[dict[str, Any]]) -> None:
    told = {"decision": "approve", "deliver": [], "approved": []}
    names = NAMES | {"about": "prompt", "held": held, "decision": told}
    assert chosen("IsApproved", names) == ("GenerateImages", {"warnings": held})


@pytest.mark.parametrize("number", [1, 2])
def test_a_prompt_that_nobody_has_classified_is_classified(number: int) -> None:
    held = [{"stage": "FilterKeywords", "rule": "keyword", "action": "block"}] * number
    told = {"decision": "approve", "deliver": [], "approved": []}
    state, assigned = chosen(
        "IsApproved", NAMES | {"about": "prompt", "held": held} | {"decision": told}
    )
    assert (state, assigned["prompt_approved"]) == ("ClassifyPrompt", True)
    assert [one["action"] for one in assigned["warnings"]] == ["review"] * number


@pytest.mark.parametrize(
    ("verdict", "actions", "approved", "state"),
    [
        ("clean", [], True, "GenerateImages"),
        ("block", ["block"], True, "GenerateImages"),
        ("block", ["block", "block"], True, "GenerateImages"),
        ("review", ["review"], True, "GenerateImages"),
        ("block", ["always"], True, "RecordOutcome"),
        ("block", ["block", "always"], True, "RecordOutcome"),
        ("block", ["block"], False, "RecordOutcome"),
        ("review", ["review"], False, "ReviewRequest"),
        ("", [], True, "UnknownVerdict"),
    ],
)
def test_what_always_holds_is_not_lifted(
    verdict: str, actions: list[str], approved: bool, state: str
) -> None:
    reasons = [{"stage": "ClassifyPrompt", "action": one} for one in actions]
    states = {"input": {"verdict": verdict, "reasons": reasons}}
    names = NAMES | {"prompt_approved": approved, "states": states}
    assert chosen("IsPromptSafe", names)[0] == state


@pytest.mark.parametrize("stage", ["StoreImages", "ModerateImages", "PublishImages"])
@pytest.mark.parametrize("number", [0, 1, 3])
def test_warnings_of_pictures_go_with_the_pictures(stage: str, number: int) -> None:
    """Another attempt has others in their place."""
    said = [{"stage": name, "action": "warn"} for name in ("ClassifyPrompt", stage)]
    parts = dict.fromkeys(("images", "attempts", "reasons", "classification", "models"))
    appeal = {**parts, "about": "images", "warnings": said * number}
    states = {"input": {"verdict": "appealed", "appeal": appeal}}
    state, assigned = chosen("IsNew", {"states": states})
    assert state == "ReviewRequest"
    assert assigned["warnings"] == said[:1] * number
    assert assigned["image_warnings"] == said[1:] * number


def test_a_review_that_its_task_gave_up_has_the_reviews_id() -> None:
    (expired,) = (
        one for one in STATES["ReviewRequest"]["Catch"] if one["ErrorEquals"] == ["States.Timeout"]
    )
    context = {"State": {"EnteredTime": "2026-11-21T12:00:00.000Z"}}
    names = NAMES | {
        "claim": {"request_id": "s3-0123", "run": 2},
        "reviews": [{"review_id": "the first"}],
        "states": {"context": context},
    }
    _, review = value(expired["Assign"]["reviews"], names)
    assert review["review_id"] == review_id("s3-0123", 2, 2)
