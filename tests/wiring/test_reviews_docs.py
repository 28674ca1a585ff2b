"""The commands, parameters, numbers and links of docs/reviews.md exist."""

import functools
import re
import shlex

import botocore.session
import pytest
from botocore import xform_name
from wiring import doc_lines
from wiring.system import ROOT, TEMPLATE

from local.cli import parser
from local.reviews.figures import LEAST_DECISIONS, LEAST_OF_EACH

DOC = (ROOT / "docs" / "reviews.md").read_text("utf-8")
LINES = [line.partition(" #")[0].strip() for line in doc_lines.command_lines(DOC)]
starting = functools.partial(doc_lines.starting, LINES)


def test_every_line_is_of_a_kind_that_is_known() -> None:
    assert {line.split()[0] for line in LINES} == {"aws", "sam", "safelight"}


@pytest.mark.parametrize("line", starting("safelight"))
def test_the_command_line_understands(line: str) -> None:
    assert callable(parser().parse_args(shlex.split(line)[1:]).run)


@pytest.mark.parametrize("line", starting("aws"))
def test_aws_has_the_operation_and_its_options(line: str) -> None:
    _, service, operation, *words = shlex.split(line)
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[operation]).input_shape
    assert shape is not None
    options = {word.removeprefix("--") for word in words if word.startswith("--")}
    assert options <= {xform_name(name, "-") for name in shape.members}


def test_the_stack_has_the_parameters() -> None:
    named = {name for line in starting("sam") for name in doc_lines.overrides(line)}
    named |= set(re.findall(r"`((?:Reviews|Reviewers|\w+Days|Review\w*Seconds))`", DOC))
    assert {"Reviews", "Reviewers", "ReviewSeconds", "ReviewClaimSeconds"} <= named
    assert named <= TEMPLATE["Parameters"].keys()


def test_defaults_and_minimums_are_those_of_the_code() -> None:
    for name in ("ReviewSeconds", "ReviewClaimSeconds"):
        assert f"| `{name}` | {TEMPLATE['Parameters'][name]['Default']:,} |" in DOC
    assert f"from {LEAST_DECISIONS} decisions with\n  {LEAST_OF_EACH} of each kind" in DOC


@pytest.mark.parametrize("path", sorted(set(re.findall(r"events/[a-z_/]+\.\w+", DOC))))
def test_the_event_exists(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)h][^)]*)\)", DOC))))
def test_links_lead_somewhere(target: str) -> None:
    file, _, place = target.partition("#")
    text = (ROOT / "docs" / file).read_text("utf-8") if file else DOC
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert not place or place in anchors
