"""The system under load: engine, stand-ins and stack, faults in force, and who listens to it."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError

from bench.soak import chaos
from bench.soak.plan import FOLDER, SOURCE, Submission, content
from local.ai.running import StandIns
from local.deploy import deploy
from local.deployed_stack import DeployedStack
from local.result_events import ResultEvents
from local.running import Engine
from local.stack import TEMPLATE, make_endpoint

NAME = "soak"
ENDPOINT_NAME = "local-soak"
# One wait for the endpoint is 60 + 5 + 300 s of the template's time: the sweeper looks for a result
# after 65 s, and these are real.
_PATIENCE = {"RequestTTLSeconds": "60", "InvocationTimeoutSeconds": "5"}
GENERATION_SECONDS = 365.0
_LATE_SECONDS = 5.0
# Of the notices, in the template's time; and no less than a function may take, which is real time.
_VISIBILITY_SECONDS, _LEAST_VISIBILITY_SECONDS = 180.0, 35
Json = dict[str, Any]


class System(DeployedStack):
    """`with System(…) as system:` is a stack of its own on an engine of its own."""

    def __init__(self, time_scale: float, max_processes: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="safelight-soak-")
        self.log_file = Path(self._folder.name) / "engine.log"
        self.stand_ins = StandIns(log_file=Path(self._folder.name) / "stand-ins.log")
        self.time_scale, self._max_processes = time_scale, max_processes
        self._running = contextlib.ExitStack()
        super().__init__(NAME, lambda service: self.engine.client(service), {})

    def __enter__(self) -> System:
        with contextlib.ExitStack() as starting:
            starting.enter_context(self._folder)
            starting.enter_context(self.stand_ins)
            self.engine = starting.enter_context(
                Engine(
                    ai_endpoint=self.stand_ins.endpoint,
                    time_scale=self.time_scale,
                    max_processes=self._max_processes,
                    log_file=self.log_file,
                )
            )
            self.stand_ins.use_engine(self.engine.endpoint)
            parameters = {"EndpointName": ENDPOINT_NAME, **_PATIENCE}
            self.outputs = deploy(self.engine.endpoint, TEMPLATE, NAME, parameters)
            make_endpoint(self.stand_ins, ENDPOINT_NAME, self.outputs)
            self._scale_visibility()
            self.results, self.ends = ResultEvents(self), ExecutionEnds(self)
            # Clients are made here: later many threads ask for them at once.
            for service in ("s3", "events", "stepfunctions", "dynamodb", "sqs", "lambda", "logs"):
                self.client(service)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def _scale_visibility(self) -> None:
        """The engine's time scale leaves queues alone: a notice would come again after 180 s."""
        seconds = max(_LEAST_VISIBILITY_SECONDS, round(_VISIBILITY_SECONDS / self.time_scale))
        self.client("sqs").set_queue_attributes(
            QueueUrl=self.outputs["NoticesQueue"], Attributes={"VisibilityTimeout": str(seconds)}
        )

    def logs(self) -> str:
        """What engine and stand-ins wrote."""
        return "".join(
            file.read_text("utf-8", "replace") for file in Path(self._folder.name).glob("*.log")
        )

    def unleash(self, faults: float, seed: int) -> None:
        """Count calls from now on, and break them."""
        rules = chaos.counters()
        if faults:
            late = GENERATION_SECONDS / self.time_scale + _LATE_SECONDS
            rules += chaos.rules(faults, seed, late)
        for server in (self.engine, self.stand_ins):
            server.break_calls(*rules)

    def calm(self) -> list[Json]:
        """End all faults; the report on them."""
        report = [*self.engine.broken_calls(), *self.stand_ins.broken_calls()]
        self.engine.mend()
        self.stand_ins.mend()
        return report

    def send(self, submission: Submission) -> None:
        """By its door."""
        if submission.door == "s3":
            self.drop(content(submission), f"{FOLDER}/{submission.name}.json")
        elif submission.door == "event":
            self.put_event(submission.body, SOURCE)
        else:
            self.client("stepfunctions").start_execution(
                stateMachineArn=self.outputs["StateMachineArn"],
                name=submission.name,
                input=json.dumps(submission.body),
            )


class ExecutionEnds:
    """A queue that a rule outside the template fills when executions end."""

    def __init__(self, system: System) -> None:
        self._sqs = system.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=f"{NAME}-ends")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )["Attributes"]
        pattern = {
            "source": ["aws.states"],
            "detail": {
                "stateMachineArn": [system.outputs["StateMachineArn"]],
                "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
            },
        }
        events = system.client("events")
        events.put_rule(Name=f"{NAME}-ends", EventPattern=json.dumps(pattern))
        target = {"Id": "queue", "Arn": attributes["QueueArn"]}
        events.put_targets(Rule=f"{NAME}-ends", Targets=[target])

    def receive(self, wait_seconds: int) -> list[Json]:
        """{name, input, status, …} of each execution that ended since the last call."""
        received = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
        ).get("Messages", [])
        for message in received:
            self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"])["detail"] for message in received]


class Listener(threading.Thread):
    """Calls what takes messages again and again until stopped, whatever becomes of a call."""

    def __init__(self, take: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._take, self._stopped = take, threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(BotoCoreError):  # a busy engine may be slow to answer
                self._take()

    def stop(self) -> None:
        """Wait for the last call."""
        self._stopped.set()
        self.join()
