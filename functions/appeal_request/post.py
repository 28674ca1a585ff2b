"""What AppealRequest does with POST /images/{id}/appeal: check, and start the appeal's execution.

An appeal is heard once AcceptRequest has claimed the request's next run for it. Until then the name
of its execution stands for it; where an execution ended without having claimed the run, another one
is started under another name.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.api import (
    ApiSettings,
    Event,
    Problem,
    Reply,
    answer,
    blaming,
    json_body,
    links_of,
    requester,
)
from shared.api_requests import Requests
from shared.appeals import (
    Appeal,
    check_kept,
    execution_name,
    in_review,
    objection,
    read_appeal,
)
from shared.dynamodb import Item
from shared.errors import ServiceUnavailable
from shared.records import Records, first_execution, part, utc_text
from shared.request import MAX_FILE_BYTES, InvalidRequest, check_fields, read_words
from shared.settings import Environment
from shared.stepfunctions import StepFunctions, execution_arn

if TYPE_CHECKING:
    from shared.s3 import Storage

# A requester is told of an end some moments before it is announced.
_LOOK_AGAIN_AFTER = (0.2, 0.4, 0.8)
# Executions of an appeal that ended before they had claimed the run.
_MOST_STARTS = 20


@dataclass(frozen=True)
class Settings:
    """AppealRequest's variables."""

    api: ApiSettings
    reviews: bool
    machine_arn: str
    results_table: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            api=ApiSettings.from_env(env),
            reviews=env.flag("REVIEWS"),
            machine_arn=env.text("STATE_MACHINE_ARN"),
            results_table=env.text("RESULTS_TABLE"),
        )


@dataclass(frozen=True)
class Counter:
    """What taking an appeal needs."""

    settings: Settings
    records: Records
    requests: Requests
    step_functions: Callable[[], StepFunctions]
    storage: "Callable[[], Storage]"


def post(counter: Counter, event: Event) -> Reply:
    """202, also to the same appeal again. Raises Problem, and InvalidRequest for the body."""
    if not counter.settings.reviews:
        raise Problem("not_found", "this stack has no reviews")
    who = requester(event, counter.settings.api.auth)
    request_id = (event.get("pathParameters") or {}).get("id", "")
    record = counter.requests.find_own(who, request_id)
    appeal = Appeal(f"api:{who}", utc_text(datetime.now(UTC)), _message(event))
    if "appeal" in record:
        run, status, replayed = *_heard(record, appeal), True
    else:
        _check(counter, record)
        run, status, replayed = _start(counter, request_id, record, appeal)
    links = links_of(event, request_id)
    headers = {"Location": links["self"], "Retry-After": "1"}
    headers |= {"Idempotent-Replay": "true"} if replayed else {}
    body = {"request_id": request_id, "run": run, "status": status, "links": links}
    return answer(202, body, headers)


def _message(event: Event) -> str:
    body = json_body(event, MAX_FILE_BYTES)
    check_fields(body, ("message",), "an appeal")
    return read_words(body, "message")


def _heard(record: Item, appeal: Appeal) -> tuple[int, str]:
    """(run, status) of the appeal that was taken before, if it was the same. Raises Problem."""
    first = part(record, "appeal", {})
    if (first["by"], first["message"]) != (appeal.by, appeal.message):
        raise _twice()
    return int(record["run"]), str(record["status"])


def _check(counter: Counter, record: Item) -> None:
    """Raises Problem if AcceptRequest would refuse the appeal, and ServiceUnavailable."""
    try:
        if against := objection(record):
            raise against
        if record["status"] == "BLOCKED_IMAGE":
            check_kept(in_review(part(record, "images", [])), counter.storage())
    except InvalidRequest as refused:
        raise blaming("conflict", "id", refused.rule, refused.message) from None
    try:
        counter.step_functions().describe(first_execution(record))
    except LookupError:
        message = "what was asked for is no longer kept"
        raise blaming("conflict", "id", "kept", message) from None
    for pause in _LOOK_AGAIN_AFTER:
        if "open_shard" not in record:
            return
        time.sleep(pause)
        record = counter.records.get(str(record["request_id"])) or record
    if "open_shard" in record:
        raise ServiceUnavailable("how the run ended is not announced yet")


def _start(
    counter: Counter, request_id: str, record: Item, appeal: Appeal
) -> tuple[int, str, bool]:
    """(run, status, whether the same appeal was made before) of the appeal. Raises Problem."""
    machine, step_functions = counter.settings.machine_arn, counter.step_functions()
    key, run = str(record["request_id"]), int(record["run"])
    given = {"request_id": key, "run": run, "appeal": asdict(appeal)}
    for number in range(1, _MOST_STARTS + 1):
        name = execution_name(request_id, number)
        if step_functions.start(machine, name, given):
            return run + 1, "RUNNING", False
        try:
            begun = step_functions.describe(execution_arn(machine, name))
        except LookupError:
            raise ServiceUnavailable("the execution of this name is not told of yet") from None
        # In this order: what has ended has claimed the run before, or never will.
        latest = counter.records.get(key) or {}
        if "appeal" in latest:
            return *_heard(latest, appeal), True
        if begun["status"] == "RUNNING":
            first = read_appeal(json.loads(begun["input"])["appeal"])
            if (first.by, first.message) != (appeal.by, appeal.message):
                raise _twice()
            return run + 1, "RUNNING", True
    raise ServiceUnavailable("no execution of this appeal could claim its run")


def _twice() -> Problem:
    message = "it was appealed against with another message before"
    return blaming("conflict", "id", "appealed", message)
