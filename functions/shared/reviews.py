"""The reviews table: what waits for a person, who looks at it, and what was decided.

ReviewRequest binds a token to the row; a reviewer's decision or SweepRequests ends it. Each change
is one conditional write that returns the row: of two that come at once one is done, and the other
sees why it was not. A decision is stored before the Task is told of it, and lies in the queue
`owed` until the Task was told, or waits no more.
"""

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from shared.dynamodb import Item, Table
from shared.errors import TransientError
from shared.log import log
from shared.records import Records, part
from shared.statuses import OPEN

if TYPE_CHECKING:
    from shared.stepfunctions import StepFunctions

# What review_id makes.
REVIEW_ID = re.compile("[0-9a-f]{40}")
DECISIONS = ("approve", "reject", "regenerate")
# Dropped when the review ends, unless the stack keeps prompts.
_PROMPTS = ("prompt", "negative_prompt")
_CLAIM = ("claimed_by", "claimed_at", "claim_until")
_NEW: Item = {"status": "OPEN", "queue": "open"}
_IS_OPEN = "#status = :open"
_IS_MINE = f"{_IS_OPEN} AND claimed_by = :who"


def review_id(request_id: str, run: int, n: int) -> str:
    """Of the n-th review of a run: the same for every retry of its Task."""
    text = "\n".join((request_id, str(run), str(n)))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def deliverable(images: list[dict[str, Any]], approved: list[int]) -> list[int]:
    """Which pictures may go out once these are approved: the safe ones, and the approved ones.

    Where the policy delivers all of an attempt's pictures or none, so does this.
    """
    fit = {
        one["index"]
        for one in images
        if one["verdict"] in ("safe", "withheld")
        or (one["verdict"] == "review" and one["index"] in approved)
    }
    whole = any(one["verdict"] == "withheld" or one.get("together") for one in images)
    if whole and len(fit) < len(images):
        return []
    return sorted(fit)


def result_of(row: Item) -> dict[str, Any]:
    """What the waiting Task is told of a review that has ended: expire where nobody was heard."""
    decided = row["status"] == "DECIDED"
    decision = str(row["decision"]) if decided else "expire"
    approved = part(row, "approved", []) if decision == "approve" else []
    images = part(row, "images", []) if row["about"] == "images" else []
    return {
        "review_id": row["review_id"],
        "decision": decision,
        "deliver": [] if decision == "regenerate" else deliverable(images, approved),
        "approved": approved,
        "by": row["decided_by"] if decided else "nobody",
        "at": row.get("decided_at", row["answer_by"]),
        "reason": row["decided_reason"] if decided else "nobody decided in time",
    }


def answer(step_functions: "StepFunctions", row: Item) -> bool:
    """Tells the Task that waits for a review how it ended; False if none waits for this token."""
    return step_functions.succeed(str(row["task_token"]), result_of(row))


def heard(record: Item | None, row: Item) -> bool | None:
    """Whether the request's record tells that its execution went on by this row's decision.

    None while it cannot be known: the execution is still in the review, or has not said so yet.
    """
    if record is None:
        return False
    present = {"run": record["run"], "reviews": part(record, "reviews", [])}
    for run in [*part(record, "history", []), present]:
        for told in run.get("reviews", ()):
            if run["run"] == row["run"] and told["review_id"] == row["review_id"]:
                return bool(told["decision"] == row["decision"] and told["at"] == row["decided_at"])
    return None if record["run"] == row["run"] and record["status"] in OPEN else False


