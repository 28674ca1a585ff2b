"""The commands, rules, parameters, prices and links of docs/classifier.md exist."""

import functools
import inspect
import re
import shlex

import pytest
from wiring import doc_lines
from wiring.system import ROOT, TEMPLATE

import prepare_training.check
from local.classifier.costs import MODEL_MONTH, TRAINING_HOUR, UNIT_DAY, UNIT_SECOND
from local.classifier.redeploying import ask_comprehend, ask_own
from local.cli import parser
from local.demo.train_texts import GOOD_TEXTS, MORE_TEXTS, texts

DOC = (ROOT / "docs" / "classifier.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)
LINES = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
starting = functools.partial(doc_lines.starting, LINES)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_every_line_is_of_a_kind_that_is_known() -> None:
    assert {line.split()[0] for line in LINES} == {"make", "sam", "safelight"}


@pytest.mark.parametrize("line", starting("safelight"))
def test_the_command_line_understands(line: str) -> None:
    assert callable(parser().parse_args(shlex.split(line)[1:]).run)


@pytest.mark.parametrize("line", starting("make"))
def test_make_knows_the_target(line: str) -> None:
    assert line.split()[1] in TARGETS


def test_the_lines_for_sam_are_those_that_are_printed() -> None:
    assert starting("sam") == [
        ask_own("safelight", {}, "ENDPOINT_ARN"),
        ask_comprehend("safelight"),
    ]
    named = set(re.findall(r"'?(\w+)=", " ".join(starting("sam"))))
    assert named <= TEMPLATE["Parameters"].keys()


def test_every_rule_of_the_check_is_told() -> None:
    source = inspect.getsource(prepare_training.check)
    rules = set(re.findall(r'_Bad(?:File|Row)\(\s*"([a-z0-9_-]+)"', source))
    rules |= set(re.findall(r'tell\(None, "(\w+)"', source))
    (table,) = re.findall(r"\| rule \|.*?\n\n", DOC, re.DOTALL)
    assert len(rules) > 15
    assert set(re.findall(r"`([a-z0-9_-]+)`", table)) == rules


def test_limits_and_prices_are_those_of_the_code() -> None:
    check = prepare_training.check
    for number in (check.MOST_TEXT_BYTES, check.MOST_ROWS, check.MOST_BAD_ROWS):
        assert f"{number:,}" in DOC
    for price in (f"{TRAINING_HOUR:.2f} an hour", f"{MODEL_MONTH:.2f} a month"):
        assert price in DOC
    assert f"{UNIT_SECOND} a second: {UNIT_DAY:.2f} a day" in DOC
    units = TEMPLATE["Parameters"]["ClassifierInferenceUnits"]["Default"]
    assert f"`ClassifierInferenceUnits` ({units})" in DOC


def test_the_demo_has_as_many_texts() -> None:
    for count in (GOOD_TEXTS, MORE_TEXTS):
        assert f"{len(texts(count)):,}" in DOC


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#h][^)#]*)[)#]", DOC))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()
