"""The commands that a document shows, and what they name."""

import re
import shlex
from pathlib import Path

import botocore.session
from botocore import xform_name

# Of the AWS CLI itself: for any operation, and its own name of what SNS calls Endpoint.
_OF_THE_CLI = {"query", "output", "region", "endpoint-url", "notification-endpoint"}


def command_lines(text: str) -> list[str]:
    """The lines of its shell blocks, each whole where it is written on several."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def starting(lines: list[str], *words: str) -> list[str]:
    """Those that begin with these words."""
    return [line for line in lines if line.split()[: len(words)] == list(words)]


def overrides(line: str) -> set[str]:
    """The parameters that a deployment is given."""
    given = line.partition("--parameter-overrides ")[2].split()
    return {pair.partition("=")[0] for pair in given}


def unknown_to_aws(line: str) -> set[str]:
    """Options of a line of the AWS CLI that its operation has not; KeyError if there is no such."""
    _, service, operation, *words = shlex.split(line, comments=True)
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[operation]).input_shape
    assert shape is not None
    members = {xform_name(name, "-") for name in shape.members}
    options = {word.removeprefix("--") for word in words if word.startswith("--")}
    return options - _OF_THE_CLI - members


def dead_links(document: Path) -> list[str]:
    """Its links to files that are not there, or to headings that those have not."""
    text = document.read_text("utf-8")
    dead = []
    for target, anchor in re.findall(r"\]\(([^)#h][^)#]*)(?:#([a-z-]+))?\)", text):
        found = document.parent / target
        if not found.exists() or (anchor and anchor not in _anchors(found)):
            dead.append(f"{target}#{anchor}")
    return dead


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
