"""JSON services' unreadable answers arrive without members: they are not taken for answers."""

from collections.abc import Callable

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


@pytest.mark.parametrize("operation", ["put_item", "get_item", "query"])
def test_an_answer_that_would_be_empty_anyway(operation: str) -> None:
    client = boto3.client("dynamodb", region_name="us-east-1")
    table = Table("table", client)
    calls: dict[str, Callable[[], object]] = {
        "put_item": lambda: table.put_if({"k": "k"}, "attribute_not_exists(k)", {}, {}),
        "get_item": lambda: table.get({"k": "k"}),
        "query": lambda: table.query("index", "k = :k", {"k": "k"}, most=1),
    }
    with Stubber(client) as answers:
        answers.add_response(operation, {})
        with pytest.raises(ServiceUnavailable):
            calls[operation]()


def test_a_bus_that_does_not_say_what_it_took() -> None:
    client = boto3.client("events", region_name="us-east-1")
    with Stubber(client) as answers:
        answers.add_response("put_events", {})
        with pytest.raises(ServiceUnavailable):
            Bus("bus", client).announce("ImageCompleted", {})
