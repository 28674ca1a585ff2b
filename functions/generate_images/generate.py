"""How an attempt is handed to the endpoint once, however often its Task is tried."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from generate_images.plan import (
    model_request,
    negative_prompt,
    negative_prompt_warnings,
    seed_for,
)
from generate_images.queueing import decide, queued_event
from shared.errors import CapacityUnavailable, GenerationExpired, GenerationFailed
from shared.eventbridge import Bus
from shared.inferences import MAX_INFERENCES, Inferences, inference_id, result_of
from shared.log import log
from shared.policy import Policies
from shared.queue_look import Look, Queue
from shared.records import utc_text
from shared.s3 import Storage
from shared.sagemaker_runtime import Endpoint
from shared.settings import Environment
from shared.stepfunctions import StepFunctions


@dataclass(frozen=True)
class Settings:
    """GenerateImages' variables."""

    inferences_table: str
    work_bucket: str
    endpoint_name: str
    request_ttl_seconds: int
    invocation_timeout_seconds: int
    retention_days: int
    policy_bucket: str
    bus: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            inferences_table=env.text("INFERENCES_TABLE"),
            work_bucket=env.text("WORK_BUCKET"),
            endpoint_name=env.text("ENDPOINT_NAME"),
            request_ttl_seconds=env.number("REQUEST_TTL_SECONDS"),
            invocation_timeout_seconds=env.number("INVOCATION_TIMEOUT_SECONDS"),
            retention_days=env.number("RETENTION_DAYS"),
            policy_bucket=env.optional("POLICY_BUCKET"),
            bus=env.text("EVENT_BUS"),
        )


@dataclass(frozen=True)
class Desk:
    """What generating needs. Only what waits is told of: the bus is made at its first use."""

    settings: Settings
    policies: Policies[dict[str, Any]]
    inferences: Inferences
    queue: Queue
    storage: Storage
    endpoint: Endpoint
    step_functions: StepFunctions
    bus: Callable[[], Bus]


def generate(desk: Desk, task: dict[str, Any]) -> str:
    """Binds the Task to its inference and starts it if need be; returns the inference's id.

    The Task ends when ResumeGeneration answers its token; here at once, if the result is there.
    Raises GenerationFailed when every inference that may be paid for this attempt has failed, and
    GenerationExpired for one that has expired: that is not paid again. Raises CapacityUnavailable
    where the endpoint cannot come to it in time: then nothing is paid.
    """
    request, attempt = task["request"], task["attempt"]
    seed = seed_for(request, task["request_id"], task["run"], attempt)
    policy = desk.policies.active(task.get("policy"))
    negative, added, cut = negative_prompt(policy, task["labels"], request["negative_prompt"])
    warnings = negative_prompt_warnings(cut, request["guidance_scale"])
    plan = {"seed": seed, "negative_prompt_added": added, "warnings": warnings}
    now = datetime.now(UTC)
    for n in range(1, MAX_INFERENCES + 1):
        identity = inference_id(task["request_id"], task["run"], attempt, n)
        first = {
            "request_id": task["request_id"],
            "run": task["run"],
            "attempt": attempt,
            "n": n,
            "plan": json.dumps(plan),
            "created_at": now.isoformat(),
            "expires_at": int((now + timedelta(days=desk.settings.retention_days)).timestamp()),
        }
        # An execution that began before a deployment may not tell its tries apart.
        row = desk.inferences.bind(identity, task["token"], task.get("tried_at", 0), first)
        if row["status"] == "FAILED":
            continue
        if row["status"] == "EXPIRED":
            raise GenerationExpired(str(row["failure_reason"]))
        if row["status"] == "COMPLETED":
            desk.step_functions.succeed(task["token"], result_of(row))
        elif row["status"] == "PENDING" and row["task_token"] == task["token"]:
            # Else a newer try has taken over, and starts it.
            _start(desk, task, n, model_request(request, negative, seed), now)
        return identity
    raise GenerationFailed(f"all {MAX_INFERENCES} inferences of attempt {attempt} failed")


def _start(
    desk: Desk, task: dict[str, Any], n: int, request: dict[str, Any], now: datetime
) -> None:
    settings = desk.settings
    identity = inference_id(task["request_id"], task["run"], task["attempt"], n)
    look = _last_look(desk.queue)
    decision = decide(look, now, settings.request_ttl_seconds)
    if decision.verdict == "refuse":
        raise CapacityUnavailable(decision.reason)
    # The endpoint has done it by then, or given it up. The Task waits a little longer.
    patience = timedelta(seconds=settings.request_ttl_seconds + settings.invocation_timeout_seconds)
    written = desk.storage.write(
        settings.work_bucket,
        f"inference/input/{identity}.json",
        json.dumps(request).encode(),
        "application/json",
    )
    invocation = desk.endpoint.invoke(
        identity, written, settings.request_ttl_seconds, settings.invocation_timeout_seconds
    )
    desk.inferences.mark_invoked(
        identity,
        invocation.output_location,
        invocation.failure_location,
        utc_text(now + patience),
    )
    if look and decision.verdict == "queued":
        _tell(desk, task, n, look, decision.wait_seconds, now)


def _last_look(queue: Queue) -> Look | None:
    try:
        return queue.seen()[0]
    except Exception:  # noqa: BLE001 - who cannot look hands over as if nothing waited
        log.exception("the queue cannot be looked at")
        return None


def _tell(
    desk: Desk, task: dict[str, Any], n: int, look: Look, wait: int | None, now: datetime
) -> None:
    until = now + timedelta(seconds=desk.settings.request_ttl_seconds)
    try:
        # A batch tells of its progress itself, with the backlog: its thousands of rows do not.
        if json.loads(task["source"])["type"] != "batch":
            desk.bus().announce("ImageQueued", queued_event(task, n, look, wait, now, until))
    except Exception:  # noqa: BLE001 - the request is on its way; only nobody was told
        log.exception("ImageQueued not sent", extra={"request_id": task["request_id"]})
