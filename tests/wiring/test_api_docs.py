"""The calls, codes, parameters and links of docs/api.md exist."""

import re
import shlex

import pytest
from wiring.system import ROOT, TEMPLATE

from local.openapi.answers import status_and_title
from local.openapi.operations import OPERATIONS
from local.openapi.parameters import HEADERS
from shared.api import AUTHS, CODES

DOC = (ROOT / "docs" / "api.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)
LINES = [
    line for block in BLOCKS for line in block.splitlines() if line and not line.startswith("#")
]
CURLS = [found for line in LINES for found in re.findall(r"curl [^|)]+", line)]
ROUTES = {(one.method, one.path) for one in OPERATIONS}


def test_every_line_is_of_a_kind_that_is_known() -> None:
    assert {re.split("[= ]", line)[0] for line in LINES} == {
        *("API", "curl", "ID", "ETAG", "REVIEW", "eval", "TOKEN", "KEY")
    }


@pytest.mark.parametrize("line", CURLS)
def test_curl_calls_what_there_is(line: str) -> None:
    words = shlex.split(line)
    (url,) = (word for word in words if word.startswith("$API"))
    path = re.sub(r"\$(ID|REVIEW)\b", "{id}", url.removeprefix("$API").partition("?")[0])
    assert ("post" if {"-d", "POST"} & set(words) else "get", path) in ROUTES


@pytest.mark.parametrize("file", re.findall(r"-d @(\S+)", DOC))
def test_the_body_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


def test_every_call_is_told_of() -> None:
    told = re.findall(r"^\| `([A-Z]+) (/\S*)` \|", DOC, re.MULTILINE)
    assert {(method.lower(), path) for method, path in told} == ROUTES


def test_every_code_is_told_of_with_its_status() -> None:
    told = {
        code: int(status)
        for status, code in re.findall(r"^\| (\d+) \| `(\w+)` \|", DOC, re.MULTILINE)
    }
    assert told == {
        code: status_and_title(code)[0] for code in [*CODES, "unauthorized", "forbidden"]
    }


def test_every_way_to_show_who_one_is_is_told_of() -> None:
    assert set(re.findall(r"^\| `([a-z]+)` \| .* \| .* \|$", DOC, re.MULTILINE)) == set(AUTHS)


def test_every_header_is_told_of() -> None:
    for name in HEADERS:
        assert f"`{name}" in DOC


def test_named_parameters_exist() -> None:
    named = set(re.findall(r"`((?:Api|Blurred)[A-Z]\w+)[`=]", DOC)) - {"ApiUrl", "ApiRefusals"}
    assert {name for name in TEMPLATE["Parameters"] if name.startswith("Api")} - named == {
        "ApiAccessLogs"
    }
    assert named <= TEMPLATE["Parameters"].keys()
    assert "ApiUrl" in TEMPLATE["Outputs"]


def test_links_lead_somewhere() -> None:
    for target, anchor in re.findall(r"\]\(([^)#h][^)#]*)(?:#([a-z-]+))?\)", DOC):
        found = ROOT / "docs" / target
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}
