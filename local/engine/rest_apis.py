"""Gateway responses of a REST API made from a definition, which ministack's import leaves out.

Private names: _import_rest_api, _put_gateway_response.
"""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway_v1

from local.engine.seams import replace

_EXTENSION = "x-amazon-apigateway-gateway-responses"


def install() -> None:
    """Have the import put them."""
    replace(apigateway_v1, "_import_rest_api", _with_responses(apigateway_v1._import_rest_api))


def _with_responses(import_api: Any) -> Any:
    def imported(definition: dict[str, Any], data: dict[str, Any] | None = None) -> str:
        api_id: str = import_api(definition, data)
        for kind, response in (definition.get(_EXTENSION) or {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, response)
        return api_id

    return imported
