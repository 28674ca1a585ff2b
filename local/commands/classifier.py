"""`safelight classifier`: from a CSV to a stack that uses it, and the local stand-in's model."""

from __future__ import annotations

from local.commands import (
    classifier_check,
    classifier_delete,
    classifier_deploy,
    classifier_stand_in,
    classifier_status,
)
from local.commands.arguments import Subparsers, subcommand

_EXAMPLES = """\
  safelight classifier check texts.csv                        would it be learned from?
  safelight classifier deploy texts.csv --stack safelight     train, judge, put into service
  safelight classifier status --stack safelight               what answers, and what does it cost?
  safelight classifier delete --stack safelight               it costs no more
  safelight classifier score "a red fox in snow"              ask the local stand-in
  safelight classifier COMMAND --help                         more of each
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers,
        "classifier",
        "train a classifier of your own for a stack, look at it, take it down; or the stand-in's",
        _EXAMPLES,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (
        *(classifier_check, classifier_deploy, classifier_status, classifier_delete),
        classifier_stand_in,
    ):
        command.add_to(commands)
