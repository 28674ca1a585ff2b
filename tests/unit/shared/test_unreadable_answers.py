"""JSON services' unreadable answers arrive without members: they are not taken for answers."""

import boto3
import pytest
from botocore.stub import Stubber

from shared.dynamodb import Table
from shared.errors import ServiceUnavailable
from shared.eventbridge import Bus


def test_an_update_that_does_not_answer_with_the_item() -> None:
    client = boto3.client("dynamodb", region_name="us-east-1")
    with Stubber(client) as answers:
        answers.add_response("update_item", {})
        with pytest.raises(ServiceUnavailable):
            Table("table", client).update({"key": "k"}, "SET a = :a", {}, {"a": "1"})


def test_a_bus_that_does_not_say_what_it_took() -> None:
    client = boto3.client("events", region_name="us-east-1")
    with Stubber(client) as answers:
        answers.add_response("put_events", {})
        with pytest.raises(ServiceUnavailable):
            Bus("bus", client).announce("ImageCompleted", {})
