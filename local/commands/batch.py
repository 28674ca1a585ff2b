"""`safelight batch`: drop a file of prompts, follow it, look at it, run its failures again."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from local.commands.arguments import Subparsers, add_following, add_stack, count, subcommand
from local.commands.failure import FAILED, SUCCESS, CommandError

if TYPE_CHECKING:
    from local.deployed_stack import DeployedStack, Record

_EXAMPLES = """\
  safelight batch drop prompts.jsonl                     drop a file and follow it to its end
  safelight batch show batch-0123456789abcdef01234567    how far is it, and how did it end?
  safelight batch redrive batch-0123456789abcdef01234567
"""
_DROP_EXAMPLES = """\
  safelight batch drop prompts.jsonl
  safelight batch drop prompts.csv --requester winter-calendar
  safelight batch drop prompts.jsonl --stack safelight --no-wait
"""
_SHOW_EXAMPLES = """\
  safelight batch show batch-0123456789abcdef01234567
  safelight batch show batch-0123456789abcdef01234567 --failed   which rows failed, and why?
  safelight batch show batch-0123456789abcdef01234567 --json
"""
_REDRIVE_EXAMPLES = """\
  safelight batch redrive batch-0123456789abcdef01234567 --dry-run
  safelight batch redrive batch-0123456789abcdef01234567 --at-once 20
