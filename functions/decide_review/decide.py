"""What DecideReview does for each of its routes: claim, release, decide."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from decide_review.asked import approved_of, read_decided
from shared.api import (
    ApiSettings,
    Event,
    Problem,
    Reply,
    answer,
    blaming,
    json_body,
)
from shared.dynamodb import Item
from shared.records import Records, part, utc_text
from shared.request import MAX_FILE_BYTES
from shared.request_ids import is_of
from shared.review_desk import conflict, entering, found, short
from shared.reviews import Reviews, tell_task
from shared.settings import Environment

if TYPE_CHECKING:
    from shared.stepfunctions import StepFunctions


@dataclass(frozen=True)
class Settings:
    """DecideReview's variables."""

    api: ApiSettings
    reviews: bool
    reviewers: frozenset[str]
    reviews_table: str
    results_table: str
    claim_seconds: int
    store_prompts: bool

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            api=ApiSettings.from_env(env),
            reviews=env.flag("REVIEWS"),
            reviewers=env.names("REVIEWERS"),
            reviews_table=env.text("REVIEWS_TABLE"),
            results_table=env.text("RESULTS_TABLE"),
            claim_seconds=env.number("REVIEW_CLAIM_SECONDS"),
            store_prompts=env.flag("STORE_PROMPTS"),
        )


@dataclass(frozen=True)
class Desk:
    """What deciding needs; Step Functions for decisions only."""

    settings: Settings
    reviews: Reviews
    records: Records
    step_functions: "Callable[[], StepFunctions]"


def respond(desk: Desk, event: Event) -> Reply:
    """Raises Problem, and InvalidRequest for what is wrong with the body."""
    who = entering(desk.settings, event)
    calls = {method: call for (method, path), call in _ROUTES.items() if path == event["resource"]}
    if (call := calls.get(event["httpMethod"])) is None:
        allowed = ", ".join(calls)
        raise Problem("method_not_allowed", f"only {allowed}", headers={"Allow": allowed})
    return call(desk, event, found(desk.reviews, event), who)


def _claim(desk: Desk, event: Event, row: Item, who: str) -> Reply:
    _check_impartial(desk, row, who)
    now = datetime.now(UTC)
    until = utc_text(now + timedelta(seconds=desk.settings.claim_seconds))
    done, row = desk.reviews.claim(
        str(row["review_id"]), who, utc_text(now), min(until, str(row["answer_by"]))
    )
    if not done:
        raise conflict(row, who, utc_text(now))
    return answer(200, short(row, who, utc_text(now)))


def _release(desk: Desk, event: Event, row: Item, who: str) -> Reply:
    """After this the caller has no claim, whether they had one or not."""
    done, row = desk.reviews.release(str(row["review_id"]), who)
    now = utc_text(datetime.now(UTC))
    if not done and row.get("status") == "OPEN" and str(row.get("claim_until", "")) > now:
        raise conflict(row, who, now)
    return answer(204, None)


def _decide(desk: Desk, event: Event, row: Item, who: str) -> Reply:
    decided = read_decided(json_body(event, MAX_FILE_BYTES))
    _check_impartial(desk, row, who)
    approved = approved_of(decided, row)
    now = utc_text(datetime.now(UTC))
    keep_prompt = desk.settings.store_prompts
    identity = str(row["review_id"])
    done, row = desk.reviews.decide(
        identity, who, decided.decision, decided.reason, approved, now, keep_prompt
    )
    same = (who, decided.decision, decided.reason, approved)
    if not done and (row.get("status") != "DECIDED" or _decision_of(row) != same):
        raise conflict(row, who, now)
    if done:
        _count(desk, decided.decision)
    told = "heard"
    if row["queue"] == "owed":
        told = tell_task(desk.reviews, desk.records, desk.step_functions(), row, keep_prompt)
    if told == "over":
        raise conflict(row | {"status": "OVER"}, who, now)
    body = {
        "review_id": identity,
        "decision": decided.decision,
        "decided_at": row["decided_at"],
        "heard": told == "heard",
    }
    replayed = {} if done else {"Idempotent-Replay": "true"}
    return answer(200 if body["heard"] else 202, body, replayed)


def _decision_of(row: Item) -> tuple[str, str, str, list[int]]:
    by, decision, reason = (str(row[name]) for name in ("decided_by", "decision", "decided_reason"))
    return by, decision, reason, part(row, "approved", [])


def _check_impartial(desk: Desk, row: Item, who: str) -> None:
    """Raises Problem `forbidden` for who would judge what they asked for or decided themself."""
    if is_of(who, str(row["request_id"])):
        raise blaming("forbidden", "id", "own_request", "nobody decides on their own request")
    if (appeal := part(row, "appeal", None)) is None:
        return
    record = desk.records.get(str(row["request_id"])) or {}
    runs = (run for run in part(record, "history", []) if run["run"] == appeal["against"])
    if any(_ended_by(run.get("reviews", [])) == who for run in runs):
        message = "nobody decides on an appeal against their own decision"
        raise blaming("forbidden", "id", "own_decision", message)


def _ended_by(reviews: list[dict[str, Any]]) -> object:
    """Whose decision a run ended with; None where it went on after the last of its reviews."""
    if not reviews:
        return None
    last = reviews[-1]
    approved_prompt = (last["decision"], last["about"]) == ("approve", "prompt")
    return None if approved_prompt or last["decision"] == "regenerate" else last["by"]


def _count(desk: Desk, decision: str) -> None:
    # Only a decision needs it: every cold start would pay for the import.
    from shared.metrics import Metrics

    Metrics(desk.settings.api.metrics_namespace).count("ReviewDecisions", Decision=decision)


_ROUTES = {
    ("POST", "/reviews/{id}/claim"): _claim,
    ("DELETE", "/reviews/{id}/claim"): _release,
    ("POST", "/reviews/{id}/decision"): _decide,
}
