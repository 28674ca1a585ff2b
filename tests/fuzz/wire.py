"""Real boto3 clients whose replies are made here, so that botocore reads them as it reads AWS's."""

import functools
import io
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

Answer = Callable[[AWSPreparedRequest], tuple[int, dict[str, str], bytes]]


class _Body(io.BytesIO):
    def stream(self, amount: int = 65536) -> Iterator[bytes]:
        while part := self.read(amount):
            yield part


class Wire:
    """One service's client and what is answered next."""

    def __init__(self, service: str) -> None:
        self.answer: Answer = lambda request: (200, {}, b"")
        self.client: Any = boto3.client(
            service,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        self.client.meta.events.register("before-send", self._send)

    def says(self, body: bytes) -> Any:
        """The client, which is answered with this."""
        self.answer = lambda request: (200, {}, body)
        return self.client

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        status, headers, body = self.answer(request)
        return AWSResponse(request.url, status, headers, _Body(body))


@functools.cache
def wire(service: str) -> Wire:
    """Made once: a client takes as long as a whole test."""
    return Wire(service)
