"""The `safelight` command: finds the subcommand and says what went wrong."""

from __future__ import annotations

import argparse
import sys

from local.commands import (
    batch,
    classifier,
    cost,
    dataset,
    dead_letters,
    demo,
    drop,
    endpoint,
    models,
    page,
    policy,
    put_event,
    redrive,
    review,
    run_local,
    show,
)
from local.commands.failure import ENDINGS, FAILED, INTERRUPTED, CommandError

_EXAMPLES = """\
a first look:
  safelight demo                                  every way a request can end, in one go
  safelight local                                 the stack on this machine; then, elsewhere:
  safelight drop events/prompts/clean.json
  safelight show --last
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(
        prog="safelight",
        description="Text-to-image generation that is safe to offer to other people.",
        epilog=f"{_EXAMPLES}\n{ENDINGS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = whole.add_subparsers(metavar="COMMAND", required=True)
    for command in (
        *(demo, run_local, drop, put_event, show, batch, dataset, redrive, review),
        *(dead_letters, policy, classifier, endpoint, cost, page, models),
    ):
        command.add_to(subparsers)
    return whole


def main(arguments: list[str] | None = None) -> int:
    """Run a command line; returns the exit status."""
    args = parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except CommandError as error:
        print(f"safelight: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("safelight: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        told = _expected(error)
        if told is None:
            raise
        print(f"safelight: {told}", file=sys.stderr)
    return FAILED


def _expected(error: Exception) -> str | None:
    """What to say of an error that is not a fault of this program; None for one that is."""
    from botocore.exceptions import BotoCoreError, ClientError

    from local.deploy import DeployError
    from local.running import EngineError

    if isinstance(error, DeployError | EngineError):
        return str(error)
    if isinstance(error, BotoCoreError | ClientError):
        return f"{error}\nAWS (or the local engine) refused or did not answer; see the message."
    return None
