"""The results table: how a request is claimed, closed and read.

A record is claimed by one execution and closed once. Both are conditional writes, so that neither a
duplicate nor a late execution can overwrite what another has written. A record stays in the sparse
index `open-by-deadline` until its result event is out, so that one nobody announced is found.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.dynamodb import Item, Table

# What is to be done yet is spread over this many partitions of an index by deadline.
OPEN_SHARDS = 8
# A closed record that is not announced by then is overdue. As in the state machine.
ANNOUNCE_WITHIN = timedelta(minutes=5)


def open_shard(request_id: str) -> str:
    """The index's partition of an open request."""
    return str(hashlib.sha256(request_id.encode()).digest()[0] % OPEN_SHARDS)


def utc_text(moment: datetime) -> str:
    """A time as records hold it: ISO 8601, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def part(record: Item, name: str, otherwise: Any) -> Any:
    """A nested part of a record, which holds it as JSON; `otherwise` where it has none."""
    return json.loads(str(record[name])) if name in record else otherwise


def only(names: tuple[str, ...], whole: dict[str, Any]) -> dict[str, Any]:
    """Of a record or of one of its parts, what has these names, as far as it is there."""
    return {name: whole[name] for name in names if name in whole}


def first_execution(record: Item) -> str:
    """Of a request's first run: its input is the request, those of later runs say "again" only."""
    for run in part(record, "history", []):
        if run["run"] >= 1:
            return str(run["execution_arn"])
    return str(record["execution_arn"])


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

    def claim_again(self, record: Item, earlier: Item) -> bool:
        """Replaces an ended, announced record by its next run's; False if another came before.

        A retry of the same execution re-enters its own claim.
        """
        other = self._table.put_if(
            record,
            "(run = :run AND execution_arn = :theirs AND #status = :ended"
            " AND attribute_not_exists(open_shard))"
            " OR (execution_arn = :mine AND #status = :running)",
            {"status": "status"},
            {
                "run": earlier["run"],
                "theirs": earlier["execution_arn"],
                "ended": earlier["status"],
                "mine": record["execution_arn"],
                "running": "RUNNING",
            },
        )
        return other is None

    def get(self, request_id: str) -> Item | None:
        """The record as it is now, or None."""
        return self._table.get({"request_id": request_id})

    def page_of(
        self, requester: str, most: int, after: Item | None
    ) -> tuple[list[Item], Item | None]:
        """A requester's records, newest first, and the key to go on after; as Table.page."""
        return self._table.page("by-requester", "requester = :who", {"who": requester}, most, after)

    def of_execution(self, execution_arn: str) -> Item | None:
        """What the index `by-execution` has of the record that an execution claimed."""
        found = self._table.query(
            "by-execution", "execution_arn = :arn", {"arn": execution_arn}, most=1
        )
        return found[0] if found else None

    def close(
        self, request_id: str, execution_arn: str, ending: dict[str, Any], first: Item
    ) -> tuple[bool, Item]:
        """Ends this execution's open record; (False, the record) if it was closed already.

        `ending` holds status, stage, updated_at and the nested parts; `first` what a record must
        have that was never claimed (its execution failed before it could); if empty, none is made.
        A record that is closed stays as it is, whatever it was closed with.
        """
        values: Item = {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in ending.items()
        }
        closed_at = datetime.fromisoformat(ending["updated_at"])
        values["deadline"] = utc_text(closed_at + ANNOUNCE_WITHIN)
        # DynamoDB refuses an expression that touches an attribute twice.
        missing = {n: v for n, v in first.items() if n not in {*values, "request_id"}}
        missing["open_shard"] = open_shard(request_id)
        sets = [f"#{name} = :{name}" for name in values]
        sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in missing]
        names = {name: name for name in [*values, *missing]}
        mine = "(execution_arn = :mine AND #status IN (:running, :review))"
        return self._table.update(
            {"request_id": request_id},
            f"SET {', '.join(sets)}",
            names,
            values | missing | {"mine": execution_arn, "running": "RUNNING", "review": "IN_REVIEW"},
            f"attribute_not_exists(request_id) OR {mine}" if first else mine,
        )

    def enter_review(
        self, request_id: str, execution_arn: str, stage: str, now: str, deadline: str
    ) -> bool:
        """Notes that this execution waits for a person; False if its record is not open any more.

        A retry of the same execution enters its own review again.
        """
        done, _ = self._table.update(
            {"request_id": request_id},
            "SET #status = :review, stage = :stage, updated_at = :now, deadline = :deadline",
            {"status": "status"},
            {
                "mine": execution_arn,
                "stage": stage,
                "now": now,
                "deadline": deadline,
                "running": "RUNNING",
                "review": "IN_REVIEW",
            },
            "execution_arn = :mine AND #status IN (:running, :review)",
        )
        return done

    def mark_announced(self, record: Item, now: str) -> None:
        """Notes that the event of this very outcome is out: nothing is left to be done."""
        self._table.update(
            {"request_id": str(record["request_id"])},
            "SET announced_at = :now REMOVE open_shard",
            {"status": "status"},
            {"now": now, "run": record["run"], "status": record["status"]},
            "run = :run AND #status = :status",
        )

    def unfinished(self, most: int) -> Iterator[Item]:
        """What is to be done yet, next deadline first, up to `most` of each shard.

        What the index holds: request_id, run, status, execution_arn, created_at, deadline.
        """
        for shard in range(OPEN_SHARDS):
            yield from self._table.query(
                "open-by-deadline", "open_shard = :shard", {"shard": str(shard)}, most
            )

    def count_unfinished(self) -> int:
        """How many there are in all."""
        return sum(
            self._table.count("open-by-deadline", "open_shard = :shard", {"shard": str(shard)})
            for shard in range(OPEN_SHARDS)
        )
