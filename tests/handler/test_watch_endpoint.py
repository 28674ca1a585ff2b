"""WatchEndpoint's handler: what AWS tells of the endpoint in; its look, noted and counted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.dynamodb import Table
from shared.queue_look import Look, Queue
from shared.records import utc_text

INFERENCES = "safelight-InferencesTable-6F5E4D3C2B1A"
ARN = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/safelight-generator"
NOW = datetime.now(UTC)
ENDPOINT: dict[str, Any] = {
    "EndpointName": "safelight-generator",
    "EndpointArn": ARN,
    "EndpointConfigName": "safelight-generator-1",
    "EndpointStatus": "InService",
    "CreationTime": NOW,
    "LastModifiedTime": NOW,
    "ProductionVariants": [
        {"VariantName": "AllTraffic", "CurrentInstanceCount": 1, "DesiredInstanceCount": 2}
    ],
}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/safelight-generator/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "MinCapacity": 0,
    "MaxCapacity": 4,
    "RoleARN": "arn:aws:iam::111122223333:role/scaling",
    "CreationTime": NOW,
}
Watch = Callable[..., Any]


@pytest.fixture
def watch(aws: Any, answers: Any, call: Any, event: Any) -> Watch:
    """Looks once, with so many inferences owed."""
    answers.set("DescribeEndpoint", ENDPOINT)
    answers.set("DescribeScalableTargets", {"ScalableTargets": [TARGET]})

    def watch(owed: int = 0) -> Any:
        for number in range(owed):
            row = {"inference_id": f"{number}", "status": "INVOKED", "open_shard": f"{number % 8}"}
            row |= {"deadline": "2999-01-01T00:00:00.000Z"}
            aws("dynamodb").put_item(
                TableName=INFERENCES, Item={name: {"S": text} for name, text in row.items()}
            )
        return call("watch_endpoint", event("watch_endpoint/" + "scheduled"))

    return watch


@pytest.fixture
def queue(aws: Any) -> Queue:
    return Queue(Table(INFERENCES, aws("dynamodb")))


def look_of(queue: Queue) -> Look:
    look, _ = queue.seen()
    assert look
    return look


def test_a_look_is_noted(watch: Watch, queue: Queue, answers: Any) -> None:
    queue.count_finished()
    queue.count_finished()

    assert watch(owed=11) == {"state": "in_service", "instances": 1, "backlog": 11}

    look = look_of(queue)
    assert (look.state, look.instances, look.most_instances) == ("in_service", 1, 4)
    assert (look.backlog, look.finished, look.without_capacity_since) == (11, 2, "")
    assert NOW <= datetime.fromisoformat(look.at) <= datetime.now(UTC)
    assert answers.asked("DescribeScalableTargets") == [
        {
            "ServiceNamespace": "sagemaker",
            "ResourceIds": ["endpoint/safelight-generator/variant/AllTraffic"],
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
    ]


def test_the_item_is_in_no_index_and_does_not_expire(watch: Watch, item: Any) -> None:
    watch()
    assert item(INFERENCES, "queue").keys() == {"inference_id", "look"}


def test_counting_and_looking_do_not_disturb_each_other(watch: Watch, queue: Queue) -> None:
    watch()
    queue.count_finished()
    assert queue.seen()[1] == 1
    watch()
    assert look_of(queue).finished == 1


def test_what_is_counted(watch: Watch, counted: Any) -> None:
    watch(owed=3)
    assert counted("EndpointInstances") == [1]


def test_a_queue_is_counted_where_there_is_one(watch: Watch, printed: Any) -> None:
    watch()
    assert "EndpointBacklog" not in printed()
    watch(owed=3)
    lines = [json.loads(line) for line in printed().splitlines()]
    assert {"EndpointBacklog": 3}.items() <= lines[2].items()
    assert {"BacklogWithoutCapacitySeconds": 0.0}.items() <= lines[3].items()


def test_how_long_something_has_waited_for_an_instance_is_counted(
    watch: Watch, queue: Queue, answers: Any, counted: Any
) -> None:
    asleep = {"VariantName": "AllTraffic", "CurrentInstanceCount": 0, "DesiredInstanceCount": 0}
    answers.set("DescribeEndpoint", ENDPOINT | {"ProductionVariants": [asleep]})
    at, since = (utc_text(NOW - timedelta(minutes=minutes)) for minutes in (1, 20))
    queue.note(Look(at, "asleep", 0, 4, 1, 0, without_capacity_since=since))

    assert watch(owed=2)["state"] == "asleep"

    (seconds,) = counted("BacklogWithoutCapacitySeconds")
    assert seconds >= 1200
    assert look_of(queue).without_capacity_since == since


def test_no_endpoint_is_something_to_see(watch: Watch, queue: Queue, answers: Any) -> None:
    answers.refuse(
        "DescribeEndpoint", "ValidationException", message=f'Could not find endpoint "{ARN}".'
    )
    assert watch()["state"] == "missing"
    assert look_of(queue).most_instances == 0
    assert answers.asked("DescribeScalableTargets") == []


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("DescribeEndpoint", "ThrottlingException", 400),
        ("DescribeEndpoint", "ValidationException", 400),
        ("DescribeEndpoint", "AccessDeniedException", 400),
        ("DescribeScalableTargets", "InternalServiceException", 500),
        ("Query", "InternalServerError", 500),
    ],
)
def test_a_look_that_fails_leaves_the_last_one(
    operation: str,
    code: str,
    status: int,
    watch: Watch,
    queue: Queue,
    answers: Any,
    counted: Any,
) -> None:
    watch()
    before = look_of(queue)
    assert counted("EndpointInstances") == [1]
    answers.refuse(operation, code, status)
    with pytest.raises(Exception, match=code):
        watch()
    assert look_of(queue) == before
    assert counted("EndpointInstances") == [1]


def test_an_endpoint_that_nothing_scales(watch: Watch, queue: Queue, answers: Any) -> None:
    answers.set("DescribeScalableTargets", {"ScalableTargets": []})
    watch()
    assert look_of(queue).most_instances == 2
