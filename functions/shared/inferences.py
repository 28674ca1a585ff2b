"""The inferences table: one row per paid inference, with the token of the Task that waits for it.

GenerateImages binds a token to the row, ResumeGeneration stores the result on it; whichever comes
second sees what the other wrote, because both are writes to one item that return it whole. So a
notice that is early, late, doubled or meets a retried Task still finds its way, and a Task that is
tried again does not pay again, unless the answer to its invocation, or the note of it, was lost.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shared.dynamodb import Item, Table
from shared.errors import GenerationExpired, GenerationFailed
from shared.records import OPEN_SHARDS

if TYPE_CHECKING:
    from shared.stepfunctions import StepFunctions

# Where in the work bucket the endpoint writes, and nobody else.
OUTPUTS, FAILURES = "inference/output/", "inference/failure/"

# Per attempt: the state machine tries GenerationFailed twice more, and only that is paid again.
MAX_INFERENCES = 3


def inference_id(request_id: str, run: int, attempt: int, n: int) -> str:
    """The same for every retry; SageMaker takes at most 64 characters."""
    text = "\n".join((request_id, str(run), str(attempt), str(n)))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def location(uri: str, prefix: str) -> dict[str, str] | None:
    """{bucket, key} of an s3:// address whose key is under the prefix, else None."""
    # Not a URL: a key may hold a question mark or a number sign.
    scheme, _, place = uri.partition("://")
    bucket, _, key = place.partition("/")
    within = scheme == "s3" and bucket and key.startswith(prefix)
    return {"bucket": bucket, "key": key} if within else None


def answer(step_functions: "StepFunctions", row: Item) -> bool:
    """Tells the Task that waits for a finished inference how it ended; False if none waits."""
    token = str(row["task_token"])
    if row["status"] == "COMPLETED":
        return step_functions.succeed(token, result_of(row))
    error = GenerationExpired if row["status"] == "EXPIRED" else GenerationFailed
    return step_functions.fail(token, error.__name__, str(row["failure_reason"]))


def result_of(row: Item) -> dict[str, Any]:
    """What the waiting Task is told of a completed inference: pointers, never pictures."""
    plan = json.loads(str(row["plan"]))
    return {"inference_id": row["inference_id"], **plan, "output": json.loads(str(row["output"]))}


class Inferences:
    """The rows of all inferences."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def bind(self, identity: str, token: str, tried_at: int, first: Item) -> Item:
        """Puts the token of the Task's newest try on the row, making the row if need be.

        Returns the row. `tried_at` is when the try began, in milliseconds since 1970. A try that
        was given up and goes on all the same changes nothing: nobody waits for its token. A row
        that failed keeps the token that was told so: a second notice of its failure must not reach
        the Task that waits for the next inference.
        """
        sets = ["task_token = :token", "task_tried_at = :tried_at"]
        sets += ["#status = if_not_exists(#status, :pending)"]
        sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in first]
        _, row = self._table.update(
            {"inference_id": identity},
            f"SET {', '.join(sets)}",
            {name: name for name in first} | {"status": "status"},
            first
            | {"token": token, "tried_at": tried_at}
            | {"pending": "PENDING", "failed": "FAILED", "expired": "EXPIRED"},
            "attribute_not_exists(#status) OR (NOT #status IN (:failed, :expired)"
            " AND NOT task_tried_at > :tried_at)",
        )
        return row

    def mark_invoked(
        self, identity: str, output_location: str, failure_location: str, deadline: str
    ) -> None:
        """Notes that the endpoint has the request, and until when it may take to answer.

        A result that was quicker stays.
        """
        self._table.update(
            {"inference_id": identity},
            "SET #status = :invoked, output_location = :output, failure_location = :failure,"
            " deadline = :deadline, open_shard = :shard",
            {"status": "status"},
            {
                "invoked": "INVOKED",
                "pending": "PENDING",
                "output": output_location,
                "failure": failure_location,
                "deadline": deadline,
                "shard": str(int(identity[:2], 16) % OPEN_SHARDS),
            },
            "#status = :pending",
        )

    def complete(
        self, identity: str, output: dict[str, str], owed: bool = False
    ) -> tuple[bool, Item]:
        """Stores where the output lies; (False, the row) if it was finished or never known.

        Also if it is not where the endpoint said that it would be: then the row is still open.
        What is `owed` stays in the index until `settle`: no second notice will tell the Task.
        """
        return self._finish(
            identity,
            "COMPLETED",
            {"output": json.dumps(output)},
            {"place": f"s3://{output['bucket']}/{output['key']}", "untold": ""},
            " AND (attribute_not_exists(output_location) OR output_location IN (:place, :untold))",
            owed,
        )

    def fail(
        self, identity: str, status: str, reason: str, owed: bool = False
    ) -> tuple[bool, Item]:
        """Stores that it FAILED or EXPIRED; (False, the row) if it was finished or never known."""
        return self._finish(identity, status, {"failure_reason": reason}, {}, "", owed)

    def settle(self, identity: str) -> None:
        """Notes that the Task was told, or waits no more: nothing is owed."""
        self._table.update(
            {"inference_id": identity},
            "REMOVE open_shard",
            {},
            {},
            "attribute_exists(inference_id)",
        )

    def note_late(self, identity: str, now: str) -> None:
        """Notes that a result came when nobody waited for it any more: it is not used."""
        self._table.update(
            {"inference_id": identity},
            "SET late_at = if_not_exists(late_at, :now)",
            {},
            {"now": now},
            "attribute_exists(inference_id)",
        )

    def overdue(self, now: str, most: int) -> Iterator[Item]:
        """Inferences that the endpoint should have answered, up to `most` of each shard.

        What the index holds: inference_id, output_location, failure_location, deadline.
        """
        for shard in range(OPEN_SHARDS):
            yield from self._table.query(
                "open-by-deadline",
                "open_shard = :shard AND deadline < :now",
                {"shard": str(shard), "now": now},
                most,
            )

    def count_owed(self) -> int:
        """How many inferences the endpoint has yet to answer, whoever asked for them."""
        return sum(
            self._table.count("open-by-deadline", "open_shard = :shard", {"shard": str(shard)})
            for shard in range(OPEN_SHARDS)
        )

    def _finish(
        self, identity: str, status: str, result: Item, checked: Item, check: str, owed: bool
    ) -> tuple[bool, Item]:
        sets = ["#status = :status", *(f"#{name} = :{name}" for name in result)]
        return self._table.update(
            {"inference_id": identity},
            f"SET {', '.join(sets)}{'' if owed else ' REMOVE open_shard'}",
            {name: name for name in ("status", *result)},
            result | checked | {"status": status, "pending": "PENDING", "invoked": "INVOKED"},
            f"#status IN (:pending, :invoked){check}",
        )
