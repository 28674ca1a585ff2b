"""CloseExecution and SweepRequests killed around each write, and their calls broken."""

import pytest
from faults.campaign import Campaign, World
from faults.case import EVER, KILLS, Case, at, cases, delivered, killed, name_of
from faults.promises import assert_one_truthful_end
from faults.scene import Scene

pytestmark = pytest.mark.engine

DONE = ("COMPLETED",)
FAILED = ("FAILED",)


def _stop_when_generating(scene: Scene) -> None:
    scene.await_generation()
    scene.stop()


def _sweep_when_generating(scene: Scene) -> None:
    """Past its deadline: the sweeper stops it, and its own writes are cut off, too."""
    scene.await_generation()
    scene.make_overdue()
    scene.sweep()


SLOW = ({"slow": 15},)
CLOSING = [
    ("CloseExecutionFunction", "dynamodb", "UpdateItem", 0),
    ("CloseExecutionFunction", "events", "PutEvents", 0),
    ("CloseExecutionFunction", "dynamodb", "UpdateItem", 1),
]
SWEEPING = [
    ("SweepRequestsFunction", "states", "StopExecution", 0),
    ("SweepRequestsFunction", "dynamodb", "UpdateItem", 0),
    ("SweepRequestsFunction", "events", "PutEvents", 0),
    ("SweepRequestsFunction", "dynamodb", "UpdateItem", 1),
]
# Else CloseExecution may close what the sweeper has stopped before the sweeper does.
UNHEARD = delivered("events:lambda", "drop", resource="CloseExecution", **EVER)
# As the execution ended, or, where that is found out after the deadline only, as overdue.
BY_THE_SWEEPER = ("FAILED", "EXPIRED")
CLOSERS = [
    *(
        Case(f"{kind}-{name_of(write)}{how}", BY_THE_SWEEPER if more else FAILED,
             (killed(write, kind, **more),), generation=SLOW, act=_stop_when_generating,
             quick=(write[2], kind, how) == ("PutEvents", "kill_before", ""))
        for write in CLOSING
        for kind in KILLS
        for how, more in (("", {}), ("-ever", EVER))
    ),
    *(
        Case(f"{kind}-{name_of(write)}", ("EXPIRED",), (killed(write, kind), UNHEARD),
             generation=SLOW, act=_sweep_when_generating,
             quick=(write[2], kind) in {("PutEvents", "kill_after"), ("UpdateItem", "kill_before")})
        for write in SWEEPING
        for kind in KILLS
    ),
]  # fmt: skip
# What else CloseExecution calls.
LOOKING = [
    ("CloseExecutionFunction", "states", "DescribeExecution", 0),
    ("CloseExecutionFunction", "states", "GetExecutionHistory", 0),
]
BROKEN_CLOSERS = [
    Case(f"{kind}-{name_of(call)}{how}", BY_THE_SWEEPER if more else FAILED,
         (at(*call[:3], kind, skip=call[3], **more),), generation=SLOW,
         act=_stop_when_generating)
    for call in [*LOOKING, *CLOSING]
    for kind in ("error", "throttle", "lost", "malformed")
    for how, more in (("", {}), ("-ever", EVER))
]  # fmt: skip
# Where it could not be stopped, the execution may come to its own end before the next sweep.
BROKEN_SWEEPS = [
    Case(f"{kind}-{name_of(call)}",
         ("EXPIRED", "COMPLETED") if call[2] == "StopExecution" else ("EXPIRED",),
         (at(*call[:3], kind, skip=call[3]), *(() if call[2] == "StopExecution" else (UNHEARD,))),
         generation=SLOW, act=_sweep_when_generating)
    for call in SWEEPING
    for kind in ("error", "throttle", "lost", "malformed")
]  # fmt: skip
SWEPT_INFERENCES = [
    ("SweepRequestsFunction", "dynamodb", "UpdateItem", 0),
    ("SweepRequestsFunction", "states", "SendTaskSuccess", 0),
    ("SweepRequestsFunction", "dynamodb", "UpdateItem", 1),
]


def _sweep_for_the_output(scene: Scene) -> None:
    scene.await_generation()
    scene.await_object("WorkBucket", f"inference/output/{scene.case.inference()}.out")
    scene.until(lambda: "open_shard" in scene.inference_row(), "the note of the invocation")
    scene.make_overdue("InferencesTable")
    scene.sweep()


# The next sweep goes on where it was killed.
RECOVERIES = [
    Case(
        f"recovery-{kind}-{name_of(write)}",
        DONE,
        (killed(write, kind, by="inference"), delivered("sns:sqs", "drop", **EVER)),
        act=_sweep_for_the_output,
    )
    for write in SWEPT_INFERENCES
    for kind in KILLS
]


@cases([*CLOSERS, *BROKEN_CLOSERS, *BROKEN_SWEEPS, *RECOVERIES])
def test_who_closes_meets_a_fault(campaign: tuple[Campaign, World], case: Case) -> None:
    conducted, world = campaign
    conducted.check(case)
    assert_one_truthful_end(world, case.tag, case.ends)
