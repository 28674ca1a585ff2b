"""The error names: their tree, and what AWS's errors become."""

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from shared import errors
from shared.aws import error_code, translated


def tree() -> dict[str, str]:
    """Name to parent, as the docstring draws it."""
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^    ([│├└─ ]*)([A-Z]\w+)", line)
        if found:
            depth = len(found[1]) // 4
            path[depth:] = [found[2]]
            drawn[found[2]] = path[depth - 1] if depth else "Exception"
    return drawn


def test_the_tree_is_as_drawn() -> None:
    classes = {n: c for n, c in vars(errors).items() if isinstance(c, type)}
    assert {name: kind.__mro__[1].__name__ for name, kind in classes.items()} == tree()
    assert all(kind.__doc__ for kind in classes.values())


def client_error(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (client_error("ThrottlingException", 400), "Throttled"),
        (client_error("SlowDown", 503), "Throttled"),
        (client_error("ProvisionedThroughputExceededException", 400), "Throttled"),
        (client_error("InternalServerError", 500), "ServiceUnavailable"),
        (client_error("503", 503), "ServiceUnavailable"),
        (client_error("AccessDeniedException", 403), "ClientError"),
        (client_error("ValidationException", 400), "ClientError"),
        (ReadTimeoutError(endpoint_url="x"), "ServiceUnavailable"),
        (ConnectTimeoutError(endpoint_url="x"), "ServiceUnavailable"),
    ],
)
def test_what_is_worth_another_try_has_our_name(error: Exception, name: str) -> None:
    with pytest.raises(Exception, match=r"\w") as raised, translated():
        raise error
    assert type(raised.value).__name__ == name


def test_our_messages_hold_the_operation_and_the_code_only() -> None:
    error = client_error("ThrottlingException", 400)
    error.response["Error"]["Message"] = "SECRET"
    with pytest.raises(errors.Throttled, match=r"^Operation: ThrottlingException$"), translated():
        raise error


def test_codes_lose_their_namespace() -> None:
    code = "com.amazonaws.dynamodb#ConditionalCheckFailedException"
    assert error_code(client_error(code, 400)) == "ConditionalCheckFailedException"
