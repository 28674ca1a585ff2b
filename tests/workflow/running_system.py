"""The whole system on the local engine, as the workflow tests see it."""

import json
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

from local.ai.running import StandIns
from local.deploy import deploy
from local.deployed_stack import DeployedStack, parsed
from local.result_events import ResultEvents
from local.running import Engine
from local.stack import make_endpoint
from shared.inferences import inference_id

ROOT = Path(__file__).parents[2]
ENDED = 60.0
CLASSIFIER = (
    "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/local-classifier"
)


@dataclass
class Run:
    """One execution that has ended, and what it left behind."""

    arn: str
    name: str
    status: str
    error: str
    output: dict[str, Any]
    states: list[str]
    record: dict[str, Any]
    events: list[dict[str, Any]] = field(default_factory=list)


class Stack:
    """One deployed stack."""

    def __init__(
        self, engine: Engine, stand_ins: StandIns, name: str, parameters: dict[str, str]
    ) -> None:
        self.engine, self.stand_ins, self.name = engine, stand_ins, name
        settings = {"ClassifierBackend": "custom", "ClassifierEndpointArn": CLASSIFIER}
        self.outputs = deploy(
            engine.endpoint,
            ROOT / "template.yaml",
            name,
            {**settings, "EndpointName": f"local-{name}", **parameters},
            lambda _: None,
        )
        make_endpoint(stand_ins, f"local-{name}", self.outputs)
        self.deployed = DeployedStack(name, engine.client, self.outputs)
        self.results = ResultEvents(self.deployed)
        self._seen: list[dict[str, Any]] = []

    def delete(self) -> None:
        """For a module's own stack: its schedules would go on calling its functions."""
        self.client("cloudformation").delete_stack(StackName=self.name)

    def client(self, service: str) -> Any:
        return self.engine.client(service)

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, Message, Any]:
        """A call of the API: status, headers, and the JSON that it answers."""
        url = f"{self.engine.endpoint}/restapis/{self.outputs['ApiId']}/api/_user_request_{path}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        try:
            reply = urllib.request.urlopen(request)  # noqa: S310
        except urllib.error.HTTPError as refused:
            reply = refused
        with reply:
            told = reply.read()
            return reply.status, reply.headers, json.loads(told) if told else None

    def start(self, request: object, name: str = "") -> str:
        """Starts an execution directly; returns its ARN."""
        arn: str = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["StateMachineArn"],
            name=name or uuid.uuid4().hex,
            input=json.dumps(request),
        )["executionArn"]
        return arn

    def run(self, request: object, name: str = "") -> Run:
        """Starts an execution directly and waits for its end."""
        return self.ended(self.start(request, name))

    def drop(self, key: str, content: bytes) -> Run:
        """Puts a prompt file and waits for the end of the execution that it starts."""
        before = set(self._executions())
        self.client("s3").put_object(Bucket=self.outputs["PromptsBucket"], Key=key, Body=content)
        return self.ended(self._started_since(before))

    def put_event(self, detail: object, source: str = "test.shop") -> Run:
        """Puts an ImageRequested event and waits for the end of the execution that it starts."""
        before = set(self._executions())
        self.client("events").put_events(
            Entries=[
                {
                    "EventBusName": self.outputs["EventBus"],
                    "Source": source,
                    "DetailType": "ImageRequested",
                    "Detail": json.dumps(detail),
                }
            ]
        )
        return self.ended(self._started_since(before))

    def ended(self, arn: str, within: float = ENDED) -> Run:
        """Waits for an execution's end; then for its event, if it owes one."""
        described = self.wait_for_end(arn, within)
        history = self.client("stepfunctions").get_execution_history(
            executionArn=arn, maxResults=1000
        )["events"]
        run = Run(
            arn,
            described["name"],
            described["status"],
            described.get("error", ""),
            json.loads(described.get("output") or "{}"),
            [
                e["stateEnteredEventDetails"]["name"]
                for e in history
                if "stateEnteredEventDetails" in e
            ],
            self.record_of(arn),
        )
        if run.record:
            run.events = self.events(run.record["request_id"])
        return run

    def script(self, prompt: str, **steps: Any) -> None:
        """Tells the stand-ins what to do with this prompt: lists of steps by service."""
        self.stand_ins.script(prompt=prompt, **steps)

    def script_moderation(self, name: str, *steps: Any, attempt: int = 1) -> None:
        """Tells the moderator how to answer for the pictures of the execution of that name."""
        identity = inference_id(f"execution-{name}", 1, attempt, 1)
        self.stand_ins.script(key=identity, rekognition=list(steps))

    def record_of(self, arn: str) -> dict[str, Any]:
        """The record that an execution has claimed, its nested parts parsed; or nothing."""
        items = self.client("dynamodb").scan(TableName=self.outputs["ResultsTable"])["Items"]
        found = [item for item in items if item["execution_arn"]["S"] == arn]
        assert len(found) <= 1, "an execution has more than one record"
        return parsed(found[0]) if found else {}

    def events(
        self, subject: str, within: float = 10.0, about: str = "request_id"
    ) -> list[dict[str, Any]]:
        """The events about a request or a job: waits for the first; takes what came with it."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            self._receive()
            mine = [e for e in self._seen if e["detail"].get(about) == subject]
            if mine:
                return mine
            time.sleep(0.05)
        return []

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Every object of a bucket, by key."""
        s3, name = self.client("s3"), self.outputs[bucket]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return {key: s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}

    def logs(self) -> str:
        """Everything that functions, state machines and engine have logged."""
        logs = self.client("logs")
        lines = [Path(self.engine.log_file).read_text("utf-8", "replace")]
        for group in logs.get_paginator("describe_log_groups").paginate():
            for found in group["logGroups"]:
                pages = logs.get_paginator("filter_log_events").paginate(
                    logGroupName=found["logGroupName"]
                )
                lines += [event["message"] for page in pages for event in page["events"]]
        return "\n".join(lines)

    def function(self, name: str) -> str:
        """What a function of this stack is called in Lambda."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        names = [str(found["FunctionName"]) for page in pages for found in page["Functions"]]
        return next(found for found in names if found.startswith(f"{self.name}-{name}Function"))

    def delivered(self, run: Run) -> list[str]:
        """The keys in the images bucket that belong to a run's record."""
        bucket = self.outputs["ImagesBucket"]
        images = run.record.get("images", [])
        return [image["key"] for image in images if image.get("bucket") == bucket]

    def _receive(self) -> None:
        while received := self.results.receive():
            self._seen += received

    def _executions(self) -> list[str]:
        reply = self.client("stepfunctions").list_executions(
            stateMachineArn=self.outputs["StateMachineArn"], maxResults=1000
        )
        return [execution["executionArn"] for execution in reply["executions"]]

    def _started_since(self, before: set[str]) -> str:
        deadline = time.monotonic() + ENDED
        while time.monotonic() < deadline:
            new = [arn for arn in self._executions() if arn not in before]
            if new:
                return new[0]
            time.sleep(0.02)
        raise AssertionError("no execution started")

    def wait_for_end(self, arn: str, within: float = ENDED) -> dict[str, Any]:
        """DescribeExecution's reply once the execution has ended."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            described: dict[str, Any] = self.client("stepfunctions").describe_execution(
                executionArn=arn
            )
            if described["status"] != "RUNNING":
                return described
            time.sleep(0.02)
        raise AssertionError(f"{arn} still runs after {within} s")
