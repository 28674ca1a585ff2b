"""Follows jobs: paces batches, tells how far batches and data sets are, ends what was forgotten."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from follow_jobs.ending import FORGOTTEN, ending_of
from follow_jobs.pacing import SHARE_OF_TTL, Look, pace
from follow_jobs.progress import Seen
from shared.dynamodb import Item
from shared.eventbridge import Bus
from shared.inferences import Inferences
from shared.job_events import announce, counters, progress_of
from shared.jobs import Jobs
from shared.log import log, tell
from shared.records import ANNOUNCE_WITHIN, utc_text
from shared.settings import Environment
from shared.stepfunctions import StepFunctions

# Longer than an endpoint takes to wake.
STALLED_SECONDS = 1800
# What DescribeExecution says may be behind the start of an execution by some moments (Step
# Functions API Reference: "eventually consistent").
_YOUNG = timedelta(minutes=5)
# Rows that came back with pictures: these the endpoint has worked for.
_WITH_PICTURES = ("COMPLETED", "BLOCKED_IMAGE", "MODEL_FILTERED")
_FINISHED_ITEMS = ("succeeded", "failed", "timedOut", "aborted")


@dataclass(frozen=True)
class Settings:
    """FollowJobs' variables."""

    jobs_table: str
    inferences_table: str
    bus: str
    batch_concurrency: int
    request_ttl_seconds: int
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            jobs_table=env.text("JOBS_TABLE"),
            inferences_table=env.text("INFERENCES_TABLE"),
            bus=env.text("EVENT_BUS"),
            batch_concurrency=env.number("BATCH_CONCURRENCY"),
            request_ttl_seconds=env.number("REQUEST_TTL_SECONDS"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@dataclass(frozen=True)
class Follower:
    """What following needs."""

    settings: Settings
    jobs: Jobs
    inferences: Inferences
    bus: Bus
    step_functions: StepFunctions


@dataclass
class Followed:
    """What a look found: how many of each `done`, how many jobs are open and stand still, and how
    many rows of batches may be under way."""

    done: Counter[str] = field(default_factory=Counter)
    open: int = 0
    stalled: int = 0
    concurrency: int = 0


def follow(follower: Follower, now: datetime) -> Followed:
    """Looks at every open job once.

    `done` counts: looked (it goes on), paced (at another pace from now on), closed (its execution
    had ended without a word), announced (closed before, but not told), and failures, which are
    logged and hold up nothing: the next look meets them again.
    """
    jobs = follower.jobs.open()
    followed = Followed(open=len(jobs))
    if jobs:
        look = _Round(follower, followed, now, follower.inferences.count_owed())
        for job in jobs:
            try:
                look.at(job)
            except Exception:  # noqa: BLE001 - one bad job must not hold up all the others
                log.exception("job cannot be followed", extra={"job_id": job["job_id"]})
                followed.done["failures"] += 1
    return followed


@dataclass(frozen=True)
class _Round:
    """One look at all jobs. `backlog` are inferences that the endpoint owes to anybody."""

    follower: Follower
    followed: Followed
    now: datetime
    backlog: int

    def at(self, job: Item) -> None:
        if job["status"] != "RUNNING":
            if self._age(job, "updated_at") > ANNOUNCE_WITHIN:
                self._announce(job, "announced")
            return
        execution = self._execution(job)
        if execution["status"] == FORGOTTEN and self._age(job, "created_at") < _YOUNG:
            return
        if execution["status"] == "RUNNING":
            self.followed.done["looked"] += 1
            # A training has no items, and its machine's own time limits.
            if job["kind"] != "classifier":
                self._go_on(job)
            return
        job_id, arn = str(job["job_id"]), str(job["execution_arn"])
        ending = ending_of(execution, utc_text(self.now))
        ours, closed = self.follower.jobs.close(job_id, arn, ending)
        if ours:
            self._announce(closed, "closed")

    def _age(self, job: Item, since: str) -> timedelta:
        return self.now - datetime.fromisoformat(str(job[since]))

    def _execution(self, job: Item) -> dict[str, Any]:
        try:
            return self.follower.step_functions.describe(str(job["execution_arn"]))
        except LookupError:
            return {"status": FORGOTTEN}

    def _announce(self, job: Item, done: str) -> None:
        announce(self.follower.bus, self.follower.jobs, job, utc_text(self.now))
        self.followed.done[done] += 1

    def _go_on(self, job: Item) -> None:
        """Notes how far a job is, paces it if it is a batch, and tells of what is new."""
        now = utc_text(self.now)
        map_run = self.follower.step_functions.map_run(str(job["execution_arn"]))
        if map_run is None:
            # Being prepared: its rates begin with the Map Run.
            seen = Seen(now, str(job["created_at"]))
            self.followed.stalled += seen.idle_seconds > STALLED_SECONDS
            return
        began = utc_text(map_run["startDate"])
        before = Seen.read(str(job["look"])) if "look" in job else Seen(began, began)
        seen = before.then(now, *_finished(job, map_run))
        values = {"look": seen.text()} | self._rows_or_images(job, map_run, before, seen)
        if not self.follower.jobs.note(str(job["job_id"]), str(job["execution_arn"]), values):
            return
        total = int(job.get("total", 0))
        self.followed.stalled += seen.idle_seconds > STALLED_SECONDS and seen.done < total
        if seen.done != before.done or "look" not in job:
            rates = seen.per_second * 60, seen.eta_seconds(total)
            self.follower.bus.announce(*progress_of(job | values, self.backlog, *rates))

    def _rows_or_images(self, job: Item, map_run: dict[str, Any], before: Seen, seen: Seen) -> Item:
        """What else is noted: a batch's pace; how many of a data set's images are judged, which
        nobody else counts."""
        if job["kind"] != "batch":
            return {"done": seen.done}
        concurrency = map_run["maxConcurrency"]
        if map_run["status"] == "RUNNING":
            concurrency = self._pace(job, map_run, before, seen)
        self.followed.concurrency += concurrency
        return {"concurrency": concurrency}

    def _pace(self, job: Item, map_run: dict[str, Any], before: Seen, seen: Seen) -> int:
        settings = self.follower.settings
        look = Look(
            concurrency=map_run["maxConcurrency"],
            under_way=map_run["itemCounts"]["running"],
            backlog=self.backlog,
            finished=seen.pictures - before.pictures,
            rate=seen.pictures_per_second,
        )
        decided = pace(
            look, settings.request_ttl_seconds / SHARE_OF_TTL, settings.batch_concurrency
        )
        if decided.concurrency != look.concurrency:
            self.follower.step_functions.pace(map_run["mapRunArn"], decided.concurrency)
            self.followed.done["paced"] += 1
            tell("pace", job_id=job["job_id"], **asdict(decided))
        return decided.concurrency


def _finished(job: Item, map_run: dict[str, Any]) -> tuple[int, int]:
    """Items that are done, and of a batch's rows those that came back with pictures."""
    if job["kind"] != "batch":
        items = map_run["itemCounts"]
        return sum(items[name] for name in _FINISHED_ITEMS), 0
    counted = counters(job)
    return int(job.get("done", 0)), sum(counted.get(status, 0) for status in _WITH_PICTURES)
