"""What RequestImages does with POST /images: check, count, start, and wait if asked to."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from request_images.waiting import LONGEST_WAIT, WaitingRoom
from shared.api import (
    ApiSettings,
    Event,
    Problem,
    Reply,
    answer,
    header,
    json_body,
    links_of,
    requester,
    whole_number,
)
from shared.api_requests import Requests, UnknownRequest
from shared.dynamodb import Item
from shared.errors import ServiceUnavailable, Throttled, TransientError
from shared.log import tell
from shared.quotas import Quotas
from shared.request import MAX_FILE_BYTES, InvalidRequest, normalised, request_hash
from shared.request_ids import request_id_for
from shared.request_view import Viewer
from shared.settings import Environment
from shared.statuses import OPEN
from shared.stepfunctions import StepFunctions

# For the last look, and the answer.
_SPARED_SECONDS = 2
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True)
class Settings:
    """RequestImages' variables."""

    api: ApiSettings
    machine_arn: str
    results_table: str
    quotas_table: str
    requests_per_day: int
    max_waiting: int
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
            quotas_table=env.text("QUOTAS_TABLE"),
            requests_per_day=env.number("REQUESTS_PER_DAY"),
            max_waiting=env.number("MAX_WAITING"),
            images_bucket=env.text("IMAGES_BUCKET"),
            link_seconds=env.number("LINK_SECONDS"),
            reviews=env.flag("REVIEWS"),
        )


@dataclass(frozen=True)
class Counter:
    """What taking a request needs."""

    settings: Settings
    requests: Requests
    step_functions: StepFunctions
    quotas: Quotas
    waiting_room: WaitingRoom
    viewer: Viewer


@dataclass(frozen=True)
class Asked:
    """A sound request: whose, its id, the caller's own key with the field it came in, and what
    starts its execution."""

    requester: str
    request_id: str
    own_key: str | None
    key_field: str
    request_hash: str
    given: dict[str, Any]


def post(counter: Counter, event: Event, seconds_left: Callable[[], float]) -> Reply:
    """202, or 200 with the record where the caller waits and it has ended.

    `seconds_left` tells how long the function may still run. Raises Problem and InvalidRequest, and
    then has started nothing.
    """
    patience = whole_number(event, "wait", 0, LONGEST_WAIT, 0)
    asked = _asked(event, counter.settings.api.auth)
    record = _earlier(counter, asked) if asked.own_key else None
    replayed = record is not None or not _started(counter, asked)
    links = links_of(event, asked.request_id)
    headers = {"Location": links["self"]} | ({"Idempotent-Replay": "true"} if replayed else {})
    if patience and not _has_ended(record):
        seconds = min(patience, seconds_left() - _SPARED_SECONDS)
        placed, latest = _waited(counter, asked, seconds)
        headers |= {} if placed else {"Preference-Applied": "wait=0"}
        record = latest or record
    if patience and record is not None and _has_ended(record):
        now = datetime.now(UTC)
        view = counter.viewer.full(record, asked.request_id, asked.requester, links, now)
        return answer(200, view, headers)
    status = record["status"] if record else "RUNNING"
    body = {"request_id": asked.request_id, "status": status, "links": links}
    return answer(202, body, {"Retry-After": "1", **headers})


def _asked(event: Event, auth: str) -> Asked:
    who = requester(event, auth)
    body = json_body(event, MAX_FILE_BYTES)
    request = normalised(body)
    named = request.pop("request_id", None)
    key = header(event, "Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidRequest(
            "Idempotency-Key",
            "pattern",
            "Idempotency-Key must be 1 to 128 visible ASCII characters",
        )
    if key is not None and named not in (None, key):
        raise InvalidRequest(
            "Idempotency-Key", "same", "Idempotency-Key and request_id are not the same"
        )
    own_key = key or named
    request_id = request_id_for(who, own_key)
    return Asked(
        requester=who,
        request_id=request_id,
        own_key=own_key,
        key_field="Idempotency-Key" if key else "request_id",
        request_hash=request_hash(request),
        given={
            # Of two calls at the same moment, the same input would tell both that they started it.
            "api": {"requester": who, "request_id": request_id, "call": secrets.token_hex(8)},
            "request": {name: value for name, value in body.items() if name != "request_id"},
        },
    )


def _earlier(counter: Counter, asked: Asked) -> Item | None:
    """The request that had this key before. Raises Problem if it asked for something else."""
    try:
        found = counter.requests.find(asked.request_id)
    except (UnknownRequest, Throttled):
        # None, or too many look for one. A start tells as well, once the quota has counted.
        return None
    return _same(asked, found) if found else None


def _started(counter: Counter, asked: Asked) -> bool:
    """Starts the execution; False if another call with the same key and request did."""
    settings = counter.settings
    now = datetime.now(UTC)
    most = settings.requests_per_day
    spent, started = counter.quotas.spend("requests", asked.requester, most, now), False
    try:
        started = counter.step_functions.start(settings.machine_arn, asked.request_id, asked.given)
    finally:
        if not started:
            counter.quotas.give_back(spent)
    if started:
        return True
    try:
        found = counter.requests.find_begun(asked.request_id)
    except UnknownRequest:
        raise ServiceUnavailable("the execution of this name is not told of yet") from None
    if found is None:
        raise _reused(asked, "this key was used before, and what became of it is no longer kept")
    _same(asked, found)
    return False


def _same(asked: Asked, found: Item) -> Item:
    """What had this key before, if it asked for the same. Raises Problem."""
    if found["request_hash"] not in {"none", asked.request_hash}:
        raise _reused(asked, "this key came with another request before")
    return found


def _reused(asked: Asked, message: str) -> Problem:
    blamed = {"field": asked.key_field, "rule": "unique", "message": message}
    return Problem("idempotency_key_reused", message, [blamed])


def _waited(counter: Counter, asked: Asked, seconds: float) -> tuple[bool, Item | None]:
    """As WaitingRoom.wait; what was started goes on, whatever keeps us from waiting for it."""
    try:
        return counter.waiting_room.wait(asked.request_id, seconds)
    except TransientError as error:
        tell("not_waited", error=type(error).__name__)
        return False, None


def _has_ended(record: Item | None) -> bool:
    return record is not None and record["status"] not in OPEN
