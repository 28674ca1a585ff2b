"""A hook of schemathesis's: what no schema says of two fields together."""

from typing import Any

import schemathesis


def before_call(context: Any, case: Any, **_: Any) -> None:
    """Idempotency-Key and request_id name one thing: where both are given, they are equal."""
    key = (case.headers or {}).get("Idempotency-Key")
    if key is not None and isinstance(case.body, dict) and "request_id" in case.body:
        case.body["request_id"] = key


schemathesis.hook(before_call)
