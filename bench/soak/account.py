"""The account of every request: what must not have happened, and the requests it happened to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.soak.evidence import Evidence, Execution
from bench.soak.plan import TECHNICAL, Submission, name_in
from shared.announcement import event_of

OPEN = frozenset({"RUNNING", "IN_REVIEW"})
Json = dict[str, Any]
Found = dict[str, list[str]]

# What is counted, in the report's order, and what each means.
MEANINGS = {
    "lost": "requests without a terminal record",
    "doubled": "requests with two terminal records, or a run with two different outcomes told",
    "unmoderated published": "objects in the images bucket, neither judged safe nor previews",
    "not delivered": "COMPLETED, and a picture of it is not in the images bucket as it was judged",
    "stuck": "records that are open, executions that run, after the sweeper",
    "unannounced": "terminal records without a result event",
    "untruthful": "a technical failure told as safe or unsafe, or a verdict that nobody gave",
    "leaked": "task tokens in records, events or logs; prompts in logs",
}


@dataclass
class Account:
    """`found`: by MEANINGS' names, texts that name the request and what is wrong with it."""

    found: Found = field(default_factory=lambda: {name: [] for name in MEANINGS})
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By status, the stage that decided, and the error where it was a technical one."""
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By the submission's kind and the status that it was told."""
    unreadable_copies: int = 0
    """Doubled starts whose AcceptRequest failed for good: recorded by their execution's name."""

    @property
    def clean(self) -> bool:
        return not any(self.found.values())


@dataclass(frozen=True)
class _Case:
    """A submission with all that came of it."""

    submission: Submission
    executions: list[Execution]
    own: list[Json]
    shared: list[Json]


def account(
    planned: list[Submission], refused: dict[str, str], evidence: Evidence, chaos: bool
) -> Account:
    """Looks at every request. What was refused at the sending is not a request.

    Without `chaos` nothing was broken, and no technical failure is in order.
    """
    result = Account()
    by_id = {record["request_id"]: record for record in evidence.records}
    executions: dict[str, list[Execution]] = defaultdict(list)
    name_of: dict[str, str] = {}
    for execution in evidence.executions:
        executions[execution.name].append(execution)
        name_of[execution.arn] = execution.name
    own: dict[str, list[Json]] = defaultdict(list)
    for record in evidence.records:
        own[name_of.get(record["execution_arn"]) or _name_of(record)].append(record)
    for submission in planned:
        if submission.name in refused:
            continue
        started = executions[submission.name]
        shared = [by_id[one.first] for one in started if one.first in by_id]
        case = _Case(submission, started, own[submission.name], shared)
        _judge(case, chaos, result)
    _look_for_stuck(evidence, result)
    _compare_events(evidence, result)
    _look_at_pictures(evidence, result)
    _look_for_leaks(planned, evidence, result)
    return result


def _name_of(record: Json) -> str:
    return name_in("", json.dumps(record.get("source", {})))


def _judge(case: _Case, chaos: bool, result: Account) -> None:
    """One request's records: how many, and whether they say what is true."""
    name, submission = case.submission.name, case.submission
    ended = [record for record in case.own if record["status"] not in OPEN]
    if len(ended) > 1 and len(case.executions) > 1:
        copies = [record for record in ended if record["source"]["type"] == "unknown"]
        surplus = copies if len(copies) < len(ended) else copies[1:]
        result.unreadable_copies += len(surplus)
        ended = [record for record in ended if record not in surplus]
    told = ended or [record for record in case.shared if record["status"] not in OPEN]
    if not told:
        result.found["lost"].append(f"{name}: {len(case.executions)} executions, no record")
        return
    if len(ended) > 1:
        ids = ", ".join(f"{record['request_id']} {record['status']}" for record in ended)
        result.found["doubled"].append(f"{name}: {ids}")
    for record in ended:
        result.outcomes[record["status"], record["stage"], _error(record)] += 1
    for record in told:
        result.kinds[submission.kind, record["status"]] += 1
        if wrong := _untruth(submission, record, chaos):
            result.found["untruthful"].append(f"{name} ({submission.kind}): {wrong}")


def _error(record: Json) -> str:
    errors = (one["rule"] for one in record["reasons"] if one["category"] == "technical")
    return str(next(errors, ""))


