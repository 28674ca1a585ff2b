"""The commands that a document shows, and what they name."""

import re


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
