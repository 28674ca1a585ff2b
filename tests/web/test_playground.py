"""The playground explains as one types, asks the classifier when told to, and judges a picture."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from web.conftest import Visit
from workflow.running_system import Stack

from local.ai.painting.painter import paint

pytestmark = [pytest.mark.web, pytest.mark.engine]


def test_it_explains_while_one_types(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    visitor.open("playground")
    field = visitor.page.get_by_label("Prompt to check", exact=True)

    field.press_sequentially("🦊𝒜 beside a nude 👩‍🎨 figure")

    visitor.expect("#keyword-answer mark").to_have_text("nude")
    visitor.expect("#keyword-answer .badge.withheld").to_be_visible()
    field.fill("🦊🦊 an n.u.d.e beside a n\u0075\u0308de, and a cafe\u0301")
    visitor.expect(visitor.page.locator("#keyword-answer mark").first).to_have_text("n.u.d.e")
    visitor.expect("#keyword-answer .reading").to_contain_text("🦊🦊 an n.u.d.e beside")
    field.fill("a fox in the snow")
    visitor.expect("#keyword-answer mark").to_have_count(0)
    visitor.expect("#keyword-answer .badge.good").to_be_visible()
    assert stack.stand_ins.calls("ClassifyDocument", "fox in the snow") == 0


def test_the_classifier_is_asked_when_told_to(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a nude in a gallery", comprehend=["unsafe"])
    visitor.open("playground")
    visitor.page.get_by_label("Prompt to check", exact=True).fill("a nude in a gallery")

    visitor.page.get_by_role("button", name="Ask the classifier").click()

    visitor.expect("#classifier-answer .badge.withheld").to_be_visible()
    visitor.expect("#classifier-answer .scores .meter").not_to_have_count(0)
    visitor.expect("#keyword-answer mark").to_have_text("nude")
    assert stack.stand_ins.calls("ClassifyDocument", "a nude in a gallery") == 1
    visitor.keep("playground")


def test_it_judges_a_picture(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "pier.jpg"
    paint("a pier", "", 5, (512, 512)).save(file)
    visitor = visit()
    visitor.open("playground")
    visitor.page.get_by_label("Picture to check").set_input_files(file)

    visitor.page.get_by_role("button", name="Check the picture").click()

    visitor.expect("#image-answer .badge.good").to_be_visible()
    visitor.expect("#image-answer canvas").to_be_visible()
    visitor.keep("playground-picture")
    for name, content in (("words.png", b"not a picture"), ("words.txt", b"words")):
        told = {"name": name, "mimeType": "text/plain", "buffer": content}
        visitor.page.get_by_label("Picture to check").set_input_files([told])
        visitor.page.get_by_role("button", name="Check the picture").click()
        visitor.expect("#try-image-error").to_contain_text("must be a PNG or JPEG")


def test_a_file_that_is_no_picture_is_told_at_its_field(visit: Visit) -> None:
    visitor = visit()
    visitor.open("playground")
    out = io.BytesIO()
    Image.new("RGB", (300, 300)).save(out, "PNG")
    broken = {"name": "cut.png", "mimeType": "image/png", "buffer": out.getvalue()[:60]}
    visitor.page.get_by_label("Picture to check").set_input_files([broken])

    visitor.page.get_by_role("button", name="Check the picture").click()

    visitor.expect("#image-check-form .problems").to_be_focused()
    assert visitor.statuses("POST", "/moderations/image") == [422]


def test_nothing_of_it_is_kept(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    table = stack.outputs["ResultsTable"]
    scan = stack.client("dynamodb").scan
    before = scan(TableName=table, Select="COUNT")["Count"]
    visitor.open("playground")
    visitor.page.get_by_label("Prompt to check", exact=True).fill("a nude that is not kept")
    visitor.expect("#keyword-answer mark").to_have_text("nude")
    assert scan(TableName=table, Select="COUNT")["Count"] == before
