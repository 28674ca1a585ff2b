"""A record in words, in a terminal and in the gallery."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from local.commands.record_view import print_list, print_record
from local.deployed_stack import parsed
from local.record_text import reason_text, reasons_text, tone, total_ms

KEYWORD = {
    "stage": "FilterKeywords",
    "category": "nudity",
    "rule": "keyword",
    "term": "nude",
    "disguise": "digits or symbols for letters",
    "action": "block",
}
LABEL = {
    "stage": "ModerateImages",
    "category": "violence",
    "rule": "Violence",
    "label": "Graphic Violence",
    "score": 0.957,
    "threshold": 0.7,
    "action": "block",
    "image": 0,
}
RECORD: dict[str, Any] = {
    "request_id": "s3:prompts/fox",
    "run": 1,
    "status": "BLOCKED_IMAGE",
    "stage": "ModerateImages",
    "requester": "s3:prompts",
    "created_at": "2026-11-20T21:00:00.000000Z",
    "updated_at": "2026-11-20T21:00:01.250Z",
    "source": {"type": "s3", "key": "prompts/fox.json"},
    "reasons": [LABEL],
    "warnings": [KEYWORD],
    "attempts": [
        {
            "n": 1,
            "seed": 7,
            "negative_prompt_added": ["wound"],
            "inference_id": "i",
            "labels": ["Graphic Violence"],
            "verdict": "unsafe",
            "ms": 900,
        }
    ],
    "images": [
        {
            "index": 0,
            "verdict": "unsafe",
            "width": 512,
            "height": 512,
            "delivered": False,
            "bucket": "work",
            "key": "pictures/secret.jpg",
            "preview_bucket": "images",
            "preview_key": "0-preview.jpg",
            "preview_published": True,
        }
    ],
    "timings": {"AcceptRequest": 20, "ModerateImages": 100},
}


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (KEYWORD, "nudity: “nude” (digits or symbols for letters)"),
        (LABEL, "violence: Graphic Violence 0.96 ≥ 0.70 (picture 1)"),
        ({**KEYWORD, "message": "prompt is missing"}, "prompt is missing"),
        (
            {"stage": "GenerateImages", "category": "technical", "rule": "X", "action": "fail"},
            "technical: X",
        ),
    ],
)
def test_a_reason_says_what_objected(reason: dict[str, Any], text: str) -> None:
    assert reason_text(reason) == text


def test_equal_reasons_are_told_once() -> None:
    assert reasons_text([KEYWORD, KEYWORD]) == reason_text(KEYWORD)


def test_a_status_of_tomorrow_has_a_tone() -> None:
    assert tone("SOMETHING_NEW") == "open"


def test_the_total_is_from_start_to_record() -> None:
    assert total_ms(RECORD) == 1250


def shown(what: Any, record: Any) -> str:
    out = io.StringIO()
    what(Console(file=out, width=100), record)
    return out.getvalue()


def test_a_record_is_shown_whole() -> None:
    text = shown(print_record, RECORD)
    for part in (
        "BLOCKED_IMAGE",
        "s3:prompts/fox",
        "Graphic Violence 0.96 ≥ 0.70",
        "“nude”",
        "wound",
        "preview s3://images/0-preview.jpg",
        "1250",
    ):
        assert part in text


def test_earlier_runs_are_shown() -> None:
    failed = {"stage": "StoreImages", "category": "technical", "rule": "MalformedReply"}
    past = {"run": 1, "status": "FAILED", "stage": "StoreImages", "reasons": [failed]}
    text = shown(print_record, {**RECORD, "run": 2, "history": [past]})
    assert "Earlier runs" in text
    assert "technical: MalformedReply" in text
    assert "Earlier runs" not in shown(print_record, RECORD)


def test_where_a_withheld_original_lies_is_not_shown() -> None:
    assert "secret" not in shown(print_record, RECORD)


def test_pictures_of_a_local_engine_have_an_address_to_open() -> None:
    out = io.StringIO()
    delivered = {**RECORD["images"][0], "delivered": True, "bucket": "images", "key": "n/1/0.jpg"}
    record = {**RECORD, "images": [delivered, *RECORD["images"]]}
    print_record(Console(file=out, width=100), record, "http://127.0.0.1:4566")
    assert "http://127.0.0.1:4566/images/n/1/0.jpg" in out.getvalue()
    assert "preview http://127.0.0.1:4566/images/0-preview.jpg" in out.getvalue()


def test_an_open_record_is_shown() -> None:
    new = {
        name: RECORD[name]
        for name in ("request_id", "run", "stage", "requester", "created_at", "updated_at")
    }
    assert "RUNNING" in shown(print_record, {**new, "status": "RUNNING"})


def test_a_list_has_a_line_for_each() -> None:
    text = shown(print_list, [RECORD, {**RECORD, "request_id": "another"}])
    assert "s3:prompts/fox" in text
    assert "another" in text


def test_markup_in_a_record_is_text() -> None:
    text = shown(print_record, {**RECORD, "requester": "s3:[red]prompts[/red]"})
    assert "s3:[red]prompts[/red]" in text


def test_an_item_is_parsed() -> None:
    item = {
        "request_id": {"S": "a"},
        "run": {"N": "1"},
        "timings": {"S": '{"AcceptRequest": 2}'},
        "status": {"S": "RUNNING"},
    }
    assert parsed(item) == {
        "request_id": "a",
        "run": 1,
        "timings": {"AcceptRequest": 2},
        "status": "RUNNING",
    }
