"""What AcceptRequest decides: accepted, appealed, duplicate, invalid or ignored; and the claim."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from accept_request.again import (
    Again,
    check,
    following,
    is_superseded,
    original,
    read_again,
)
from shared.appeals import check_kept, subject
from shared.arrival import Arrival, read_arrival
from shared.dynamodb import Item
from shared.inferences import MAX_INFERENCES
from shared.pinning import Pinning, PolicySettings
from shared.policy import Pins
from shared.records import Records, open_shard, utc_text
from shared.request import (
    MAX_FILE_BYTES,
    InvalidRequest,
    check_size,
    check_suffix,
    normalised,
    parse_file,
    request_hash,
)
from shared.s3 import ObjectMissing, ObjectTooLarge, Storage
from shared.settings import Environment

if TYPE_CHECKING:
    from shared.stepfunctions import StepFunctions

STAGE = "AcceptRequest"
# As in the state machine's arithmetic: beside each wait for the endpoint, and for everything else.
WAIT_MARGIN = timedelta(seconds=300)
OTHER_STAGES = timedelta(seconds=30_000)
# What the machine need not carry of a record.
_OF_THE_RECORD = frozenset({"status", "stage", "prompt", "history"})


@dataclass(frozen=True)
class Settings:
    """AcceptRequest's variables."""

    results_table: str
    work_bucket: str
    store_prompts: bool
    retention_days: int
    max_attempts: int
    generation_seconds: int
    policy: PolicySettings

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            results_table=env.text("RESULTS_TABLE"),
            work_bucket=env.text("WORK_BUCKET"),
            store_prompts=env.flag("STORE_PROMPTS"),
            retention_days=env.number("RETENTION_DAYS"),
            max_attempts=env.number("MAX_ATTEMPTS"),
            generation_seconds=env.number("REQUEST_TTL_SECONDS")
            + env.number("INVOCATION_TIMEOUT_SECONDS"),
            policy=PolicySettings.from_env(env, shadow=env.flag("SHADOW_POLICY")),
        )


@dataclass(frozen=True)
class Door:
    """What accepting needs; Step Functions only to run a request again."""

    settings: Settings
    records: Records
    storage: Storage
    pinning: Pinning
    step_functions: "Callable[[], StepFunctions]"


def accept(door: Door, event: object, execution: dict[str, str]) -> dict[str, Any]:
    """{verdict, claim, request, policy, shadow, reasons, first} for one execution's input.

    verdict is accepted; appealed (appeal says against what, as shared.appeals.subject); invalid
    (reasons say why); duplicate (first says of what); or ignored.
    policy is what an accepted request is pinned to; shadow says if its second policy is missing.
    """
    if again := read_again(event):
        return _accept_again(door, again, execution)
    arrival = read_arrival(event, execution["name"])
    if arrival.ignored:
        return _answer("ignored", _record(door.settings, arrival, execution, {}))
    try:
        request = normalised(_body(door.storage, arrival))
    except InvalidRequest as invalid:
        return _refuse(door, arrival, execution, invalid)
    pins, shadow = _pins(door)
    record = _record(door.settings, arrival, execution, request, pins["active"]["hash"])
    other = door.records.claim(record)
    if other is None:
        return {**_answer("accepted", record, request), "policy": pins, "shadow": shadow}
    if other.get("request_hash") == record["request_hash"]:
        return _answer("duplicate", record, first=other)
    taken = InvalidRequest("request_id", "unique", "request_id was used for another request before")
    return _refuse(door, arrival, execution, taken)


