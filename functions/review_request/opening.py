"""How a request comes before a person: its record says so, its review lies in the queue."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.announcement import public
from shared.dynamodb import Item
from shared.errors import Superseded
from shared.eventbridge import Bus
from shared.records import Records, part, utc_text
from shared.reviews import Reviews, result_of, review_id
from shared.settings import Environment
from shared.stepfunctions import StepFunctions

STAGE = "ReviewRequest"
# As in the state machine: how much longer than a review the Task waits.
_TELLING_SECONDS = 900
_TEXTS = ("request_id", "run", "n", "about", "execution_arn", "requester", "policy_hash")
_DOCUMENTS = ("reasons", "warnings", "images", "attempts", "classification", "models")
_TOLD = ("review_id", *_TEXTS, "answer_by")


@dataclass(frozen=True)
class Settings:
    """ReviewRequest's variables."""

    reviews_table: str
    results_table: str
    bus: str
    review_seconds: int
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            reviews_table=env.text("REVIEWS_TABLE"),
            results_table=env.text("RESULTS_TABLE"),
            bus=env.text("EVENT_BUS"),
            review_seconds=env.number("REVIEW_SECONDS"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@dataclass(frozen=True)
class Desk:
    """What opening a review needs."""

    review_seconds: int
    records: Records
    reviews: Reviews
    bus: Bus
    step_functions: StepFunctions


def open_review(desk: Desk, task: dict[str, Any]) -> tuple[str, str]:
    """(the review's id, opened or answered) once the Task's token is bound to its review.

    answered: a retried Task whose review has ended meanwhile. The record comes first, so that no
    decision is followed by IN_REVIEW. Raises Superseded if the record is not this execution's to
    go on with.
    """
    now = datetime.now(UTC)
    if not desk.records.enter_review(
        task["request_id"],
        task["execution_arn"],
        STAGE,
        utc_text(now),
        _deadline(task, desk.review_seconds),
    ):
        raise Superseded("the record was closed, or followed by another run")
    identity = review_id(task["request_id"], task["run"], task["n"])
    first = _first(task, now, desk.review_seconds)
    # An execution that began before a deployment may not tell its tries apart.
    row = desk.reviews.open(identity, task["token"], task.get("tried_at", 0), first)
    if row["status"] != "OPEN":
        # Nobody waits for the token of a try that was given up: the newest one is still owed.
        if desk.step_functions.succeed(task["token"], result_of(row)):
            desk.reviews.settle(identity)
        return identity, "answered"
    desk.bus.announce("ImageInReview", in_review_event(row))
    return identity, "opened"


def in_review_event(row: Item) -> dict[str, Any]:
    """The detail of ImageInReview: every copy has the same event_id."""
    identity = (row["request_id"], row["run"], "IN_REVIEW", row["n"])
    return {
        "event_id": hashlib.sha256("\n".join(map(str, identity)).encode()).hexdigest(),
        **{name: row[name] for name in _TOLD},
        "reasons": [public(reason) for reason in part(row, "reasons", [])],
        "appealed": bool(row["appealed"]),
        "created_at": row["opened_at"],
    }


def _deadline(task: dict[str, Any], review_seconds: int) -> str:
    """The run's own deadline, later by what all its reviews so far may have taken."""
    reviews = timedelta(seconds=task["n"] * (review_seconds + _TELLING_SECONDS))
    return utc_text(datetime.fromisoformat(task["deadline"]) + reviews)


def _first(task: dict[str, Any], now: datetime, review_seconds: int) -> Item:
    row: Item = {name: task[name] for name in _TEXTS}
    row |= {name: json.dumps(task[name], ensure_ascii=False) for name in _DOCUMENTS}
    if task["appeal"] is not None:
        row["appeal"] = json.dumps(task["appeal"], ensure_ascii=False)
    return row | {
        "prompt": task["request"]["prompt"],
        "negative_prompt": task["request"]["negative_prompt"],
        "opened_at": utc_text(now),
        "answer_by": utc_text(now + timedelta(seconds=review_seconds)),
        "expires_at": int(task["expires_at"]),
        "regenerable": int(task["regenerable"]),
        "appealed": int(task["appeal"] is not None),
    }
