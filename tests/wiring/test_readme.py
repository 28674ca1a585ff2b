"""The README's commands exist, with the files and names that they use."""

import functools
import re
import shlex

import pytest
from wiring import doc_lines
from wiring.system import LAMBDAS, ROOT

from local.cli import parser
from local.openapi.operations import OPERATIONS
from local.page import USUAL_PORT

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [
    line.partition("#")[0].strip()
    for block in BLOCKS
    for line in block.splitlines()
    if line.strip()
]
starting = functools.partial(doc_lines.starting, LINES)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("line", starting("make"))
def test_make_knows_the_target(line: str) -> None:
    assert line.split()[1] in TARGETS


@pytest.mark.parametrize("line", starting(".venv/bin/safelight"))
def test_the_command_line_understands(line: str) -> None:
    assert callable(parser().parse_args(shlex.split(line)[1:]).run)


@pytest.mark.parametrize("line", starting(".venv-sam/bin/sam", "local", "invoke"))
def test_the_function_to_invoke_exists(line: str) -> None:
    assert line.split()[3] in LAMBDAS


@pytest.mark.parametrize("line", starting("curl"))
def test_the_api_has_the_call(line: str) -> None:
    words = shlex.split(line)
    _, path = words[-1].partition("?")[0].split(f"http://127.0.0.1:{USUAL_PORT}/api")
    method = "post" if "-d" in words else "get"
    assert (method, path) in {(one.method, one.path) for one in OPERATIONS}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"events/[a-z_]+/[a-z_0-9]+\.\w+", README))))
def test_the_event_exists(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#h][^)#]*)\)", README))))
def test_the_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


def test_every_line_is_of_a_kind_that_is_tested() -> None:
    known = ("make", ".venv/bin/safelight", ".venv-sam/bin/sam", "aws", "curl")
    assert {line.split()[0] for line in LINES} <= set(known)
