"""The commands and links of the documents on batches and data sets exist."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from wiring.system import ROOT

from local.cli import parser

DOCS = [ROOT / "docs" / name for name in ("batches.md", "datasets.md")]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def lines(first: str) -> list[str]:
    texts = [doc.read_text("utf-8") for doc in DOCS]
    blocks = [block for text in texts for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]
    told = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in told if line.split()[:1] == [first]]


@pytest.mark.parametrize("line", lines("safelight"))
def test_the_command_line_understands(line: str) -> None:
    assert callable(parser().parse_args(shlex.split(line)[1:]).run)


@pytest.mark.parametrize("line", lines("make"))
def test_make_knows_the_target(line: str) -> None:
    assert line.split()[1] in TARGETS


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.name)
def test_links_lead_somewhere(doc: Path) -> None:
    for target in re.findall(r"\]\(([^)#h][^)#]*)[)#]", doc.read_text("utf-8")):
        assert (doc.parent / target).exists(), target


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.name)
def test_named_parameters_exist(doc: Path) -> None:
    template = (ROOT / "template.yaml").read_text("utf-8")
    named = set(
        re.findall(r"`([A-Z]\w+(?:Days|Seconds|Concurrency|Percentage|Arn))`", doc.read_text())
    )
    assert named
    for name in named:
        assert re.search(rf"^  {name}:", template, re.MULTILINE), name


@pytest.mark.parametrize(
    ("line", "run"),
    [
        ("make demo-batch", "safelight demo batch"),
        ("make demo-batch ROWS=7", "python -m bench.batch --rows 7"),
    ],
)
def test_rows_make_a_benchmark_of_the_demo(line: str, run: str) -> None:
    told = subprocess.run(
        [*line.split(), "--dry-run", "--no-print-directory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"/bin/{run}" in told.splitlines()[-1]
