"""Each example has its README, its test and its place in docs/integrating.md; its lines exist."""

import functools
import importlib.util
import re
import shlex
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse
from wiring import doc_lines
from wiring.system import ROOT, TEMPLATE

from local.cli import parser

DOC = ROOT / "docs" / "integrating.md"
FOLDERS = sorted(path for path in (ROOT / "examples").iterdir() if path.name[0] not in "._")
EXAMPLES = [path for path in FOLDERS if path.is_dir()]
READMES = [path / "README.md" for path in EXAMPLES]
LINES = sorted(
    {
        line.strip()
        for readme in READMES
        for line in doc_lines.command_lines(readme.read_text("utf-8"))
        if line.strip()
    }
)
# Without variables that are set for one line.
BARE_LINES = [re.sub(r"^([A-Z_]+=\S+ )+", "", line) for line in LINES]
beginning = functools.partial(doc_lines.starting, BARE_LINES)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
TERRAFORM = {"init", "apply", "destroy", "output"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_told_of_run_and_linked(example: Path) -> None:
    readme = (example / "README.md").read_text("utf-8")
    for heading in ("## On one machine", "## On AWS", "**What it costs**", "**To remove it**"):
        assert heading in readme
    test = ROOT / "tests" / "examples" / f"test_{example.name}.py"
    assert f"](../../{test.relative_to(ROOT)})" in readme
    assert test.read_text("utf-8").startswith(f'"""examples/{example.name}: ')
    assert f"](../examples/{example.name})" in DOC.read_text("utf-8")


@pytest.mark.parametrize("document", [DOC, *READMES], ids=lambda path: path.parent.name)
def test_links_lead_somewhere(document: Path) -> None:
    assert doc_lines.dead_links(document) == []


def test_every_line_is_of_a_kind_that_is_tested() -> None:
    known = ("make", "aws", "terraform", "npx", ".venv-sam/bin/sam", "export", "unset")
    ours = (".venv/bin/safelight", ".venv/bin/python", ".venv-examples/bin/python")
    assert {line.split()[0] for line in BARE_LINES} <= {*known, *ours}


@pytest.mark.parametrize("line", beginning("make"))
def test_make_knows_the_target(line: str) -> None:
    assert line.split()[1] in TARGETS


@pytest.mark.parametrize("line", beginning(".venv/bin/safelight"))
def test_the_command_line_understands(line: str) -> None:
    words = shlex.split(line)
    assert callable(parser().parse_args(words[1:]).run)
    assert all((ROOT / word).is_file() for word in words if word.startswith("events/"))


@pytest.mark.parametrize("line", beginning(".venv/bin/python"))
def test_the_module_is_there(line: str) -> None:
    _, option, module, *_ = shlex.split(line)
    assert option == "-m"
    assert importlib.util.find_spec(module)


@pytest.mark.parametrize("line", beginning("aws"))
def test_aws_has_the_operation_and_its_options(line: str) -> None:
    assert not doc_lines.unknown_to_aws(re.sub(r"\$\([^)]*\)", "X", line))


@pytest.mark.parametrize("line", beginning("terraform"))
def test_terraform_is_given_what_it_asks_for(line: str) -> None:
    _, folder, command, *words = shlex.split(line)
    assert (folder, command in TERRAFORM) == ("-chdir=examples/terraform", True)
    given = {word.partition("=")[0] for word in words if "=" in word}
    declared = (ROOT / "examples" / "terraform" / "main.tf").read_text("utf-8")
    assert given <= set(re.findall(r'^variable "(\w+)"', declared, re.MULTILINE))


@pytest.mark.parametrize("line", [*beginning(".venv-sam/bin/sam"), *beginning("npx")])
def test_a_stack_is_given_outputs_of_safelights(line: str) -> None:
    words = shlex.split(line)
    given = {word.partition("=")[0] for word in words if re.match(r"[A-Z]\w+=", word)}
    assert given <= TEMPLATE["Outputs"].keys()
    assert all((ROOT / word).is_file() for word in words if word.startswith("examples/"))


def test_the_consumer_asks_for_what_the_stack_tells() -> None:
    template = yaml_parse((ROOT / "examples/event_consumer/template.yaml").read_text("utf-8"))
    needed = {name for name, one in template["Parameters"].items() if "Default" not in one}
    assert needed <= TEMPLATE["Outputs"].keys()


def test_the_document_names_outputs_and_parameters_that_exist() -> None:
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", DOC.read_text("utf-8")))
    events = {"ImageRequested"}
    assert named - events <= TEMPLATE["Outputs"].keys() | TEMPLATE["Parameters"].keys()


def test_the_document_names_every_schema_of_a_contract() -> None:
    inner = {"api", "record", "request-view", "review-view"}
    schemas = {path.name.removesuffix(".schema.json") for path in (ROOT / "schemas").iterdir()}
    text = DOC.read_text("utf-8")
    assert all(f"schemas/{name}.schema.json" in text for name in schemas - inner)
