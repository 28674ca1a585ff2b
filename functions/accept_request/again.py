"""A request that is run again: {"request_id", "run"} names the run that has ended.

With {"appeal": {"by", "at", "message"}} beside them somebody appeals against how that run ended;
with anything else it is no such input.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.appeals import Appeal, objection, part_of, read_appeal
from shared.arrival import Arrival, arrival_of_source, fits, read_arrival
from shared.dynamodb import Item
from shared.records import first_execution
from shared.request import InvalidRequest
from shared.s3 import ObjectMissing, ObjectVersion, Storage
from shared.statuses import OPEN, RERUNNABLE

if TYPE_CHECKING:
    from shared.stepfunctions import StepFunctions

MAX_RUNS = 10
# DynamoDB's bound on a partition key.
_MAX_KEY_BYTES = 2048
# Above what any event may have.
_MAX_KEPT_BYTES = 2 * 1024 * 1024
# DynamoDB's 400 KB must hold what the next run comes to as well, and its execution carries 256 KiB.
_MAX_HISTORY_BYTES = 100_000
# What history keeps of a run.
_KEPT = ("run", "status", "stage", "execution_arn", "created_at", "updated_at", "policy_hash")
_KEPT_DOCUMENTS = (
    *("reasons", "warnings", "attempts", "reviews", "images", "classification"),
    *("models", "timings", "usage"),
)


# JSON has null, so None may be what an input says.
_NONE = object()


@dataclass(frozen=True)
class Again:
    """Which run of which request has ended and is to be followed by another.

    `appeal` is what the input says of one, unread; _NONE where it says nothing.
    """

    request_id: str
    run: int
    appeal: object = _NONE


def read_again(event: object) -> Again | None:
    """None for any input but {"request_id": text, "run": number}, with an "appeal" or without.

    Whatever else has a request_id is a request: it has a prompt.
    """
    match event:
        case {"request_id": str(request_id), "run": int(run), **rest} if rest.keys() <= {"appeal"}:
            if fits(request_id, _MAX_KEY_BYTES) and 0 <= run <= MAX_RUNS:
                return Again(request_id, run, rest.get("appeal", _NONE))
    return None


def is_superseded(record: Item, again: Again) -> bool:
    """Whether that run is open, or was followed by another already: then this is a duplicate."""
    run = int(record["run"])
    return run > again.run or (run == again.run and record["status"] in OPEN)


def check(record: Item | None, again: Again) -> tuple[Item, Appeal | None]:
    """The record, and what is appealed, if that run may be followed by another.

    Raises InvalidRequest.
    """
    if record is None:
        raise InvalidRequest("request_id", "known", "no record has this request_id")
    if record["run"] != again.run:
        raise InvalidRequest("run", "current", f"the last run of this request is {record['run']}")
    appeal = None if again.appeal is _NONE else read_appeal(again.appeal)
    against = objection(record) if appeal else _not_rerunnable(record)
    if against:
        raise against
    if "open_shard" in record:
        raise InvalidRequest(
            "run", "announced", "how the run ended is not announced yet; try again in ten minutes"
        )
    return record, appeal


def _not_rerunnable(record: Item) -> InvalidRequest | None:
    if record["status"] not in RERUNNABLE:
        ends = ", ".join(sorted(RERUNNABLE))
        message = f"the run ended {record['status']}: only {ends} are run again"
        return InvalidRequest("run", "rerunnable", message)
    # An appeal adds one more, once.
    if int(record["run"]) >= MAX_RUNS:
        return InvalidRequest("run", "maximum", f"a request is run at most {MAX_RUNS} times")
    return None


def original(
    record: Item,
    storage: Storage,
    step_functions: "Callable[[], StepFunctions]",
    work_bucket: str,
) -> Arrival:
    """How the request arrived first: from its own file, the copy kept of it, or its execution.

    Raises InvalidRequest if nobody kept it.
    """
    source = json.loads(str(record["source"]))
    if source["type"] == "s3":
        return arrival_of_source(source)
    try:
        if "kept" in source:
            kept = ObjectVersion(work_bucket, source["kept"])
            event = json.loads(storage.read(kept, _MAX_KEPT_BYTES))
        else:
            event = json.loads(step_functions().input_of(first_execution(record)))
    except (ObjectMissing, LookupError):
        raise InvalidRequest(
            "run", "kept", "what was asked for is no longer kept: ask again with a new request_id"
        ) from None
    return read_arrival(event, str(record["request_id"]))


def following(record: Item, appeal: Appeal | None, retried: bool) -> Item:
    """What the next run's record has of this one; of itself, if it was written already."""
    kept: Item = {"request_id": record["request_id"]}
    if appeal:
        kept["appeal"] = json.dumps(part_of(record, appeal), ensure_ascii=False)
    elif "appeal" in record:
        kept["appeal"] = record["appeal"]
    if json.loads(str(record["source"]))["type"] != "unknown":
        kept["source"] = record["source"]
    if retried:
        return kept | {"run": record["run"], "history": record["history"]}
    last = {name: record[name] for name in _KEPT if name in record}
    last |= {name: json.loads(str(record[name])) for name in _KEPT_DOCUMENTS if name in record}
    runs = [*json.loads(str(record.get("history", "[]"))), last]
    return kept | {"run": int(record["run"]) + 1, "history": _bounded(runs)}


def _bounded(runs: list[dict[str, Any]]) -> str:
    """The runs as JSON; if that is too long, of the oldest no more than how they ended."""
    text = json.dumps(runs, ensure_ascii=False)
    for number, run in enumerate(runs):
        if len(text.encode()) <= _MAX_HISTORY_BYTES:
            break
        runs[number] = {name: run[name] for name in _KEPT if name in run}
        text = json.dumps(runs, ensure_ascii=False)
    return text
