"""One request of the gallery as HTML. Every text is escaped where it enters the page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from local.demo.session import Run
from local.gallery.pictures import Shown
from local.record_text import STAGES, reason_text, review_text, tone, total_ms

_WHY_EMPTY = {
    "BLOCKED_PROMPT": "Stopped at the prompt: nothing was painted.",
    "INVALID": "Refused at the door: nothing was painted.",
    "FAILED": "The endpoint gave no picture.",
    "ALREADY_REQUESTED": "Nothing was painted twice.",
}


def card(run: Run, pictures: list[Shown]) -> str:
    """The article of one request."""
    name = escape(run.scenario.name)
    return (
        f'<article class="card" id="{name}" aria-labelledby="{name}-title">'
        f"{_pictures(run, pictures)}"
        '<div class="body">'
        f'<p class="badge {tone(run.outcome)}">{escape(run.outcome)}</p>'
        f'<h2 id="{name}-title">{escape(run.scenario.title)}</h2>'
        f"<blockquote>{escape(run.scenario.prompt)}</blockquote>"
        f"{_facts(run)}{_grounds(run)}{_reviews(run)}{_attempts(run)}{_stages(run)}"
        f"{_conversation(run)}{_record(run)}"
        "</div></article>"
    )


def _pictures(run: Run, pictures: list[Shown]) -> str:
    if not pictures:
        return f'<div class="no-picture">{escape(_WHY_EMPTY.get(run.outcome, "No picture."))}</div>'
    return f'<div class="pictures">{"".join(_picture(run, one) for one in pictures)}</div>'


def _picture(run: Run, one: Shown) -> str:
    number = one.index + 1
    if one.delivered:
        caption, text = "delivered", f"Picture {number}, delivered: {run.scenario.prompt}"
    else:
        found = ", ".join(one.labels) or "blotted out by the model"
        caption = "withheld: blurred preview"
        text = f"Blurred preview of picture {number}, withheld: {found}"
    return (
        f'<figure class="{"delivered" if one.delivered else "veiled"}">'
        f'<img src="{one.source}" width="{one.width}" height="{one.height}" alt="{escape(text)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _facts(run: Run) -> str:
    facts = [("came by", run.scenario.came_by), ("recorded as", run.request_id)]
    if run.execution is not None and run.execution.first is not None:
        facts[1] = ("points to", run.request_id)
    facts.append(("announced as", run.announced or "nothing: the first was announced"))
    if run.scenario.warn:
        facts.append(("stack", f"{run.stack.name} (warns instead of rejecting)"))
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(fact)}</dd>" for term, fact in facts)
    return f'<dl class="facts">{rows}</dl>'


def _grounds(run: Run) -> str:
    record = run.record or {}
    return _list("Reasons", "reason", record.get("reasons", [])) + _list(
        "Warnings", "warning", record.get("warnings", [])
    )


def _reviews(run: Run) -> str:
    """What people decided."""
    texts = [review_text(review) for review in (run.record or {}).get("reviews", [])]
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<h3>Decided by people</h3><ul class="grounds">{items}</ul>' if items else ""


def _list(heading: str, kind: str, grounds: list[dict[str, Any]]) -> str:
    if not grounds:
        return ""
    items = "".join(f'<li class="{kind}">{_ground(ground)}</li>' for ground in grounds)
    return f'<h3>{heading}</h3><ul class="grounds">{items}</ul>'


def _ground(ground: dict[str, Any]) -> str:
    text = f'{escape(reason_text(ground))} <span class="stage">{escape(ground["stage"])}</span>'
    if "score" not in ground:
        return text
    score, threshold = 100 * ground["score"], 100 * ground["threshold"]
    return (
        f'{text}<span class="meter" aria-hidden="true"><span style="width:{score:.0f}%"></span>'
        f'<i style="left:{threshold:.0f}%"></i></span>'
    )


def _attempts(run: Run) -> str:
    attempts = (run.record or {}).get("attempts", [])
    if len(attempts) < 2:
        return ""
    rows = "".join(f"<li>{_attempt(attempt)}</li>" for attempt in attempts)
    return f'<h3>Attempts</h3><ol class="attempts">{rows}</ol>'


def _attempt(attempt: dict[str, Any]) -> str:
    text = f"<b>{escape(attempt['verdict'])}</b>, seed {attempt['seed']}"
    if attempt["labels"]:
        text += f": {_joined(attempt['labels'])}"
    if attempt["negative_prompt_added"]:
        text += f"<br><small>not to show: {_joined(attempt['negative_prompt_added'])}</small>"
    return text


def _joined(texts: Iterable[str]) -> str:
    return escape(", ".join(texts))


def _stages(run: Run) -> str:
    if run.record is None:
        return ""
    timings = run.record.get("timings", {})
    longest = max([1, *timings.values()])
    rows = "".join(
        f'<tr><th scope="row">{stage}</th><td class="bar" aria-hidden="true">'
        f'<span style="width:{100 * timings[stage] / longest:.1f}%"></span></td>'
        f"<td>{timings[stage]:,.0f} ms</td></tr>"
        for stage in STAGES
        if stage in timings
    )
    total = (
        f'<tr class="total"><th scope="row">in all</th><td class="bar"></td>'
        f"<td>{total_ms(run.record):,} ms</td></tr>"
    )
    return f'<table class="stages"><caption>Time per stage</caption>{rows}{total}</table>'


def _record(run: Run) -> str:
    if run.record is None:
        return ""
    text = json.dumps(run.record, indent=2, ensure_ascii=False, sort_keys=True)
    return _more("The record", "record", text)


def _conversation(run: Run) -> str:
    return "".join(_more("Asked and answered", "call", text) for text in run.conversation)


def _more(summary: str, kind: str, text: str) -> str:
    shown = f'<pre class="{kind}" tabindex="0">{escape(text)}</pre>'
    return f"<details><summary>{summary}</summary>{shown}</details>"
