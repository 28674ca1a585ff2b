"""Judges the labelled sets, prints the short report and writes the long one."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.evaluate import ROOT
from bench.evaluate.classifier import StandIn
from bench.evaluate.evaluation import evaluate
from bench.evaluate.panel import Panel
from bench.evaluate.progress import Steps
from bench.evaluate.reading import SetError, read_sets
from bench.evaluate.report.conditions import conditions, model_text, policy_file
from bench.evaluate.report.page import write_page
from bench.evaluate.report.results import misses, results
from bench.evaluate.report.text import print_report
from bench.evaluate.sets import DATA, FORMATS
from local.ai.classifier.model import SHIPPED, ModelError, load
from local.commands.console import console
from local.policy.source import POLICY, PolicyError, read_policy
from shared.errors import UnusableVerdict

_BUILD = ROOT / "build"
_DESCRIPTION = """\
Judge labelled texts with the keyword filter, the classifier's stand-in, both together and the
peers that are installed (make peers), and say per subset and technique what is flagged.
The first run trains models that had not seen the texts: minutes; later runs keep their scores."""
_EXAMPLES = """\
examples:
  make evaluate                                         every set of ../shared/data
  make evaluate ARGS="--policy edited.json --against policy/default.json"
  make evaluate ARGS="--prompts my-prompts.jsonl"       that set alone
  make evaluate ARGS="--show-misses 20"                 write which rows were judged wrongly

Ends with 0; with 2 if a set or a policy is missing or broken. A missed aim is no error."""


def main(arguments: list[str] | None = None) -> int:
    """0, or 2 if there is nothing to judge."""
    args = _parser().parse_args(arguments)
    given = {kind: path for kind in FORMATS if (path := getattr(args, kind)) is not None}
    try:
        sets = read_sets(args.data, given)
        policy = read_policy(args.policy)
        against = read_policy(args.against) if args.against else None
        model = load(args.model)
        # Found out now, not after minutes of judging.
        args.out.mkdir(parents=True, exist_ok=True)
    except (SetError, PolicyError, ModelError, OSError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    started = time.perf_counter()
    classifier = StandIn(model, _BUILD / "held-out")
    panel = Panel(()) if args.no_peers else Panel()
    steps = Steps(Console(stderr=True))
    try:
        evaluation = evaluate(sets, policy, against, classifier, panel, steps)
    except UnusableVerdict as error:
        print(f"evaluate: a label of the policy is none of the model's: {error}", file=sys.stderr)
        return 2
    made_with = conditions(
        sets,
        policy_file(args.policy, policy["version"]),
        policy_file(args.against, against["version"]) if against else None,
        model_text(classifier.name, args.model),
        panel,
        time.perf_counter() - started,
    )
    page = write_page(args.out / "index.html", evaluation, made_with)
    figures = _write_json(args.out / "results.json", results(evaluation, made_with))
    if args.show_misses:
        _write_json(args.out / "misses.json", misses(sets, evaluation, args.show_misses))
    if args.json:
        print(figures.read_text("utf-8"), end="")
    else:
        print_report(console(), evaluation, made_with)
        print(f"The whole report: {page}")
    return 0


def _write_json(path: Path, value: dict[str, Any]) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False) + "\n", "utf-8")
    return path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make evaluate",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, help="the folder of the sets (default: ../shared/data)"
    )
    for kind, (name, shape) in FORMATS.items():
        parser.add_argument(
            "--" + kind.replace("_", "-"),
            type=Path,
            metavar="FILE",
            help=f"instead of the folder: {shape} (there: {name})",
        )
    parser.add_argument("--policy", type=Path, default=POLICY, help="the policy that judges")
    parser.add_argument("--against", type=Path, help="a policy to compare with: what changes?")
    parser.add_argument(
        "--model", type=Path, default=SHIPPED, help="a model of your own training (its .json)"
    )
    parser.add_argument("--no-peers", action="store_true", help="do not ask the peers")
    parser.add_argument(
        "--show-misses",
        type=int,
        metavar="N",
        default=0,
        help="write to misses.json the line numbers, never the texts, of N misses per group",
    )
    parser.add_argument("--json", action="store_true", help="print all figures as JSON instead")
    parser.add_argument(
        "--out", type=Path, default=_BUILD / "evaluate", help="default: build/evaluate"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
