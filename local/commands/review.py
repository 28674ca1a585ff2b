"""`safelight review`: what waits for people, their decisions, and these as data."""

from __future__ import annotations

from local.commands import review_appeal, review_decide, review_export, review_queue
from local.commands.arguments import Subparsers, subcommand

_EXAMPLES = """\
  safelight review list                              what waits, the oldest first
  safelight review show s3:prompts/fox               all that is known of it
  safelight review approve s3:prompts/fox --reason "a painting of a battle, nothing graphic"
  safelight review reject s3:prompts/fox --reason "a real person in danger"
  safelight review export --out reviews/             decisions as data, and how far people agree
  safelight review COMMAND --help                    more of each
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers,
        "review",
        "decide what the policy leaves to people; appeal against what was blocked",
        _EXAMPLES,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (review_queue, review_decide, review_appeal, review_export):
        command.add_to(commands)
