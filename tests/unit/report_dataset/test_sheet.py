"""The contact sheet: whole, honest, readable, and harmless whatever the images are called."""

from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from report_dataset.sheet import reason_names, sheet

FACTS: dict[str, Any] = {
    "prefix": "datasets/cats/",
    "job_id": "dataset-1",
    "run": 2,
    "policy_hash": "5f0e3d21c6b7a894",
    "ended_at": "2026-11-20T10:00:00.000Z",
    "counts": {"clean": 1234, "flagged": 1, "not_judged": 0, "unusable": 0},
    "models": ["7.0"],
    "reasons": Counter({"violence: Weapons": 1}),
    "prompts": [{"field": "instance_prompt", "verdict": "clean", "reasons": []}],
    "unread_fields": [],
    "fine_tuning": {"status": "NOT_ASKED", "reason": ""},
}
ROW: dict[str, Any] = {
    "index": 0,
    "key": "datasets/cats/1.jpg",
    "role": "instance",
    "verdict": "flagged",
    "reasons": [{"category": "violence", "rule": "Violence", "label": "Weapons", "score": 0.91}],
    "warnings": [{"category": "image", "rule": "enlarged", "message": "judged enlarged"}],
    "labels": ["Weapons"],
    "preview": "cHJldmlldw==",
}
VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Elements with their attributes, texts, and whether all is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def text(self) -> str:
        return " ".join(self.texts)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(*rows: dict[str, Any], left_out: int = 0, **facts: Any) -> Reader:
    return Reader(sheet({**FACTS, **facts}, list(rows), left_out))


def test_nothing_is_fetched_and_nothing_runs() -> None:
    read = page(ROW)
    (policy,) = [one for one in read.of("meta") if "http-equiv" in one]
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert (policy["content"] or "").startswith("default-src 'none'; img-src data:;")
    assert not read.of("script") + read.of("link") + read.of("iframe")
    assert all((one["src"] or "").startswith("data:image/jpeg;base64,") for one in read.of("img"))


def test_counts_and_reasons_stand_on_top() -> None:
    read = page(ROW)
    text = " ".join(read.text().split())
    assert "Flagged 1" in text
    assert "Clean 1,234" in text
    assert "violence: Weapons 1" in text
    assert "judged by 7.0" in text
    assert "run 2" in text
    assert text.index("violence: Weapons") < text.index("1.jpg")


def test_a_picture_says_what_it_is_and_why() -> None:
    read = page(ROW)
    (image,) = read.of("img")
    assert image["alt"] == "Blurred preview of 1.jpg"
    assert "violence: Weapons 91%; judged enlarged" in read.text()
    assert read.of("html") == [{"lang": "en"}]


def test_what_has_no_preview_has_none() -> None:
    read = page({**ROW, "verdict": "unusable", "preview": ""})
    assert read.of("img") == []
    assert "no preview" in read.text()


@pytest.mark.parametrize(
    "name",
    [
        '"><script>alert(1)</script>.png',
        "<img src=x onerror=alert(1)>.png",
        "' onmouseover='alert(1).png",
        "&lt;b&gt;.png",
        "a\u202egnp.exe.png",
        "a\x00b\n.png",
        "]]>.png",
    ],
)
def test_a_name_is_text_and_nothing_else(name: str) -> None:
    usual = [tag for tag, _ in page(ROW).elements]
    read = page({**ROW, "key": f"datasets/cats/{name}"})
    assert [tag for tag, _ in read.elements] == usual
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in name)
    assert shown in read.text()
    (image,) = read.of("img")
    assert image == {
        "alt": f"Blurred preview of {shown}",
        "src": "data:image/jpeg;base64,cHJldmlldw==",
    }


def test_whatever_a_reason_says_is_text() -> None:
    evil = "<script>alert(1)</script>"
    reason = {"category": evil, "rule": evil, "label": evil}
    row = {**ROW, "reasons": [reason], "preview": '"><script>'}
    prompts = [{"field": evil, "verdict": evil, "reasons": [reason]}]
    read = page(
        row,
        prompts=prompts,
        models=[evil],
        reasons=Counter(reason_names(row)),
        prefix=f"datasets/{evil}/",
        unread_fields=[evil],
        fine_tuning={"status": "REFUSED", "reason": evil},
    )
    assert not read.of("script")


def test_a_stand_in_calls_itself_one() -> None:
    assert "stand-in" not in page(ROW).text()
    read = page(ROW, models=["7.0", "local-nsfw-1+marker"])
    assert "local-nsfw-1+marker: a stand-in" in read.text()


def test_it_says_what_it_leaves_out() -> None:
    assert "left out" not in page(ROW).text()
    assert "1 are shown, 9,000 are left out" in page(ROW, left_out=9000).text()


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("NOT_ASKED", ""),
        ("ALLOWED", "Fine-tuning: allowed."),
        ("REFUSED", "Fine-tuning: refused: no."),
    ],
)
def test_it_says_whether_it_may_be_trained_on(status: str, says: str) -> None:
    text = page(ROW, fine_tuning={"status": status, "reason": "no"}).text()
    assert says in text
    assert bool(says) == ("Fine-tuning" in text)


def test_fields_that_nobody_reads_are_named() -> None:
    assert "no training reads: author, z" in page(ROW, unread_fields=["author", "z"]).text()
