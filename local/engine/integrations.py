"""How a Task state calls a service: the real SDK client, without the network.

moto creates a boto3 client for each call and sends it to its own server. Here the client is made
once per service, and botocore's `before-send` event (a public seam) hands the request to the
service's handler in this process, so parameters, answers and error names are still botocore's.
moto also left out the conversion between the casing of the state machine and that of the SDK; it
is restored from botocore's service models.

Private names: boto_client.boto3 (replaced by a name with a `client` function), StateTaskService.
_normalise_parameters, _normalise_response, _to_boto_request, _from_boto_response and the two
tables of names; SfnFailedEntryCountException, whose cause must be text; StateTaskServiceEvents.
_from_error (wrapped: moto ends the execution at what EventBridge refuses, beyond any Catch), and
StateTaskServiceAwsSdk._from_error (wrapped: so it does at a connection that breaks);
ministack's app.SERVICE_HANDLERS and call_service_handler_sync.
"""

from __future__ import annotations

import datetime
import io
import json
import uuid
from enum import Enum
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from ministack import app
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_aws_sdk,
    state_task_service_events,
)
from moto.stepfunctions.parser.asl.utils import boto_client
from urllib3.response import HTTPResponse

from local.engine import watching
from local.engine.function_client import FunctionClient
from local.engine.seams import replace
from local.engine.settings import REGION, Settings
from local.faults.callers import CALLER_HEADER

_IN_PROCESS = {
    "lambda": "lambda",
    "dynamodb": "dynamodb",
    "events": "events",
    "sqs": "sqs",
    "sns": "sns",
    "stepfunctions": "states",
}
_AI = {"application-autoscaling", "comprehend", "rekognition", "sagemaker", "sagemaker-runtime"}
_SDK_NAMES = {
    "applicationautoscaling": "application-autoscaling",
    "sagemakerruntime": "sagemaker-runtime",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
}
_ERROR_PREFIXES = {
    "s3": "S3",
    "lambda": "Lambda",
    "sqs": "Sqs",
    "sns": "Sns",
    "eventbridge": "EventBridge",
    "applicationautoscaling": "ApplicationAutoScaling",
    "comprehend": "Comprehend",
    "rekognition": "Rekognition",
    "sagemaker": "SageMaker",
    "sagemakerruntime": "SageMakerRuntime",
}
# A task may wait for a function as long as Lambda allows one to run.
_READ_TIMEOUT = 910