def _accept_again(door: Door, again: Again, execution: dict[str, str]) -> dict[str, Any]:
    """The next run of a request, under its id, if it asks for what was asked for before.

    A run that follows an appeal's own, which ended technically, is the same appeal again.
    """
    named = {"type": "again", "request_id": again.request_id, "run": str(again.run)}
    arrival = Arrival("direct", f"execution-{execution['name']}", named)
    earlier = door.records.get(again.request_id)
    # Only while it is open: a record that somebody closed meanwhile stays closed.
    retried = (
        earlier is not None
        and earlier["execution_arn"] == execution["arn"]
        and earlier["status"] == "RUNNING"
    )
    if earlier and not retried and is_superseded(earlier, again):
        return _answer("duplicate", _record(door.settings, arrival, execution, {}), first=earlier)
    try:
        ended, appeal = (earlier, None) if earlier and retried else check(earlier, again)
        first = original(ended, door.storage, door.step_functions, door.settings.work_bucket)
        request = normalised(_body(door.storage, first))
        if ended["request_hash"] not in {"none", request_hash(request)}:
            raise InvalidRequest("request", "unchanged", "it is not what was asked for before")
        carried = following(ended, appeal, retried)
        appealed = subject(carried) if "appeal" in carried else None
        if appealed:
            check_kept(appealed["images"], door.storage)
    except InvalidRequest as invalid:
        return _refuse(door, arrival, execution, invalid)
    pins, shadow = _pins(door)
    record = _record(door.settings, first, execution, request, pins["active"]["hash"])
    record |= carried | {"open_shard": open_shard(again.request_id)}
    if not door.records.claim_again(record, ended):
        winner = door.records.get(again.request_id)
        return _answer("duplicate", _record(door.settings, arrival, execution, {}), first=winner)
    answer = _answer("appealed" if appealed else "accepted", record, request)
    return answer | ({"appeal": appealed} if appealed else {}) | {"policy": pins, "shadow": shadow}


def _pins(door: Door) -> tuple[Pins, list[dict[str, str]]]:
    """What judges the run, and what is recorded if a second policy is missing."""
    pins, missing = door.pinning.pins()
    return pins, [{"stage": STAGE, "error": missing}] if missing else []


def _body(storage: Storage, arrival: Arrival) -> object:
    if arrival.file is None:
        return arrival.body
    check_suffix(arrival.file.key)
    try:
        content = storage.read(arrival.file, MAX_FILE_BYTES)
    except ObjectTooLarge as too_large:
        check_size(too_large.args[0])
        raise
    except ObjectMissing:
        raise InvalidRequest(
            "file", "exists", "the file, or this version of it, is no longer there"
        ) from None
    return parse_file(arrival.file.key, content)


def _refuse(
    door: Door, arrival: Arrival, execution: dict[str, str], invalid: InvalidRequest
) -> dict[str, Any]:
    """An invalid request is claimed like any other, under the id derived from its source."""
    record = _record(door.settings, arrival, execution, {})
    other = door.records.claim(record)
    if other is not None:
        return _answer("duplicate", record, first=other)
    reason = {
        "stage": STAGE,
        "category": "invalid_request",
        "field": invalid.field,
        "rule": invalid.rule,
        "message": invalid.message,
        "action": "reject",
    }
    return _answer("invalid", record, reasons=[reason])


def _answer(
    verdict: str,
    record: Item,
    request: dict[str, Any] | None = None,
    reasons: list[dict[str, Any]] | None = None,
    first: Item | None = None,
) -> dict[str, Any]:
    claim = {name: record[name] for name in record if name not in _OF_THE_RECORD}
    answer: dict[str, Any] = {
        "verdict": verdict,
        "claim": claim,
        "request": request,
        "policy": {},
        "shadow": [],
        "reasons": reasons or [],
    }
    if first is not None:
        answer["first"] = {
            name: first.get(name) for name in ("request_id", "run", "status", "execution_arn")
        }
    return answer


def _record(
    settings: Settings,
    arrival: Arrival,
    execution: dict[str, str],
    request: dict[str, Any],
    policy_hash: str = "none",
) -> Item:
    started = datetime.fromisoformat(execution["started_at"])
    key = arrival.record_key(request.get("request_id"))
    requester = "/".join(filter(None, (arrival.namespace, request.get("requester"))))
    wait = timedelta(seconds=settings.generation_seconds) + WAIT_MARGIN
    longest = settings.max_attempts * MAX_INFERENCES * wait + OTHER_STAGES
    record: Item = {
        "request_id": key,
        "run": 1,
        "execution_arn": execution["arn"],
        "status": "RUNNING",
        "stage": STAGE,
        "requester": requester,
        "created_at": execution["started_at"],
        "updated_at": execution["started_at"],
        "deadline": utc_text(started + longest),
        "expires_at": int((started + timedelta(days=settings.retention_days)).timestamp()),
        "open_shard": open_shard(key),
        "request_hash": request_hash(request) if request else "none",
        "policy_hash": policy_hash,
        "source": json.dumps(arrival.source, ensure_ascii=False),
        "metadata": json.dumps(request.get("metadata", {}), ensure_ascii=False),
    }
    if settings.store_prompts and request:
        record["prompt"] = request["prompt"]
    return record
