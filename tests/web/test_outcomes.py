"""Asking, watching, and what the page makes of each outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from web.conftest import REQUESTS_PER_DAY, Visit
from workflow.running_system import Stack

pytestmark = [pytest.mark.web, pytest.mark.engine]
STEPS = [
    "Read the request", "Check the words", "Judge what they mean", "Paint", "Examine the files",
    "Judge the pictures", "Hand over what is safe",
]  # fmt: skip


def test_from_words_to_picture(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    visitor.open()
    visitor.keep("form")
    stack.script("a quiet harbour", generation=[{"slow": 5}])

    visitor.ask("a quiet harbour")

    visitor.expect("li[aria-current=step]").to_contain_text("Paint")
    assert visitor.page.locator("li.done > span:first-child").all_inner_texts() == STEPS[:3]
    visitor.keep("under-way")
    assert visitor.result() == "Your picture is ready"
    told = [step for step in visitor.heard() if step.startswith("Step ")]
    names = [step.partition(": ")[2] for step in told]
    assert names == sorted(set(names), key=STEPS.index)
    assert "Paint" in names
    picture = visitor.page.locator("figure img")
    assert picture.get_attribute("alt") == "Picture 1 of 1: a quiet harbour"
    visitor.pictures_are_there()
    assert picture.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [512, 512]
    visitor.page.get_by_text("How it was made and judged").click()
    visitor.expect("details").to_contain_text("local-procedural-painter")
    visitor.keep("completed")


def test_what_is_withheld_is_a_warning(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a crowd on a pier", generation=[{"pictures": ["safe", "unsafe"]}])

    visitor.ask("a crowd on a pier", count=2)

    assert visitor.result() == "1 of 2 pictures ready"
    visitor.expect("figure").to_have_count(2)
    visitor.expect("figure.withheld").to_contain_text("Withheld")
    visitor.expect(".reason .meter").to_contain_text("counts from")
    visitor.expect(visitor.page.get_by_role("heading", name="Warnings")).to_be_visible()
    visitor.keep("completed-with-warnings")


def test_a_word_of_the_policy(visit: Visit) -> None:
    visitor = visit()

    visitor.ask("🦊 beside a nude figure")

    assert visitor.result() == "The prompt was not accepted"
    visitor.expect("mark").to_have_text("nude")
    visitor.expect(".reason").to_contain_text("Keyword filter")
    visitor.expect("figure").to_have_count(0)
    visitor.keep("blocked-by-a-word")
    visitor.page.get_by_role("link", name="Change it and ask again").click()
    visitor.expect("#prompt").to_have_value("🦊 beside a nude figure")


def test_what_the_classifier_objects_to(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("an evening that ends badly", comprehend=["unsafe"])

    visitor.ask("an evening that ends badly")

    assert visitor.result() == "The prompt was not accepted"
    visitor.expect(".reason").to_contain_text("Text classifier")
    visitor.expect(".reason .meter").to_contain_text("Score ")
    visitor.keep("blocked-by-the-classifier")


def test_no_picture_passes(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a carnival on a pier", generation=["unsafe"])

    visitor.ask("a carnival on a pier", count=2)

    assert visitor.result() == "The pictures were withheld"
    visitor.expect("figure.withheld img").to_have_count(2)
    visitor.expect("a[target=_blank]").to_have_count(0)
    visitor.keep("blocked-pictures")


def test_a_picture_that_the_model_blotted_out(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a still life at midnight", generation=["black"])

    visitor.ask("a still life at midnight")

    assert visitor.result() == "The model blotted out its pictures"
    visitor.keep("filtered-by-the-model")


@pytest.mark.parametrize(
    ("step", "title"),
    [("malformed", "Something broke on our side"), ("expire", "It took too long")],
)
def test_a_technical_failure_is_nobodys_fault(
    visit: Visit, stack: Stack, step: str, title: str
) -> None:
    visitor = visit()
    prompt = f"a teapot that comes {step}"
    stack.script(prompt, generation=[step])

    visitor.ask(prompt)

    assert visitor.result() == title
    visitor.expect("#lead").to_contain_text("Neither your prompt nor a picture was found unsafe")
    visitor.expect(".badge.broken").to_be_visible()
    visitor.expect(".reason").to_contain_text("Technical failure")
    visitor.expect("#view-request").not_to_contain_text("withheld")
    visitor.page.get_by_role("link", name="Ask again").click()
    visitor.expect("#prompt").to_have_value(prompt)
    visitor.page.go_back()
    visitor.result()
    visitor.keep("failed" if step == "malformed" else "expired")


def test_who_is_refused_reads_why(visit: Visit, stack: Stack) -> None:
    """By the record: no stage of the stack as it ships refuses."""
    visitor = visit()
    visitor.ask("a jetty for somebody who is suspended")
    visitor.result()
    reason = {
        "stage": "AcceptRequest", "category": "requester", "rule": "suspended",
        "action": "reject", "message": "this requester is suspended",
    }  # fmt: skip
    stack.client("dynamodb").update_item(
        TableName=stack.outputs["ResultsTable"],
        Key={"request_id": {"S": visitor.request_id()}},
        UpdateExpression="SET #status = :refused, reasons = :reasons, images = :none",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":refused": {"S": "REFUSED"}, ":reasons": {"S": json.dumps([reason])},
            ":none": {"S": "[]"},
        },
    )  # fmt: skip

    visitor.page.reload()

    assert visitor.result() == "The request was refused"
    visitor.expect("#lead").to_contain_text("nothing to do with what your prompt says")
    visitor.expect(".reason").to_contain_text("This requester is suspended.")
    visitor.expect(".badge.broken").to_have_text("REFUSED")
    visitor.keep("refused")


def test_what_is_wrong_is_told_beside_its_field(visit: Visit) -> None:
    visitor = visit()
    visitor.open()
    visitor.page.get_by_label("Seed").fill("twelve")

    visitor.send()

    visitor.expect(".problems").to_be_focused()
    for field, message in (("prompt", "The prompt is missing"), ("seed", "The seed must be")):
        at = visitor.page.locator(f"#{field}")
        visitor.expect(at).to_have_attribute("aria-invalid", "true")
        visitor.expect(f"#{field}-error").to_contain_text(message)
        assert f"{field}-error" in str(at.get_attribute("aria-describedby"))
    assert visitor.statuses("POST", "/images") == []
    visitor.keep("not-valid")
    visitor.page.locator(".problems a").last.click()
    visitor.expect("#seed").to_be_focused()


def test_what_only_the_server_knows_is_told_there_too(visit: Visit) -> None:
    visitor = visit()
    visitor.page.route("**/api/images", lambda route: route.continue_(post_data='{"prompt": 7}'))

    visitor.ask("a pier")

    visitor.expect("#prompt-error").not_to_be_empty()
    visitor.expect(".problems").to_be_focused()
    assert visitor.statuses("POST", "/images") == [400]


@contextmanager
def spent(stack: Stack) -> Iterator[None]:
    """While it lasts, the day's requests are used up."""
    dynamodb, table = stack.client("dynamodb"), stack.outputs["QuotasTable"]
    whose, day = sha256(b"local").hexdigest(), datetime.now(UTC).date().isoformat()
    key = {"counter": {"S": f"requests/{whose}/{day}"}}
    dynamodb.put_item(TableName=table, Item={**key, "used": {"N": str(REQUESTS_PER_DAY)}})
    yield
    dynamodb.delete_item(TableName=table, Key=key)


def test_a_quota_that_is_used_up(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a pier that nobody may ask for", comprehend=["safe"])
    with spent(stack):
        visitor.ask("a pier that nobody may ask for")

        visitor.expect(".problems").to_contain_text("Try again in")
        assert visitor.statuses("POST", "/images") == [429]
        visitor.keep("quota")
    visitor.send()
    assert visitor.result() == "Your picture is ready"


def test_it_goes_on_without_whoever_left(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a pier at dawn", generation=[{"slow": 2}])
    visitor.ask("a pier at dawn")
    place = visitor.request_id()

    visitor.page.get_by_role("link", name="Playground").click()
    visitor.sees("Policy playground")
    visitor.page.go_back()

    assert visitor.result() == "Your picture is ready"
    assert visitor.request_id() == place
