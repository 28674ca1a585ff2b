"""Reviews for people, in a terminal: a queue, and one with all that is known of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.commands.table import print_table
from local.record_text import reason_text, reasons_text

if TYPE_CHECKING:
    from rich.console import Console

Review = dict[str, Any]
# Of a review's id: enough to tell it from others, and to name it by.
_SHORT = 12
_FACTS = (
    *("review_id", "request_id", "run", "about", "status", "opened_at", "answer_by"),
    *("requester", "policy_hash", "prompt", "negative_prompt"),
)


def print_queue(console: Console, queue: str, reviews: list[Review]) -> None:
    """A line for each."""
    common = ("review", "request", "about", "why")
    if queue == "open":
        waiting = [(*_named(one), _left(one["answer_by"]), _claim(one)) for one in reviews]
        title = "Waiting for a decision" if reviews else "Nothing waits for a decision."
        print_table(console, title, (*common, "left", "claimed"), waiting)
    else:
        ended = [(*_named(one), *_decision(one)) for one in reviews]
        title = "Decided last" if reviews else "Nothing was decided yet."
        print_table(console, title, (*common, "decision", "at", "by"), ended)


def print_review(console: Console, review: Review) -> None:
    """Everything a person needs to decide; `--json` shows the rest."""
    facts = [(name, review[name]) for name in _FACTS if review.get(name)]
    if "prompt" not in review and "decision" in review:
        facts.append(("prompt", "not kept (the stack's parameter StorePrompts)"))
    if claimed := _claim(review):
        facts.append(("claimed", claimed))
    if appeal := review.get("appeal"):
        facts.append(("appeal", f"{appeal['at']}: {appeal['message']}"))
    if "decision" in review:
        facts.append(("decision", ", ".join(filter(None, _decision(review)))))
    if "decided_reason" in review:
        facts.append(("reason", review["decided_reason"]))
    _print_facts(console, facts)
    for title, name in (("Why a person is asked", "reasons"), ("Warnings", "warnings")):
        told = [
            (one["stage"], one["action"], one.get("image", ""), reason_text(one | {"image": None}))
            for one in review.get(name, ())
        ]
        _titled(console, title, ("stage", "action", "--images", "why"), told)
    _print_images(console, review.get("images", []))
    scores = review.get("classification", {}).get("scores") or {}
    rows = [(label, f"{score:.4f}") for label, score in sorted(scores.items(), key=_by_score)]
    _titled(console, "The classifier's scores", ("label", "score"), rows)
    _print_history(console, review["history"])


def _print_facts(console: Console, facts: list[tuple[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, fact in facts:
        table.add_row(name, Text(str(fact)))
    console.print(table)


def _by_score(told: tuple[str, float]) -> float:
    return -told[1]


def _print_images(console: Console, images: list[dict[str, Any]]) -> None:
    """Pictures by their number for --images; a link is a line of its own, never broken."""
    rows = [
        (
            image["index"],
            image["verdict"],
            f"{image['width']} x {image['height']}",
            reasons_text(image.get("reasons", ())),
        )
        for image in images
    ]
    _titled(console, "Pictures", ("--images", "verdict", "size", "why"), rows)
    for image in images:
        for name, what in (("preview_url", "blurred"), ("url", "unblurred")):
            if name in image:
                link = f"  {image['index']} {what}  {image[name]}"
                console.print(link, soft_wrap=True, highlight=False, markup=False)


def _print_history(console: Console, history: dict[str, Any]) -> None:
    runs = [
        (one["run"], one["status"], one["updated_at"], reasons_text(one["reasons"]))
        for one in history["runs"]
    ]
    _titled(console, "Earlier runs of the request", ("run", "status", "ended", "why"), runs)
    reviews = [
        (one["about"], one["decision"], one["at"], one["by"], one["reason"])
        for one in history["reviews"]
    ]
    columns = ("about", "decision", "at", "by", "reason")
    _titled(console, "Other reviews of the request", columns, reviews)
    others = [(one["status"], one["at"]) for one in history["requester"]]
    _titled(console, "The requester's last requests", ("status", "at"), others)


def _titled(
    console: Console, title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> None:
    if rows:
        print_table(console, title, columns, rows)


def _named(review: Review) -> tuple[str, ...]:
    about = "prompt" if review["about"] == "prompt" else "pictures"
    told = f"{about}, appeal" if review["appealed"] else about
    # Messages say what happened, and the labels here are all in review.
    why = reasons_text({**reason, "message": ""} for reason in review["reasons"])
    return review["review_id"][:_SHORT], review["request_id"], told, why


def _left(answer_by: str) -> str:
    """How long it may still be decided."""
    seconds = (datetime.fromisoformat(answer_by) - datetime.now(UTC)).total_seconds()
    if seconds <= 0:
        return "none: it expires"
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _claim(review: Review) -> str:
    if "claimed_by" not in review:
        return ""
    who = "you" if review["mine"] else review["claimed_by"]
    over = " (over)" if review["claim_expired"] else ""
    return f"by {who} until {review['claim_until']}{over}"


def _decision(review: Review) -> tuple[str, str, str]:
    heard = "" if review.get("heard", True) else ", not heard"
    return (
        f"{review.get('decision', review['status'])}{heard}",
        review.get("decided_at", ""),
        review.get("decided_by", ""),
    )
