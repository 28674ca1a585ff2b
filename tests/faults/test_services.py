"""Every call on every service, broken in every way, once and for ever."""

import pytest
from faults.campaign import Campaign, World
from faults.case import EVER, STATES, Case, Json, at, cases
from faults.promises import assert_one_truthful_end
from wiring.system import LAMBDA_TASKS

pytestmark = pytest.mark.engine

DONE = ("COMPLETED",)
FAILED = ("FAILED",)
LATE = ("EXPIRED",)
EITHER = ("COMPLETED", "FAILED")
# Longer than the SDK waits.
TOO_LONG: Json = {"seconds": 8.0}
FAILING = ("error", "throttle", "drop", "lost", "delay")
UNREADABLE = ("empty", "malformed")

# (caller, service, operation, how it ends where all such calls are broken)
CALLS = [
    ("AcceptRequestFunction", "dynamodb", "PutItem", FAILED),
    ("AcceptRequestFunction", "s3", "HeadObject", FAILED),
    ("AcceptRequestFunction", "s3", "GetObject", FAILED),
    ("ClassifyPromptFunction", "comprehend", "ClassifyDocument", FAILED),
    ("GenerateImagesFunction", "dynamodb", "UpdateItem", FAILED),
    ("GenerateImagesFunction", "s3", "PutObject", FAILED),
    ("GenerateImagesFunction", "sagemaker", "InvokeEndpointAsync", FAILED),
    ("ResumeGenerationFunction", "dynamodb", "UpdateItem", LATE),
    ("ResumeGenerationFunction", "states", "SendTaskSuccess", LATE),
    ("StoreImagesFunction", "s3", "HeadObject", FAILED),
    ("StoreImagesFunction", "s3", "GetObject", FAILED),
    ("StoreImagesFunction", "s3", "PutObject", FAILED),
    ("ModerateImagesFunction", "rekognition", "DetectModerationLabels", FAILED),
    ("PublishImagesFunction", "s3", "CopyObject", FAILED),
    ("/RecordOutcome", "dynamodb", "UpdateItem", DONE),
    ("/AnnounceOutcome", "events", "PutEvents", DONE),
    ("/MarkAnnounced", "dynamodb", "UpdateItem", DONE),
]
# What is not as in the column above, for all such calls of one kind.
FOR_EVER = {
    # The endpoint has the request, and its notice may find the next try's Task.
    ("InvokeEndpointAsync", "lost"): EITHER,
    ("InvokeEndpointAsync", "empty"): DONE,
    ("InvokeEndpointAsync", "malformed"): DONE,
    ("InvokeEndpointAsync", "delay"): EITHER,
    # Nothing in the answer is needed.
    ("CopyObject", "empty"): DONE,
    # The Task has its answer, and nobody reads that of the call.
    ("SendTaskSuccess", "lost"): DONE,
    ("SendTaskSuccess", "delay"): DONE,
    ("SendTaskSuccess", "empty"): DONE,
    ("SendTaskSuccess", "malformed"): DONE,
}
QUICK = {
    ("ClassifyDocument", "error"),
    ("InvokeEndpointAsync", "drop"),
    ("DetectModerationLabels", "throttle"),
    ("PutItem", "lost"),
    ("SendTaskSuccess", "lost"),
    ("PutEvents", "lost"),
    ("CopyObject", "drop"),
}


def _case(call: tuple[str, str, str, tuple[str, ...]], kind: str, ever: bool) -> Case:
    caller, service, operation, broken = call
    names = (operation, caller, f"{caller} {operation}")
    told = next((FOR_EVER[name, kind] for name in names if (name, kind) in FOR_EVER), broken)
    ends = told if ever else DONE
    more = (TOO_LONG if kind == "delay" else {}) | (EVER if ever else {})
    how = "ever" if ever else "once"
    return Case(
        f"{caller.strip('/').removesuffix('Function')}-{operation}-{kind}-{how}",
        ends,
        (at(caller, service, operation, kind, **more),),
        dropped=caller == "AcceptRequestFunction" and service == "s3",
        quick=not ever and (operation, kind) in QUICK,
    )


BROKEN_CALLS = [
    _case(call, kind, ever)
    for call in CALLS
    for kind in (*FAILING, *UNREADABLE)
    for ever in (False, True)
]
REFUSED_EVENTS = [
    Case(f"AnnounceOutcome-refused-{how}", DONE, (at("/AnnounceOutcome", "events", "PutEvents",
         "failed_entries", **more),))
    for how, more in (("once", {}), ("ever", EVER))
]  # fmt: skip


@cases([*BROKEN_CALLS, *REFUSED_EVENTS])
def test_a_broken_call(campaign: tuple[Campaign, World], case: Case) -> None:
    conducted, world = campaign
    conducted.check(case)
    assert_one_truthful_end(world, case.tag, case.ends)


def test_a_state_is_broken_here_or_with_the_reviews() -> None:
    assert {*STATES, "ReviewRequest"} == {*LAMBDA_TASKS}


# Once: a function's answer is taken as it is, and one that is no answer is a failure.
INVOCATIONS = {
    "error": (DONE, FAILED),
    "throttle": (DONE, FAILED),
    "drop": (DONE, FAILED),
    "lost": (DONE, FAILED),
    "timeout": (DONE, FAILED),
    "kill_before": (DONE, FAILED),
    "kill_after": (DONE, FAILED),
    # Shorter than its Task's time-out, which tests/contract/test_faults.py waits for.
    "delay": (DONE, DONE),
    "empty": (FAILED, FAILED),
    "malformed": (FAILED, FAILED),
}
# Its Task waits for the token, whatever the function answered.
WAITING = {
    "delay": (DONE, DONE),
    "empty": (DONE, DONE),
    "malformed": (DONE, DONE),
    "lost": (DONE, EITHER),
    "timeout": (DONE, EITHER),
    "kill_after": (DONE, EITHER),
}


def _invocation(state: str, kind: str, ever: bool) -> Case:
    ends = (WAITING if state == "GenerateImages" else {}).get(kind, INVOCATIONS[kind])[ever]
    more = (TOO_LONG if kind == "delay" else {}) | (EVER if ever else {})
    return Case(
        f"{state}-invocation-{kind}-{'ever' if ever else 'once'}",
        ends,
        (at(f"/{state}", "lambda", "Invoke", kind, **more),),
        quick=(state, kind) in {("StoreImages", "kill_after"), ("GenerateImages", "timeout")},
    )


@cases(
    [
        _invocation(state, kind, ever)
        for state in STATES
        for kind in INVOCATIONS
        for ever in (False, True)
    ]
)
def test_a_broken_invocation(campaign: tuple[Campaign, World], case: Case) -> None:
    conducted, world = campaign
    conducted.check(case)
    assert_one_truthful_end(world, case.tag, case.ends)


@cases(
    [
        Case(f"no-previews-{kind}", ("BLOCKED_IMAGE",), (at("/PublishImages", "lambda", "Invoke",
             kind, **EVER),), generation=("unsafe",), quick=kind == "error")
        for kind in ("error", "malformed")
    ]
)  # fmt: skip
def test_what_is_blocked_stays_blocked_without_its_previews(
    campaign: tuple[Campaign, World], case: Case
) -> None:
    conducted, world = campaign
    conducted.check(case)
    record = assert_one_truthful_end(world, case.tag, case.ends)
    assert record["reasons"][0]["stage"] == "ModerateImages"
    assert record["warnings"][-1]["stage"] == "PublishImages"
    assert not record["images"][0].get("preview_published")
