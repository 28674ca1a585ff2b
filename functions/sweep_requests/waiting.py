"""Reviews that nobody decided in time, whose decision is not told yet, or whose request ended."""

from dataclasses import dataclass
from datetime import datetime

from shared.dynamodb import Item
from shared.records import Records, utc_text
from shared.reviews import Reviews, tell_task
from shared.statuses import OPEN
from shared.stepfunctions import StepFunctions

# The oldest, in one call: those behind them have more time.
_MOST = 100


@dataclass(frozen=True)
class ReviewQueue:
    """What waits for reviewers, and what looking after it needs."""

    reviews: Reviews
    records: Records
    step_functions: StepFunctions
    review_seconds: int
    store_prompts: bool

    def open_ones(self, now: datetime) -> tuple[list[Item], list[Item]]:
        """(those that nobody decided in time, the others); what the index has of them."""
        rows, _ = self.reviews.page("open", _MOST, None)
        late = [row for row in rows if str(row["answer_by"]) <= utc_text(now)]
        return late, [row for row in rows if row not in late]

    def owed(self) -> list[Item]:
        """What has ended and its execution may not know; what the index has of it."""
        return self.reviews.page("owed", _MOST, None)[0]

    def tell(self, row: Item) -> str:
        """reviews_told, or reviews_over where nobody waits for the decision any more."""
        whole = self.reviews.get(str(row["review_id"]))
        if whole is None or whole["queue"] != "owed":
            return ""
        told = self._tell(whole)
        return {"heard": "reviews_told", "over": "reviews_over"}.get(told, "")

    def expire(self, now: datetime, row: Item) -> str:
        """reviews_expired, unless somebody was quicker."""
        identity = str(row["review_id"])
        stored, whole = self.reviews.expire(identity, utc_text(now), self.store_prompts)
        if not stored:
            return ""
        self._tell(whole)
        return "reviews_expired"

    def end_if_over(self, row: Item) -> str:
        """reviews_over if its request has ended: nobody should look at it in vain."""
        record = self.records.get(str(row["request_id"]))
        if record and record["run"] == row["run"] and record["status"] in OPEN:
            return ""
        over, _ = self.reviews.end_over(str(row["review_id"]), self.store_prompts)
        return "reviews_over" if over else ""

    def count_open(self) -> int:
        """How many wait for a decision."""
        return self.reviews.count_open()

    def percent_waited(self, rows: list[Item], now: datetime) -> float:
        """How much of the time for a review the oldest of these has waited; 0 without any."""
        opened = [datetime.fromisoformat(str(row["opened_at"])) for row in rows]
        waited = now - min(opened, default=now)
        return waited.total_seconds() / self.review_seconds * 100

    def _tell(self, row: Item) -> str:
        return tell_task(self.reviews, self.records, self.step_functions, row, self.store_prompts)
