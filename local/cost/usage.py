"""What each state of a path calls, and what that is in units that have a price.

The calls are those that the local engine has recorded (tests/workflow/test_cost.py holds them to
it; `safelight cost --measure` shows both). How long functions run and how much they log on AWS is
assumed: nothing here was measured there.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from local.cost.paths import Path
from local.cost.workflow import facts, kind
from local.cost.workload import Workload

WRITES, READS = "DynamoDB writes", "DynamoDB reads"
PUTS, GETS = "S3 writes", "S3 reads"
EVENTS, NOTICES, MESSAGES = "EventBridge events", "SNS notices", "SQS requests"
IMAGES, TEXTS = "Rekognition images", "Rekognition images read"
CALLS, ARRIVALS = "REST calls", "S3 events"
LAMBDA = "Lambda "
Counts = dict[str, float]
# By state: each time it is entered, and for each picture of the request.
_CALLS: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "AcceptRequest": ({LAMBDA + "AcceptRequest": 1, WRITES: 1}, {}),
    "FilterKeywords": ({LAMBDA + "FilterKeywords": 1}, {}),
    "ClassifyPrompt": ({LAMBDA + "ClassifyPrompt": 1}, {}),
    # With the generator, its notice, and the function that the notice starts. A message costs two
    # requests: it is received, and deleted.
    "GenerateImages": (
        {
            LAMBDA + "GenerateImages": 1,
            LAMBDA + "ResumeGeneration": 1,
            READS: 1,
            WRITES: 4,
            PUTS: 2,
            GETS: 1,
            NOTICES: 1,
            MESSAGES: 2,
        },
        {},
    ),
    "StoreImages": ({LAMBDA + "StoreImages": 1, GETS: 2}, {PUTS: 2}),
    "ModerateImages": ({LAMBDA + "ModerateImages": 1}, {IMAGES: 1, GETS: 1}),
    # With what a reviewer does: looks at the queue, claims, decides.
    "ReviewRequest": (
        {
            LAMBDA + "ReviewRequest": 1,
            LAMBDA + "ReadReviews": 1,
            LAMBDA + "DecideReview": 2,
            WRITES: 5,
            READS: 3,
            EVENTS: 1,
            CALLS: 3,
        },
        {},
    ),
    "EndReview": ({WRITES: 1}, {}),
    "PublishImages": ({LAMBDA + "PublishImages": 1}, {PUTS: 1}),
    "RecordOutcome": ({WRITES: 1}, {}),
    "AnnounceOutcome": ({EVENTS: 1, LAMBDA + "CountOutcomes": 1}, {}),
    "MarkAnnounced": ({WRITES: 1}, {}),
}
_ARRIVAL: dict[str, dict[str, float]] = {
    "file": {PUTS: 1, GETS: 2, ARRIVALS: 1},
    "event": {EVENTS: 1},
    "api": {CALLS: 1, LAMBDA + "RequestImages": 1, WRITES: 1},
}
# A look at a record by the API.
_LOOK = {CALLS: 1, LAMBDA + "ReadRequests": 1, READS: 1}
# At most: both are kept for PolicyRefreshSeconds.
_SHADOW = {PUTS: 1, GETS: 1}
# In the mean: a claim with three indexes takes 4, an inference with its token 2 or 3, a record of
# up to 3 KB, all of which is in an index, too, 7. And an eventually consistent read of up to 8 KB.
UNITS_A_WRITE, UNITS_A_READ = 4, 1
# Of each invocation, without cold starts. What waits for a model waits as long as the model takes.
SECONDS = {
    "AcceptRequest": 0.1,
    "FilterKeywords": 0.05,
    "ClassifyPrompt": 0.4,
    "GenerateImages": 0.2,
    "ResumeGeneration": 0.1,
    "StoreImages": 0.5,
    "ModerateImages": 0.5,
    "PublishImages": 0.2,
    "CountOutcomes": 0.05,
    "ReviewRequest": 0.1,
    "ReadReviews": 0.1,
    "DecideReview": 0.1,
    "RequestImages": 0.1,
    "ReadRequests": 0.05,
    "SweepRequests": 0.2,
    "FollowJobs": 0.2,
    "WatchEndpoint": 0.3,
}
# Bytes of log by invocation: the platform's lines and our own, or the platform's alone. Metrics are
# lines of CountOutcomes.
_LOG_BYTES, _METRIC_BYTES = {"INFO": 1000, "WARN": 500}, {"INFO": 3000, "WARN": 0}
# Of every function that a schedule starts: DynamoDB reads of half a unit and writes, bytes of log.
SCHEDULED = {
    "SweepRequests": (19 * 0.5, 0, 2000),
    "FollowJobs": (0.5, 0, 1000),
    "WatchEndpoint": (8 * 0.5 + 1, 1, 1500),
}
# Lambda polls a queue by five, each for 20 seconds.
POLLS_A_MINUTE = 5 * 3
# Series that schedules write, and those of a busy stack.
IDLE_METRICS, BUSY_METRICS = 5, 50
# Five tables ask for the key of their own every five minutes.
KMS_CALLS_A_MINUTE = 1
RECORD_BYTES = 3000
_LEAST_UNITS = 3


def calls(path: Path, workload: Workload) -> Counts:
    """Every call of a request that goes this way, by name."""
    counted = dict(_ARRIVAL[workload.source])
    if workload.source == "api":
        add(counted, _LOOK, workload.looks)
    if workload.shadow_policy:
        add(counted, _SHADOW)
    for state in path.states:
        add(counted, of_state(state, workload))
    return counted


def of_state(state: str, workload: Workload) -> Counts:
    """What one visit calls."""
    once, each = _CALLS.get(state, ({}, {}))
    counted = dict(once)
    add(counted, each, workload.images_per_request)
    if state == "ModerateImages" and workload.text_in_images:
        counted[TEXTS] = workload.images_per_request * (1 - workload.unsafe)
    return counted


def again(states: Iterable[str], workload: Workload) -> Counts:
    """What the tasks among them call because some are tried again, each time whole."""
    counted: Counts = {}
    for state in states:
        if kind(state) == "Task":
            add(counted, of_state(state, workload), workload.retries)
    return counted


def add(counted: Counts, more: Mapping[str, float], times: float = 1) -> None:
    """Into the first."""
    for name, number in more.items():
        counted[name] = counted.get(name, 0) + number * times


def lambda_seconds(counted: Mapping[str, float]) -> float:
    """Of all invocations."""
    return sum(_seconds_by_function(counted).values())


def gigabyte_seconds(counted: Mapping[str, float]) -> float:
    """Of all invocations, by each function's memory and time."""
    memory = facts().memory
    return sum(
        seconds * memory[function] for function, seconds in _seconds_by_function(counted).items()
    )


