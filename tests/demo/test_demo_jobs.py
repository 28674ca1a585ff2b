"""`safelight demo batch`, `dataset` and `train`, run once each as a user would."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from demo.conftest import SAFELIGHT

from local.demo.batch_file import LINES, expected, lines

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


def run(environment: dict[str, str], *line: str) -> str:
    ran = subprocess.run([SAFELIGHT, *line], env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_a_batch_comes_to_what_is_expected_and_is_not_done_twice(
    environment: dict[str, str], tmp_path: Path
) -> None:
    told = run(environment, "demo", "batch", "--out", str(tmp_path / "batch"))
    for status, count in expected(lines()).items():
        assert re.search(rf"^{status}\s+{count}\b", told, re.MULTILINE), status
    for part in (f"{LINES} lines in", "times before and 0 times more", "the whole", "stand-ins"):
        assert part in told
    file = tmp_path / "batch" / "prompts.jsonl"
    assert len(file.read_bytes().splitlines()) == LINES


def test_data_sets_are_judged_trained_on_and_not_paid_twice(
    environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "datasets"
    told = run(environment, "demo", "dataset", "--out", str(out))
    for part in ("flagged", "unusable", "asked about 0 pictures", "the whole", "stand-ins"):
        assert part in told
    page = (out / "index.html").read_text("utf-8")
    assert (out / "index.html").as_uri() in told
    reports = re.findall(r'href="([^"]+)"', page)
    assert len(reports) == 4
    for name in reports:
        report = (out / name).read_text("utf-8")
        assert not re.findall(r'(?:src|href)="(?!data:|#)', report)
        assert "<script" not in report
    assert json.loads((out / "lighthouses" / "dataset_info.json").read_text("utf-8"))


def test_texts_become_a_classifier_that_the_stack_asks_or_are_refused(
    environment: dict[str, str], tmp_path: Path
) -> None:
    told = run(environment, "demo", "train", "--out", str(tmp_path / "train"))
    for step, came in (
        ("A broken file", "INVALID"),
        ("A good file", "COMPLETED"),
        ("Its labels drawn by lot", "REFUSED"),
        ("More texts", "COMPLETED"),
        ("Taken down", "deleted"),
    ):
        assert re.search(rf"^ {step}\s+{came}\b", told, re.MULTILINE), step
    assert "ClassifierBackend=custom ClassifierEndpointArn=arn:" in told
    for part in ("/safelight-prompts", "MISSED", "stand-in"):
        assert part in told
