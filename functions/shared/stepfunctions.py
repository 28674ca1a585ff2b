"""Step Functions: answers to waiting Tasks, what an execution has done, and the pace of its map."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from shared import aws

# The Task has timed out, was answered before, or its execution has ended.
_GONE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
# The execution has ended, or ended so long ago that its history is gone.
_OVER = frozenset({"ExecutionDoesNotExist", "ValidationException"})
_FORGOTTEN = frozenset({"ExecutionDoesNotExist", "InvalidArn"})
# The Map Run has ended.
_NO_MAP_RUN = frozenset({"ResourceNotFound", "ValidationException"})


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN of a machine's execution of this name."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:', 1)}:{name}"


class StepFunctions:
    """All executions that the function's role lets it reach. Tokens are never logged."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.client("stepfunctions")

    def succeed(self, task_token: str, output: dict[str, Any]) -> bool:
        """Completes a waiting Task; False if nobody waits any more."""
        return self._answer(
            self._client.send_task_success, taskToken=task_token, output=json.dumps(output)
        )

    def fail(self, task_token: str, error: str, cause: str) -> bool:
        """Fails a waiting Task with one of our error names; False if nobody waits any more."""
        return self._answer(
            self._client.send_task_failure, taskToken=task_token, error=error, cause=cause
        )

    def start(self, machine_arn: str, name: str, given: dict[str, Any]) -> bool:
        """Starts an execution; False if its name was taken in the last 90 days.

        Also True, and nothing is started, while one of this name runs with the very same input
        (Step Functions API Reference, StartExecution: idempotent for standard workflows).
        """
        text = json.dumps(given, ensure_ascii=False)
        try:
            with aws.translated():
                self._client.start_execution(stateMachineArn=machine_arn, name=name, input=text)
        except ClientError as refused:
            if aws.error_code(refused) == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def describe(self, execution_arn: str) -> dict[str, Any]:
        """DescribeExecution's reply: status, error and cause among it.

        Raises LookupError if the execution is forgotten, or never was.
        """
        try:
            with aws.translated():
                reply: dict[str, Any] = self._client.describe_execution(executionArn=execution_arn)
        except ClientError as refused:
            if aws.error_code(refused) in _FORGOTTEN:
                raise LookupError(execution_arn) from refused
            raise
        return reply

    def input_of(self, execution_arn: str) -> str:
        """The input of an execution. Raises LookupError as `describe` does."""
        return str(self.describe(execution_arn)["input"])

    def tasks_entered(self, execution_arn: str) -> tuple[list[tuple[datetime, str]], bool]:
        """When it entered which Task states, without any content, and whether that is all.

        Its first thousand events. Raises LookupError if the execution is forgotten.
        """
        try:
            with aws.translated():
                history = self._client.get_execution_history(
                    executionArn=execution_arn, maxResults=1000, includeExecutionData=False
                )
        except ClientError as refused:
            if aws.error_code(refused) in _FORGOTTEN:
                raise LookupError(execution_arn) from refused
            raise
        entered = [
            (event["timestamp"], event["stateEnteredEventDetails"]["name"])
            for event in history["events"]
            if event["type"] == "TaskStateEntered"
        ]
        return entered, "nextToken" not in history

    def map_run(self, execution_arn: str) -> dict[str, Any] | None:
        """DescribeMapRun's reply for an execution's newest Map Run; None if it has none yet."""
        with aws.translated():
            # Newest first is nowhere promised. Our machines' executions have one, or a few.
            found = self._client.list_map_runs(executionArn=execution_arn)["mapRuns"]
            if not found:
                return None
            newest = max(found, key=lambda run: run["startDate"])
            reply: dict[str, Any] = self._client.describe_map_run(mapRunArn=newest["mapRunArn"])
        return reply

    def pace(self, map_run_arn: str, concurrency: int) -> None:
        """Changes how many children of a Map Run may run at once; one that is over is left alone.

        Those that run go on. 0 would mean as many as there are.
        """
        try:
            with aws.translated():
                self._client.update_map_run(mapRunArn=map_run_arn, maxConcurrency=concurrency)
        except ClientError as refused:
            if aws.error_code(refused) not in _NO_MAP_RUN:
                raise

    def stop(self, execution_arn: str, error: str) -> None:
        """Ends an execution if it still runs; one that is over, or forgotten, is left alone."""
        try:
            with aws.translated():
                self._client.stop_execution(executionArn=execution_arn, error=error)
        except ClientError as refused:
            if aws.error_code(refused) not in _OVER:
                raise

    def task_outputs(self, execution_arn: str, state: str) -> Iterator[Any]:
        """The outputs of a Task state as often as it was entered, from the first pages of history.

        Only what Lambda returned, unwrapped. Bounded to 200 events: for states near the start.
        """
        with aws.translated():
            history = self._client.get_execution_history(
                executionArn=execution_arn, maxResults=200, includeExecutionData=True
            )
        inside = False
        for event in history["events"]:
            if event["type"] == "TaskStateEntered":
                inside = event["stateEnteredEventDetails"]["name"] == state
            elif event["type"] == "TaskSucceeded" and inside:
                output = event["taskSucceededEventDetails"].get("output")
                if output:
                    yield json.loads(output).get("Payload")

    def _answer(self, call: Any, **arguments: str) -> bool:
        try:
            with aws.translated():
                call(**arguments)
        except ClientError as error:
            if aws.error_code(error) in _GONE:
                return False
            raise
        return True
