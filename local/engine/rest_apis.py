"""REST APIs: gateway responses, which ministack's import leaves out, and whose key a call has.

Private names: _import_rest_api, _put_gateway_response, _build_lambda_event_v1, _resolve_api_key,
_api_key_from_request.
"""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway_v1

from local.engine.seams import replace

_EXTENSION = "x-amazon-apigateway-gateway-responses"


def install() -> None:
    """Have the import put the responses, and events name the key."""
    replace(apigateway_v1, "_import_rest_api", _with_responses(apigateway_v1._import_rest_api))
    build = apigateway_v1._build_lambda_event_v1
    replace(apigateway_v1, "_build_lambda_event_v1", _with_key(build))


def _with_responses(import_api: Any) -> Any:
    def imported(definition: dict[str, Any], data: dict[str, Any] | None = None) -> str:
        api_id: str = import_api(definition, data)
        for kind, response in (definition.get(_EXTENSION) or {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, response)
        return api_id

    return imported


def _with_key(build: Any) -> Any:
    """Of methods that ask for a key, and have taken the one that came."""

    def built(*call: Any, **more: Any) -> dict[str, Any]:
        event: dict[str, Any] = build(*call, **more)
        _, _, _, resource, _, method, headers, *_ = call
        methods = resource["resourceMethods"]
        if (methods.get(method) or methods.get("ANY", {})).get("apiKeyRequired"):
            key = apigateway_v1._resolve_api_key(apigateway_v1._api_key_from_request(headers))
            identity = {"apiKey": key["value"], "apiKeyId": key["id"]}
            event["requestContext"]["identity"] |= identity
        return event

    return built
