"""Following a job, with a line that says how far it is."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text

from local.commands.failure import CommandError
from local.deployed_stack import DeployedStack, Record
from local.executions import StillRunning
from local.job_text import progress_text
from local.jobs import RUNNING, NotClaimed, Pace, follow, items_of_map_run

_LOOK_HERE, _LOOK_AT_AWS = 0.5, 3.0
# Between two lines where there is no terminal.
_QUIET_SECONDS = 5.0


class ProgressLine:
    """`with ProgressLine(console) as line:`; line.show(text) replaces it on a terminal.

    Elsewhere it prints a line now and then, when there is news.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._status = Status("", console=console)
        self._said = ""
        self._next = 0.0

    def __enter__(self) -> ProgressLine:
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()

    def show(self, text: str) -> None:
        """Say how far it is now."""
        if self._console.is_terminal:
            self._status.update(Text(text))
        elif text != self._said and self._clock() >= self._next:
            self._console.print(text, soft_wrap=True, highlight=False, markup=False)
            self._said, self._next = text, self._clock() + _QUIET_SECONDS


def follow_job(
    console: Console, stack: DeployedStack, job_id: str, arn: str, args: argparse.Namespace
) -> Record:
    """The ended job, its progress shown. CommandError says what to do about a job that is not."""
    group = job_id.partition("-")[0]
    again = f"safelight {group} show {job_id}" + (f" --stack {args.stack}" if args.stack else "")
    with saying_what_goes_on(console, arn, again):
        return follow_shown(
            console, stack, job_id, arn, look_seconds(args.stack), args.timeout or float("inf")
        )


@contextmanager
def saying_what_goes_on(console: Console, arn: str, again: str) -> Iterator[None]:
    """For following a job: CommandError says what to do about one that is not, or not yet, ended.

    `again` is the command that looks at it again, `arn` its execution.
    """
    try:
        yield
    except NotClaimed as error:
        raise CommandError(
            f"{error}.\nIts history in the Step Functions console has the rest: {arn}"
        ) from error
    except StillRunning as error:
        raise CommandError(f"{error}; it goes on. Look again with: {again}") from error
    except KeyboardInterrupt:
        console.print(f"\nIt goes on without you. Look again with: {again}", soft_wrap=True)
        raise


def look_seconds(stack: str | None) -> float:
    """How long between two looks at what runs on a stack in an account, or on the local one."""
    return _LOOK_AT_AWS if stack else _LOOK_HERE


def follow_shown(
    console: Console,
    stack: DeployedStack,
    job_id: str,
    arn: str,
    every: float = _LOOK_HERE,
    seconds: float = float("inf"),
) -> Record:
    """The ended job, its progress shown. Raises NotClaimed or StillRunning."""
    pace = Pace()
    with ProgressLine(console) as line:

        def tell(job: Record) -> None:
            if job["status"] != RUNNING:
                return
            done = done_of(stack, job)
            pace.look(done)
            line.show(progress_text(job, pace, done))

        return follow(stack, job_id, arn, every=every, seconds=seconds, progress=tell)


def done_of(stack: DeployedStack, job: Record) -> int:
    """Rows by the job's own count; of images only the map run knows how many are done."""
    if job["kind"] == "batch" or job["status"] != RUNNING or not job.get("total"):
        return int(job.get("done", 0))
    items = items_of_map_run(stack, job["execution_arn"])
    return sum(int(items.get(name, 0)) for name in ("succeeded", "failed", "timedOut", "aborted"))
