"""The report's rows, line by line, in each of its formats."""

import csv
import io
import json
from typing import Any

import pytest

from report_dataset.rows import COLUMNS, cells, clean_line, counts, csv_line, json_line, row_of

ITEM = {"index": 3, "key": "datasets/cats/1.jpg", "etag": "0" * 32, "size": 9, "role": "instance"}
ROW: dict[str, Any] = {
    "index": 3,
    "key": "datasets/cats/1.jpg",
    "etag": "0" * 32,
    "role": "instance",
    "verdict": "flagged",
    "reasons": [
        {"category": "violence", "rule": "Violence", "label": "Weapons", "score": 0.912},
        {"category": "unusable", "rule": "damaged", "message": "it cannot be decoded"},
    ],
    "warnings": [{"category": "image", "rule": "enlarged", "message": "judged enlarged"}],
    "labels": ["Violence", "Weapons"],
    "model": "7.0",
    "format": "jpeg",
    "width": 64,
    "height": 48,
    "preview": "cHJldmlldw==",
    "version_id": "v1",
    "run": 1,
}


def read(line: str) -> dict[str, str]:
    (row,) = csv.DictReader(io.StringIO(csv_line(COLUMNS) + line, newline=""))
    return row


def test_a_row_is_as_it_was_judged() -> None:
    assert row_of(ITEM, json.dumps(ROW).encode()) == ROW


def test_what_nobody_judged_is_not_skipped() -> None:
    row = row_of(ITEM, None)
    assert (row["verdict"], row["key"]) == ("not_judged", ITEM["key"])
    assert read(csv_line(cells(row)))["verdict"] == "not_judged"
    assert json.loads(json_line(row))["verdict"] == "not_judged"


def test_a_spreadsheet_gets_the_reasons_as_text() -> None:
    assert read(csv_line(cells(ROW))) == {
        "key": "datasets/cats/1.jpg",
        "role": "instance",
        "verdict": "flagged",
        "reasons": "violence: Weapons 91%; unusable: damaged",
        "labels": "Violence; Weapons",
        "warnings": "image: enlarged",
        "message": "it cannot be decoded",
        "format": "jpeg",
        "width": "64",
        "height": "48",
        "model": "7.0",
        "version_id": "v1",
        "etag": "0" * 32,
        "moved_to": "",
    }


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(first: str) -> None:
    line = csv_line([f'{first}HYPERLINK("http://x","y")', 7])
    (row,) = csv.reader(io.StringIO(line, newline=""))
    assert row == [f'\'{first}HYPERLINK("http://x","y")', "7"]


@pytest.mark.parametrize("key", ['a"b,c.png', "a\nb.png", "猫.png", "a;b\r\n=1.png"])
def test_any_key_comes_through(key: str) -> None:
    row = {**ROW, "key": key}
    assert read(csv_line(cells(row)))["key"] == key
    assert json.loads(json_line(row))["key"] == key


def test_a_line_of_json_is_the_row_without_its_preview() -> None:
    line = json_line(ROW)
    assert line.count("\n") == 1
    assert json.loads(line) == {name: ROW[name] for name in ROW if name != "preview"}


def test_the_manifest_names_versions_and_their_copies() -> None:
    told = {
        "key": "datasets/cats/1.jpg",
        "version_id": "v1",
        "etag": "0" * 32,
        "role": "instance",
    }
    assert json.loads(clean_line(ROW, "datasets/cats/", "")) == told
    copied = json.loads(clean_line(ROW, "datasets/cats/", "clean/j/1/"))
    assert copied == {**told, "copy": "clean/j/1/1.jpg"}


def test_every_verdict_is_counted() -> None:
    assert counts(["clean", "clean", "flagged"]) == {
        "clean": 2,
        "flagged": 1,
        "not_judged": 0,
        "unusable": 0,
    }
