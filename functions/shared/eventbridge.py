"""EventBridge: one event on the stack's own bus."""

import json
from typing import Any

from shared import aws
from shared.errors import ServiceUnavailable


class Bus:
    """The bus that the results go out on."""

    def __init__(self, name: str, client: Any = None) -> None:
        self._name = name
        self._client = client or aws.client("events")

    def announce(self, detail_type: str, detail: dict[str, Any]) -> None:
        """Puts an event of source safelight. Raises ServiceUnavailable if it was not taken."""
        with aws.translated():
            reply = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": "safelight",
                        "DetailType": detail_type,
                        "Detail": json.dumps(detail, ensure_ascii=False),
                    }
                ]
            )
        # PutEvents answers 200 for entries that it did not take.
        if "FailedEntryCount" not in reply:
            raise ServiceUnavailable("PutEvents: an answer that cannot be read")
        if reply["FailedEntryCount"]:
            raise ServiceUnavailable(f"PutEvents: {reply['Entries'][0].get('ErrorCode', '')}")
