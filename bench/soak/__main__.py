"""`python -m bench.soak`: see --help."""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.soak import report
from bench.soak.figures import PERCENTS, line, percentiles
from bench.soak.ring import Ring, Settings, Tell, run
from bench.spent import PRICED, cost

# A Task waits 365 s for the endpoint, 104 s at 3.5. The sweeper looks for what the endpoint should
# have answered after 65 s, which are real, and comes every 34 s: it mostly wins, as on AWS it
# always would. Quicker, time-outs come first, and the load ends sooner.
_TIME_SCALE, _QUICK_TIME_SCALE = 3.5, 12.0
# One for each function of the stack, and more of the busy ones.
_PROCESSES = 20


def main() -> int:
    arguments = _parser().parse_args()
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    # In a file, tables need not fit a screen.
    console = Console(width=None if sys.stdout.isatty() else 130)
    machine = (
        f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} CPUs, "
        f"load {os.getloadavg()[0]:.1f} before"
    )
    scale = arguments.time_scale or (_QUICK_TIME_SCALE if arguments.quick else _TIME_SCALE)
    requests = arguments.requests or (100 if arguments.quick else 2000)
    concurrency = arguments.concurrency or (20 if arguments.quick else 50)
    console.print(
        f"Load with chaos. {machine}; seed {seed}; each fault strikes about "
        f"{100 * arguments.faults:g} % of requests; time scale {scale:g}; one run of each size: "
        "times have no other spread",
        highlight=False,
    )
    rings = []
    for size in _sizes(requests, arguments.quick):
        rings.append(_ring(Settings(size, concurrency, arguments.faults, seed, scale, _PROCESSES)))
        report.print_ring(console, rings[-1])
    report.print_growth(console, rings)
    if arguments.json:
        documents = [_document(ring) for ring in rings]
        document = {"machine": machine, "rings": documents, "growth": _growth(rings)}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    dirty = [ring for ring in rings if not ring.account.clean]
    verdict = "[bold red]NOT CLEAN[/]" if dirty else "[bold green]clean[/]"
    console.print(f"{verdict}: seed {seed}", highlight=False)
    return 1 if dirty else 0


def _sizes(requests: int, quick: bool) -> list[int]:
    """A twentieth and a quarter first: they tell how things grow."""
    return [requests] if quick or requests < 200 else [requests // 20, requests // 4, requests]


def _ring(settings: Settings) -> Ring:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        bar = progress.add_task("", total=settings.requests)
        return run(
            settings,
            Tell(
                sent=lambda count: progress.advance(bar, count),
                doing=lambda text: progress.update(bar, description=text),
            ),
        )


def _document(ring: Ring) -> dict[str, Any]:
    """Everything but the single values."""
    return {
        "settings": vars(ring.settings),
        "found": ring.account.found,
        "unreadable_copies": ring.account.unreadable_copies,
        "outcomes": {
            " ".join(place).strip(): count for place, count in ring.account.outcomes.items()
        },
        "kinds": {" ended ".join(kind): count for kind, count in ring.account.kinds.items()},
        "injected": ring.injected | ring.model_faults,
        "swept": ring.swept,
        "not_sent": ring.refused,
        "counts": ring.counts,
        "usd_at_list_prices": {"priced": PRICED, **cost(ring.counts)},
        "milliseconds": {stage: _spread(values) for stage, values in ring.stages.items()},
        "sent_to_ended_seconds": _spread(ring.round_trips),
        "load_seconds": ring.load_seconds,
        "settling_seconds": ring.settling_seconds,
        "rss_bytes": ring.rss,
        "cpu_seconds": ring.cpu,
        "executions": ring.executions,
        "result_events": ring.events,
        "published_pictures": ring.published,
    }


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    names = [f"p{percent}" for percent in PERCENTS]
    return {"n": len(values), **dict(zip(names, percentiles(values), strict=True))}


def _growth(rings: list[Ring]) -> dict[str, Any]:
    counts = [ring.settings.requests for ring in rings]
    found = {}
    for name, values in report.growth(rings).items():
        fitted = line(counts, values)
        beyond = {str(count): fitted.at(count) for count in report.BEYOND}
        found[name] = {**vars(fitted), "measured": values, "extrapolated": beyond}
    return found


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 0.1:
        raise argparse.ArgumentTypeError("faults are 0 to 0.1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak",
        description="Many requests at once on the local engine while services, functions, "
        "deliveries and models fail; then the account of every request. Ends with 1 if any is "
        "lost, doubled, stuck, untold or untruthful, if a picture got out unjudged or a token did.",
    )
    parser.add_argument("--requests", type=int, metavar="N", help="in the largest load (2000)")
    parser.add_argument("--concurrency", type=int, metavar="N", help="at a time (50)")
    parser.add_argument(
        "--faults", type=_share, default=0.05, metavar="X", help="share of requests each strikes"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of requests and faults; else drawn")
    parser.add_argument("--time-scale", type=float, metavar="X", help=f"({_TIME_SCALE})")
    parser.add_argument("--quick", action="store_true", help="one load of 100, 20 at a time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
