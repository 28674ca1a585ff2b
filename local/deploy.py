"""Deploys a SAM template to the engine as `sam deploy` would, without building anything first.

The template on disk is never changed: local paths are uploaded, and the template that names the
uploads goes to CloudFormation, which applies the SAM transform itself. Packages that functions
declare in requirements.txt are not installed into the upload: they come from this machine's own
environment, which the engine puts on every function's path, as do the native packages of a layer.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.engine.settings import REGION
from local.packaging import DeployError, package

ARTIFACTS_BUCKET = "safelight-artifacts"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
# A stack whose creation failed cannot be updated, only made again.
_NEVER_CREATED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")
_POLL_SECONDS = 0.2
_TIMEOUT_SECONDS = 300.0
__all__ = ["DeployError", "deploy"]
Progress = Callable[[str], None]


def deploy(
    endpoint: str,
    template: Path,
    stack_name: str,
    parameters: dict[str, str],
    progress: Progress = lambda _: None,
) -> dict[str, str]:
    """Create or update the stack and return its outputs."""
    cloudformation, s3 = _client(endpoint, "cloudformation"), _client(endpoint, "s3")
    progress("packaging")
    packaged = package(template, lambda content, suffix: _upload(s3, content, suffix))
    if unknown := sorted(parameters.keys() - packaged.get("Parameters", {}).keys()):
        raise DeployError(f"the template has no parameter {', '.join(unknown)}")
    # By its address: a request's own template may have 51,200 bytes.
    uploaded = _upload(s3, json.dumps(packaged).encode(), ".json").removeprefix("s3://")
    request = {
        "StackName": stack_name,
        "TemplateURL": f"{endpoint}/{uploaded}",
        "Capabilities": _CAPABILITIES,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    }
    if _request_change(cloudformation, request, progress):
        _wait(cloudformation, stack_name, progress)
    return _outputs(cloudformation, stack_name)


def _upload(s3: Any, content: bytes, suffix: str) -> str:
    key = hashlib.sha256(content).hexdigest() + suffix
    s3.create_bucket(Bucket=ARTIFACTS_BUCKET)
    s3.put_object(Bucket=ARTIFACTS_BUCKET, Key=key, Body=content)
    return f"s3://{ARTIFACTS_BUCKET}/{key}"


def _client(endpoint: str, service: str) -> Any:
    return boto3.session.Session().client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
    )


def _request_change(cloudformation: Any, request: dict[str, Any], progress: Progress) -> bool:
    """Ask for the change; False when there is nothing to change."""
    try:
        progress("creating the stack")
        cloudformation.create_stack(**request)
        return True
    except cloudformation.exceptions.AlreadyExistsException:
        progress("updating the stack")
    except ClientError as error:
        raise DeployError(_message(error)) from error
    if _status(cloudformation, request["StackName"]) in _NEVER_CREATED:
        cloudformation.delete_stack(StackName=request["StackName"])
        cloudformation.create_stack(**request)
        return True
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in _message(error):
            return False
        raise DeployError(_message(error)) from error
    return True


def _status(cloudformation: Any, stack_name: str) -> str:
    return str(_stack(cloudformation, stack_name)["StackStatus"])


def _stack(cloudformation: Any, stack_name: str) -> dict[str, Any]:
    stack: dict[str, Any] = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    return stack


def _wait(cloudformation: Any, stack_name: str, progress: Progress) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        status = _status(cloudformation, stack_name)
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            progress(f"stack {stack_name}: {status}")
            return
        if status.endswith(("FAILED", "ROLLBACK_COMPLETE")):
            raise DeployError(_failure(cloudformation, stack_name, status))
        if time.monotonic() > deadline:
            raise DeployError(
                f"stack {stack_name} is still {status} after {_TIMEOUT_SECONDS:.0f} s"
            )
        time.sleep(_POLL_SECONDS)


def _failure(cloudformation: Any, stack_name: str, status: str) -> str:
    """The first resource that failed: later ones are its consequences."""
    events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")]
    resources = [e for e in failed if e["ResourceType"] != "AWS::CloudFormation::Stack"] or failed
    if not resources:
        stack = _stack(cloudformation, stack_name)
        return (
            f"stack {stack_name} is {status}: {stack.get('StackStatusReason', 'no reason given')}"
        )
    first = resources[0]
    reason = first.get("ResourceStatusReason", "no reason given")
    return (
        f"stack {stack_name} is {status}: {first['LogicalResourceId']} "
        f"({first['ResourceType']}): {reason}"
    )


def _outputs(cloudformation: Any, stack_name: str) -> dict[str, str]:
    stack = _stack(cloudformation, stack_name)
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _message(error: ClientError) -> str:
    return str(error.response["Error"].get("Message") or error)
