"""The commands, parameters and links of docs/endpoint.md exist."""

import functools
import re
import shlex

import pytest
from wiring import doc_lines
from wiring.doc_lines import overrides
from wiring.system import ROOT, TEMPLATE
from wiring.test_endpoint_template import ENDPOINT

from local.cli import parser
from local.cost.prices import shipped

DOC = (ROOT / "docs" / "endpoint.md").read_text("utf-8")
LINES = doc_lines.command_lines(DOC)
starting = functools.partial(doc_lines.starting, LINES)


def test_every_line_is_of_a_kind_that_is_known() -> None:
    assert {line.split()[0] for line in LINES} == {"aws", "docker", "tar", "sam", "safelight"}


@pytest.mark.parametrize("line", starting("safelight"))
def test_the_command_line_understands(line: str) -> None:
    assert callable(parser().parse_args(shlex.split(line)[1:]).run)


@pytest.mark.parametrize("line", starting("sam", "deploy"))
def test_the_main_stack_has_the_parameters(line: str) -> None:
    assert overrides(line) <= TEMPLATE["Parameters"].keys()


def test_the_endpoints_stack_gets_all_it_needs() -> None:
    (line,) = starting("aws", "cloudformation", "deploy")
    words = shlex.split(line)
    assert (ROOT / words[words.index("--template-file") + 1]).is_file()
    needed = {name for name, body in ENDPOINT["Parameters"].items() if "Default" not in body}
    assert needed <= overrides(line) <= ENDPOINT["Parameters"].keys()


def test_named_parameters_exist() -> None:
    known = ENDPOINT["Parameters"].keys() | TEMPLATE["Parameters"].keys()
    named = set(re.findall(r"`([A-Z]\w+(?:Arn|Seconds|Instances?|Type|Version|Scaling))[`=]", DOC))
    assert len(named) > 5
    assert named <= known


def test_named_alarms_exist() -> None:
    known = ENDPOINT["Resources"].keys() | TEMPLATE["Resources"].keys()
    assert set(re.findall(r"\b([A-Z]\w+Alarm)\b", DOC)) <= known


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#h][^)#]*)[)#]", DOC))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / "docs" / target).exists()


def test_alarms_point_at_sections() -> None:
    headings = re.findall(r"^## (.+)$", DOC, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    found = re.findall(r"docs/endpoint\.md#([a-z-]+)", str(ENDPOINT))
    assert found
    assert set(found) <= anchors


@pytest.mark.parametrize(
    "row", re.findall(r"^\| (ml\.\S+) \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|$", DOC, re.MULTILINE)
)
def test_costs_are_the_prices_times_the_hours(row: tuple[str, ...]) -> None:
    hour, day, month, wake = (float(figure.replace(",", "")) for figure in row[1:])
    price = shipped().instance(row[0]).usd
    assert [hour, day, wake] == pytest.approx([price, price * 24, price / 3], abs=0.0051)
    assert month == pytest.approx(price * 730, abs=0.51)


def test_the_defaults_that_are_told_are_the_templates() -> None:
    for name, body in (ENDPOINT["Parameters"] | TEMPLATE["Parameters"]).items():
        for told in re.findall(rf"`{name}` \(([\d,]+)[;)]", DOC):
            assert int(told.replace(",", "")) == body["Default"], name
