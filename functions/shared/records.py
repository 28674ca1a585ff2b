"""The results table: how a request is claimed, closed and read.

A record is claimed by one execution and closed once. Both are conditional writes, so that neither a
duplicate nor a late execution can overwrite what another has written.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from shared.dynamodb import Item, Table

# Open requests are spread over this many partitions of the index by deadline.
OPEN_SHARDS = 8


def open_shard(request_id: str) -> str:
    """The index's partition of an open request."""
    return str(hashlib.sha256(request_id.encode()).digest()[0] % OPEN_SHARDS)


def utc_text(moment: datetime) -> str:
    """A time as records hold it: ISO 8601, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Records:
    """The records of all requests."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, record: Item) -> Item | None:
        """Writes a new RUNNING record, or returns the one that another execution has there.

        A retry of the same execution re-enters its own claim.
        """
        return self._table.put_if(
            record,
            "attribute_not_exists(request_id) OR (execution_arn = :mine AND #status = :running)",
            {"status": "status"},
            {"mine": record["execution_arn"], "running": "RUNNING"},
        )

    def close(
        self, request_id: str, execution_arn: str, ending: dict[str, Any], first: Item
    ) -> tuple[bool, Item]:
        """Ends this execution's open record; (False, the record) if it was closed already.

        `ending` holds status, stage, updated_at and the nested parts; `first` what a record must
        have that was never claimed (its execution failed before it could). A record that is closed
        stays as it is, whatever it was closed with.
        """
        values: Item = {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in ending.items()
        }
        # DynamoDB refuses an expression that touches an attribute twice.
        missing = {n: v for n, v in first.items() if n not in {*values, "request_id", "open_shard"}}
        sets = [f"#{name} = :{name}" for name in values]
        sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in missing]
        names = {name: name for name in [*values, *missing]}
        return self._table.update(
            {"request_id": request_id},
            f"SET {', '.join(sets)} REMOVE open_shard",
            names,
            values | missing | {"mine": execution_arn, "running": "RUNNING", "review": "IN_REVIEW"},
            "attribute_not_exists(request_id)"
            " OR (execution_arn = :mine AND #status IN (:running, :review))",
        )

    def overdue(self, now: str, most: int) -> Iterator[Item]:
        """Open records whose deadline is before `now`, oldest first, up to `most` of each shard.

        What the index holds of them: request_id, run, status, execution_arn, deadline.
        """
        for shard in range(OPEN_SHARDS):
            yield from self._table.query(
                "open-by-deadline",
                "open_shard = :shard AND deadline < :now",
                {"shard": str(shard), "now": now},
                most,
            )
