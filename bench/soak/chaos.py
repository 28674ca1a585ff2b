"""What breaks: a rule for every kind of fault at every service, each to strike a share of requests.

`faults` is the chance that a request meets one fault; a rule's chance per call is that share over
the calls that a request makes, which CALLS has as they were counted.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
# Per request of the plan's mixture, all kinds together.
CALLS = {
    "s3": 4.7,
    "dynamodb": 7.0,
    "events": 1.2,
    "states": 2.0,
    "lambda": 5.5,
    "comprehend": 2.1,
    "rekognition": 0.9,
    "sagemaker": 1.1,
    "s3 of the generator": 1.0,
    "sns": 0.9,
    "sns:sqs": 0.9,
    "sqs:lambda": 0.6,
    "events:states": 0.7,
    "events:lambda": 0.3,
}
_NETWORK = ("error", "throttle", "drop", "lost", "empty", "malformed")
_KILLS = ("kill_before", "kill_after")
_INVOKED = (*_NETWORK, *_KILLS, "timeout")
# The SDK waits 7 s in real time for an answer: this one is kept rare.
_SILENT_SECONDS, _SILENT_SHARE = 8.0, 0.2
_SHORT_DELAY = 3.0


def rules(faults: float, seed: int, past_time_out: float) -> list[Json]:
    """For engine and stand-ins; after `past_time_out` real seconds a notice is too late."""
    told: list[Json] = []

    def add(share: float, calls: str, kind: str, **more: Any) -> None:
        service = more.get("service", calls)
        told.append(
            {
                "id": f"{more.pop('told', calls)}: {kind.replace('_', ' ')}",
                "service": service,
                "kind": kind,
                "rate": min(1.0, faults * share / CALLS[calls]),
                "seed": seed + len(told),
                **{name: value for name, value in more.items() if name != "service"},
            }
        )

    for service in ("s3", "dynamodb", "states", "comprehend", "rekognition", "sagemaker"):
        for kind in _NETWORK:
            add(1, service, kind)
    for service in ("s3", "dynamodb", "states"):
        for kind in _KILLS:
            add(1, service, kind)
    for kind in (*_NETWORK, "failed_entries"):
        add(1, "events", kind, operation="PutEvents")
    for kind in _INVOKED:
        add(1, "lambda", kind, operation="Invoke")
    for service in ("dynamodb", "rekognition"):
        add(_SILENT_SHARE, service, "delay", seconds=_SILENT_SECONDS)
    for kind in ("error", "drop", "lost"):
        add(1, "s3 of the generator", kind, service="s3", caller="stand-ins", operation="PutObject")
        add(1, "sns", kind, caller="stand-ins")
    _deliveries(add, past_time_out)
    return told


def _deliveries(add: Any, past_time_out: float) -> None:
    def hand(calls: str, kind: str, **more: Any) -> None:
        add(1, calls, kind, service="delivery", operation=calls, **more)

    hand("sns:sqs", "drop", told="notice")
    hand("sns:sqs", "duplicate", told="notice")
    hand("sns:sqs", "delay", told="notice", seconds=_SHORT_DELAY)
    hand("sns:sqs", "delay", told="notice, past the time-out", seconds=past_time_out)
    hand("sqs:lambda", "duplicate", told="batch of notices", resource="ResumeGeneration")
    hand("sqs:lambda", "error", told="batch of notices", resource="ResumeGeneration")
    hand("sqs:lambda", "lost", told="batch of notices", resource="ResumeGeneration")
    hand("events:states", "duplicate", told="S3 or request event")
    hand("events:states", "delay", told="S3 or request event", seconds=_SHORT_DELAY)
    for kind in ("drop", "duplicate"):
        hand("events:lambda", kind, told="status change", resource="CloseExecution")
    hand(
        "events:lambda", "delay", told="status change", resource="CloseExecution",
        seconds=_SHORT_DELAY,
    )  # fmt: skip


_COUNTED = {
    "DynamoDB writes": ("dynamodb", ("PutItem", "UpdateItem")),
    "DynamoDB reads": ("dynamodb", ("GetItem", "Query")),
    "S3 writes": ("s3", ("PutObject", "CopyObject")),
    "S3 reads": ("s3", ("GetObject", "HeadObject")),
    "EventBridge events": ("events", ("PutEvents",)),
    "Step Functions answers": ("states", ("SendTaskSuccess", "SendTaskFailure")),
    "Comprehend requests": ("comprehend", ("DetectToxicContent", "DetectDominantLanguage")),
    "Rekognition images": ("rekognition", ("DetectModerationLabels",)),
    "invocations of the endpoint": ("sagemaker", ("InvokeEndpointAsync",)),
}


def counters() -> list[Json]:
    """Rules that break nothing: what they have `seen` is how often each call was made."""
    own = [
        {"id": f"count: {name}", "service": service, "operation": operation, "kind": "drop",
         "rate": 0.0}
        for name, (service, operations) in _COUNTED.items()
        for operation in operations
    ]  # fmt: skip
    notice: Json = {"id": "count: SNS notices", "service": "sns", "operation": "Publish"}
    return [*own, notice | {"kind": "drop", "caller": "stand-ins", "rate": 0.0}]


def counted(report: list[Json]) -> dict[str, int]:
    """How often each call was made, from the report on both servers' rules."""
    counts: dict[str, int] = {}
    for row in report:
        if row["id"].startswith("count: "):
            name = row["id"].removeprefix("count: ")
            counts[name] = counts.get(name, 0) + row["seen"]
    return counts


def injected(report: list[Json]) -> dict[str, int]:
    """How often each fault was injected."""
    counts: dict[str, int] = {}
    for row in report:
        if not row["id"].startswith("count: "):
            counts[row["id"]] = counts.get(row["id"], 0) + row["injected"]
    return counts
