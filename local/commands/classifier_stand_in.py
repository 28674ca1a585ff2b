"""`safelight classifier train` and `score`: the model of the local stand-in for Comprehend."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS, CommandError

_TRAIN = """\
  safelight classifier train texts.csv --out mine/model.json
  safelight classifier train posts.csv --prompts prompts.jsonl --unsafe-label toxic
"""
_SCORE = """\
  safelight classifier score "a red fox in snow"
  safelight classifier score "a red fox in snow" --model mine/model.json
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe both commands."""
    summary = "train the local stand-in's model, calibrate and judge it; a minute or two"
    train = subcommand(subparsers, "train", summary, _TRAIN, _train)
    train.add_argument("csv", type=Path, help="two columns without a header: label, text; UTF-8")
    train.add_argument(
        "--prompts",
        type=Path,
        metavar="FILE",
        help="JSON lines of prompt, label (safe or unsafe) and source",
    )
    train.add_argument(
        "--unsafe-label", metavar="LABEL", help="which of the CSV's two labels is the unsafe one"
    )
    train.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="a .json file; weights and card.md go beside it (default: the stand-in's own)",
    )
    summary = "show what the local stand-in scores a text for every label"
    score = subcommand(subparsers, "score", summary, _SCORE, _score)
    score.add_argument("text")
    score.add_argument(
        "--model", type=Path, metavar="FILE", help="a .json file (default: the stand-in's own)"
    )


def _train(args: argparse.Namespace) -> int:
    from local.ai.classifier.card import CARD, card
    from local.ai.classifier.model import SHIPPED, save
    from local.ai.classifier.rows import DataError
    from local.ai.classifier.training import train

    out: Path = args.out or SHIPPED
    if out.suffix != ".json":
        raise CommandError(f"{out}: the model's file must end in .json")
    if not out.parent.is_dir():
        raise CommandError(f"{out.parent} is no folder: make it first.")
    try:
        model = train(args.csv, args.prompts, args.unsafe_label)
    except DataError as wrong:
        raise CommandError(f"{wrong}\nNothing was trained.") from wrong
    save(model, out)
    text = card(model.facts)
    out.with_name(CARD).write_text(text, "utf-8")
    print(text)
    print(f"The model is in {out} and {out.with_suffix('.bin')}.")
    return SUCCESS


def _score(args: argparse.Namespace) -> int:
    from local.ai.classifier.model import SHIPPED, ModelError, load

    try:
        model = load(args.model or SHIPPED)
    except ModelError as wrong:
        raise CommandError(str(wrong)) from wrong
    for label, score in model.scores(args.text).items():
        print(f"{score:6.4f} {label}")
    return SUCCESS