class Reviews:
    """The rows of all reviews. Times are texts as records.utc_text makes them.

    Each change returns whether it was done, and the row as it is now; {} if there is none.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, identity: str, token: str, tried_at: int, first: Item) -> Item:
        """Puts the token of the Task's newest try on the row, making the row if need be.

        Returns the row. `tried_at` is when the try began, in milliseconds since 1970. A try that
        was given up and goes on all the same changes nothing: nobody waits for its token. A review
        that has ended stays as it is, too: who wanted to open it answers the token at once.
        """
        sets = ["task_token = :token", "task_tried_at = :tried_at"]
        sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in (*first, *_NEW)]
        _, row = self._table.update(
            {"review_id": identity},
            f"SET {', '.join(sets)}",
            {name: name for name in (*first, *_NEW)},
            first | _NEW | {"token": token, "tried_at": tried_at, "open": "OPEN"},
            f"attribute_not_exists(#status) OR ({_IS_OPEN} AND NOT task_tried_at > :tried_at)",
        )
        return row

    def get(self, identity: str) -> Item | None:
        """The row as it is now, or None."""
        return self._table.get({"review_id": identity})

    def page(self, queue: str, most: int, after: Item | None) -> tuple[list[Item], Item | None]:
        """What the index has of a queue's rows, and the key to go on after; as Table.page.

        `open` and `owed` begin with the oldest, `decided` with the newest.
        """
        return self._table.page(
            "by-queue",
            "queue = :queue",
            {"queue": queue},
            most,
            after,
            first_first=queue != "decided",
        )

    def count_open(self) -> int:
        """How many reviews wait for a decision."""
        return self._table.count("by-queue", "queue = :queue", {"queue": "open"})

    def claim(self, identity: str, who: str, now: str, until: str) -> tuple[bool, Item]:
        """Gives the review to one reviewer for a while; again to the same one is for longer."""
        return self._change(
            identity,
            {"claimed_by": who, "claimed_at": now, "claim_until": until},
            f"{_IS_OPEN} AND answer_by > :now AND (attribute_not_exists(claimed_by)"
            " OR claimed_by = :who OR claim_until <= :now)",
            {"who": who, "now": now},
        )

    def release(self, identity: str, who: str) -> tuple[bool, Item]:
        """Gives a claim of one's own back."""
        return self._change(identity, {}, _IS_MINE, {"who": who}, _CLAIM)

    def note_seen(self, row: Item, who: str, now: str) -> tuple[bool, Item]:
        """Notes that the reviewer who has the claim was shown the pictures unblurred.

        Not done if another has noted something meanwhile.
        """
        seen = json.dumps([*part(row, "seen", []), {"by": who, "at": now}])
        return self._change(
            str(row["review_id"]),
            {"seen": seen},
            f"{_IS_MINE} AND claim_until > :now AND (attribute_not_exists(seen) OR seen = :before)",
            {"who": who, "now": now, "before": row.get("seen", "")},
        )

    def decide(
        self,
        identity: str,
        who: str,
        decision: str,
        reason: str,
        approved: list[int],
        now: str,
        keep_prompt: bool,
    ) -> tuple[bool, Item]:
        """Stores the decision of the reviewer who has the claim, in time; its Task is owed it."""
        decided: Item = {
            "status": "DECIDED",
            "queue": "owed",
            "decision": decision,
            "decided_by": who,
            "decided_at": now,
            "decided_reason": reason,
            "approved": json.dumps(approved),
        }
        return self._change(
            identity,
            decided,
            f"{_IS_MINE} AND claim_until > :now AND answer_by > :now",
            {"who": who, "now": now},
            () if keep_prompt else _PROMPTS,
        )

    def expire(self, identity: str, now: str, keep_prompt: bool) -> tuple[bool, Item]:
        """Ends a review that nobody decided in time; its Task is owed that."""
        expired: Item = {
            "status": "EXPIRED",
            "queue": "owed",
            "decision": "expire",
            "decided_at": now,
        }
        return self._change(
            identity,
            expired,
            f"{_IS_OPEN} AND answer_by <= :now",
            {"now": now},
            () if keep_prompt else _PROMPTS,
        )

    def end_over(self, identity: str, keep_prompt: bool) -> tuple[bool, Item]:
        """Ends a review whose execution has gone; what was decided stays, and was not heard."""
        return self._change(
            identity,
            {"status": "OVER", "queue": "decided"},
            f"{_IS_OPEN} OR (#status = :decided AND queue = :owed)",
            {"decided": "DECIDED", "owed": "owed"},
            ("task_token", *(() if keep_prompt else _PROMPTS)),
        )

    def settle(self, identity: str) -> tuple[bool, Item]:
        """Notes that the Task was told, or waits no more: nothing is owed."""
        return self._change(
            identity, {"queue": "decided"}, "queue = :owed", {"owed": "owed"}, ("task_token",)
        )

    def _change(
        self,
        identity: str,
        sets: Item,
        condition: str,
        checked: Item,
        removes: tuple[str, ...] = (),
    ) -> tuple[bool, Item]:
        update = ["SET " + ", ".join(f"#{name} = :{name}" for name in sets)] if sets else []
        update += ["REMOVE " + ", ".join(f"#{name}" for name in removes)] if removes else []
        # DynamoDB refuses names and values that no expression has.
        named = {"status"} if "#status" in condition else set()
        opened: Item = {"open": "OPEN"} if ":open" in condition else {}
        return self._table.update(
            {"review_id": identity},
            " ".join(update),
            {name: name for name in named.union(sets, removes)},
            sets | checked | opened,
            condition,
        )


def tell_task(
    reviews: Reviews,
    records: Records,
    step_functions: "StepFunctions",
    row: Item,
    keep_prompt: bool,
) -> str:
    """Tells the Task how a review ended: heard, owed (it is told later) or over (nobody waits).

    A token that nobody waits for may have been told before, the answer to that being lost: the
    record knows.
    """
    identity = str(row["review_id"])
    try:
        was_heard: bool | None = answer(step_functions, row)
    except TransientError:
        log.exception("review not told", extra={"review_id": identity})
        return "owed"
    if not was_heard:
        was_heard = heard(records.get(str(row["request_id"])), row)
    if was_heard is None:
        return "owed"
    if was_heard or row["status"] == "EXPIRED":
        reviews.settle(identity)
    else:
        reviews.end_over(identity, keep_prompt)
    return "heard" if was_heard else "over"
