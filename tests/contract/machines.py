"""Definitions and small helpers of the contract tests."""

from __future__ import annotations

import io
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/contract"
PROBE = Path(__file__).parent / "probe" / "app.py"
Definition = dict[str, Any]
Run = Callable[..., dict[str, Any]]
Invoke = Callable[..., tuple[Any, dict[str, Any]]]
Make = Callable[..., str]


def unique(prefix: str) -> str:
    """A name no other test has."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def package(source: str) -> bytes:
    """A zip with one module, app.py."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", source)
    return content.getvalue()


def wait_for(look: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true result of `look`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing came within {seconds} s")
        time.sleep(0.05)
    return found


def single(state: Definition, **machine: Any) -> Definition:
    """A JSONata machine of one state, with an end that a Catch can go to."""
    ends = {} if state["Type"] in ("Fail", "Succeed", "Choice") else {"End": True}
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Only",
        "States": {
            "Only": {**state, **ends},
            "Caught": {"Type": "Pass", "Output": "{% $states.input %}", "End": True},
        },
        **machine,
    }


def call(function: str, payload: Any, **state: Any) -> Definition:
    """A Task state that invokes a function."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        **state,
    }


def call_and_wait(function: str, payload: Any, **state: Any) -> Definition:
    """A Task state that invokes a function and waits for its token."""
    token = {"token": "{% $states.context.Task.Token %}"}
    return call(
        function,
        {**payload, **token},
        **{
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Output": "{% $states.result %}",
            **state,
        },
    )


CAUGHT = {
    "Next": "Caught",
    "Output": {
        "error": "{% $states.errorOutput.Error %}",
        "cause": "{% $states.errorOutput.Cause %}",
    },
}