"""
_SUFFIXES = (".jsonl", ".csv")
_START_SECONDS = 120.0
_GO_ON = "drop the same file again. What is done is not redone, what failed is run again."
_JOB_HELP = "as `batch drop` has named it"


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "ask for pictures by the file: many prompts in one .jsonl or .csv"
    commands = subcommand(subparsers, "batch", summary, _EXAMPLES).add_subparsers(
        metavar="COMMAND", required=True
    )
    dropping = subcommand(
        commands, "drop", "drop a batch file and follow it to its end", _DROP_EXAMPLES, drop
    )
    dropping.add_argument("file", type=Path, metavar="FILE", help="a .jsonl or .csv file")
    dropping.add_argument(
        "--requester",
        default="",
        metavar="NAME",
        help="for whom: its folder under batches/ (default: batches/ itself)",
    )
    add_following(dropping)
    add_stack(dropping)
    showing = subcommand(commands, "show", "show a batch", _SHOW_EXAMPLES, show)
    showing.add_argument("job_id", metavar="JOB_ID", help=_JOB_HELP)
    showing.add_argument(
        "--failed", action="store_true", help="also the rows that failed or are invalid, and why"
    )
    showing.add_argument(
        "--limit",
        type=count,
        default=50,
        metavar="N",
        help="for --failed: the first N (default: %(default)s)",
    )
    showing.add_argument("--json", action="store_true", help="the whole job as JSON")
    add_stack(showing)
    again = subcommand(
        commands,
        "redrive",
        "run the rows of an ended batch again that failed or expired",
        _REDRIVE_EXAMPLES,
        redrive,
    )
    again.add_argument("job_id", metavar="JOB_ID", help=_JOB_HELP)
    again.add_argument(
        "--at-once",
        type=count,
        default=10,
        metavar="N",
        help="how many run at a time (default: %(default)s)",
    )
    again.add_argument(
        "--dry-run", action="store_true", help="only count what would be run; each run is paid"
    )
    add_stack(again)


def drop(args: argparse.Namespace) -> int:
    """Drop the file."""
    from local.commands.console import console
    from local.commands.job_following import follow_job
    from local.commands.which_stack import which_stack
    from local.executions import NotStarted
    from local.jobs import BATCH_OUTPUTS, BATCHES_FOLDER, drop_batch, execution_of_batch

    _check_file(args.file)
    stack, screen = which_stack(args.stack, BATCH_OUTPUTS), console()
    folder = f"{args.requester.strip('/')}/" if args.requester else ""
    job_id, token = drop_batch(stack, args.file, f"{BATCHES_FOLDER}{folder}{args.file.name}")
    screen.print(f"Dropped: {job_id}", highlight=False)
    if not args.wait:
        screen.print(f"See it with: safelight batch show {job_id}", highlight=False)
        return SUCCESS
    try:
        arn = execution_of_batch(stack, token, _START_SECONDS, every=0.3)
    except NotStarted as error:
        raise CommandError(
            f"{error}. `safelight dead-letters list` shows what could not be delivered."
        ) from error
    job = follow_job(screen, stack, job_id, arn, args)
    if job["execution_arn"] != arn:
        screen.print("The same file was dropped before: nothing was run again. Its batch:")
    _print(stack, job)
    return SUCCESS if job["status"] == "COMPLETED" else FAILED


def show(args: argparse.Namespace) -> int:
    """Show the batch."""
    import json

    from local.commands.which_stack import which_stack
    from local.jobs import BATCH_OUTPUTS

    stack = which_stack(args.stack, BATCH_OUTPUTS)
    job = _job(stack, args.job_id)
    if args.json:
        print(json.dumps(job, indent=2, ensure_ascii=False))
        return SUCCESS
    _print(stack, job)
    if args.failed:
        _print_failed(stack, job, args.limit)
    return SUCCESS


def redrive(args: argparse.Namespace) -> int:
    """Run what failed again."""
    from local.again import run_all_again
    from local.commands.console import console
    from local.commands.job_following import ProgressLine, look_seconds
    from local.commands.which_stack import which_stack
    from local.jobs import BATCH_OUTPUTS, is_technical, rows_of

    stack, screen = which_stack(args.stack, BATCH_OUTPUTS), console()
    job = _job(stack, args.job_id)
    _check_ended(job)
    ids = [row["request_id"] for row in rows_of(stack, job) if is_technical(row["status"])]
    if args.dry_run or not ids:
        screen.print(f"{len(ids)} rows failed or expired." + (" Nothing to do." * (not ids)))
        return SUCCESS
    try:
        with ProgressLine(screen) as line:
            ended = run_all_again(
                stack,
                ids,
                args.at_once,
                look_seconds(args.stack),
                lambda done: line.show(f"{done} of {len(ids)} ended"),
            )
    except KeyboardInterrupt:
        screen.print("\nWhat was begun goes on; the same command runs the rest.")
        raise
    told = ", ".join(f"{status} {number}" for status, number in sorted(ended.statuses.items()))
    screen.print(f"Run again: {sum(ended.statuses.values())}. {told}", highlight=False)
    for request_id, why in ended.objections.items():
        screen.print(f"{request_id} was not run again: {why}.", highlight=False, markup=False)
    screen.print("The batch's own summary stays as it was; `safelight show` has each record.")
    return FAILED if ended.objections or any(map(is_technical, ended.statuses)) else SUCCESS


def _check_file(file: Path) -> None:
    if file.suffix.lower() not in _SUFFIXES:
        raise CommandError(
            f"{file.name} is no batch: it must end in .jsonl or .csv. "
            "One prompt goes with `safelight drop FILE`."
        )
    try:
        file.open("rb").close()
    except OSError as error:
        raise CommandError(f"cannot read {file}: {error.strerror}.") from error


def _check_ended(job: Record) -> None:
    if job["status"] == "RUNNING":
        raise CommandError(
            f"{job['job_id']} is still running. What fails there is known at its end."
        )
    if job["status"] == "INVALID":
        raise CommandError("the file was refused and no row was run: correct it and drop it again.")
    if job["status"] == "FAILED":
        raise CommandError(f"the batch itself failed: {_GO_ON}")


def _job(stack: DeployedStack, job_id: str) -> Record:
    job = stack.job(job_id)
    if job is None or job["kind"] != "batch":
        raise CommandError(
            f"no batch {job_id}. `safelight batch drop FILE` prints its id, and dropping the same "
            "file again redoes nothing."
        )
    return job


def _print(stack: DeployedStack, job: Record) -> None:
    from local.commands.console import console
    from local.commands.job_following import done_of
    from local.commands.job_view import print_job, print_places

    screen, report = console(), job.get("report")
    print_job(screen, job, done_of(stack, job))
    if report:
        folder = report["key"].rpartition("/")[0]
        summary = f"s3://{report['bucket']}/{report['key']}"
        results = f"s3://{report['bucket']}/{folder}/results-*.jsonl"
        print_places(screen, {"summary": summary, "results": results})
    if job["status"] == "FAILED":
        screen.print(f"\nThe batch failed: {_GO_ON}", highlight=False)
        screen.print(f"Why rows failed: safelight batch show {job['job_id']} --failed")


def _print_failed(stack: DeployedStack, job: Record, limit: int) -> None:
    from local.commands.console import console
    from local.commands.job_view import print_rows
    from local.jobs import is_technical, rows_of
    from local.record_text import reasons_text

    rows = rows_of(stack, job)
    unhappy = (row for row in rows if is_technical(row["status"]) or row["status"] == "INVALID")
    told = []
    for row in islice(unhappy, limit):
        record = stack.record(row["request_id"]) or {}
        why = reasons_text(record.get("reasons", []))
        told.append((row["line"], row["status"], row["request_id"], why))
    print_rows(console(), f"Rows that failed or are invalid, the first {limit} at most", told)
