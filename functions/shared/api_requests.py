"""Requests as the API finds them: by record, or by execution before that has claimed a record."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.api import Problem
from shared.dynamodb import Item
from shared.records import Records, utc_text
from shared.request import InvalidRequest, normalised, request_hash
from shared.request_ids import is_of, key_if_unread

if TYPE_CHECKING:
    from shared.stepfunctions import StepFunctions

# An execution that ends without a record gets one within minutes; one that has none long after has
# outlived it.
_RECORDED_WITHIN = timedelta(days=1)
# DescribeExecution is eventually consistent (Step Functions API Reference).
_LOOK_AGAIN_AFTER = (0.2, 0.4)


class UnknownRequest(Exception):
    """There is neither a record nor an execution, as far as is told by now."""


@dataclass(frozen=True)
class Requests:
    """The requests that came by the API. Their first execution has their id for its name."""

    records: Records
    step_functions: "Callable[[], StepFunctions]"
    machine_arn: str

    def find(self, request_id: str) -> Item | None:
        """The record, or what there is to say of a request that has none yet; None if it had one.

        Of an execution that has not claimed a record: RUNNING, and the hash of what was asked for.
        Raises UnknownRequest.
        """
        if record := self.records.get(request_id):
            return record
        # Almost every request has a record: every cold start would pay for the import.
        from shared.stepfunctions import execution_arn

        arn = execution_arn(self.machine_arn, request_id)
        try:
            execution = self.step_functions().describe(arn)
        except LookupError:
            if record := self._unread(request_id):
                return record
            raise UnknownRequest(request_id) from None
        if execution["status"] == "RUNNING":
            return _unclaimed(request_id, execution)
        # Claimed meanwhile, unless it failed before it could.
        if record := self.records.get(request_id) or self._unread(request_id):
            return record | {"request_hash": _hash_of(execution)}
        if datetime.now(UTC) - execution["stopDate"] > _RECORDED_WITHIN:
            return None
        return _unclaimed(request_id, execution)

    def find_begun(self, request_id: str) -> Item | None:
        """As find, for a moment: what began just now may be told of late."""
        for pause in _LOOK_AGAIN_AFTER:
            try:
                return self.find(request_id)
            except UnknownRequest:
                time.sleep(pause)
        return self.find(request_id)

    def find_own(self, requester: str, request_id: str) -> Item:
        """As find_begun. Raises Problem `not_found`; for another's request nothing is read."""
        try:
            record = self.find_begun(request_id) if is_of(requester, request_id) else None
        except UnknownRequest:
            record = None
        if record is None:
            raise Problem("not_found", "you have no request with this id")
        return record

    def _unread(self, request_id: str) -> Item | None:
        """The record of an execution that failed before it had read the request."""
        return self.records.get(key_if_unread(request_id))


def _unclaimed(request_id: str, execution: dict[str, Any]) -> Item:
    started = utc_text(execution["startDate"])
    return {
        "request_id": request_id,
        "run": 1,
        "execution_arn": execution["executionArn"],
        "status": "RUNNING",
        "stage": "AcceptRequest",
        "created_at": started,
        "updated_at": started,
        "request_hash": _hash_of(execution),
    }


def _hash_of(execution: dict[str, Any]) -> str:
    """Of the request in an execution's input, as its record has it."""
    try:
        return request_hash(normalised(json.loads(execution["input"])["request"]))
    except (LookupError, TypeError, ValueError, InvalidRequest):
        return "none"
