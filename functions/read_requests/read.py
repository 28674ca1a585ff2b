"""What ReadRequests answers to each of its routes."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from read_requests.cursor import read_cursor, written_cursor
from shared.api import (
    ApiSettings,
    Event,
    Problem,
    Reply,
    answer,
    header,
    links_of,
    parameter,
    requester,
    weak_etag,
    whole_number,
)
from shared.api_requests import Requests
from shared.dynamodb import Item, Table
from shared.errors import TransientError
from shared.records import Records, utc_text
from shared.request import check_requester
from shared.request_ids import id_of_record, is_of
from shared.request_view import Viewer
from shared.settings import Environment
from shared.version import VERSION

if TYPE_CHECKING:
    from shared.stepfunctions import StepFunctions

_MOST_LISTED, _USUALLY_LISTED = 50, 20
# Rows of another requester under the same name are left out; a page is not searched for ever.
_MOST_PAGES = 10
_GENERATES = "GenerateImages"
# When to look again, in seconds. People take their time.
_SOON = {"RUNNING": {"Retry-After": "1"}, "IN_REVIEW": {"Retry-After": "5"}}
# What another origin's page may send beside what it always may. A browser asks once an hour.
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "DELETE, GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match, "
    "Safelight-Reviewer, X-Amz-Date, X-Amz-Security-Token, X-Api-Key",
    "Access-Control-Max-Age": "3600",
}
_DESCRIPTION = Path(__file__).with_name("openapi.json")


@dataclass(frozen=True)
class Settings:
    """ReadRequests' variables."""

    api: ApiSettings
    machine_arn: str
    results_table: str
    inferences_table: str
    images_bucket: str
    link_seconds: int
    reviews: bool

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            api=ApiSettings.from_env(env),
            machine_arn=env.text("STATE_MACHINE_ARN"),
            results_table=env.text("RESULTS_TABLE"),
            inferences_table=env.text("INFERENCES_TABLE"),
            images_bucket=env.text("IMAGES_BUCKET"),
            link_seconds=env.number("LINK_SECONDS"),
            reviews=env.flag("REVIEWS"),
        )


@dataclass(frozen=True)
class Desk:
    """What reading needs; Step Functions only where a record does not say it all.

    `inferences` is where WatchEndpoint notes what it saw of the queue.
    """

    settings: Settings
    records: Records
    requests: Requests
    step_functions: "Callable[[], StepFunctions]"
    viewer: Viewer
    inferences: Table


def respond(desk: Desk, event: Event) -> Reply:
    """Raises Problem, and InvalidRequest for a parameter of the query.

    Every route's preflights come here: only a stack that names an origin has them.
    """
    if event["httpMethod"] == "OPTIONS":
        return answer(204, None, _PREFLIGHT)
    handle = _ROUTES.get(event["resource"])
    if handle is None:
        raise Problem("not_found", "the API has no such address")
    if event["httpMethod"] != "GET":
        raise Problem("method_not_allowed", "only GET is allowed", headers={"Allow": "GET"})
    return handle(desk, event)


def _one(desk: Desk, event: Event) -> Reply:
    who, request_id, record = _found(desk, event)
    now = datetime.now(UTC)
    soon = _SOON.get(str(record["status"]), {})
    return _unless_known(
        event,
        desk.viewer.etag(record, now),
        lambda: desk.viewer.full(record, request_id, who, links_of(event, request_id), now),
        soon,
    )


def _events(desk: Desk, event: Event) -> Reply:
    _, request_id, record = _found(desk, event)
    try:
        entered, complete = desk.step_functions().tasks_entered(str(record["execution_arn"]))
    except (LookupError, TransientError):
        # Forgotten after 90 days, or too many ask at once: the record says how it stands.
        entered, complete = [], False
    told = []
    attempt = 0
    for at, stage in entered:
        attempt += stage == _GENERATES
        told.append({"at": utc_text(at), "stage": stage, "attempt": max(1, attempt)})
    body = {
        "request_id": request_id,
        "run": record["run"],
        "status": record["status"],
        "events": told,
        "complete": complete,
    }
    soon = _SOON.get("RUNNING" if not complete else str(record["status"]), {})
    return _unless_known(event, weak_etag(json.dumps(body)), lambda: body, soon)


def _list(desk: Desk, event: Event) -> Reply:
    who = requester(event, desk.settings.api.auth)
    most = whole_number(event, "limit", 1, _MOST_LISTED, _USUALLY_LISTED)
    name = parameter(event, "requester")
    if name is not None:
        check_requester(name)
    whole = f"api:{who}/{name}" if name else f"api:{who}"
    after = read_cursor(parameter(event, "cursor"), whole)
    found: list[tuple[str, Item]] = []
    for _ in range(_MOST_PAGES):
        page, after = desk.records.page_of(whole, most - len(found), after)
        ids = [(id_of_record(str(record["request_id"])), record) for record in page]
        found += [(own, record) for own, record in ids if is_of(who, own)]
        if after is None or len(found) == most:
            break
    now = datetime.now(UTC)
    body: dict[str, Any] = {"requests": [desk.viewer.short(one, own, now) for own, one in found]}
    if after is not None:
        body["next_cursor"] = written_cursor(after, whole)
    return answer(200, body)


def _health(desk: Desk, event: Event) -> Reply:
    # Of all routes this one alone needs it: every cold start would pay for the import.
    from shared.queue_look import Queue

    look, _ = Queue(desk.inferences).seen()
    generator = look and {
        "state": look.state,
        "instances": look.instances,
        "backlog": look.backlog,
        "looked_at": look.at,
    }
    return answer(200, {"status": "ok", "version": VERSION, "generator": generator})


def _description(desk: Desk, event: Event) -> Reply:
    etag, text = _read_description()
    reply = _unless_known(event, etag, lambda: None, {"Cache-Control": "public, max-age=300"})
    if reply["statusCode"] == 200:
        reply["headers"]["Content-Type"] = "application/json"
        reply["body"] = text
    return reply


@functools.cache
def _read_description() -> tuple[str, str]:
    text = _DESCRIPTION.read_text("utf-8")
    return weak_etag(text), text


def _found(desk: Desk, event: Event) -> tuple[str, str, Item]:
    """(requester, id, record) of the request in the path, if it is the requester's own."""
    who = requester(event, desk.settings.api.auth)
    request_id = (event.get("pathParameters") or {}).get("id", "")
    return who, request_id, desk.requests.find_own(who, request_id)


def _unless_known(
    event: Event, etag: str, body: Callable[[], object], headers: dict[str, str]
) -> Reply:
    """The answer, or 304 where the caller has it: weakly compared (RFC 9110, 13.1.2)."""
    headers = {"Cache-Control": "private, no-cache", "ETag": etag, **headers}
    known = (header(event, "If-None-Match") or "").split(",")
    if {one.strip().removeprefix("W/") for one in known} & {etag.removeprefix("W/"), "*"}:
        return answer(304, None, headers)
    return answer(200, body(), headers)


_ROUTES = {
    "/images": _list,
    "/images/{id}": _one,
    "/images/{id}/events": _events,
    "/health": _health,
    "/openapi.json": _description,
}
