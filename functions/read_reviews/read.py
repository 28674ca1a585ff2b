"""What ReadReviews answers to each of its routes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from read_reviews.cursor import read_cursor, written_cursor
from read_reviews.view import History, Viewer
from shared.api import (
    ApiSettings,
    Event,
    Reply,
    answer,
    parameter,
    whole_number,
)
from shared.dynamodb import Item
from shared.errors import ServiceUnavailable
from shared.records import Records, part, utc_text
from shared.request import InvalidRequest
from shared.review_desk import conflict, entering, found, has_claim, short
from shared.reviews import Reviews
from shared.settings import Environment

_QUEUES = ("open", "owed", "decided")
_MOST_LISTED, _USUALLY_LISTED = 50, 20
_MOST_OF_REQUESTER = 10
# Only the same reviewer can note something at the same time.
_TRIES = 3


@dataclass(frozen=True)
class Settings:
    """ReadReviews' variables."""

    api: ApiSettings
    reviews: bool
    reviewers: frozenset[str]
    reviews_table: str
    results_table: str
    work_bucket: str
    images_bucket: str
    link_seconds: int

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
            work_bucket=env.text("WORK_BUCKET"),
            images_bucket=env.text("IMAGES_BUCKET"),
            link_seconds=env.number("LINK_SECONDS"),
        )


@dataclass(frozen=True)
class Desk:
    """What reading needs."""

    settings: Settings
    reviews: Reviews
    records: Records
    viewer: Viewer


def respond(desk: Desk, event: Event) -> Reply:
    """Raises Problem, and InvalidRequest for a parameter of the query."""
    who = entering(desk.settings, event)
    return (_list if event["resource"] == "/reviews" else _one)(desk, event, who)


def _list(desk: Desk, event: Event, who: str) -> Reply:
    queue = parameter(event, "queue") or "open"
    if queue not in _QUEUES:
        raise InvalidRequest("queue", "enum", f"queue must be one of {', '.join(_QUEUES)}")
    most = whole_number(event, "limit", 1, _MOST_LISTED, _USUALLY_LISTED)
    after = read_cursor(parameter(event, "cursor"), queue)
    rows, after = desk.reviews.page(queue, most, after)
    now = utc_text(datetime.now(UTC))
    body: dict[str, Any] = {"reviews": [short(row, who, now) for row in rows]}
    if after is not None:
        body["next_cursor"] = written_cursor(after)
    return answer(200, body)


def _one(desk: Desk, event: Event, who: str) -> Reply:
    row = found(desk.reviews, event)
    now = datetime.now(UTC)
    originals = _asks_for_originals(event) and row["about"] == "images"
    if originals:
        row = _noted(desk, row, who, utc_text(now))
    view = desk.viewer.full(row, _history(desk, row), who, originals, now)
    return answer(200, view | {"links": _links(event, row)})


def _asks_for_originals(event: Event) -> bool:
    given = parameter(event, "originals") or "false"
    if given not in {"true", "false"}:
        raise InvalidRequest("originals", "enum", "originals must be one of true, false")
    return given == "true"


def _noted(desk: Desk, row: Item, who: str, now: str) -> Item:
    """The row, which tells that this reviewer was shown the originals under their present claim.

    Raises Problem `conflict` for whoever does not have the claim.
    """
    for _ in range(_TRIES):
        if not has_claim(row, who, now):
            raise conflict(row, who, now)
        if any(
            one["by"] == who and one["at"] >= row["claimed_at"] for one in part(row, "seen", [])
        ):
            return row
        done, row = desk.reviews.note_seen(row, who, now)
        if done:
            return row
    raise ServiceUnavailable("it could not be noted who was shown the originals")


def _history(desk: Desk, row: Item) -> History:
    record = desk.records.get(str(row["request_id"])) or {}
    others, _ = desk.records.page_of(str(row["requester"]), _MOST_OF_REQUESTER + 1, None)
    return History(record, [one for one in others if one["request_id"] != row["request_id"]])


def _links(event: Event, row: Item) -> dict[str, str]:
    path: str = event["requestContext"]["path"]
    own = f"{path[: path.rfind('/reviews')]}/reviews/{row['review_id']}"
    return {"self": own, "claim": f"{own}/claim", "decision": f"{own}/decision"}
