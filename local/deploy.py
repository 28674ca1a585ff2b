"""Deploys a SAM template to the engine as `sam deploy` would, without building anything first.

The template on disk is never changed: local paths are uploaded, and the template that names the
uploads goes to CloudFormation, which applies the SAM transform itself. Packages that functions
declare in requirements.txt are not installed into the upload: they come from this machine's own
environment, which the engine puts on every function's path, as do the native packages of a layer.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from local.running import REGION

ARTIFACTS_BUCKET = "safelight-artifacts"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_POLL_SECONDS = 0.2
_TIMEOUT_SECONDS = 300.0
_FOLDERS = ("CodeUri", "ContentUri")
_FILES = ("DefinitionUri",)
Progress = Callable[[str], None]


class DeployError(RuntimeError):
    """The stack could not be deployed; names the resource and the reason."""


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
    request = {
        "StackName": stack_name,
        "TemplateBody": json.dumps(packaged),
        "Capabilities": _CAPABILITIES,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
    }
    if _request_change(cloudformation, request, progress):
        _wait(cloudformation, stack_name, progress)
    return _outputs(cloudformation, stack_name)


def package(template: Path, upload: Callable[[bytes, str], str]) -> dict[str, Any]:
    """The template with every local path replaced by what `upload` made of its content."""
    try:
        document: dict[str, Any] = yaml_parse(template.read_text())
    except OSError as error:
        raise DeployError(f"cannot read the template {template}: {error}") from error
    uploaded: dict[Path, str] = {}
    for holder in _holders(document):
        for name in (*_FOLDERS, *_FILES):
            value = holder.get(name)
            if not isinstance(value, str) or value.startswith("s3://"):
                continue
            path = (template.parent / value).resolve()
            if path not in uploaded:
                uploaded[path] = upload(_content(path, value), ".zip" if name in _FOLDERS else "")
            holder[name] = uploaded[path]
    return document


def _holders(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document.get("Globals", {}).get("Function", {})
    for resource in document.get("Resources", {}).values():
        yield resource.get("Properties") or {}


def _content(path: Path, named: str) -> bytes:
    if path.is_dir():
        return _zip(path)
    if not path.is_file():
        raise DeployError(f"the template names {named}, and there is no {path}")
    return path.read_bytes()


def _zip(folder: Path) -> bytes:
    """The folder as a zip that is the same, byte for byte, for the same files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            if path.is_dir() or "__pycache__" in relative.parts or path.suffix == ".pyc":
                continue
            entry = zipfile.ZipInfo(relative.as_posix())
            entry.external_attr = (0o755 if path.stat().st_mode & 0o100 else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()


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
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in _message(error):
            return False
        raise DeployError(_message(error)) from error
    return True


def _wait(cloudformation: Any, stack_name: str, progress: Progress) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        status = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]["StackStatus"]
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
        stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
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
    stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _message(error: ClientError) -> str:
    return str(error.response["Error"].get("Message") or error)
