"""A standard state machine, as far as the API's functions ask it: executions by name."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

EXECUTIONS = "arn:aws:states:us-east-1:111122223333:execution:safelight-GenerateSafeImage"
MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:safelight-GenerateSafeImage"
STARTED = datetime(2026, 11, 21, 12, tzinfo=UTC)


class StandardMachine:
    """Answers StartExecution and DescribeExecution as AWS does for standard workflows."""

    def __init__(self, answers: Any) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        # How many looks are still in vain.
        self.unseen = 0
        answers.set("StartExecution", self._start)
        answers.set("DescribeExecution", self._describe)

    def end(self, name: str, status: str, ago: timedelta = timedelta(seconds=1)) -> None:
        """Ends an execution."""
        self.executions[name] |= {"status": status, "stopDate": datetime.now(UTC) - ago}

    def input_of(self, name: str) -> Any:
        return json.loads(self.executions[name]["input"])

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["name"]
        assert request["stateMachineArn"] == MACHINE
        known = self.executions.get(name)
        if known and (known["status"] != "RUNNING" or known["input"] != request["input"]):
            raise _error("ExecutionAlreadyExists", "StartExecution")
        arn = f"{EXECUTIONS}:{name}"
        self.executions.setdefault(
            name,
            {
                "executionArn": arn,
                "stateMachineArn": MACHINE,
                "name": name,
                "status": "RUNNING",
                "startDate": STARTED,
                "input": request["input"],
            },
        )
        return {"executionArn": arn, "startDate": STARTED}

    def _describe(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["executionArn"].rpartition(":")[2]
        assert request["executionArn"] == f"{EXECUTIONS}:{name}"
        self.unseen -= 1
        if self.unseen >= 0 or name not in self.executions:
            raise _error("ExecutionDoesNotExist", "DescribeExecution")
        return self.executions[name]


def _error(code: str, operation: str) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return ClientError(response, operation)
