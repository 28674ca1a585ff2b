"""The figures that the repository keeps: in docs/figures/, and as tables in docs/performance.md."""

from __future__ import annotations

import dataclasses
import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.cold_start.clients import limit
from bench.cold_start.figures import Ratio
from bench.cold_start.imports import GROUPS, Spent
from bench.cold_start.measure import ROOT
from bench.cold_start.packages import Packages
from bench.cold_start.rounds import Measured
from bench.cold_start.typical import LIMIT

KEPT = ROOT / "docs" / "figures" / "cold_start.json"
PAGE = ROOT / "docs" / "performance.md"
BEGINNING = "<!-- bench-cold-start writes what follows -->"
ENDING = "<!-- end of bench-cold-start -->"

Document = dict[str, Any]


def document(found: Measured, machine: str, typical: Ratio | None) -> Document:
    """What a run found, as JSON holds it: milliseconds of CPU, MiB, ratios."""
    functions = {}
    for name in found.ours:
        one = found.comparison(name)
        functions[name] = {
            "clients": list(found.ours[name][0].clients),
            "ms": round(one.ms, 1),
            "bare_ms": round(one.bare_ms, 1),
            "ratio": _rounded(one.ratio),
            "limit": limit(name),
            "mib": round(one.mib, 1),
            "bare_mib": round(one.bare_mib, 1),
            "modules": one.modules,
        }
    return {
        "machine": machine,
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
        "rounds": found.rounds,
        "seconds": round(found.seconds),
        "noise": _rounded(found.noise()),
        "typical": _rounded(typical) if typical else None,
        "functions": functions,
    }


def with_packages(kept: Document, packages: Packages, imports: dict[str, Spent]) -> Document:
    """The same, with sizes in bytes, and [modules, milliseconds] of each function's imports."""
    spent = {
        name: {group: [one.of(group)[0], round(one.of(group)[1], 1)] for group in GROUPS}
        for name, one in imports.items()
    }
    return kept | {"packages": dataclasses.asdict(packages), "imports": spent}


def read(path: Path = KEPT) -> Document:
    """What is kept; empty where nothing is."""
    found: Document = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def keep(kept: Document) -> None:
    """Writes the file, and the page's tables between their markers."""
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    PAGE.write_text(rewritten(PAGE.read_text("utf-8"), kept), "utf-8")


def rewritten(page: str, kept: Document) -> str:
    """The page with these figures in the place of those that it had."""
    before, begins, rest = page.partition(f"{BEGINNING}\n")
    _, ends, after = rest.partition(ENDING)
    if not begins or not ends:
        raise ValueError(f"the page lacks a line {BEGINNING} or {ENDING}")
    return f"{before}{begins}\n{tables(kept)}\n{ends}{after}"


def tables(kept: Document) -> str:
    """All figures as Markdown."""
    noise = kept["noise"]
    run = (
        f"{kept['machine']}; {kept['date']}, {kept['rounds']} rounds in {kept['seconds']} s; a "
        f"bare handler against itself: {_interval(noise)}."
    )
    return "\n".join(
        [
            run,
            "",
            *_functions(kept),
            "",
            *_packages(kept["packages"]),
            "",
            *_typical(kept["typical"]),
        ]
    )


def _functions(kept: Document) -> list[str]:
    columns = ("bare ms", "ours ms", "ratio", "at most", "MiB", "more", "modules", "ours", "in ms")
    lines = [
        f"| function | clients | {' | '.join(columns)} |",
        f"| --- | --- |{' --: |' * len(columns)}",
    ]
    for name, one in kept["functions"].items():
        modules, ms = kept["imports"][name]["ours"]
        lines.append(
            f"| {name} | {', '.join(one['clients']) or 'none'} | {one['bare_ms']:.0f} "
            f"| {one['ms']:.0f} | {_interval(one['ratio'])} | {one['limit']:.2f} "
            f"| {one['mib']:.1f} | {one['mib'] - one['bare_mib']:+.1f} | {one['modules']} "
            f"| {modules} | {ms:.1f} |"
        )
    return lines


def _packages(packages: Document) -> list[str]:
    parts = {
        f"the package of all {packages['functions']} functions": packages["whole"],
        "of it shared/": packages["folders"]["shared"],
        "of it compiled/, the policy": packages["folders"]["compiled"],
        "what FilterKeywords reaches of it": packages["reach"]["filter_keywords"],
        "the same package with .pyc files": packages["with_compiled_files"],
        "the layer with Pillow, of the functions that open pictures": packages["layer"],
    }
    return [
        "| package | MB zipped | MB unzipped |",
        "| --- | --: | --: |",
        *(
            f"| {name} | {one['zipped'] / 1e6:.3f} | {one['raw'] / 1e6:.3f} |"
            for name, one in parts.items()
        ),
    ]


def _typical(ratio: dict[str, float] | None) -> list[str]:
    if ratio is None:
        return []
    said = (
        "The five functions of the chain that judge and store, together, beside five with "
        f"Powertools and pydantic: {_interval(ratio)} of their CPU time, at most {LIMIT:.2f}."
    )
    return [said, ""]


def _rounded(ratio: Ratio) -> dict[str, float]:
    return {name: round(value, 3) for name, value in dataclasses.asdict(ratio).items()}


def _interval(ratio: dict[str, float]) -> str:
    return f"{ratio['best']:.2f} ({ratio['low']:.2f}-{ratio['high']:.2f})"
