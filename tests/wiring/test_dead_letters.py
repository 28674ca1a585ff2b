"""Every dead-letter queue is known to `safelight dead-letters`, which can reach it."""

import pytest
from wiring.system import RESOURCES, TEMPLATE, of_type, setting

from local.dead_letters import QUEUES

KNOWN = {queue.name for queue in QUEUES}
NEEDED = {"NoticesQueue", "CloseExecutionFunction", "CountOutcomesFunction"}


def test_every_queue_but_that_of_the_notices_is_listed() -> None:
    assert set(of_type("AWS::SQS::Queue")) - {"NoticesQueue"} == KNOWN


@pytest.mark.parametrize("name", sorted(KNOWN | NEEDED))
def test_an_output_names_what_the_command_calls(name: str) -> None:
    assert TEMPLATE["Outputs"][name]["Value"] == {"Ref": name}


def test_what_is_never_recorded_is_kept_and_tried_long_enough() -> None:
    queue = RESOURCES["IngressDeadLetters"]["Properties"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["UnrecordedStarts", "Arn"]},
        "maxReceiveCount": 5,
    }
    assert queue["VisibilityTimeout"] >= 6 * setting("RecordUnstartedFunction", "Timeout")


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_dead_letters_are_kept_as_long_as_sqs_can(name: str) -> None:
    assert RESOURCES[name]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
