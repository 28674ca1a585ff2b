"""Waiting for a request's end, for callers who want the result in the reply.

A function that waits is paid and takes one of the account's concurrent ones, so that few may: each
takes a place in the current half minute, which has half of all places. Nobody waits for longer, so
that whoever waits has a place in this half minute or the one before.
"""

import time
from dataclasses import dataclass

from shared.dynamodb import Item
from shared.quotas import Quotas
from shared.records import Records
from shared.statuses import OPEN

LONGEST_WAIT = 25
_WINDOW_SECONDS = 30
_KEPT_SECONDS = 3600
_FIRST_PAUSE, _LONGER, _LONGEST_PAUSE = 0.2, 1.5, 2.0


@dataclass(frozen=True)
class WaitingRoom:
    """At most `most` callers wait here at a time; for fewer than two there is no place."""

    records: Records
    quotas: Quotas
    most: int

    def wait(self, request_id: str, seconds: float) -> tuple[bool, Item | None]:
        """Whether there was a place; and the record once it has ended, or after so many seconds."""
        window = int(time.time()) // _WINDOW_SECONDS
        place, expires_at = f"waiting/{window}", window * _WINDOW_SECONDS + _KEPT_SECONDS
        if not self.quotas.take(place, self.most // 2, expires_at):
            return False, None
        try:
            return True, self._ended(request_id, time.monotonic() + seconds)
        finally:
            self.quotas.give_back(place)

    def _ended(self, request_id: str, until: float) -> Item | None:
        pause = _FIRST_PAUSE
        while True:
            record = self.records.get(request_id)
            left = until - time.monotonic()
            if left <= 0 or (record is not None and record["status"] not in OPEN):
                return record
            time.sleep(min(pause, left))
            pause = min(pause * _LONGER, _LONGEST_PAUSE)
