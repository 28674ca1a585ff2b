"""Quotas of the API: counters in a table of their own, each counted up by one conditional write.

An item: `counter` (key), `used`, and `expires_at`, when DynamoDB may delete it.
"""

import hashlib
import math
from datetime import datetime, time, timedelta

from shared.api import Problem
from shared.dynamodb import Table


class Quotas:
    """All counters of a stack."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, counter: str, most: int, expires_at: int) -> bool:
        """Counts one more if fewer than `most` are taken; False if there are none left."""
        if most < 1:
            return False
        taken, _ = self._table.update(
            {"counter": counter},
            "SET #expires_at = :expires_at ADD #used :one",
            {"used": "used", "expires_at": "expires_at"},
            {"one": 1, "most": most, "expires_at": expires_at},
            "attribute_not_exists(#used) OR #used < :most",
        )
        return taken

    def give_back(self, counter: str) -> None:
        """Takes one off, if there is one. Nothing for no counter."""
        if not counter:
            return
        self._table.update(
            {"counter": counter},
            "ADD #used :less",
            {"used": "used"},
            {"less": -1, "none": 0},
            "#used > :none",
        )

    def spend(self, kind: str, requester: str, most: int, now: datetime) -> str:
        """Takes one of the `most` of a kind that a requester has for the UTC day; 0 is no limit.

        Returns the counter, to give it back; empty without a limit. Raises Problem quota_exceeded,
        which says when the day is over.
        """
        if not most:
            return ""
        day = now.date()
        midnight = datetime.combine(day + timedelta(days=1), time(), now.tzinfo)
        whose = hashlib.sha256(requester.encode()).hexdigest()
        kept = int((midnight + timedelta(days=1)).timestamp())
        counter = f"{kind}/{whose}/{day.isoformat()}"
        if not self.take(counter, most, kept):
            wait = math.ceil((midnight - now).total_seconds())
            raise Problem(
                "quota_exceeded",
                f"the {most} {kind} of this day (UTC) are used",
                headers={"Retry-After": str(wait)},
            )
        return counter
