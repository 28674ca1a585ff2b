"""`python -m bench.filter`: see --help."""

import argparse

from rich.console import Console

from bench.filter.families import HALVES
from bench.filter.ours import OurFilter
from bench.filter.quality import Quality, judged
from bench.filter.report import print_misses, print_quality


def main() -> None:
    arguments = _parser().parse_args()
    console = Console()
    halves = ["dev"] if arguments.dev else list(HALVES)
    every = 5 if arguments.quick else 1
    for half in halves:
        results: dict[str, Quality] = {"ours": judged(half, _ours, every)}
        print_quality(console, half, results, arguments.families)
        if half == "dev":
            print_misses(console, results["ours"], arguments.misses)


def _ours(terms: list[str], texts: list[str]) -> list[bool]:
    ours = OurFilter(terms)
    return [ours.flags(text) for text in texts]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.filter",
        description="Recall per family of disguises, false positives, CPU time, size and init of "
        "the keyword filter, beside other filters. The terms are a harmless policy of its own.",
    )
    parser.add_argument("--dev", action="store_true", help="the dev half only, and its misses")
    parser.add_argument("--families", action="store_true", help="print every family's recall")
    parser.add_argument(
        "--misses", type=int, default=3, metavar="N", help="misses per dev family (default 3)"
    )
    parser.add_argument("--no-peers", action="store_true", help="our filter only")
    parser.add_argument("--no-speed", action="store_true", help="recall and false positives only")
    parser.add_argument("--quick", action="store_true", help="a fifth of the cases, fewer rounds")
    return parser


if __name__ == "__main__":
    main()
