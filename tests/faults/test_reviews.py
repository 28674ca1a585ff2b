"""Reviews with every call on their way broken: a decision is heard once or not at all, and what
nobody has approved is not delivered."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from faults.campaign import World
from faults.case import EVER, KILLS, Call, Case, Json, at, cases, delivered, killed, name_of
from faults.promises import assert_one_truthful_end
from faults.review_campaign import ReviewCampaign, ReviewCase, ReviewScene
from faults.scene import Act, Scene
from workflow.running_reviews import BEN, UNCERTAIN

pytestmark = pytest.mark.engine

DONE, BLOCKED, FAILED = ("COMPLETED",), ("BLOCKED_PROMPT",), ("FAILED",)
EITHER = ("COMPLETED", "FAILED")
BY_THE_SWEEPER = ("FAILED", "EXPIRED")
DECIDED = ("COMPLETED", "BLOCKED_PROMPT")
ONCE = ("error", "throttle", "lost", "malformed")
Conducted = tuple[ReviewCampaign, World]


def act(does: Callable[[ReviewScene], None]) -> Act:
    """What people do, as a campaign calls it."""

    def acts(scene: Scene) -> None:
        assert isinstance(scene, ReviewScene)
        does(scene)

    return acts


def approve(scene: ReviewScene) -> None:
    """As soon as there is a review, which may be before its Task waits."""
    if scene.await_review():
        assert scene.claim()[0] == 200
        scene.decide("approve")
        scene.sweep_until_told()


def expire(scene: ReviewScene) -> None:
    """Nobody comes in time."""
    scene.await_people()
    scene.expire()
    scene.sweep_until_told()


# ReviewRequest: the record, the review, the event.
OPENING: list[Call] = [
    ("ReviewRequestFunction", "dynamodb", "UpdateItem", 0),
    ("ReviewRequestFunction", "dynamodb", "UpdateItem", 1),
    ("ReviewRequestFunction", "events", "PutEvents", 0),
]
# DecideReview: the claim, the decision, the Task's answer, and the note that it was told.
DECIDING: list[Call] = [
    ("DecideReviewFunction", "dynamodb", "UpdateItem", 0),
    ("DecideReviewFunction", "dynamodb", "UpdateItem", 1),
    ("DecideReviewFunction", "states", "SendTaskSuccess", 0),
    ("DecideReviewFunction", "dynamodb", "UpdateItem", 2),
]
LOOKING: Call = ("DecideReviewFunction", "dynamodb", "GetItem", 0)
EXPIRING: list[Call] = [
    ("SweepRequestsFunction", "dynamodb", "UpdateItem", 0),
    ("SweepRequestsFunction", "states", "SendTaskSuccess", 0),
    ("SweepRequestsFunction", "dynamodb", "UpdateItem", 1),
]
ENDING: Call = ("/EndReview", "dynamodb", "UpdateItem", 0)
READS = ("Get", "Query")
QUICK = {
    ("ReviewRequestFunction", "UpdateItem", 1, "kill_after"),
    ("DecideReviewFunction", "SendTaskSuccess", 0, "error"),
    ("DecideReviewFunction", "SendTaskSuccess", 0, "lost"),
    ("DecideReviewFunction", "UpdateItem", 1, "kill_after"),
    ("SweepRequestsFunction", "SendTaskSuccess", 0, "kill_after"),
}


def _broken(
    call: Call,
    kind: str,
    ends: tuple[str, ...],
    does: Callable[[ReviewScene], None],
    how: str = "",
    **more: object,
) -> ReviewCase:
    caller, service, operation, earlier = call
    return ReviewCase(
        f"{kind}-{name_of(call).strip('/')}{how}",
        ends,
        (at(caller, service, operation, kind, skip=earlier, **more),),
        act=act(does),
        quick=not how and (caller, operation, earlier, kind) in QUICK,
    )


BROKEN_CALLS = [
    *(_broken(call, kind, DONE, approve) for call in OPENING for kind in (*KILLS, *ONCE)),
    # A decision finds the token of an attempt that is no more, or of the last one.
    *(
        _broken(call, kind, EITHER, approve, "-ever", **EVER)
        for call in OPENING
        for kind in (*KILLS, "error")
    ),
    *(
        _broken(call, kind, DONE, approve)
        for call in [LOOKING, *DECIDING]
        for kind in (*KILLS, *ONCE)
    ),
    *(_broken(call, kind, BLOCKED, expire) for call in EXPIRING for kind in (*KILLS, *ONCE)),
    *(
        _broken(ENDING, kind, DONE, approve, how, **more)
        for kind in ONCE
        for how, more in (("", {}), ("-ever", EVER))
    ),
]


@cases(BROKEN_CALLS)
def test_a_broken_call(review_campaign: Conducted, case: Case) -> None:
    assert_true_to_people(review_campaign, case)


def assert_true_to_people(conducted: Conducted, case: Case) -> None:
    """The case's one end is what people decided, or else a failure."""
    assert isinstance(case, ReviewCase)
    campaign, world = conducted
    campaign.check(case)
    record = assert_one_truthful_end(world, case.in_question, case.ends)
    decisions = [one["decision"] for one in record.get("reviews", [])]
    if record["status"] == "COMPLETED":
        assert decisions[-1] == "approve"
    if record["status"].startswith("BLOCKED"):
        assert decisions[-1] in ("reject", "expire")


