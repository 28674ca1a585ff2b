"""Why a request is not answered with pictures, as its client is told."""

import json


class Rejection(Exception):
    """An HTTP status with the name of the error, the field at fault (empty: the request itself),
    the rule it breaks and a sentence. Nothing of it quotes the request."""

    def __init__(
        self, status: int, kind: str, rule: str, message: str, field: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.rule = status, kind, rule
        self.message, self.field, self.retry_after = message, field, retry_after

    @property
    def body(self) -> bytes:
        """{"error": {type, field, rule, message}}"""
        error = {
            "type": self.kind,
            "field": self.field or None,
            "rule": self.rule,
            "message": self.message,
        }
        return json.dumps({"error": error}).encode()


def invalid(field: str, rule: str, message: str) -> Rejection:
    """400: a field of the request is not as the schema has it."""
    return Rejection(400, "InvalidRequest", rule, message, field)
