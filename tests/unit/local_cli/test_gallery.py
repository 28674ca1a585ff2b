"""What the gallery shows, and above all what it does not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from local.demo.scenarios import SCENARIOS
from local.demo.session import Run
from local.deployed_stack import DeployedStack
from local.executions import Execution
from local.gallery.card import card
from local.gallery.pictures import NotShowable, shown

ORIGINAL, PREVIEW = b"the original", b"the preview"
OUTPUTS = {"ImagesBucket": "images", "WorkBucket": "work"}


class Bucket:
    """Only what may be read."""

    def __init__(self, **objects: bytes) -> None:
        self._objects = objects

    def object(self, bucket: str, key: str, version_id: str = "") -> bytes:
        return self._objects[f"{bucket}_{key}"]


def stack(**objects: bytes) -> DeployedStack:
    made = DeployedStack("s", lambda _: None, OUTPUTS)
    made.object = Bucket(**objects).object  # type: ignore[method-assign]
    return made


def image(**about: Any) -> dict[str, Any]:
    return {
        "index": 0,
        "verdict": "safe",
        "delivered": True,
        "bucket": "images",
        "key": "original",
        "version_id": "1",
        "sha256": hashlib.sha256(ORIGINAL).hexdigest(),
        "format": "jpeg",
        "width": 512,
        "height": 512,
        "preview_bucket": "work",
        "preview_key": "preview",
        "preview_version_id": "1",
    } | about


def test_what_was_delivered_is_shown_as_it_is() -> None:
    [one] = shown(stack(images_original=ORIGINAL), {"images": [image()]})
    assert one.delivered
    assert one.source.startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize(
    "about",
    [
        {"verdict": "unsafe", "delivered": False, "bucket": "work"},
        {"verdict": "unsafe"},
        {"verdict": "filtered", "delivered": False},
        {"verdict": "safe", "delivered": False},
    ],
)
def test_of_everything_else_only_the_preview_is_read(about: dict[str, Any]) -> None:
    [one] = shown(stack(work_preview=PREVIEW), {"images": [image(**about)]})
    assert not one.delivered


def test_a_delivered_picture_lies_in_the_images_bucket() -> None:
    with pytest.raises(NotShowable):
        shown(stack(work_original=ORIGINAL), {"images": [image(bucket="work")]})


def test_an_original_in_a_previews_place_is_refused() -> None:
    withheld = image(verdict="unsafe", delivered=False)
    with pytest.raises(NotShowable):
        shown(stack(work_preview=ORIGINAL), {"images": [withheld]})


def test_every_text_is_escaped() -> None:
    execution = Execution("arn", "SUCCEEDED", "Completed", {})
    record = {
        "status": "BLOCKED_PROMPT",
        "created_at": "2026-11-20T21:00:00Z",
        "updated_at": "2026-11-20T21:00:01Z",
        "reasons": [{"stage": "<s>", "category": "<c>", "rule": "<r>", "action": "block"}],
        "reviews": [{"decision": "reject", "by": "<who>", "reason": "<words>"}],
    }
    run = Run(SCENARIOS[0], stack(), execution=execution, record=record, request_id="<id>")
    run.scenario = replace(run.scenario, title="<title>")
    html = card(run, [])
    for tag in ("<s>", "<c>", "<r>", "<who>", "<words>", "<id>", "<title>"):
        assert tag not in html
