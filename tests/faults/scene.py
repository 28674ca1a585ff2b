"""What a case may do to its request while that is being answered."""

import json
import time
from collections.abc import Callable
from typing import Any

from faults.case import Case
from workflow.running_system import Stack

LONG_AGO = "2026-01-01T00:00:00.000Z"
PATIENCE = 240.0


class Scene:
    """One case's execution on the stack that all cases share."""

    def __init__(self, stack: Stack, case: Case) -> None:
        self.stack, self.case = stack, case
        self.arn = f"{_executions_of(stack)}:{case.run_name}"

    def client(self, service: str) -> Any:
        return self.stack.client(service)

    def history(self) -> list[dict[str, Any]]:
        """The execution's events so far."""
        events: list[dict[str, Any]] = self.client("stepfunctions").get_execution_history(
            executionArn=self.arn, maxResults=1000
        )["events"]
        return events

    def await_state(self, state: str) -> None:
        """Wait until the execution has entered a state."""
        self.until(
            lambda: any(
                event.get("stateEnteredEventDetails", {}).get("name") == state
                for event in self.history()
            ),
            state,
        )

    def await_generation(self) -> None:
        """Wait until the execution waits for the endpoint."""
        self.until(
            lambda: any(event["type"] == "TaskSubmitted" for event in self.history()),
            "waiting for the endpoint",
        )

    def await_object(self, bucket: str, key: str) -> None:
        """Wait until something lies there."""

        def there() -> bool:
            listed = self.client("s3").list_objects_v2(
                Bucket=self.stack.outputs[bucket], Prefix=key
            )
            return "Contents" in listed

        self.until(there, key)

    def await_end(self) -> None:
        """Wait until the execution has ended."""

        def over() -> bool:
            told = self.client("stepfunctions").describe_execution(executionArn=self.arn)
            return bool(told["status"] != "RUNNING")

        self.until(over, "the end", pause=0.25)

    def await_rule(self, number: int) -> None:
        """Wait until one of the case's rules has met its call."""

        def met() -> bool:
            servers = (self.stack.engine, self.stack.stand_ins)
            told = [rule for server in servers for rule in server.broken_calls()]
            mine = self.case.rule_id(number)
            return any(rule["injected"] for rule in told if rule["id"] == mine)

        self.until(met, "a call to break", pause=0.2)

    def until(self, happened: Callable[[], object], what: str, pause: float = 0.05) -> None:
        """Wait for something, AssertionError if it never comes."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.case.name}: {what} never came")
            time.sleep(pause)

    def stop(self) -> None:
        """StopExecution, as an operator would."""
        self.client("stepfunctions").stop_execution(executionArn=self.arn)

    def put_work(self, key: str, body: bytes) -> None:
        """Write to the work bucket, as whoever may."""
        bucket = self.stack.outputs["WorkBucket"]
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def inference_row(self, n: int = 1) -> dict[str, str]:
        """The row of the n-th inference, its values as texts."""
        found = self.client("dynamodb").get_item(
            TableName=self.stack.outputs["InferencesTable"],
            Key={"inference_id": {"S": self.case.inference(n)}},
        )
        return {name: next(iter(value.values())) for name, value in found.get("Item", {}).items()}

    def publish(self, message: object, topic: str = "SuccessTopic") -> None:
        """Put a message on one of the topics of notices."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.client("sns").publish(TopicArn=self.stack.outputs[topic], Message=text)

    def make_overdue(self, table: str = "ResultsTable") -> None:
        """Move the deadline of this request, or of its inference, into the past."""
        key = (
            {"request_id": f"execution-{self.case.run_name}"}
            if table == "ResultsTable"
            else {"inference_id": self.case.inference()}
        )
        make_overdue(self.stack, table, key)

    def sweep(self) -> None:
        """Invoke SweepRequests until it comes to its end: some cases kill it on its way."""
        self.until(lambda: sweep(self.stack) is not None, "the end of a sweep")


Act = Callable[[Scene], None]


def notice(inference: str, output: str, status: str = "Completed") -> dict[str, Any]:
    """A notice in SageMaker's shape."""
    return {
        "awsRegion": "us-east-1",
        "invocationStatus": status,
        "responseParameters": {"contentType": "application/json", "outputLocation": output},
        "inferenceId": inference,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def make_overdue(stack: Stack, table: str, key: dict[str, str]) -> None:
    """Move a row's deadline into the past, if it still has something to be done."""
    dynamodb = stack.client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=stack.outputs[table],
            Key={name: {"S": value} for name, value in key.items()},
            UpdateExpression="SET deadline = :d",
            ConditionExpression="attribute_exists(open_shard)",
            ExpressionAttributeValues={":d": {"S": LONG_AGO}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def sweep(stack: Stack) -> dict[str, int] | None:
    """What a sweep has done; None if it was killed on its way."""
    functions = stack.client("lambda")
    reply = functions.invoke(FunctionName=stack.function("SweepRequests"), Payload=b"{}")
    told = json.loads(reply["Payload"].read())
    return None if "FunctionError" in reply else dict(told["done"])


def _executions_of(stack: Stack) -> str:
    return stack.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
