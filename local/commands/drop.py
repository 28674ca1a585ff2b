"""`safelight drop`: put a prompt file into the prompts bucket."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from local.commands.answers import answers
from local.commands.arguments import Subparsers, add_stack, add_waiting, subcommand
from local.commands.failure import CommandError

_EXAMPLES = """\
  safelight drop events/prompts/clean.json
  safelight drop my.txt --key "prompts/spring/my.txt" --no-wait
  safelight drop my.txt --answer unsafe,safe        (local: the first picture is unsafe)
  safelight drop my.txt --stack safelight           (a stack in your account)
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers, "drop", "drop a prompt file and follow it to its record", _EXAMPLES, run
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .json or .txt prompt file")
    parser.add_argument("--key", help="where in the bucket (default: prompts/ and the file's name)")
    parser.add_argument(
        "--answer",
        type=answers,
        metavar="STEPS",
        help="local only: what the painter does for this prompt, one step per attempt: "
        "safe, unsafe, black, uniform, fail, expire, slow:SECONDS, picture:FILE",
    )
    add_waiting(parser)
    add_stack(parser)


def run(args: argparse.Namespace) -> int:
    """Drop the file."""
    from local.commands.waiting import follow
    from local.commands.which_stack import stand_ins, which_stack
    from local.deployed_stack import PROMPTS_FOLDER, default_key

    key = args.key or default_key(args.file)
    if not key.startswith(PROMPTS_FOLDER):
        raise CommandError(f"only keys under {PROMPTS_FOLDER} start a request: try prompts/{key}")
    content = _content(args.file)
    if args.answer and args.stack:
        raise CommandError("--answer speaks to the local stand-ins; leave it out with --stack.")
    stack = which_stack(args.stack)
    if args.answer:
        stand_ins().script(prompt=_prompt(args.file, content), generation=args.answer)
    return follow(stack, stack.drop(content, key), args)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(
            f"cannot read {file}: {error.strerror}. The demo's files are in events/prompts/."
        ) from error


def _prompt(file: Path, content: bytes) -> str:
    """The prompt as the painter will see it."""
    try:
        text = content.decode("utf-8")
        asked = json.loads(text)["prompt"] if file.suffix == ".json" else text
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"--answer needs a prompt to recognise, and {file} has none.") from None
    return " ".join(str(asked).split())