@pytest.mark.thorough
def test_no_write_is_missing_here(review_campaign: Conducted) -> None:
    """Record a review: what its functions and EndReview write is what is broken above."""
    campaign, _ = review_campaign
    stack, case = campaign.stack, ReviewCase("recorded", DONE)
    scene = ReviewScene(campaign.desk, case)
    stack.script(case.prompt, comprehend=list(case.comprehend))
    stack.engine.forget_calls()
    stack.engine.record_calls()
    stack.start({"prompt": case.prompt, "width": 256, "height": 256}, case.run_name)
    scene.await_people()
    campaign.desk.end(case.review(), "approve")
    scene.await_end()
    calls = stack.engine.recorded_calls()
    stack.engine.record_calls(False)
    listed = {*OPENING, *DECIDING, ENDING}
    written = Counter(
        (caller, call["service"], call["operation"])
        for call in calls
        for caller in {caller for caller, *_ in listed}
        if caller in call["caller"] and not call["operation"].startswith(READS)
    )
    assert listed == {(*place, n) for place, number in written.items() for n in range(number)}


# Its Task waits for the token, whatever the function answered.
INVOCATIONS = {
    **dict.fromkeys(("error", "throttle", "drop", "kill_before"), FAILED),
    **dict.fromkeys(("lost", "timeout", "kill_after"), EITHER),
    **dict.fromkeys(("empty", "malformed"), DONE),
}


@cases(
    [
        _broken(
            ("/ReviewRequest", "lambda", "Invoke", 0), kind, ends if more else DONE, approve, how,
            **more,
        )
        for kind, ends in INVOCATIONS.items()
        for how, more in (("", {}), ("-ever", EVER))
    ]
)  # fmt: skip
def test_a_broken_invocation(review_campaign: Conducted, case: Case) -> None:
    assert_true_to_people(review_campaign, case)


def decide_twice(scene: ReviewScene) -> None:
    """The same again is the same; another one changes nothing, whoever sends it."""
    scene.await_people()
    assert scene.claim()[0] == 200
    first = scene.decide("approve")
    assert first[0] == 200
    assert scene.decide("approve") == first
    assert scene.decide("reject")[0] == 409
    assert scene.claim(BEN)[0] == 409
    assert scene.decide("reject", BEN)[0] == 409


def decide_at_once(scene: ReviewScene) -> None:
    """Two decisions of one reviewer, one of another."""
    scene.await_people()
    assert scene.claim()[0] == 200
    replies = scene.desk.race(
        lambda: scene.decide("approve"),
        lambda: scene.decide("reject"),
        lambda: scene.decide("reject", BEN),
    )
    assert sorted(status for status, _ in replies) == [200, 409, 409]


def sweep_early(scene: ReviewScene) -> None:
    """Before its time a review is nobody's business but people's."""
    scene.await_people()
    before = scene.row()
    scene.sweep()
    assert scene.row() == before
    approve(scene)


def sweep_beside(scene: ReviewScene) -> None:
    """Time is over while a reviewer decides: one of both is heard."""
    scene.await_people()
    assert scene.claim()[0] == 200
    scene.desk.race(scene.expire, lambda: scene.decide("approve"))
    scene.sweep_until_told()


def decide_untold(scene: ReviewScene) -> None:
    """Step Functions is out of reach for the reviewer: the sweeper tells, once it can."""
    scene.await_people()
    assert scene.claim()[0] == 200
    assert scene.decide("approve")[0] == 202
    # Another case's sweep may have told it.
    assert scene.decide("approve")[0] in (200, 202)
    assert scene.decide("reject")[0] == 409
    scene.sweep_until_told()


def approve_one(scene: ReviewScene) -> None:
    scene.await_people()
    assert scene.claim()[0] == 200
    assert scene.decide("approve", images=[1])[0] == 200


def paint_again(scene: ReviewScene) -> None:
    """Told twice, and painted once more; then nobody comes."""
    scene.await_people()
    assert scene.claim()[0] == 200
    assert scene.decide("regenerate") == scene.decide("regenerate")
    scene.turn_to(2)
    expire(scene)


