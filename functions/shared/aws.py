"""How every adapter makes its client and what an AWS error is called in our state machine.

Not an adapter itself: it holds what the adapters share, and is the only module that imports boto3.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from shared.errors import ServiceUnavailable, Throttled


@contextmanager
def _staying() -> Iterator[None]:
    """For what is made to stay: to search all that for garbage takes a tenth of a cold start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


with _staying():
    import boto3
    from botocore.config import Config
    from botocore.exceptions import (
        ClientError,
        HTTPClientError,
        IncompleteReadError,
        ResponseStreamingError,
    )
    from botocore.exceptions import ConnectionError as Unconnected
    from botocore.parsers import ResponseParserError

# It tells at INFO where it found credentials and endpoints, at every start.
logging.getLogger("botocore").setLevel(logging.WARNING)

_THROTTLING = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "ServiceQuotaExceededException",
        "SlowDown",
        "LimitExceededException",
        "ExecutionLimitExceeded",
    }
)

# Three quick tries of the SDK's own; the state machine's retries are the patient ones. Together
# they give up before the function's 30 s are over, so that the error keeps its name.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=7
)
# What S3's links need: signature version 4, which encrypted objects ask for (S3 User Guide, Using
# server-side encryption with AWS KMS), and the bucket's own host in its region: without a style,
# boto3 signs links for the global host, which sends a young bucket's readers elsewhere.
_OF_S3 = Config(
    signature_version="s3v4",
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
)
# Of botocore's own errors, those that say something of the network and not of our call.
_UNREACHED = (
    Unconnected,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
    ResponseParserError,
)


def client(service: str, repeatable: bool = True) -> Any:
    """A boto3 client with our time-outs; without retries for calls that are paid each time."""
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    config = _CONFIG if repeatable else _CONFIG.merge(once)
    with _staying():
        return boto3.client(service, config=config.merge(_OF_S3) if service == "s3" else config)


def host(client: Any) -> str:
    """Where the client's calls go: whoever answers at another address cannot pass for AWS."""
    return str(urlsplit(client.meta.endpoint_url).netloc)


@contextmanager
def translated() -> Iterator[None]:
    """Turns what is worth another try into our errors; any other ClientError passes as it is."""
    try:
        yield
    except ClientError as error:
        details = error.response
        code = details.get("Error", {}).get("Code", "")
        if code in _THROTTLING:
            raise Throttled(f"{error.operation_name}: {code}") from error
        if details.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise ServiceUnavailable(f"{error.operation_name}: {code}") from error
        raise
    except _UNREACHED as error:
        raise ServiceUnavailable(type(error).__name__) from error


def error_code(error: ClientError) -> str:
    """AWS's name of the error, without a service's namespace before it."""
    code: str = error.response.get("Error", {}).get("Code", "")
    return code.rsplit("#", 1)[-1]