def install(settings: Settings) -> None:
    """Give the interpreter clients that reach this engine."""

    def client(service_name: str, region_name: str | None = None, **_: Any) -> Any:
        return sdk_client(settings, service_name, region_name or REGION)

    def operation(task: Any, service: str | None, action: str | None) -> Any:
        sdk = client(task._get_boto_service_name(service))
        name = sdk.meta.method_to_api_mapping.get(task._get_boto_service_action(action))
        return name and sdk.meta.service_model.operation_model(name)

    def to_sdk_casing(
        task: Any,
        parameters: Any,
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        model = operation(task, boto_service_name, service_action_name)
        if model and model.input_shape is not None:
            task._to_boto_request(parameters, model.input_shape)

    def to_state_machine_casing(
        task: Any,
        response: Any,
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        model = operation(task, boto_service_name, service_action_name)
        if model and model.output_shape is not None:
            task._from_boto_response(response, model.output_shape)
        if isinstance(response, dict):
            response.update(as_json(response))

    _name_errors()
    tasks = state_task_service.StateTaskService
    replace(boto_client, "boto3", SimpleNamespace(client=client))
    replace(state_task_service_events, "SfnFailedEntryCountException", FailedEntriesError)
    replace(tasks, "_normalise_parameters", to_sdk_casing)
    replace(tasks, "_normalise_response", to_state_machine_casing)
    tasks._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES.update(_SDK_NAMES)
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES.update(_ERROR_PREFIXES)


def _name_errors() -> None:
    """Have what moto knows no name for fail a task, and not the execution."""

    def refused(task: Any, env: Any, ex: Exception) -> Any:
        return _refused(task, env, ex) if isinstance(ex, ClientError) else of_events(task, env, ex)

    def unanswered(task: Any, env: Any, ex: Exception) -> Any:
        if not isinstance(ex, BotoCoreError):
            return of_sdk(task, env, ex)
        prefix = task._normalise_service_error_name(task.resource.api_name)
        return task_failure(task, env, f"{prefix}.SdkClientException", str(ex))

    events = state_task_service_events.StateTaskServiceEvents
    of_events = replace(events, "_from_error", refused)
    sdk = state_task_service_aws_sdk.StateTaskServiceAwsSdk
    of_sdk = replace(sdk, "_from_error", unanswered)


@cache
def sdk_client(settings: Settings, service: str, region: str) -> Any:
    """The one client of a service."""
    client = boto3.session.Session().client(
        service,
        region_name=region,
        endpoint_url=(settings.ai_endpoint if service in _AI else None) or settings.endpoint,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
        config=Config(
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            read_timeout=_READ_TIMEOUT,
            max_pool_connections=100,
            inject_host_prefix=False,
            **({"signature_version": UNSIGNED} if service in _IN_PROCESS else {}),
        ),
    )
    if service in _IN_PROCESS:
        name = _IN_PROCESS[service]
        client.meta.events.register("before-send", lambda request, **_: _answer(name, request))
    else:
        client.meta.events.register("before-send", _say_who_calls)
    return FunctionClient(client) if service == "lambda" else client


def _say_who_calls(request: AWSPreparedRequest, **_: Any) -> None:
    if caller := watching.current_caller():
        request.headers[CALLER_HEADER] = caller


def _answer(service: str, request: AWSPreparedRequest) -> AWSResponse:
    """Call a service's handler as its HTTP front would, and answer as urllib3 would."""
    parts = urlsplit(request.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    sent = request.body or b""
    body = sent.encode() if isinstance(sent, str) else sent

    def perform() -> Any:
        return app.call_service_handler_sync(
            app.SERVICE_HANDLERS[service],
            request.method,
            parts.path,
            headers,
            body,
            parse_qs(parts.query, keep_blank_values=True),
        )

    if watching.watch.active:
        target = f"{parts.path}?{parts.query}"
        status, answer_headers, answer = watching.answered(
            service, request.method, target, headers, body, perform
        )
    else:
        status, answer_headers, answer = perform()
    content = answer.encode() if isinstance(answer, str) else answer
    raw = HTTPResponse(
        body=io.BytesIO(content),
        headers={"x-amzn-RequestId": str(uuid.uuid4()), **answer_headers},
        status=status,
        preload_content=False,
    )
    return AWSResponse(request.url, status, raw.headers, raw)


def _refused(task: Any, env: Any, error: Any) -> FailureEvent:
    """Named like the one failure of this integration that AWS documents, FailedEntry."""
    told = error.response["Error"]
    return task_failure(task, env, f"EventBridge.{told['Code']}", told["Message"])


def service_failure(
    task: Any, env: Any, error: ClientError, prefix: str, service: str, modelled: tuple[str, ...]
) -> FailureEvent:
    """What an optimized integration makes of a service's error: one of the API's model is
    `<prefix>.<code>Exception`, every other `<prefix>.<service>Exception`."""
    told, metadata = error.response["Error"], error.response["ResponseMetadata"]
    code = told["Code"]
    if isinstance(error, watching.SdkClientException):
        return task_failure(task, env, f"{prefix}.{code}", told["Message"])
    details = (
        f"Service: {service}",
        f"Status Code: {metadata['HTTPStatusCode']}",
        f"Error Code: {code}",
        f"Request ID: {metadata.get('RequestId')}",
        "Proxy: null",
    )
    name = f"{prefix}.{code if code in modelled else service}Exception"
    return task_failure(task, env, name, f"{told['Message']} ({'; '.join(details)})")


def task_failure(task: Any, env: Any, error: str, cause: str) -> FailureEvent:
    """A task's failure under a name that is not one of `States.…`."""
    details: Any = {
        "taskFailedEventDetails": {
            "error": error,
            "cause": cause,
            "resource": task._get_sfn_resource(),
            "resourceType": task._get_sfn_resource_type(),
        }
    }
    return FailureEvent(
        env=env,
        error_name=CustomErrorName(error),
        event_type=HistoryEventType.TaskFailed,
        event_details=details,
    )


class FailedEntriesError(RuntimeError):
    """PutEvents refused an entry; the cause of the state's error is the answer as text."""

    def __init__(self, cause: Any) -> None:
        self.cause = json.dumps(cause)
        super().__init__(self.cause)


def as_json(value: Any) -> Any:
    """A value as it can stand in JSON: times as text, bytes and streams as UTF-8."""
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    if hasattr(value, "read"):
        value = value.read()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
