"""The inferences table: one row per paid inference, with the token of the Task that waits for it.

GenerateImages binds a token to the row, ResumeGeneration stores the result on it; whichever comes
second sees what the other wrote, because both are writes to one item that return it whole. So a
notice that is early, late, doubled or meets a retried Task still finds its way, and a Task that is
tried again does not pay again, unless the answer to its invocation, or the note of it, was lost.
"""

import hashlib
import json
from typing import Any

from shared.dynamodb import Item, Table

# Per attempt: the state machine tries GenerationFailed twice more, and only that is paid again.
MAX_INFERENCES = 3


def inference_id(request_id: str, run: int, attempt: int, n: int) -> str:
    """The same for every retry; SageMaker takes at most 64 characters."""
    text = "\n".join((request_id, str(run), str(attempt), str(n)))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def result_of(row: Item) -> dict[str, Any]:
    """What the waiting Task is told of a completed inference: pointers, never pictures."""
    plan = json.loads(str(row["plan"]))
    return {"inference_id": row["inference_id"], **plan, "output": json.loads(str(row["output"]))}


class Inferences:
    """The rows of all inferences."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def bind(self, identity: str, token: str, first: Item) -> Item:
        """Puts this Task's token on the row, making the row if need be; returns the row.

        A row that failed keeps the token that was told so: a second notice of its failure must not
        reach the Task that waits for the next inference.
        """
        sets = ["task_token = :token", "#status = if_not_exists(#status, :pending)"]
        sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in first]
        _, row = self._table.update(
            {"inference_id": identity},
            f"SET {', '.join(sets)}",
            {name: name for name in first} | {"status": "status"},
            first
            | {"token": token, "pending": "PENDING", "failed": "FAILED", "expired": "EXPIRED"},
            "attribute_not_exists(#status) OR NOT #status IN (:failed, :expired)",
        )
        return row

    def mark_invoked(self, identity: str, output_location: str, failure_location: str) -> None:
        """Notes that the endpoint has the request. A result that was quicker stays."""
        self._table.update(
            {"inference_id": identity},
            "SET #status = :invoked, output_location = :output, failure_location = :failure",
            {"status": "status"},
            {
                "invoked": "INVOKED",
                "pending": "PENDING",
                "output": output_location,
                "failure": failure_location,
            },
            "#status = :pending",
        )

    def complete(self, identity: str, output: dict[str, str]) -> tuple[bool, Item]:
        """Stores where the output lies; (False, the row) if it was finished or never known."""
        return self._finish(identity, "COMPLETED", {"output": json.dumps(output)})

    def fail(self, identity: str, status: str, reason: str) -> tuple[bool, Item]:
        """Stores that it FAILED or EXPIRED; (False, the row) if it was finished or never known."""
        return self._finish(identity, status, {"failure_reason": reason})

    def _finish(self, identity: str, status: str, result: Item) -> tuple[bool, Item]:
        sets = ["#status = :status", *(f"#{name} = :{name}" for name in result)]
        return self._table.update(
            {"inference_id": identity},
            f"SET {', '.join(sets)}",
            {name: name for name in ("status", *result)},
            result | {"status": status, "pending": "PENDING", "invoked": "INVOKED"},
            "#status IN (:pending, :invoked)",
        )
