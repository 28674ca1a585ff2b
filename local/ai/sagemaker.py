"""SageMaker runtime's InvokeEndpointAsync, SageMaker's DescribeEndpoint, and all endpoints.

Fields, limits and errors: the API's model in botocore; 202 and the location headers likewise.
That an endpoint that is not known is a ValidationException: what DescribeEndpoint answers on AWS.
"""

import re
import time
import uuid
from collections.abc import Callable
from email.message import Message
from urllib.parse import unquote

from local.ai.async_endpoint import AsyncEndpoint
from local.ai.engine_client import EngineClient, EngineError, split_s3_uri
from local.ai.generator import JSON_REQUEST, prompt_of
from local.ai.jobs import Direction, EndpointConfig, Job
from local.ai.notices import Invocation
from local.ai.painting.painter import NAME
from local.ai.wire import Json, Reply, Request, ServiceError, json_reply

PATH = re.compile(r"/endpoints/([^/]+)/async-invocations")
ARN = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/"
PREFIX = "X-Amzn-SageMaker-"
MOST_ASCII = 1024
NOT_SERVED = ("Filename", "S3OutputPathExtension")
Director = Callable[[str], Direction]


def as_usual(prompt: str) -> Direction:
    """The direction for any prompt where nobody directs; ServiceError refuses the invocation."""
    del prompt
    return Direction()


class Endpoints:
    name = NAME

    def __init__(self, engine: EngineClient, director: Director = as_usual) -> None:
        self._engine = engine
        self._director = director
        self._by_name: dict[str, AsyncEndpoint] = {}

    def register(self, name: str, config: EndpointConfig) -> AsyncEndpoint:
        """Create or update; EngineError if a topic takes no test notification."""
        if name in self._by_name:
            self._by_name[name].update(config)
        else:
            self._by_name[name] = AsyncEndpoint(name, config, self._engine)
        return self._by_name[name]

    def get(self, name: str) -> AsyncEndpoint:
        if name not in self._by_name:
            raise ServiceError(
                "ValidationError", f"Endpoint {name} of account 000000000000 not found."
            )
        return self._by_name[name]

    def handle(self, operation: str, request: Json) -> Reply:
        """DescribeEndpoint; ServiceError."""
        del operation
        name = str(request.get("EndpointName"))
        endpoint = self._found(name)
        variant, status = endpoint.variant(), endpoint.status
        return json_reply({
            "EndpointName": name,
            "EndpointArn": ARN + name,
            "EndpointConfigName": f"{name}-{self.name}",
            "ProductionVariants": [variant],
            "EndpointStatus": status,
            **({"FailureReason": f"{self.name} was told so."} if status == "Failed" else {}),
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.changed,
        })  # fmt: skip

    def bound(self, name: str, minimum: int, maximum: int) -> None:
        """Change the bounds within which an endpoint scales; ServiceError."""
        self._found(name).bound(minimum, maximum)

    def _found(self, name: str) -> AsyncEndpoint:
        if name not in self._by_name:
            raise ServiceError("ValidationException", f'Could not find endpoint "{ARN}{name}".')
        return self._by_name[name]

    def invoke(self, request: Request) -> Reply:
        endpoint = self.get(_endpoint_name(request.path))
        if endpoint.status not in ("InService", "Updating"):
            raise ServiceError("ValidationError", f"Endpoint {endpoint.name} is {endpoint.status}.")
        if request.body:
            raise ServiceError("ValidationError", "the stand-in takes InputLocation, not Body")
        call = invocation_of(endpoint.name, request.headers)
        body = self._early_read(call.input_location)
        direction = self._director(prompt_of(body or b"", call.content_type or JSON_REQUEST))
        endpoint.submit(Job(call, body, direction))
        headers = {PREFIX + "OutputLocation": endpoint.output_location(call.inference_id)}
        if failure := endpoint.failure_location(call.inference_id):
            headers[PREFIX + "FailureLocation"] = failure
        return json_reply({"InferenceId": call.inference_id}, 202, headers)

    def _early_read(self, location: str) -> bytes | None:
        """The input is read here, once, so that directions are taken in the order of the calls;
        one that is not there yet is read again by the worker, as AWS would."""
        try:
            return self._engine.get_object(*split_s3_uri(location))
        except EngineError:
            return None


def invocation_of(endpoint: str, headers: Message) -> Invocation:
    """The checked call; ValidationError for what the API's model does not allow."""
    for name in NOT_SERVED:
        if headers.get(PREFIX + name):
            raise ServiceError("ValidationError", f"the stand-in does not take {name}")
    _ascii(headers, "Custom-Attributes")
    return Invocation(
        endpoint=endpoint,
        inference_id=_inference_id(headers),
        input_location=_input_location(headers),
        content_type=_ascii(headers, "Content-Type"),
        accept=_ascii(headers, "Accept"),
        ttl=_seconds(headers, "RequestTTLSeconds", 21_600, 60, 21_600),
        timeout=_seconds(headers, "InvocationTimeoutSeconds", 900, 1, 3_600),
        received=time.time(),
    )


def _endpoint_name(path: str) -> str:
    match = PATH.fullmatch(path)
    if not match:
        raise ServiceError("ValidationError", "only InvokeEndpointAsync is served here")
    return unquote(match[1])


def _inference_id(headers: Message) -> str:
    value = headers.get(PREFIX + "Inference-Id")
    if value is None:
        return str(uuid.uuid4())
    if not 1 <= len(value) <= 64 or not value.isprintable() or value[0].isspace():
        raise ServiceError("ValidationError", "InferenceId is 1 to 64 printable characters")
    return value


def _input_location(headers: Message) -> str:
    value = headers.get(PREFIX + "InputLocation") or ""
    if len(value) > MOST_ASCII or not re.fullmatch(r"s3://[^/]+/.+", value):
        raise ServiceError("ValidationError", "InputLocation must be s3://bucket/key")
    return value


def _ascii(headers: Message, name: str) -> str | None:
    value = headers.get(PREFIX + name)
    if value is not None and (len(value) > MOST_ASCII or not value.isascii()):
        raise ServiceError("ValidationError", f"{name} is at most 1,024 ASCII characters")
    return value


def _seconds(headers: Message, name: str, default: int, least: int, most: int) -> int:
    text = headers.get(PREFIX + name, str(default))
    if not re.fullmatch(r"\d{1,6}", text) or not least <= int(text) <= most:
        raise ServiceError("ValidationError", f"{name} is {least} to {most}")
    return int(text)
