"""The reports hold every figure and no text of the sets."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from unit.bench_evaluate.small_sets import CASES, POSTS, PROMPTS, PurpleClassifier, write_sets

import bench.evaluate.__main__ as command
from bench.evaluate.__main__ import main
from bench.evaluate.evaluation import Evaluation
from bench.evaluate.report.conditions import Conditions
from bench.evaluate.report.page import write_page
from bench.evaluate.report.results import misses, results
from bench.evaluate.report.text import print_report
from bench.evaluate.sets import FORMATS, Sets
from local.policy.source import POLICY

TEXTS = [
    *(str(row["text"]) for row in CASES),
    *(row[0] for row in PROMPTS),
    *(text for _, text in POSTS),
]
_VOID = {"meta", "br", "img"}


class Page(HTMLParser):
    """What is open, what is linked, and that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag not in _VOID:
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]
        self.outside += [str(attributes[name]) for name in ("src",) if name in attributes]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(
    evaluation: Evaluation, made_with: Conditions, tmp_path_factory: pytest.TempPathFactory
) -> str:
    path = tmp_path_factory.mktemp("out") / "index.html"
    return write_page(path, evaluation, made_with).read_text("utf-8")


def test_the_page_is_sound_and_stands_alone(page: str) -> None:
    parsed = Page()
    parsed.feed(page)
    assert parsed.open == []
    assert parsed.outside == []
    assert len(set(parsed.ids)) == len(parsed.ids)
    assert all(link[0] == "#" and link[1:] in parsed.ids for link in parsed.links)
    assert not re.search(r"https?://|<script|\$\w", page)


def test_the_page_has_every_part(page: str) -> None:
    for part in ("Aims", "Disguised words", "Image prompts", "Posts", "Changes", "Method"):
        assert f">{part}" in page
    assert page.count('<svg viewBox="0 0 320') == 5
    assert "purple-1, a local stand-in" in page
    assert "not asked: another" in page
    assert "somewhat optimistic" in page


def test_no_report_holds_a_text(
    page: str, evaluation: Evaluation, made_with: Conditions, sets: Sets
) -> None:
    console = Console(record=True, quiet=True, width=200)
    print_report(console, evaluation, made_with)
    everything = [
        page,
        console.export_text(),
        json.dumps(results(evaluation, made_with)),
        json.dumps(misses(sets, evaluation, 10)),
    ]
    for report in everything:
        assert not [text for text in TEXTS if text in report]


def test_figures_as_json(evaluation: Evaluation, made_with: Conditions) -> None:
    found = json.loads(json.dumps(results(evaluation, made_with), allow_nan=False))
    plain = next(one for one in found["prompts"]["difficulties"] if not one["unsafe"])
    rate = plain["flagged"]["filter + classifier, toxicity, source unseen"]
    assert (rate["hits"], rate["total"], rate["share"]) == (1, 2, 0.5)
    assert found["made_with"]["absent"] == {"another": "no .venv-peers"}


def test_misses_are_line_numbers(sets: Sets, evaluation: Evaluation) -> None:
    found = misses(sets, evaluation, 1)
    assert found["keyword_cases"]["homonym_name"] == [5]
    both = found["prompts"]["filter + classifier, toxicity, source unseen"]
    assert both == {"captions benign flagged": [2], "written implicit missed": [5]}


def test_without_data_it_says_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "keyword_vocab.json: not there" in told
    assert "Comprehend's" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("few_words")
def test_one_file_under_two_policies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "StandIn", lambda *_: PurpleClassifier())
    prompts, out = write_sets(tmp_path) / FORMATS["prompts"][0], tmp_path / "out"
    given = ["--prompts", str(prompts), "--against", str(POLICY), "--no-peers", "--json"]
    assert main([*given, "--show-misses", "2", "--out", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["keywords"] is None
    assert found["differences"] == {"prompts": []}
    assert list(found["made_with"]["facts"])[-1] == "prompts"
    assert {path.name for path in out.iterdir()} == {"index.html", "results.json", "misses.json"}


def test_a_folder_that_cannot_be_is_named_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sets(tmp_path)
    (tmp_path / "file").touch()
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "file")]) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_a_broken_policy_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sets(tmp_path)
    broken = tmp_path / "policy.json"
    broken.write_text("{}")
    assert main(["--data", str(tmp_path), "--policy", str(broken)]) == 2
    assert str(broken) in capsys.readouterr().err


@pytest.mark.usefixtures("few_words")
def test_a_label_that_the_model_does_not_know_is_named(
    tmp_path: Path,
    policy: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "StandIn", lambda *_: PurpleClassifier())
    prompts, edited = write_sets(tmp_path) / FORMATS["prompts"][0], tmp_path / "policy.json"
    custom = {"improper": policy["classifier"]["custom"]["unsafe"]}
    classifier = {**policy["classifier"], "custom": custom}
    edited.write_text(json.dumps({**policy, "classifier": classifier}), "utf-8")
    out = ["--out", str(tmp_path / "out")]
    assert main(["--prompts", str(prompts), "--policy", str(edited), "--no-peers", *out]) == 2
    assert "improper" in capsys.readouterr().err