UNTOLD = (
    at("DecideReviewFunction", "states", "SendTaskSuccess", "error", **EVER),
    at("SweepRequestsFunction", "states", "SendTaskSuccess", "throttle"),
)
PICTURES: Json = {"comprehend": ("safe",), "generation": ({"pictures": [UNCERTAIN]},)}
PEOPLE = [
    ReviewCase("decided-twice", DONE, act=act(decide_twice), quick=True),
    ReviewCase("decided-at-once", DECIDED, act=act(decide_at_once), quick=True),
    ReviewCase("swept-early", DONE, act=act(sweep_early), quick=True),
    ReviewCase("swept-late", BLOCKED, act=act(expire), quick=True),
    *(
        ReviewCase(f"swept-beside-{number}", DECIDED, act=act(sweep_beside), quick=number == 1)
        for number in range(1, 6)
    ),
    ReviewCase("untold", DONE, UNTOLD, act=act(decide_untold), quick=True),
    ReviewCase("one-of-two", DONE, act=act(approve_one), request={"num_images": 2}, **PICTURES),
    ReviewCase("painted-again", ("BLOCKED_IMAGE",), act=act(paint_again), quick=True, **PICTURES),
]


@cases(PEOPLE)
def test_what_people_do(review_campaign: Conducted, case: Case) -> None:
    assert_true_to_people(review_campaign, case)


UNHEARD = delivered("events:lambda", "drop", resource="CloseExecution", **EVER)
SLOWLY: Json = {"seconds": 1.5}
CLOSING: list[Call] = [
    ("CloseExecutionFunction", "dynamodb", "UpdateItem", 0),
    ("CloseExecutionFunction", "events", "PutEvents", 0),
]


def stop_and_decide(scene: ReviewScene) -> None:
    """Who decides after the end is not heard, and may have to wait to be told so."""
    scene.await_people()
    assert scene.claim()[0] == 200
    scene.stop()
    assert scene.decide("approve")[0] in (202, 409)


def stop_in_time(scene: ReviewScene) -> None:
    """While what was decided is on its way."""
    scene.await_people()
    assert scene.claim()[0] == 200
    scene.decide("approve")
    scene.await_rule(0)
    scene.stop()


STOPPED = [
    ReviewCase("stopped-in-ReviewRequest", FAILED, act=act(stop_and_decide), quick=True),
    ReviewCase("stopped-in-ReviewRequest-unheard", BY_THE_SWEEPER, (UNHEARD,),
               act=act(stop_and_decide)),
    ReviewCase("stopped-with-pictures", FAILED, act=act(stop_and_decide), **PICTURES),
    *(
        ReviewCase(f"stopped-{kind}-{name_of(call)}", BY_THE_SWEEPER, (killed(call, kind),),
                   act=act(stop_and_decide))
        for call in CLOSING
        for kind in KILLS
    ),
    *(
        ReviewCase(f"stopped-in-EndReview{how}", BY_THE_SWEEPER, (at("/EndReview", "dynamodb",
                   "UpdateItem", "delay", **SLOWLY), *rules), act=act(stop_in_time))
        for how, rules in (("", ()), ("-unheard", (UNHEARD,)))
    ),
]  # fmt: skip


@cases(STOPPED)
def test_a_stopped_execution(review_campaign: Conducted, case: Case) -> None:
    assert_true_to_people(review_campaign, case)


def appeal(scene: ReviewScene) -> None:
    """Sent again while it is under way, and with other words; then a reviewer approves."""
    assert scene.appeal("look again")[0] == 202
    assert scene.appeal("look again")[0] == 202
    assert scene.appeal("look harder")[0] == 409
    approve(scene)


def appeal_at_once(scene: ReviewScene) -> None:
    """Of appeals with different words one is taken, however often each is sent."""
    words = ("look again", "look again", "look harder")
    replies = scene.desk.race(*(partial(scene.appeal, message) for message in words))
    assert sorted(status for status, _ in replies) in ([202, 202, 409], [202, 409, 409])
    approve(scene)


APPEALING: list[Call] = [
    ("AppealRequestFunction", "dynamodb", "GetItem", 0),
    ("AppealRequestFunction", "states", "DescribeExecution", 0),
    ("AppealRequestFunction", "states", "StartExecution", 0),
    # The first run has put its record before.
    ("AcceptRequestFunction", "dynamodb", "PutItem", 1),
    ("AcceptRequestFunction", "dynamodb", "GetItem", 0),
]
APPEALS = [
    ReviewCase("appeal", DONE, act=act(appeal), appeal=True, quick=True),
    ReviewCase("appeal-at-once", DONE, act=act(appeal_at_once), appeal=True),
    *(
        ReviewCase(f"appeal-{kind}-{name_of(call)}", DONE, (killed(call, kind),),
                   act=act(appeal), appeal=True, quick=(call[2], kind) == ("PutItem", "kill_after"))
        for call in APPEALING
        for kind in (*KILLS, *ONCE)
    ),
]  # fmt: skip


@cases(APPEALS)
def test_an_appeal(review_campaign: Conducted, case: Case) -> None:
    assert_true_to_people(review_campaign, case)
    assert isinstance(case, ReviewCase)
    _, world = review_campaign
    (record,) = [one for one in world.records if one["request_id"] == case.request_id]
    assert [(past["run"], past["status"]) for past in record["history"]] == [(1, "BLOCKED_PROMPT")]
    assert (record["run"], record["appeal"]["against"]) == (2, 1)
