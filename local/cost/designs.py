"""The same request in other designs of the workflow: what each takes instead of ours.

Each changes one thing in the path that the real state machine takes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from local.cost import usage
from local.cost.endpoint_hours import ALARM_MINUTES
from local.cost.paths import Path, most_attempts
from local.cost.workflow import facts, kind
from local.cost.workload import Workload

TRANSITION = "step-functions.transition"
EXPRESS_REQUEST, EXPRESS_SECOND = (
    "step-functions.express-request",
    "step-functions.express-gb-second",
)
_CHECK = ("FilterKeywords", "IsPromptClean", "ClassifyPrompt", "IsPromptSafe")
_MODERATION = ("StoreImages", "ModerateImages", "AreImagesSafe")
_STAGES = (
    *("AcceptRequest", "FilterKeywords", "ClassifyPrompt"),
    *("GenerateImages", "StoreImages", "ModerateImages", "PublishImages"),
)
# Express bills memory in steps of 64 MB; these children stay in the first.
_EXPRESS_GB = 64 / 1024
POLL_SECONDS = 5.0
_LOOK_SECONDS = 0.1
# Beside painting: the endpoint's queue, reading the request, writing the reply.
OVERHEAD_SECONDS = 2.0
MOST_LAMBDA_SECONDS = 900.0
_CALLBACK = {
    usage.LAMBDA + "ResumeGeneration": -1,
    usage.NOTICES: -1,
    usage.MESSAGES: -2,
    usage.WRITES: -2,
}


@dataclass(frozen=True)
class Taken:
    """What one request takes: calls, what Step Functions charges for, and Lambda's GB-seconds."""

    counts: Mapping[str, float]
    workflow: Mapping[str, float]
    gb_seconds: float


def taken(path: Path, workload: Workload) -> Taken:
    """By the workload's design."""
    states = path.states
    counts = usage.calls(path, workload)
    usage.add(counts, usage.again(states, workload))
    tasks = [state for state in states if kind(state) == "Task"]
    workflow = {TRANSITION: len(states) + workload.retries * len(tasks)}
    ours = Taken(counts, workflow, usage.gigabyte_seconds(counts))
    match workload.design:
        case "express":
            return _express(ours, states)
        case "one-lambda":
            return _one_lambda(ours, path, workload)
        case "polling":
            return _polling(ours, path, workload)
        case "lambda-a-picture":
            return _lambda_a_picture(ours, states, workload)
        case "catch":
            choices = sum(kind(state) == "Choice" for state in states)
            return _with(ours, {TRANSITION: -choices})
    return ours


def painting_seconds(workload: Workload) -> float:
    """How long one attempt is on its way to the endpoint and back, instances awake."""
    return OVERHEAD_SECONDS + workload.images_per_request * workload.seconds_per_image


def waiting(workload: Workload, seconds: float) -> Taken:
    """What it takes that requests wait so long for a sleeping endpoint; with a token, nothing."""
    if workload.design == "one-lambda":
        return Taken({}, {}, max(map(facts().memory.__getitem__, _STAGES)) * seconds)
    if workload.design == "polling":
        return _looks(seconds / POLL_SECONDS)
    return Taken({}, {}, 0)


def _looks(number: float) -> Taken:
    """Of a workflow at whether the picture is there."""
    counts = {usage.LAMBDA + "GenerateImages": number, usage.GETS: number}
    seconds = number * _LOOK_SECONDS * facts().memory["GenerateImages"]
    return Taken(counts, {TRANSITION: 3 * number}, seconds)


def most_seconds_in_one_lambda(workload: Workload) -> float:
    """How slow a picture may be for a request that takes every attempt, and wakes the endpoint."""
    waking = 0.0 if workload.always_on else 60 * (workload.start_minutes + ALARM_MINUTES)
    stages = sum(usage.SECONDS[name] for name in _STAGES)
    each = (MOST_LAMBDA_SECONDS - waking - stages) / most_attempts(workload)
    return (each - OVERHEAD_SECONDS) / workload.images_per_request


def _express(ours: Taken, states: Sequence[str]) -> Taken:
    """Each run of such states is one Task that calls a child, and one Choice on its answer."""
    workflow: dict[str, float] = {}
    for group in (_CHECK, _MODERATION):
        for inside, run in groupby(states, group.__contains__):
            if inside:
                usage.add(workflow, _child(list(run)))
    return _with(ours, workflow)


def _child(states: Collection[str]) -> dict[str, float]:
    seconds = sum(usage.SECONDS.get(state, 0) for state in states)
    billed = math.ceil(seconds * 10) / 10 * _EXPRESS_GB
    return {TRANSITION: 2 - len(states), EXPRESS_REQUEST: 1, EXPRESS_SECOND: billed}


def _one_lambda(ours: Taken, path: Path, workload: Workload) -> Taken:
    """One invocation does everything and waits, with the memory that its hungriest stage needs."""
    memory, counts = facts().memory, dict(ours.counts)
    stages = [name for name in path.states if usage.LAMBDA + name in counts]
    seconds = sum(usage.SECONDS[name] for name in stages)
    seconds += path.attempts * painting_seconds(workload)
    for name in set(stages):
        del counts[usage.LAMBDA + name]
    usage.add(counts, _CALLBACK, path.attempts)
    counts[usage.LAMBDA + "AcceptRequest"] = 1.0
    rest = {name: number for name, number in counts.items() if "AcceptRequest" not in name}
    most = max(memory[name] for name in stages)
    return Taken(counts, {}, most * seconds + usage.gigabyte_seconds(rest))


def _polling(ours: Taken, path: Path, workload: Workload) -> Taken:
    """Wait, look and Choice until the picture is there; the notice and its function go."""
    looks = _looks(math.ceil(painting_seconds(workload) / POLL_SECONDS) * path.attempts)
    counts = dict(ours.counts)
    usage.add(counts, _CALLBACK, path.attempts)
    seconds = usage.gigabyte_seconds(counts) + looks.gb_seconds
    usage.add(counts, looks.counts)
    return Taken(counts, _with(ours, looks.workflow).workflow, seconds)


def _lambda_a_picture(ours: Taken, states: Sequence[str], workload: Workload) -> Taken:
    """A Map enters one more state for each picture, and each is a call of its own."""
    visits, pictures = states.count("ModerateImages"), workload.images_per_request
    counts = dict(ours.counts)
    usage.add(counts, {usage.LAMBDA + "ModerateImages": visits * (pictures - 1)})
    workflow = _with(ours, {TRANSITION: visits * pictures}).workflow
    return Taken(counts, workflow, usage.gigabyte_seconds(counts))


def _with(ours: Taken, workflow: Mapping[str, float]) -> Taken:
    changed = dict(ours.workflow)
    usage.add(changed, workflow)
    return Taken(ours.counts, changed, ours.gb_seconds)
