"""A process killed before and after each of its writes, and executions stopped in each state."""

import pytest
from faults.campaign import Campaign, World
from faults.case import EVER, KILLS, STATES, Case, Json, at, cases, delivered, killed, name_of
from faults.promises import assert_one_truthful_end
from faults.scene import Act, Scene
from workflow.running_system import Stack

pytestmark = pytest.mark.engine

DONE = ("COMPLETED",)
FAILED = ("FAILED",)
# Every write of an accepted run that a process of ours makes: function, service, operation, and
# how many such calls of it come before.
WRITES = [
    ("AcceptRequestFunction", "dynamodb", "PutItem", 0),
    ("GenerateImagesFunction", "dynamodb", "UpdateItem", 0),
    ("GenerateImagesFunction", "s3", "PutObject", 0),
    ("GenerateImagesFunction", "sagemaker", "InvokeEndpointAsync", 0),
    ("GenerateImagesFunction", "dynamodb", "UpdateItem", 1),
    ("ResumeGenerationFunction", "dynamodb", "UpdateItem", 0),
    ("ResumeGenerationFunction", "states", "SendTaskSuccess", 0),
    ("StoreImagesFunction", "s3", "PutObject", 0),
    ("StoreImagesFunction", "s3", "PutObject", 1),
    ("PublishImagesFunction", "s3", "CopyObject", 0),
]
# By nobody's process: the state machine writes these itself.
MACHINE_WRITES = [
    ("/RecordOutcome", "dynamodb", "UpdateItem", 0),
    ("/AnnounceOutcome", "events", "PutEvents", 0),
    ("/MarkAnnounced", "dynamodb", "UpdateItem", 0),
]
# A count, which names no request that a rule could be bound to: tests/workflow/
# test_queue_pressure.py cuts it off.
COUNT = ("ResumeGenerationFunction", "dynamodb", "UpdateItem", 1)
READS = ("Get", "Head", "List", "Query", "Describe", "Detect", "Classify")

KILLED_ONCE = [
    Case(f"{kind}-{name_of(write)}", DONE, (killed(write, kind),),
         quick=(write[2], kind) in {("PutItem", "kill_after"), ("SendTaskSuccess", "kill_before")})
    for write in WRITES
    for kind in KILLS
]  # fmt: skip
# A killed process is tried three times more; then the run has failed, whatever it had written.
KILLED_EVER = [
    Case(f"{kind}-{name_of(write)}-ever", FAILED, (killed(write, kind, **EVER),),
         quick=(write[2], kind) == ("PutItem", "kill_after"))
    for write in WRITES
    for kind in KILLS
    if write[0] not in ("GenerateImagesFunction", "ResumeGenerationFunction")
]  # fmt: skip


@cases([*KILLED_ONCE, *KILLED_EVER])
def test_a_killed_process(campaign: tuple[Campaign, World], case: Case) -> None:
    conducted, world = campaign
    conducted.check(case)
    record = assert_one_truthful_end(world, case.tag, case.ends)
    if record["status"] == "FAILED":
        # A new process may take longer to start than its Task has time.
        assert record["reasons"][0]["rule"] in ("Runtime.ExitError", "States.Timeout")


def test_a_claim_that_nobody_could_tell_of_is_the_record(
    campaign: tuple[Campaign, World],
) -> None:
    """AcceptRequest wrote its claim and was killed each time: FindClaim finds it."""
    _, world = campaign
    (case,) = [c for c in KILLED_EVER if c.name == "kill_after-AcceptRequest-PutItem-1-ever"]
    (record,) = world.records_of(world.execution(case.tag).arn)
    assert record["request_hash"] != "none"
    assert record["source"] == {"type": "direct"}


@pytest.mark.thorough
def test_no_write_is_missing_here(campaign: tuple[Campaign, World], stack: Stack) -> None:
    """Record an accepted run: what it writes is what is killed above."""
    for server in (stack.engine, stack.stand_ins):
        server.forget_calls()
        server.record_calls()
    run = stack.run({"prompt": "a teapot on a table", "width": 256, "height": 256})
    calls = [*stack.engine.recorded_calls(), *stack.stand_ins.recorded_calls()]
    for server in (stack.engine, stack.stand_ins):
        server.record_calls(False)
    assert run.record["status"] == "COMPLETED"
    written: dict[tuple[str, str, str], int] = {}
    for call in calls:
        if call["service"] in ("delivery", "lambda") or call["operation"].startswith(READS):
            continue
        for caller in (*{write[0] for write in [*WRITES, *MACHINE_WRITES]}, "stand-ins"):
            if caller in call["caller"]:
                place = (caller, call["service"], call["operation"])
                break
        else:
            raise AssertionError(f"a write that no case breaks: {call}")
        written[place] = written.get(place, 0) + 1
    listed = {
        (caller, service, operation, earlier)
        for (caller, service, operation), number in written.items()
        for earlier in range(number)
        if caller != "stand-ins"
    }
    assert listed == {*WRITES, *MACHINE_WRITES, COUNT}


def _stop_in(state: str) -> Act:
    def act(scene: Scene) -> None:
        scene.await_state(state)
        scene.await_rule(0)
        scene.stop()

    return act


# Stopped while the state's call is under way: the call goes on, and its answer meets nobody.
UNHEARD = delivered("events:lambda", "drop", resource="CloseExecution", **EVER)
SLOWLY: Json = {"seconds": 3.0}


def _stopped(state: str, unheard: bool) -> Case:
    slow = at(f"/{state}", "lambda", "Invoke", "delay", **SLOWLY)
    return Case(
        f"stopped-in-{state}{'-unheard' if unheard else ''}",
        ("FAILED", "EXPIRED") if unheard else FAILED,
        (slow, UNHEARD) if unheard else (slow,),
        act=_stop_in(state),
        quick=state in ("AcceptRequest", "PublishImages") and unheard == (state[0] == "P"),
    )


def _stopped_between(state: str, service: str, operation: str, unheard: bool) -> Case:
    """The outcome may have been recorded, or announced, and then stands."""
    slow = at(f"/{state}", service, operation, "delay", **SLOWLY)
    return Case(
        f"stopped-in-{state}{'-unheard' if unheard else ''}",
        ("COMPLETED", "FAILED", "EXPIRED"),
        (slow, UNHEARD) if unheard else (slow,),
        act=_stop_in(state),
        quick=state == "AnnounceOutcome" and unheard,
    )


STOPPED = [
    *(_stopped(state, unheard) for state in STATES for unheard in (False, True)),
    *(
        _stopped_between(caller.strip("/"), service, operation, unheard)
        for caller, service, operation, _ in MACHINE_WRITES
        for unheard in (False, True)
    ),
]


@cases(STOPPED)
def test_a_stopped_execution(campaign: tuple[Campaign, World], case: Case) -> None:
    conducted, world = campaign
    conducted.check(case)
    assert_one_truthful_end(world, case.tag, case.ends)