def _untruth(submission: Submission, record: Json, chaos: bool) -> str:
    """What is wrong with how a record says that its request ended; nothing if it may be so."""
    status = record["status"]
    if status in TECHNICAL:
        if not chaos:
            return f"{status} at {record['stage']}, though nothing was broken"
        if any(reason["category"] != "technical" for reason in record["reasons"]):
            return f"{status} for a reason that is not technical"
        return ""
    if status not in submission.ends:
        return f"{status} at {record['stage']}, expected {'/'.join(sorted(submission.ends))}"
    if any(reason["category"] == "technical" for reason in record["reasons"]):
        return f"{status} for a technical reason"
    return ""


def _look_for_stuck(evidence: Evidence, result: Account) -> None:
    for record in evidence.records:
        if record["status"] in OPEN or "open_shard" in record:
            result.found["stuck"].append(f"{record['request_id']}: {record['status']}")
    for execution in evidence.executions:
        if execution.status == "RUNNING":
            result.found["stuck"].append(f"{execution.name}: {execution.arn} runs")


def _compare_events(evidence: Evidence, result: Account) -> None:
    """Every copy of a run's event is the record's own."""
    told: dict[str, list[Json]] = defaultdict(list)
    for event in evidence.events:
        told[event["request_id"]].append(event)
    for record in evidence.records:
        identity = record["request_id"]
        events = told.pop(identity, [])
        if record["status"] in OPEN:
            continue
        if not events:
            result.found["unannounced"].append(f"{identity}: {record['status']}")
        _, expected = event_of(_item(record))
        if any(event != expected for event in events):
            statuses = ", ".join(sorted({event["status"] for event in events}))
            result.found["doubled"].append(f"{identity}: told {statuses}, is {record['status']}")
    for identity in told:
        result.found["lost"].append(f"{identity}: an event, and no record")


def _item(record: Json) -> Any:
    return {
        name: value if isinstance(value, (str, int)) else json.dumps(value)
        for name, value in record.items()
    }


def _look_at_pictures(evidence: Evidence, result: Account) -> None:
    """Both ways: nothing that was not judged safe is there, but for previews, and all that was
    promised is."""
    safe: dict[str, set[str]] = defaultdict(set)
    for record in evidence.records:
        for image in record.get("images", ()):
            allowed = {image["sha256"]} if image["verdict"] == "safe" else evidence.previews
            safe[_folder(record)] |= allowed
    there: dict[str, set[str]] = defaultdict(set)
    for picture in evidence.published:
        there[picture.key].add(picture.sha256)
        folder = picture.key.rpartition("/")[0]
        stored = evidence.stored | evidence.previews
        if wrong := _unmoderated(picture.sha256, picture.marked, safe.get(folder), stored):
            result.found["unmoderated published"].append(f"{picture.key}: {wrong}")
    for record in evidence.records:
        for image in record.get("images", ()) if record["status"] == "COMPLETED" else ():
            judged_safe = image["verdict"] == "safe"
            if judged_safe and image["sha256"] not in there.get(image["key"], ()):
                result.found["not delivered"].append(f"{record['request_id']}: {image['index']}")


def _unmoderated(sha256: str, marked: bool, judged: set[str] | None, stored: frozenset[str]) -> str:
    if marked:
        return "the painter marked it as unsafe"
    if sha256 not in stored:
        return "it is no picture that StoreImages stored"
    if judged is None:
        return "no record has a safe picture for this place"
    return "" if sha256 in judged else "it is not the picture that was judged safe"


def _folder(record: Json) -> str:
    """As PublishImages names it."""
    return f"{hashlib.sha256(record['request_id'].encode()).hexdigest()[:32]}/{record['run']}"


def _look_for_leaks(planned: list[Submission], evidence: Evidence, result: Account) -> None:
    logs = evidence.logs + evidence.function_logs
    places = {
        "records": json.dumps(evidence.records),
        "events": json.dumps(evidence.events),
        "logs": logs,
    }
    for place, text in places.items():
        if count := sum(token in text for token in evidence.tokens):
            result.found["leaked"].append(f"{count} task tokens in {place}")
    result.found["leaked"] += [f"{name}: its prompt in logs" for name in _prompts_in(logs, planned)]


def _prompts_in(logs: str, planned: list[Submission]) -> Iterator[str]:
    for submission in planned:
        if isinstance(submission.body, dict):
            prompt = submission.body.get("prompt", "")
            if prompt.endswith(submission.name) and prompt in logs:
                yield submission.name
