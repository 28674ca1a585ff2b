"""The function that the contract tests invoke; `op` says what it does."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


class Unreadable(Exception):
    """An error with a name of its own."""


class Throttled(Exception):
    """An error that passes."""


def handler(event: dict[str, Any], context: Any) -> Any:
    """Do what the event says."""
    return globals()[f"do_{event['op']}"](event, context)


def do_echo(event: dict[str, Any], _: Any) -> Any:
    return event.get("value")


def do_fail(event: dict[str, Any], _: Any) -> Any:
    raise Unreadable(event.get("why", "no reason"))


def do_pass_after(event: dict[str, Any], _: Any) -> int:
    """Fail as often as told, counting in a file, since processes come and go."""
    counter = Path(event["file"])
    calls = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(calls + 1))
    if calls < event["failures"]:
        raise Throttled(f"call {calls + 1}")
    return calls + 1


def do_sleep(event: dict[str, Any], _: Any) -> float:
    time.sleep(event["seconds"])
    return float(event["seconds"])


def do_write(event: dict[str, Any], _: Any) -> str:
    Path(event["file"]).write_text(event["text"])
    return "written"


def do_callback(event: dict[str, Any], _: Any) -> str:
    """Answer the token before returning."""
    import boto3

    boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output='"early"')
    time.sleep(event.get("then", 0))
    return "late"


def do_environment(_: dict[str, Any], context: Any) -> dict[str, Any]:
    return {
        "variables": dict(os.environ),
        "path": sys.path,
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(),
    }


def do_print(event: dict[str, Any], _: Any) -> None:
    print(event["text"])  # noqa: T201


def do_process(_: dict[str, Any], __: Any) -> int:
    time.sleep(0.02)
    return os.getpid()


def do_exit(_: dict[str, Any], __: Any) -> None:
    os._exit(3)


def do_endpoints(_: dict[str, Any], __: Any) -> dict[str, str]:
    """Where the SDK would send each service's calls."""
    import boto3

    services = ("dynamodb", "bedrock-runtime", "comprehend", "rekognition", "sagemaker-runtime")
    return {name: boto3.client(name).meta.endpoint_url for name in services}


def do_call(event: dict[str, Any], _: Any) -> Any:
    """Make a call on a service; what it answered, or the error's name."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    once = Config(retries={"total_max_attempts": 1})
    client = boto3.client(event["service"], config=once)
    try:
        answer = getattr(client, event["method"])(**event.get("arguments", {}))
        if "Body" in answer:
            answer["Body"] = answer["Body"].read().decode()
    except ClientError as error:
        return {"error": error.response["Error"]["Code"], **_status(error.response)}
    except (BotoCoreError, ResponseParserError) as error:
        return {"error": type(error).__name__}
    status = _status(answer)
    return {**json.loads(json.dumps(answer, default=str)), **status}


def _status(answer: dict[str, Any]) -> dict[str, int]:
    return {"status": answer.pop("ResponseMetadata")["HTTPStatusCode"]}
