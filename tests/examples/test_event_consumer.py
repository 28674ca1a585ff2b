"""examples/event_consumer: a shop's orders follow the events of its requests, once and in order."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse
from workflow.running_system import ROOT, Run, Stack

from examples.event_consumer.orders.handler import change_of
from local.deploy import deploy

FOLDER = ROOT / "examples" / "event_consumer"
SHOP = "shop.orders"
HEARD = 30.0


def told(kind: str, run: int, **detail: Any) -> dict[str, Any]:
    """An event as EventBridge hands it to a function, as far as the shop reads it."""
    whole = {"request_id": "event:shop.orders/1", "event_id": uuid.uuid4().hex, "run": run}
    return {"detail-type": kind, "detail": {**whole, **detail}}


@pytest.mark.parametrize(
    ("kind", "detail", "state"),
    [
        ("ImageQueued", {}, "WAITING"),
        ("ImageInReview", {}, "IN_REVIEW"),
        ("ImageCompleted", {"images": []}, "READY"),
        ("ImageBlocked", {"images": [], "retryable": False}, "REFUSED"),
        ("ImageFailed", {"images": [], "retryable": True}, "TRY_AGAIN"),
        ("ImageFailed", {"images": [], "retryable": False}, "NEEDS_ATTENTION"),
    ],
)
def test_what_an_event_makes_of_an_order(kind: str, detail: dict[str, Any], state: str) -> None:
    assert change_of(told(kind, 1, **detail)).state == state


def test_only_what_has_a_key_was_delivered() -> None:
    images = [
        {"index": 0, "verdict": "safe", "bucket": "images", "key": "one.png"},
        {"index": 1, "verdict": "unsafe", "preview_bucket": "images", "preview_key": "two.png"},
    ]
    change = change_of(told("ImageCompleted", 1, images=images, warnings=[]))
    assert (change.pictures, change.withheld) == ([{"bucket": "images", "key": "one.png"}], 1)


def test_who_takes_orders_asks_as_the_shop_and_tells_nothing() -> None:
    template = yaml_parse((FOLDER / "template.yaml").read_text("utf-8"))
    policy = template["Resources"]["RequestPictures"]["Properties"]["PolicyDocument"]
    (statement,) = policy["Statement"]
    assert statement["Action"] == "events:PutEvents"
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {
            "events:source": {"Ref": "ShopSource"},
            "events:detail-type": "ImageRequested",
        }
    }


class Shop:
    """The example's stack beside the real one."""

    def __init__(self, stack: Stack) -> None:
        given = {name: stack.outputs[name] for name in ("EventBus", "ImagesBucket")}
        self.stack, self.client = stack, stack.client
        self.outputs = deploy(stack.engine.endpoint, FOLDER / "template.yaml", "shop", given)

    def ask(self, order: str, prompt: str, **more: Any) -> Run:
        return self.stack.put_event({"request_id": order, "prompt": prompt, **more}, SHOP)

    def order(self, name: str) -> dict[str, Any]:
        """The order's row, as DynamoDB types it; empty while there is none."""
        row: dict[str, Any] = self.client("dynamodb").get_item(
            TableName=self.outputs["OrdersTable"],
            Key={"request_id": {"S": f"event:{SHOP}/{name}"}},
            ConsistentRead=True,
        )
        return dict(row.get("Item", {}))

    def hears(self, name: str, state: str) -> dict[str, Any]:
        row: dict[str, Any] = until(
            lambda: self.order(name), lambda row: row.get("order_state") == {"S": state}
        )
        return row

    def tell(self, *events: dict[str, Any], source: str = "safelight") -> None:
        """Puts events on the bus, as Safelight does."""
        entries = [
            {
                "EventBusName": self.stack.outputs["EventBus"],
                "Source": source,
                "DetailType": event["detail-type"],
                "Detail": json.dumps(event["detail"]),
            }
            for event in events
        ]
        assert self.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    def unhandled(self) -> list[dict[str, Any]]:
        received = self.client("sqs").receive_message(
            QueueUrl=self.outputs["UnhandledEvents"], WaitTimeSeconds=1
        )
        return [json.loads(message["Body"]) for message in received.get("Messages", ())]


