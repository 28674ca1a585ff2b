"""`safelight classifier deploy`: train on a CSV, judge the model, put it into service."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, add_following, add_stack, subcommand
from local.commands.classifier_files import (
    CSV_HELP,
    add_test_and_policy,
    check_and_tell,
    policy_labels,
)
from local.commands.consent import confirmed
from local.commands.failure import FAILED, NOT_DELIVERED, SUCCESS, CommandError

if TYPE_CHECKING:
    from rich.console import Console

    from local.deployed_stack import DeployedStack, Record

_EXAMPLES = """\
  safelight classifier deploy texts.csv --stack safelight
  safelight classifier deploy texts.csv --test held-back.csv --gate-recall 0.9 --stack safelight
  safelight classifier deploy texts.csv --no-endpoint --yes       train and judge, no more
  safelight classifier deploy --model MODEL_ARN --stack safelight  an earlier version again
"""
_LANGUAGES = ("en", "es", "de", "it", "fr", "pt")


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "train a classifier on a CSV, judge it, and put it into service; this costs money"
    parser = subcommand(subparsers, "deploy", summary, _EXAMPLES, run)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("csv", type=Path, nargs="?", metavar="FILE.csv", help=CSV_HELP)
    what.add_argument(
        "--model", metavar="ARN", help="put this earlier version back; `status` lists them"
    )
    add_test_and_policy(parser)
    parser.add_argument(
        "--language",
        choices=_LANGUAGES,
        default=_LANGUAGES[0],
        help="of the texts (default: %(default)s)",
    )
    parser.add_argument(
        "--gate-f1",
        type=_share,
        default=0.8,
        metavar="SHARE",
        help="the macro F1 score that the model must reach (default: %(default)s)",
    )
    parser.add_argument(
        "--gate-recall",
        type=_share,
        default=0.8,
        metavar="SHARE",
        help="how much it must find of each label of the policy (default: %(default)s)",
    )
    parser.add_argument(
        "--endpoint",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="put it into service if it is good enough (default: --endpoint)",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_following(parser)
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Check, ask, train, tell."""
    from local.classifier.account import OUTPUTS, asks_own, start_training
    from local.commands.classifier_view import say
    from local.commands.console import console
    from local.commands.which_stack import engine_of, which_stack

    if args.model and args.test:
        raise CommandError("--test goes with a CSV: a model that is put back was measured before.")
    if args.csv:
        check_and_tell(args)
    stack, screen = which_stack(args.stack, OUTPUTS), console()
    parameters = stack.parameters()
    if not _agreed(args, parameters):
        return FAILED
    job_id, arn = start_training(stack, _asked(stack, args))
    say(screen, f"Started: {arn}")
    if not args.wait:
        say(screen, f"See it with: {_again(args)}")
        return SUCCESS
    job = _follow(screen, stack, job_id, arn, args)
    _tell(screen, job, policy_labels(args))
    if job["status"] == "COMPLETED" and job["report"].get("deployed"):
        if asks_own(stack, parameters):
            say(screen, "The stack asks this endpoint, whose ARN stays: nothing is left to do.")
        else:
            _tell_next(screen, stack, parameters, engine_of(args.stack))
    return {"COMPLETED": SUCCESS, "REFUSED": NOT_DELIVERED}.get(job["status"], FAILED)


def _agreed(args: argparse.Namespace, parameters: dict[str, str]) -> bool:
    """Whether somebody wants to pay for it; nobody pays on this machine."""
    from local.classifier.costs import HERE, endpoint_text, training_text

    if args.csv:
        print(training_text())
    if args.endpoint:
        print(endpoint_text(parameters.get("ClassifierInferenceUnits", "")))
    if not args.stack:
        print(HERE)
        return True
    return args.yes or confirmed()


def _asked(stack: DeployedStack, args: argparse.Namespace) -> dict[str, Any]:
    """TrainClassifier's input; files are sent, and named with their versions."""
    asked: dict[str, Any] = {
        "gates": {"f1": args.gate_f1, "recall": args.gate_recall},
        "deploy": args.endpoint,
    }
    if args.model:
        return {"model_arn": args.model, **asked}
    asked |= {"language": args.language, **_sent(stack, args.csv, "")}
    return asked | (_sent(stack, args.test, "test_") if args.test else {})


def _sent(stack: DeployedStack, file: Path, name: str) -> dict[str, str]:
    from local.classifier.account import FOLDER

    key = FOLDER + file.name
    version_id, _ = stack.upload(file, stack.outputs["DatasetsBucket"], key)
    return {f"{name}key": key, f"{name}version_id": version_id}


def _follow(
    screen: Console, stack: DeployedStack, job_id: str, arn: str, args: argparse.Namespace
) -> Record:
    from local.classifier.following import follow_training
    from local.commands.job_following import ProgressLine, look_seconds, saying_what_goes_on

    every, seconds = look_seconds(args.stack), args.timeout or float("inf")
    with saying_what_goes_on(screen, arn, _again(args)), ProgressLine(screen) as line:
        return follow_training(stack, job_id, arn, every=every, seconds=seconds, tell=line.show)


def _tell(screen: Console, job: Record, labels: list[str]) -> None:
    from local.commands.classifier_view import print_reasons, print_report, say

    say(screen, f"Ended: {job['status']}")
    print_report(screen, job, labels)
    print_reasons(screen, job)
    if job["status"] == "REFUSED":
        say(screen, "What was in service before still is. The refused model is kept, for a look.")


def _tell_next(
    screen: Console, stack: DeployedStack, parameters: dict[str, str], engine: str
) -> None:
    from local.classifier.account import ENDPOINT
    from local.classifier.redeploying import ask_own
    from local.commands.classifier_view import say

    endpoint = stack.outputs[ENDPOINT]
    say(
        screen,
        f"In service: {endpoint}\n"
        "The stack asks another classifier still. Say once, where you deploy it (parameters that "
        "are not named keep their values; samconfig.toml, if it names them, wants the same):\n"
        f"  {ask_own(stack.name, parameters, endpoint, engine)}\n"
        "It does not do so itself: whoever may start a training could then change all of it.",
    )


def _again(args: argparse.Namespace) -> str:
    return "safelight classifier status" + (f" --stack {args.stack}" if args.stack else "")


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not within 0 and 1")
    return share
