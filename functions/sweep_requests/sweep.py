"""Ends, or tells of, what nobody else was left to end or to tell of."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.announcement import announce
from shared.dynamodb import Item
from shared.ending import OVERDUE, ending_of, overdue
from shared.eventbridge import Bus
from shared.inferences import FAILURES, OUTPUTS, Inferences, answer, location
from shared.log import log
from shared.records import Records, utc_text
from shared.s3 import ObjectVersion, Storage
from shared.settings import Environment
from shared.statuses import OPEN
from shared.stepfunctions import StepFunctions
from sweep_requests.waiting import ReviewQueue

STAGE = "SweepRequests"
# Of each shard in one call, so that a call ends in time; the next one goes on.
_MOST = 20
_IDS = ("request_id", "inference_id", "review_id")
# CloseExecution has this long for an execution that ended, before it is taken for forgotten.
_GRACE = timedelta(minutes=1)


@dataclass(frozen=True)
class Settings:
    """SweepRequests' variables."""

    results_table: str
    inferences_table: str
    reviews_table: str
    review_seconds: int
    store_prompts: bool
    work_bucket: str
    bus: str
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            results_table=env.text("RESULTS_TABLE"),
            inferences_table=env.text("INFERENCES_TABLE"),
            reviews_table=env.text("REVIEWS_TABLE"),
            review_seconds=env.number("REVIEW_SECONDS"),
            store_prompts=env.flag("STORE_PROMPTS"),
            work_bucket=env.text("WORK_BUCKET"),
            bus=env.text("EVENT_BUS"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@dataclass(frozen=True)
class Sweeper:
    """What sweeping needs."""

    work_bucket: str
    records: Records
    inferences: Inferences
    reviews: ReviewQueue
    bus: Bus
    storage: Storage
    step_functions: StepFunctions


@dataclass(frozen=True)
class Swept:
    """What a sweep found: how many of each `done`, and the requests that are open all the same.

    How long the oldest review has waited is told in percent of the time that there is for it.
    """

    done: Counter[str]
    unfinished: int
    oldest_seconds: float
    open_reviews: int
    oldest_review_percent: float


def sweep(sweeper: Sweeper, now: datetime) -> Swept:
    """Closes what is overdue or forgotten, and announces what was not; says what was done.

    `done` counts: expired (requests past their deadline), closed (their execution had ended
    without a word), announced (closed before, but not told), inferences_recovered (the notice was
    lost, not the result), inferences_expired (nothing was found but a failure, or nobody waits any
    more), reviews_expired (nobody decided in time), reviews_told (a decision that could not be told
    at once), reviews_over (their request has ended), and failures, which are logged and hold up
    nothing: the next sweep meets them again.
    """
    done: Counter[str] = Counter()
    # Listed first: what is done to a row changes the index that is being read.
    for row in list(sweeper.inferences.overdue(utc_text(now), _MOST)):
        done[_tried(partial(_end_inference, sweeper), row)] += 1
    late, in_time = sweeper.reviews.open_ones(now)
    for row in sweeper.reviews.owed():
        done[_tried(sweeper.reviews.tell, row)] += 1
    for row in late:
        done[_tried(partial(sweeper.reviews.expire, now), row)] += 1
    oldest = now
    # What is overdue must not wait for looks at executions, which may take all the time there is.
    for row in sorted(sweeper.records.unfinished(_MOST), key=lambda row: str(row["deadline"])):
        # Who waits for a person does not wait for the endpoint.
        if row["status"] == "RUNNING":
            oldest = min(oldest, datetime.fromisoformat(str(row["created_at"])))
        done[_tried(partial(_finish, sweeper, now), row)] += 1
    # After the requests: what has just ended leaves its review to nobody.
    for row in in_time:
        done[_tried(sweeper.reviews.end_if_over, row)] += 1
    del done[""]
    return Swept(
        done,
        sweeper.records.count_unfinished(),
        (now - oldest).total_seconds(),
        sweeper.reviews.count_open(),
        sweeper.reviews.percent_waited([*late, *in_time], now),
    )


def _tried(action: Callable[[Item], str], row: Item) -> str:
    try:
        return action(row)
    except Exception:  # noqa: BLE001 - one bad row must not hold up all the others
        names: dict[str, object] = {name: row[name] for name in _IDS if name in row}
        log.exception("sweep failed", extra=names)
        return "failures"


def _finish(sweeper: Sweeper, now: datetime, row: Item) -> str:
    is_overdue = str(row["deadline"]) < utc_text(now)
    if row["status"] not in OPEN:
        return _announce(sweeper, now, row) if is_overdue else ""
    if is_overdue:
        record = sweeper.records.get(str(row["request_id"]))
        if record is None or str(record["deadline"]) >= utc_text(now):
            # The index was behind: a review has given it more time, or it is closed.
            return ""
        # Stopped first: it must not go on painting for a record that is closed.
        sweeper.step_functions.stop(str(row["execution_arn"]), OVERDUE)
        return _close(sweeper, row, overdue(STAGE, utc_text(now)), "expired")
    return _close_if_forgotten(sweeper, now, row)


def _close_if_forgotten(sweeper: Sweeper, now: datetime, row: Item) -> str:
    """Status changes come by best effort: an execution may end and nobody hear of it."""
    execution = sweeper.step_functions.describe(str(row["execution_arn"]))
    if "stopDate" not in execution or now - execution["stopDate"] < _GRACE:
        return ""
    return _close(sweeper, row, ending_of(STAGE, execution, utc_text(now)), "closed")


def _close(sweeper: Sweeper, row: Item, ending: dict[str, object], done: str) -> str:
    ours, record = sweeper.records.close(
        str(row["request_id"]), str(row["execution_arn"]), ending, {}
    )
    if not ours:
        return ""
    announce(sweeper.bus, sweeper.records, record, str(ending["updated_at"]))
    return done


def _announce(sweeper: Sweeper, now: datetime, row: Item) -> str:
    record = sweeper.records.get(str(row["request_id"]))
    if record is None or "open_shard" not in record or record["status"] in OPEN:
        return ""
    announce(sweeper.bus, sweeper.records, record, utc_text(now))
    return "announced"


def _end_inference(sweeper: Sweeper, row: Item) -> str:
    """Looks for the result itself, since no notice told of one."""
    identity = str(row["inference_id"])
    output = location(str(row["output_location"]), OUTPUTS)
    if output and _lies(sweeper, output):
        stored, whole = sweeper.inferences.complete(identity, output, owed=True)
    elif (failure := location(str(row["failure_location"]), FAILURES)) and _lies(sweeper, failure):
        reason = "found without its notice"
        stored, whole = sweeper.inferences.fail(identity, "FAILED", reason, owed=True)
    else:
        reason = "no notice came in time"
        stored, whole = sweeper.inferences.fail(identity, "EXPIRED", reason, owed=True)
    if not whole or whole["status"] in {"PENDING", "INVOKED"}:
        return ""
    # Also what an earlier sweep has stored and not come to tell.
    answered = answer(sweeper.step_functions, whole)
    sweeper.inferences.settle(identity)
    if whole["status"] == "COMPLETED" and answered:
        return "inferences_recovered"
    return "inferences_expired" if stored else ""


def _lies(sweeper: Sweeper, place: dict[str, str]) -> bool:
    return place["bucket"] == sweeper.work_bucket and sweeper.storage.exists(
        ObjectVersion(place["bucket"], place["key"])
    )
