"""The jobs table: one record a batch, data set or training, claimed and closed like a request's.

A job keeps `open_jobs`, its place in the sparse index of that name, until its end is announced, so
that FollowJobs finds what is under way and what nobody came to tell of.
"""

import hashlib
import json
from typing import Any

from shared.dynamodb import Item, Table

# All open jobs lie in one partition: there are few, and each is looked at once a minute.
OPEN = "1"
# Of one look at the index.
_MOST_OPEN = 100


def batch_id(bucket: str, key: str, etag: str) -> str:
    """The same for the same content under the same key, whatever its version is called."""
    return _identity("batch", bucket, key, etag)


def dataset_id(bucket: str, prefix: str) -> str:
    """The same for every set that lies under a prefix: its runs are told apart by fingerprints."""
    return _identity("dataset", bucket, prefix)


def training_id(execution_name: str) -> str:
    """Every training is a job of its own, whatever it is of."""
    return _identity("classifier", execution_name)


class Jobs:
    """The records of all jobs."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, job: Item) -> tuple[bool, Item]:
        """(True, the job) if this execution has it, else (False, the one that another has there).

        Writes a new RUNNING job; a retry finds its own claim, with what is noted there by now.
        """
        return self._claimed(job, "attribute_not_exists(job_id)", {}, {})

    def claim_again(self, job: Item, earlier: Item) -> tuple[bool, Item]:
        """Replaces a job that has ended by its next run; (False, the job) if another came before.

        Counts begin anew.
        """
        return self._claimed(
            {**job, "run": int(earlier["run"]) + 1},
            "run = :run AND execution_arn = :theirs AND #status = :ended",
            {"status": "status"},
            {
                "run": earlier["run"],
                "theirs": earlier["execution_arn"],
                "ended": earlier["status"],
            },
        )

    def get(self, job_id: str) -> Item | None:
        """The job as it is now, or None."""
        return self._table.get({"job_id": job_id})

    def note(self, job_id: str, execution_arn: str, values: Item) -> bool:
        """Sets attributes of this execution's running job; False if it is closed or another's."""
        names = {name: name for name in values}
        noted, _ = self._table.update(
            {"job_id": job_id},
            f"SET {', '.join(f'#{name} = :{name}' for name in values)}",
            names | {"status": "status"},
            values | {"mine": execution_arn, "running": "RUNNING"},
            "execution_arn = :mine AND #status = :running",
        )
        return noted

    def close(self, job_id: str, execution_arn: str, ending: dict[str, Any]) -> tuple[bool, Item]:
        """Ends this execution's running job; (False, the job) if it was closed already.

        `ending` holds status, stage, updated_at, and reasons and report if there are any.
        """
        values: Item = {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in ending.items()
        }
        return self._table.update(
            {"job_id": job_id},
            f"SET {', '.join(f'#{name} = :{name}' for name in values)}",
            {name: name for name in values},
            values | {"mine": execution_arn, "running": "RUNNING"},
            "execution_arn = :mine AND #status = :running",
        )

    def mark_announced(self, job: Item, now: str) -> None:
        """Notes that the event of this very end is out: nothing is left to be done."""
        self._table.update(
            {"job_id": str(job["job_id"])},
            "SET announced_at = :now REMOVE open_jobs",
            {"status": "status"},
            {"now": now, "run": job["run"], "status": job["status"]},
            "run = :run AND #status = :status",
        )

    def open(self) -> list[Item]:
        """Jobs under way or unannounced, oldest first, as a whole."""
        return self._table.query("open-jobs", "open_jobs = :open", {"open": OPEN}, _MOST_OPEN)

    def _claimed(
        self, job: Item, condition: str, names: dict[str, str], values: Item
    ) -> tuple[bool, Item]:
        opened: Item = {**job, "status": "RUNNING", "open_jobs": OPEN}
        other = self._table.put_if(opened, condition, names, values)
        if other is None:
            return True, opened
        mine = other.get("execution_arn") == job["execution_arn"]
        return mine and other.get("status") == "RUNNING", other


def _identity(kind: str, *parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{kind}-{digest[:24]}"
