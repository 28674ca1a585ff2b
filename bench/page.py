"""What the page weighs, how fast it is there, and what axe finds in it, as Chromium measures it.

Every load is a first visit: a context without a cache. Network and CPU are slowed down as
Lighthouse's mobile setting has it (150 ms round trips, 1.6 Mbit/s, a quarter of the CPU, applied by
the DevTools protocol). The page comes from the local page server, which compresses nothing;
CloudFront does, which the column gzip allows for.

Usage: .venv-web/bin/python -m bench.page [--runs 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import platform
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from bench.chromium import CHROMIUM, HINT, launch
from local.page.server import FOLDER
from local.stack import LocalStack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VIEWS = {"form": "#/", "history": "#/history", "playground": "#/playground"}
# Lighthouse's factors of what DevTools delays: 3.75 of a round trip, 0.9 of the bits.
SLOW_4G = {
    "offline": False,
    "latency": 150 * 3.75,
    "downloadThroughput": 1.6e6 * 0.9 / 8,
    "uploadThroughput": 750e3 * 0.9 / 8,
}
CONDITIONS: dict[str, tuple[dict[str, Any] | None, int]] = {
    "as it is": (None, 1),
    "slow 4G, CPU / 4": (SLOW_4G, 4),
}
FIGURES = {
    "first_paint": "first paint, ms",
    "first_contentful_paint": "first contentful paint, ms",
    "view_shown": "the view is shown, ms",
    "largest_contentful_paint": "largest contentful paint, ms",
    "total_blocking_time": "total blocking time, ms",
    "layout_shift": "cumulative layout shift",
}
# After the last request, for what is late: a shift, a long task.
_QUIET_MS = 1500
_WATCH = """
window.seen = { largest: 0, shift: 0, tasks: [], view: 0 };
const watch = (type, each) => new PerformanceObserver(
  (list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
watch("largest-contentful-paint", (entry) => { seen.largest = entry.startTime; });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
watch("longtask", (entry) => seen.tasks.push([entry.startTime, entry.duration]));
new MutationObserver(() => {
  const views = document.querySelectorAll("[id^=view-]:not([hidden])");
  if (![...views].some((view) => view.checkVisibility({ visibilityProperty: true }))) return;
  seen.view ||= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
_READ = """() => {
  const paints = performance.getEntriesByType("paint");
  const paint = (name) => paints.find((entry) => entry.name === name)?.startTime ?? null;
  return { ...seen, first: paint("first-paint"), contentful: paint("first-contentful-paint") };
}"""
Sizes = dict[str, tuple[int, int]]


@dataclass
class Load:
    """One first visit: milliseconds, and (requests, bytes with headers) by type."""

    first_paint: float
    first_contentful_paint: float
    view_shown: float
    largest_contentful_paint: float
    total_blocking_time: float
    layout_shift: float
    transferred: Sizes = field(default_factory=dict)


def main() -> int:
    arguments = _parser().parse_args()
    if importlib.util.find_spec("playwright") is None or not CHROMIUM.exists():
        print(HINT, file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    with LocalStack(page_ports=(0,)) as stack, sync_playwright() as playwright:
        browser = launch(playwright)
        machine = _machine(browser.version)
        result = _ask(browser, stack.page_url)
        views = {**VIEWS, "result": f"#/images/{result}"}
        loads = {
            (view, condition): [
                _load(browser, stack.page_url + fragment, *CONDITIONS[condition])
                for _ in range(arguments.runs)
            ]
            for view, fragment in views.items()
            for condition in CONDITIONS
        }
        audits = {
            (view, theme): _audit(browser, stack.page_url + fragment, theme)
            for view, fragment in views.items()
            for theme in ("light", "dark")
        }
        browser.close()
    files = _files()
    _print(Console(width=None if sys.stdout.isatty() else 130), machine, files, loads, audits)
    if arguments.json:
        found = _document(machine, files, loads, audits)
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0


def _machine(version: str) -> str:
    return (
        f"Chromium {version}, headless, on {platform.machine()}, {os.cpu_count()} CPUs, "
        f"load {os.getloadavg()[0]:.1f} before"
    )


def _ask(browser: Browser, address: str) -> str:
    """Has a picture made, for the view of a result; its request's id."""
    context = browser.new_context()
    asked = context.request.post(f"{address}api/images?wait=25", data={"prompt": "a pier at dusk"})
    request_id: str = asked.json()["request_id"]
    context.close()
    return request_id


def _load(browser: Browser, url: str, network: dict[str, Any] | None, slower: int) -> Load:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.add_init_script(_WATCH)
    page = context.new_page()
    session = context.new_cdp_session(page)
    types: dict[str, str] = {}
    transferred: Sizes = defaultdict(lambda: (0, 0))

    def finished(event: dict[str, Any]) -> None:
        kind = types.get(event["requestId"], "Other")
        count, size = transferred[kind]
        transferred[kind] = (count + 1, size + int(event["encodedDataLength"]))

    session.on("Network.responseReceived", lambda e: types.update({e["requestId"]: e["type"]}))
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    if network:
        session.send("Network.emulateNetworkConditions", network)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    _open(page, url)
    seen = page.evaluate(_READ)
    context.close()
    return Load(
        first_paint=seen["first"],
        first_contentful_paint=seen["contentful"],
        view_shown=seen["view"],
        largest_contentful_paint=seen["largest"],
        # What a task takes beyond 50 ms, from the first contents on.
        total_blocking_time=sum(
            max(0.0, took - 50) for start, took in seen["tasks"] if start >= seen["contentful"]
        ),
        layout_shift=seen["shift"],
        transferred=dict(transferred),
    )


def _open(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(_QUIET_MS)


def _audit(browser: Browser, url: str, theme: str) -> dict[str, int]:
    """How many of axe's rules passed, were broken, and are left to a person."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    _open(page, url)
    told = Axe().run(page, options={"resultTypes": ["violations", "passes", "incomplete"]}).response
    context.close()
    return {name: len(told[name]) for name in ("passes", "violations", "incomplete")}


def _files() -> dict[str, tuple[int, int, int]]:
    """By suffix: files, bytes, bytes with gzip."""
    found: dict[str, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for file in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        content = file.read_bytes()
        count, size, packed = found[file.suffix]
        found[file.suffix] = (
            count + 1,
            size + len(content),
            packed + len(gzip.compress(content, 6, mtime=0)),
        )
    return dict(found)


Loads = dict[tuple[str, str], list[Load]]
Audits = dict[tuple[str, str], dict[str, int]]


def _print(
    console: Console, machine: str, files: dict[str, Any], loads: Loads, audits: Audits
) -> None:
    (runs,) = {len(found) for found in loads.values()}
    console.print(
        f"The page on the local engine. {machine}; first visits at 360 x 740; medians of {runs} "
        "(lowest to highest)",
        highlight=False,
    )
    table = Table("files", "count", "bytes", "gzip", title="The page's files")
    totals = tuple(map(sum, zip(*files.values(), strict=True)))
    for name, figures in [*files.items(), ("all", totals)]:
        table.add_row(name, *(f"{figure:,}" for figure in figures))
    console.print(table)
    for condition in CONDITIONS:
        views = [view for view, its in loads if its == condition]
        table = Table("", *views, title=condition)
        for name, title in FIGURES.items():
            table.add_row(title, *(_spread(loads[view, condition], name) for view in views))
        if condition == next(iter(CONDITIONS)):
            for kind in sorted({kind for load in loads.values() for kind in load[0].transferred}):
                table.add_row(f"{kind}: requests, bytes", *(
                    "{:,}, {:,}".format(*loads[view, condition][0].transferred.get(kind, (0, 0)))
                    for view in views
                ))  # fmt: skip
        console.print(table)
    table = Table("view", "theme", "passed", "broken", "left to people", title="axe's rules")
    for (view, theme), audit in audits.items():
        table.add_row(view, theme, *map(str, audit.values()))
    console.print(table)


def _spread(found: list[Load], name: str) -> str:
    values = sorted(getattr(load, name) for load in found)
    places = 3 if name == "layout_shift" else 0
    middle = statistics.median(values)
    return f"{middle:.{places}f} ({values[0]:.{places}f} to {values[-1]:.{places}f})"


def _document(machine: str, files: dict[str, Any], loads: Loads, audits: Audits) -> dict[str, Any]:
    return {
        "machine": machine,
        "files": {
            suffix: dict(zip(("count", "bytes", "gzip"), figures, strict=True))
            for suffix, figures in files.items()
        },
        "loads": [
            {"view": view, "condition": condition, "runs": [vars(load) for load in found]}
            for (view, condition), found in loads.items()
        ],
        "axe": [{"view": view, "theme": theme, **audit} for (view, theme), audit in audits.items()],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="loads of each view (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
