"""A Lambda client for Task states that calls the function on the calling thread.

`lambda:invoke` is nearly all that a state machine does. Through the service's handler each call
would pass the event loop and a thread of its own; a call that needs the handler's answer (an
unknown function, a throttle) still goes there, so that errors keep their AWS names.

Private names: lambda_svc._get_func_record_for_ref, _execution_record_for_config and
_execute_function_with_config_scope, which ministack's own Step Functions calls in the same way.
"""

from __future__ import annotations

import io
import json
from typing import Any

from ministack.services import lambda_svc

from local.engine import watching


class FunctionClient:
    """What the interpreter uses of boto3's Lambda client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.meta = client.meta

    def invoke(self, **request: Any) -> dict[str, Any]:
        """Invoke and wait, as boto3's `invoke` does."""
        if watching.watch.active:
            return watching.invoked(request, lambda: self._invoke(request))
        return self._invoke(request)

    def _invoke(self, request: dict[str, Any]) -> dict[str, Any]:
        reference = ":".join(filter(None, [request["FunctionName"], request.get("Qualifier")]))
        function, config, _ = lambda_svc._get_func_record_for_ref(reference)
        if not function or not config:
            return self._ask_service(request)
        record = lambda_svc._execution_record_for_config(function, config)
        event = json.loads(request.get("Payload", b"{}"))
        result = lambda_svc._execute_function_with_config_scope(record, event)
        if result.get("throttle"):
            return self._ask_service(request)
        return {
            "StatusCode": 200,
            "ExecutedVersion": config.get("Version", "$LATEST"),
            "Payload": io.BytesIO(json.dumps(result["body"]).encode()),
            **({"FunctionError": "Unhandled"} if result.get("error") else {}),
        }

    def _ask_service(self, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.invoke(**request)
        return answer
