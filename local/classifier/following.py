"""A training under way: where it is, until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from local.classifier.account import TRAIN_CLASSIFIER
from local.deployed_stack import DeployedStack, Record
from local.executions import Executions
from local.job_text import time_text
from local.jobs import RUNNING, follow

_TRAINING = "training"
_ENDPOINT = "waiting for the endpoint"
_STEPS = {
    "PrepareTraining": "checking the files",
    "StartTraining": "starting the training",
    "WaitForTraining": _TRAINING,
    "DescribeTraining": _TRAINING,
    "IsTrained": _TRAINING,
    "JudgeClassifier": "holding the metrics against the gates",
    "CreateEndpoint": "making the endpoint",
    "UpdateEndpoint": "changing the endpoint's model",
    "WaitForEndpoint": _ENDPOINT,
    "DescribeEndpoint": _ENDPOINT,
    "IsInService": _ENDPOINT,
    "AllowScaling": "having it scale",
    "ScaleByLoad": "having it scale",
    **dict.fromkeys(("RecordJob", "AnnounceJob", "MarkJobAnnounced"), "recording its end"),
    **dict.fromkeys(("HowDidItEnd", "Completed", "Invalid", "Refused", "Failed"), "ended"),
}


def follow_training(
    stack: DeployedStack,
    job_id: str,
    arn: str,
    *,
    every: float,
    seconds: float = float("inf"),
    tell: Callable[[str], None] = lambda _: None,
) -> Record:
    """The ended job. Raises NotClaimed or StillRunning."""
    executions, began = Executions(stack, TRAIN_CLASSIFIER), time.monotonic()

    def told(job: Record) -> None:
        if job["status"] == RUNNING:
            tell(step_text(executions.look(arn).stage, time.monotonic() - began))

    return follow(stack, job_id, arn, every=every, seconds=seconds, progress=told)


def step_text(state: str, seconds: float) -> str:
    """Of the state that was entered last: what goes on."""
    return f"{_STEPS.get(state, state or 'starting')}, {time_text(seconds)} so far"
