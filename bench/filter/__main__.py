"""`python -m bench.filter`: see --help."""

import argparse
import dataclasses
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.filter import report
from bench.filter.english import running_english
from bench.filter.families import FAMILIES, HALVES
from bench.filter.ours import OurFilter, compiled
from bench.filter.quality import Judge, Quality, judged
from bench.filter.speed import GLIN, timings
from bench.filter.weight import weight
from bench.filter.worst import slowest
from bench.peers.running import Peer, available_peers

_PEER_BATCH = 2_000


def main() -> None:
    arguments = _parser().parse_args()
    _refuse(arguments)
    # In a file, tables need not fit a screen.
    console = Console(width=None if sys.stdout.isatty() else 150)
    progress = Console(stderr=True)
    document: dict[str, Any] = {"machine": _machine(), "families": len(FAMILIES)}
    console.print(f"Keyword filter, {document['machine']}")
    peers, absent = ([], {}) if arguments.no_peers else available_peers()
    document["absent"] = absent
    report.print_peers(console, peers, absent)
    with progress.status("starting") as status:

        def tell(text: str) -> None:
            status.update(text)

        halves = ["dev"] if arguments.dev else list(HALVES)
        targets: list[report.Target] = []
        for half in halves:
            results = _qualities(half, peers, 5 if arguments.quick else 1, tell)
            report.print_quality(console, half, results, arguments.families)
            if half == "dev":
                report.print_misses(console, results["ours"], arguments.misses)
            targets += report.quality_targets(half, results)
            document[half] = {name: quality.document() for name, quality in results.items()}
        if not arguments.no_speed:
            found, targets_of_speed = _speeds(console, arguments, GLIN in peers, tell)
            document |= found
            targets += targets_of_speed
    report.print_targets(console, targets)
    document["targets"] = [dataclasses.asdict(target) for target in targets]
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def _refuse(arguments: argparse.Namespace) -> None:
    """Ends with 2 for paths that are not there: now, and not after minutes."""
    for path in arguments.text:
        if not path.exists():
            _parser().error(f"--text {path}: no such file or folder")
    if arguments.json and (arguments.json.is_dir() or not arguments.json.parent.is_dir()):
        _parser().error(f"--json {arguments.json}: no file in a folder that is there")


def _qualities(half: str, peers: list[str], every: int, tell: report.Tell) -> dict[str, Quality]:
    tell(f"{half}: ours")
    results = {"ours": judged(half, _ours, every)}
    for name in peers:
        results[name] = judged(half, _peer(name, lambda text: tell(f"{half}: {text}")), every)
    return results


def _ours(terms: list[str], texts: list[str]) -> list[bool]:
    ours = OurFilter(compiled(terms))
    return [ours.flags(text) for text in texts]


def _peer(name: str, tell: report.Tell) -> Judge:
    def judge(terms: list[str], texts: list[str]) -> list[bool]:
        flags: list[bool] = []
        with Peer(name) as peer:
            for at in range(0, len(texts), _PEER_BATCH):
                tell(f"{name}: {at:,} of {len(texts):,} texts")
                flags += peer.flags(terms, texts[at : at + _PEER_BATCH]).flags
        return flags

    return judge


def _speeds(
    console: Console, arguments: argparse.Namespace, glin: bool, tell: report.Tell
) -> tuple[dict[str, Any], list[report.Target]]:
    quick = arguments.quick
    times = timings(3 if quick else 9, glin, tell)
    report.print_timings(console, times)
    shapes, growths = slowest(60 if quick else 1_200, tell)
    report.print_slowest(console, shapes, growths)
    tell("running English")
    running = running_english(arguments.text, 200_000 if quick else 3_000_000)
    report.print_running(console, running)
    tell("zip and start")
    heavy = weight(3 if quick else 11)
    report.print_weight(console, heavy)
    document = {
        "timings": [dataclasses.asdict(timing) for timing in times],
        "slowest": [dataclasses.asdict(shape) for shape in shapes],
        "growth": [dataclasses.asdict(growth) for growth in growths],
        "running": [dataclasses.asdict(kind) | {"flagged": len(kind.flagged)} for kind in running],
        "weight": dataclasses.asdict(heavy),
    }
    return document, report.speed_targets(times, shapes, growths, running, heavy)


def _machine() -> str:
    return (
        f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} CPUs, "
        f"load {os.getloadavg()[0]:.1f}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.filter",
        description="Recall per family of disguises, false positives, CPU time, size and start of "
        "the keyword filter, beside other filters. The terms are a harmless policy of its own. "
        "Times are CPU time of the process; other programs on the machine still disturb them.",
    )
    parser.add_argument("--dev", action="store_true", help="the dev half only, and its misses")
    parser.add_argument("--families", action="store_true", help="print every family's recall")
    parser.add_argument(
        "--misses", type=int, default=0, metavar="N", help="print so many misses per dev family"
    )
    parser.add_argument("--no-peers", action="store_true", help="our filter only")
    parser.add_argument("--no-speed", action="store_true", help="recall and false positives only")
    parser.add_argument("--quick", action="store_true", help="a fifth of the cases, fewer rounds")
    parser.add_argument(
        "--text",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="files or folders of running English (default: what is in /usr/share/doc)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser


if __name__ == "__main__":
    main()
