"""Writes the page: one file, no script, nothing to fetch."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template

from local.demo.session import Run
from local.gallery.card import card
from local.gallery.pictures import shown
from local.record_text import tone

_TEMPLATE = Path(__file__).with_name("page.html")


def write_gallery(runs: list[Run], out: Path, page_url: str) -> Path:
    """Fetch what may be shown of every request and write OUT/index.html.

    `page_url` is of the page where one asks for pictures oneself.
    """
    cards = [card(run, shown(run.stack, run.record) if run.record else []) for run in runs]
    page = Template(_TEMPLATE.read_text("utf-8")).substitute(
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        requests=len(runs),
        page_url=escape(page_url),
        tally=_tally(runs),
        models=_models(runs),
        cards="\n".join(cards),
    )
    out.mkdir(parents=True, exist_ok=True)
    path = out / "index.html"
    path.write_text(page, "utf-8")
    return path


def _tally(runs: list[Run]) -> str:
    counts = Counter(run.outcome for run in runs)
    return "".join(
        f'<li class="badge {tone(status)}">{escape(status)} <b>{count}</b></li>'
        for status, count in counts.most_common()
    )


def _models(runs: list[Run]) -> str:
    """Who judged and who painted, by the records' own word."""
    named = {
        role: name for run in runs if run.record for role, name in run.record["models"].items()
    }
    return "".join(
        f"<div><dt>{escape(role)}</dt><dd>{escape(name)}</dd></div>" for role, name in named.items()
    )
