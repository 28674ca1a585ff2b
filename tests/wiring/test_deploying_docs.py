"""The commands and parameters of docs/deploying.md exist."""

import functools
import shlex

import pytest
from wiring import doc_lines
from wiring.doc_lines import overrides
from wiring.system import ROOT, TEMPLATE
from wiring.test_site_template import SITE

from local.cli import parser

DOC = (ROOT / "docs" / "deploying.md").read_text("utf-8")
LINES = doc_lines.command_lines(DOC)
starting = functools.partial(doc_lines.starting, LINES)


@pytest.mark.parametrize("line", starting("safelight"))
def test_the_command_line_understands(line: str) -> None:
    assert callable(parser().parse_args(shlex.split(line)[1:]).run)


@pytest.mark.parametrize("line", starting("sam", "deploy"))
def test_the_main_stack_has_the_parameters(line: str) -> None:
    assert overrides(line) <= TEMPLATE["Parameters"].keys()


def test_the_pages_stack_gets_all_it_needs() -> None:
    (line,) = starting("aws", "cloudformation", "deploy")
    words = shlex.split(line)
    assert (ROOT / words[words.index("--template-file") + 1]).is_file()
    needed = {name for name, body in SITE["Parameters"].items() if "Default" not in body}
    assert needed <= overrides(line) <= SITE["Parameters"].keys()


@pytest.mark.parametrize(
    "line", [line for line in starting("aws") if line.split()[1:3] != ["cloudformation", "deploy"]]
)
def test_aws_has_the_operation_and_its_options(line: str) -> None:
    assert not doc_lines.unknown_to_aws(line)


def test_the_outputs_that_it_names_are_there() -> None:
    for name in ("ApiId", "ImagesBucket", "ApiUsagePlan"):
        assert name in TEMPLATE["Outputs"]
    assert "DistributionDomain" in SITE["Outputs"]