def _seconds_by_function(counted: Mapping[str, float]) -> dict[str, float]:
    functions = {
        name.removeprefix(LAMBDA): number
        for name, number in counted.items()
        if name.startswith(LAMBDA)
    }
    return {function: number * SECONDS[function] for function, number in functions.items()}


def invocations(counted: Mapping[str, float]) -> float:
    """Of all functions together."""
    return sum(number for name, number in counted.items() if name.startswith(LAMBDA))


def log_bytes(counted: Mapping[str, float], level: str) -> float:
    """What all invocations write."""
    metrics = counted.get(LAMBDA + "CountOutcomes", 0) * _METRIC_BYTES[level]
    return invocations(counted) * _LOG_BYTES[level] + metrics


def comprehend_units(chars: float) -> float:
    """Of one request: each started 100 characters, three at least."""
    return max(_LEAST_UNITS, -(-chars // 100))


@functools.cache
def toxicity_units(chars: int) -> float:
    """What DetectToxicContent is billed for an English prompt, in the parts that it is given."""
    import local.policy  # noqa: F401 - makes the functions' modules importable
    from shared.comprehend import ToxicityDetection as Toxicity
    from shared.comprehend import overlapping

    text = ("a prompt of plain words " * chars)[:chars]
    parts = list(overlapping(text, Toxicity.segment_bytes, Toxicity.overlap_bytes))
    return sum(
        comprehend_units(sum(map(len, parts[start : start + Toxicity.segments])))
        for start in range(0, len(parts), Toxicity.segments)
    )