def until(look: Callable[[], Any], seen: Callable[[Any], object]) -> Any:
    deadline = time.monotonic() + HEARD
    while not seen(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Shop:
    return Shop(stack)


@pytest.mark.engine
def test_an_order_is_ready_with_pictures_that_can_be_read(shop: Shop) -> None:
    run = shop.ask("order-1", "a lighthouse at dusk", num_images=2)
    row = shop.hears("order-1", "READY")
    places = [
        {name: value["S"] for name, value in one["M"].items()} for one in row["pictures"]["L"]
    ]
    delivered = [image["key"] for image in run.record["images"]]
    assert [place["key"] for place in places] == delivered
    assert row["billed"] == {"N": "2"}
    for place in places:
        shop.client("s3").head_object(Bucket=place["bucket"], Key=place["key"])


@pytest.mark.engine
def test_a_refused_order_says_why(shop: Shop) -> None:
    shop.ask("order-2", "a nude man on a pier")
    row = shop.hears("order-2", "REFUSED")
    assert row["reasons"]["L"]
    assert row["billed"] == {"N": "0"}


@pytest.mark.engine
def test_copies_and_late_events_change_nothing(shop: Shop) -> None:
    run = shop.ask("order-3", "a lighthouse at dawn")
    ended = shop.hears("order-3", "READY")
    event = run.events[0]
    late = {**event["detail"], "event_id": "f" * 64, "images": []}
    marker = told("ImageQueued", 1, request_id=f"event:{SHOP}/marker", requester=f"event:{SHOP}")
    shop.tell(event, event, {"detail-type": "ImageQueued", "detail": late}, marker)
    shop.hears("marker", "WAITING")
    until(lambda: shop.stack.logs().count("known or is late"), lambda count: count >= 3)
    assert shop.order("order-3") == ended


@pytest.mark.engine
def test_a_second_run_replaces_what_the_first_came_to(shop: Shop) -> None:
    about = {"request_id": f"event:{SHOP}/order-4", "requester": f"event:{SHOP}/phone"}
    picture = {"index": 0, "verdict": "safe", "bucket": "images", "key": "four.png"}
    shop.tell(told("ImageFailed", 1, **about, images=[], retryable=True))
    shop.hears("order-4", "TRY_AGAIN")
    shop.tell(told("ImageCompleted", 2, **about, images=[picture], retryable=False))
    assert shop.hears("order-4", "READY")["billed"] == {"N": "1"}


@pytest.mark.engine
def test_events_of_others_are_not_heard(shop: Shop) -> None:
    about = {"images": [], "retryable": False}
    others = told(
        "ImageCompleted", 1, request_id="event:shop/other", requester="event:shop", **about
    )
    near = told(
        "ImageCompleted",
        1,
        request_id="event:shop.orders2/x",
        requester="event:shop.orders2",
        **about,
    )
    own = told(
        "ImageCompleted", 1, request_id=f"event:{SHOP}/own", requester=f"event:{SHOP}", **about
    )
    shop.tell(others, near, own)
    shop.hears("own", "READY")
    rows = shop.client("dynamodb").scan(TableName=shop.outputs["OrdersTable"])["Items"]
    assert {row["request_id"]["S"].rpartition("/")[0] for row in rows} == {f"event:{SHOP}"}


@pytest.mark.engine
def test_what_the_function_cannot_do_is_kept(shop: Shop) -> None:
    broken = {"request_id": f"event:{SHOP}/broken", "requester": f"event:{SHOP}"}
    shop.tell({"detail-type": "ImageCompleted", "detail": broken})
    (kept,) = until(shop.unhandled, bool)
    assert "broken" in json.dumps(kept)
