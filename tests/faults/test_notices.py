"""The endpoint's notices: lost, doubled, out of order, late, and of what nobody asked for."""

import pytest
from faults.campaign import Campaign, World
from faults.case import EVER, Case, Json, at, bound, cases, delivered
from faults.promises import assert_one_truthful_end
from faults.scene import Act, Scene, notice

from local.ai.notices import TEST_NOTIFICATION

pytestmark = pytest.mark.engine

DONE = ("COMPLETED",)
LATE = ("EXPIRED",)
RESUMING = "ResumeGenerationFunction"
SLOW = ({"slow": 2},)
# The Task waits 63 s here: a notice that comes after that.
AFTERWARDS: Json = {"seconds": 68.0}


def _recover(scene: Scene) -> None:
    """The output is there and nobody heard of it: the sweeper looks."""
    scene.await_generation()
    scene.await_object("WorkBucket", f"inference/output/{scene.case.inference()}.out")
    scene.until(lambda: "open_shard" in scene.inference_row(), "the note of the invocation")
    scene.make_overdue("InferencesTable")
    scene.sweep()


def _give_up(scene: Scene) -> None:
    """There is no output either."""
    scene.await_generation()
    scene.until(lambda: "open_shard" in scene.inference_row(), "the note of the invocation")
    scene.make_overdue("InferencesTable")
    scene.sweep()


def _failure_without_notice(scene: Scene) -> None:
    scene.await_object("WorkBucket", f"inference/failure/{scene.case.inference()}")
    scene.until(lambda: "open_shard" in scene.inference_row(), "the note of the invocation")
    scene.make_overdue("InferencesTable")
    scene.sweep()


def _answer_again(scene: Scene) -> None:
    """The same notice once more, when its run has ended."""
    scene.await_end()
    place = f"s3://{scene.stack.outputs['WorkBucket']}/inference/output/"
    scene.publish(notice(scene.case.inference(), f"{place}{scene.case.inference()}.out"))
    scene.publish({**notice(scene.case.inference(), ""), "invocationStatus": "Failed"})


def _say(*messages: object) -> Act:
    """Put messages on the topic of successes while the endpoint works."""

    def act(scene: Scene) -> None:
        scene.await_generation()
        for message in messages:
            scene.publish(message)

    return act


def _forge(scene: Scene) -> None:
    """Notices that name an output which is not this inference's."""
    scene.await_generation()
    scene.until(lambda: "output_location" in scene.inference_row(), "the note of the invocation")
    work, images = (scene.stack.outputs[name] for name in ("WorkBucket", "ImagesBucket"))
    mine = scene.case.inference()
    scene.put_work("inference/output/other.out", b"of another request")
    scene.publish(notice(mine, f"s3://{work}/inference/output/other.out"))
    scene.publish(notice("0" * 40, f"s3://{work}/inference/output/{mine}.out"))
    scene.publish(notice("../" * 13, f"s3://{images}/inference/output/{mine}.out"))


FAILURE = ({"outcome": "fail", "slow": 2}, "usual")


def _break_failure(kind: str, times: int | None) -> Act:
    """SendTaskFailure tells a token, and nothing else that is this case's own."""

    def act(scene: Scene) -> None:
        scene.await_generation()
        rule = at(RESUMING, "states", "SendTaskFailure", kind, times=times)
        scene.stack.engine.break_calls(bound(rule, scene.inference_row()["task_token"]))

    return act


FAILURE_ANSWERS = [
    Case(f"failure-answer-{kind}-once", DONE, generation=FAILURE, act=_break_failure(kind, times))
    for kind, times in (
        *(("error", 3), ("throttle", 3), ("drop", 3), ("lost", 3), ("delay", 1)),
        *(("empty", 1), ("malformed", 1), ("kill_before", 1), ("kill_after", 1)),
    )
] + [
    Case(
        "failure-answer-error-ever", LATE, generation=FAILURE[:1], act=_break_failure("error", None)
    ),
    Case("failure-answer-lost-ever", DONE, generation=FAILURE, act=_break_failure("lost", None)),
]


NOTICES = [
    Case("notice-lost", LATE, (delivered("sns:sqs", "drop", **EVER),), rule="States.Timeout"),
    Case("notice-lost-and-recovered", DONE, (delivered("sns:sqs", "drop", **EVER),),
         act=_recover, quick=True),
    Case("notice-lost-without-output", LATE, (delivered("sns:sqs", "drop", **EVER),),
         generation=("no-output",), act=_give_up, rule="GenerationExpired"),
    Case("failure-notice-lost", DONE, (delivered("sns:sqs", "drop"),),
         generation=("fail", "usual"), act=_failure_without_notice),
    Case("notice-doubled", DONE, (delivered("sns:sqs", "duplicate"),), quick=True),
    Case("notice-doubled-later", DONE, (delivered("sns:sqs", "duplicate", seconds=3.0),)),
    Case("notice-sent-twice", DONE, generation=("notice-twice",)),
    Case("failure-notice-doubled", DONE, (delivered("sns:sqs", "duplicate", seconds=1.0),),
         generation=("fail", "usual")),
    Case("notice-overtaken", DONE, (delivered("sns:sqs", "delay", seconds=4.0),), act=_say(
         TEST_NOTIFICATION, notice("1" * 40, "s3://elsewhere/inference/output/1.out"))),
    Case("notice-after-the-time-out", LATE, (delivered("sns:sqs", "delay", **AFTERWARDS),),
         rule="States.Timeout"),
    Case("notice-again-after-the-end", DONE, act=_answer_again),
    Case("topic-refuses-once", DONE, (at("stand-ins", "sns", "Publish", "error"),)),
    Case("topic-refuses-ever", LATE, (at("stand-ins", "sns", "Publish", "error", **EVER),)),
    Case("failure-topic-refuses-once", DONE, (at("stand-ins", "sns", "Publish", "throttle"),),
         generation=("fail", "usual")),
    Case("batch-doubled", DONE, (delivered("sqs:lambda", "duplicate"),)),
    Case("batch-not-handed-over", DONE, (delivered("sqs:lambda", "error"),)),
    Case("batch-handed-over-again", DONE, (delivered("sqs:lambda", "lost"),)),
    Case("test-notification", DONE, generation=SLOW, act=_say(TEST_NOTIFICATION), quick=True),
    Case("notice-of-nobody", DONE, generation=SLOW, act=_say(
         notice("2" * 40, "s3://elsewhere/inference/output/2.out"))),
    Case("notice-that-is-none", DONE, generation=SLOW, act=_say(
         "no JSON", "[]", "{}", '{"inferenceId": 7}')),
    Case("notice-forged", DONE, generation=SLOW, act=_forge, quick=True),
]  # fmt: skip


@cases([*NOTICES, *FAILURE_ANSWERS])
def test_a_notice(campaign: tuple[Campaign, World], case: Case) -> None:
    conducted, world = campaign
    conducted.check(case)
    record = assert_one_truthful_end(world, case.tag, case.ends)
    if case.rule:
        assert record["reasons"][0]["rule"] == case.rule


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name) for case in NOTICES if "after-the-" in case.name]
)
def test_a_late_result_is_noted_and_not_used(campaign: tuple[Campaign, World], case: Case) -> None:
    _, world = campaign
    (row,) = [row for row in world.inferences if row["inference_id"] == case.inference()]
    assert row["late_at"]
