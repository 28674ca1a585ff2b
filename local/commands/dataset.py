"""`safelight dataset`: have a data set for fine-tuning judged, and look at what was found."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, add_following, add_stack, subcommand
from local.commands.failure import FAILED, NOT_DELIVERED, SUCCESS, CommandError

if TYPE_CHECKING:
    from local.deployed_stack import DeployedStack, Record

_EXAMPLES = """\
  safelight dataset submit ./cats                          judge the pictures of a folder
  safelight dataset show dataset-0123456789abcdef01234567
"""
_SUBMIT_EXAMPLES = """\
  safelight dataset submit ./cats
  safelight dataset submit ./cats --flagged quarantine
  safelight dataset submit datasets/cats/ --stack safelight   (it is in the bucket already)
  safelight dataset submit ./cats --fine-tune --hyperparameter max_steps=400
"""
_SHOW_EXAMPLES = """\
  safelight dataset show dataset-0123456789abcdef01234567
  safelight dataset show dataset-0123456789abcdef01234567 --report cats.html --stack safelight
"""
_WAYS = ("report", "quarantine", "tag")
# What lies where, by the report's names.
_PLACES = (
    ("report", "key"),
    ("table", "csv_key"),
    ("rows", "jsonl_key"),
    ("clean", "clean_key"),
    ("copies", "clean"),
)


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "have the pictures and prompts of a fine-tuning data set judged"
    commands = subcommand(subparsers, "dataset", summary, _EXAMPLES).add_subparsers(
        metavar="COMMAND", required=True
    )
    submitting = subcommand(
        commands, "submit", "send a data set and follow it to its report", _SUBMIT_EXAMPLES, submit
    )
    submitting.add_argument(
        "what",
        metavar="FOLDER|PREFIX",
        help="a folder with pictures and dataset_info.json, or where one lies in the stack's "
        "bucket, as in datasets/cats/",
    )
    submitting.add_argument(
        "--name", default="", help="of a folder, in the bucket (default: the folder's own)"
    )
    submitting.add_argument(
        "--flagged",
        choices=_WAYS,
        default=_WAYS[0],
        help="what becomes of flagged pictures in the bucket: told of only, moved away, or tagged "
        "(default: %(default)s)",
    )
    _add_fine_tuning(submitting)
    submitting.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="where the report goes (default: NAME.html here)",
    )
    add_following(submitting)
    add_stack(submitting)
    showing = subcommand(commands, "show", "show a data set", _SHOW_EXAMPLES, show)
    showing.add_argument("job_id", metavar="JOB_ID", help="as `dataset submit` has named it")
    showing.add_argument("--report", type=Path, metavar="FILE", help="save report.html there")
    showing.add_argument("--json", action="store_true", help="the whole job as JSON")
    add_stack(showing)


def _add_fine_tuning(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fine-tune", action="store_true", help="then train on what is clean; this costs a GPU"
    )
    parser.add_argument(
        "--hyperparameter",
        action="append",
        default=[],
        type=_pair,
        metavar="NAME=VALUE",
        help="for --fine-tune; may be repeated",
    )
    parser.add_argument(
        "--instance-type", default="", metavar="TYPE", help="for --fine-tune (default: the stack's)"
    )


def submit(args: argparse.Namespace) -> int:
    """Send it, have it judged."""
    from local.commands.console import console
    from local.commands.job_following import follow_job
    from local.commands.which_stack import which_stack
    from local.jobs import DATASET_OUTPUTS, is_clean, start_dataset

    if (args.hyperparameter or args.instance_type) and not args.fine_tune:
        raise CommandError("--hyperparameter and --instance-type go with --fine-tune: add it.")
    is_folder = Path(args.what).is_dir()
    folder = _read_folder(Path(args.what), args.name) if is_folder else None
    stack, screen = which_stack(args.stack, DATASET_OUTPUTS), console()
    if folder:
        prefix, files = folder
        _send(screen, stack, files, prefix)
    else:
        prefix = _prefix(args.what, stack.outputs["DatasetsBucket"])
    job_id, arn = start_dataset(stack, _asked(args, prefix))
    screen.print(f"Submitted: {job_id}", highlight=False)
    if not args.wait:
        screen.print(f"See it with: safelight dataset show {job_id}", highlight=False)
        return SUCCESS
    job = follow_job(screen, stack, job_id, arn, args)
    if job["execution_arn"] != arn:
        screen.print("The same data set was judged before: nothing was paid again. Its report:")
    _print(stack, job)
    if job.get("report"):
        _save(stack, job, args.report or Path(f"{prefix.strip('/').rpartition('/')[2]}.html"))
    if job["status"] != "COMPLETED":
        return FAILED
    return SUCCESS if is_clean(job) else NOT_DELIVERED


def show(args: argparse.Namespace) -> int:
    """Show the data set."""
    import json

    from local.commands.which_stack import which_stack
    from local.jobs import DATASET_OUTPUTS

    stack = which_stack(args.stack, DATASET_OUTPUTS)
    job = stack.job(args.job_id)
    if job is None or job["kind"] != "dataset":
        raise CommandError(
            f"no data set {args.job_id}. `safelight dataset submit FOLDER` prints its id; to "
            "submit the same again costs nothing."
        )
    if args.json:
        print(json.dumps(job, indent=2, ensure_ascii=False))
    else:
        _print(stack, job)
    if args.report:
        _save(stack, job, args.report)
    return SUCCESS


def _read_folder(folder: Path, name: str) -> tuple[str, dict[str, Path]]:
    from local.dataset_folder import NotADataset, files_of, prefix_of

    try:
        return prefix_of(folder, name), files_of(folder)
    except NotADataset as error:
        raise CommandError(str(error)) from error


def _prefix(given: str, bucket: str) -> str:
    from local.jobs import DATASETS_FOLDER

    prefix = given.removeprefix(f"s3://{bucket}/")
    if not prefix.startswith(DATASETS_FOLDER) or not prefix.endswith("/"):
        raise CommandError(
            f"{given} is neither a folder nor a prefix of the stack's bucket, which begins with "
            f"{DATASETS_FOLDER} and ends in /, as in s3://{bucket}/{DATASETS_FOLDER}cats/"
        )
    return prefix


def _send(screen: Any, stack: DeployedStack, files: dict[str, Path], prefix: str) -> None:
    from local.commands.job_following import ProgressLine
    from local.dataset_folder import send

    try:
        with ProgressLine(screen) as line:
            sent = send(stack, files, prefix, lambda done: line.show(f"{done} files sent"))
    except OSError as error:
        raise CommandError(f"cannot read {error.filename}: {error.strerror}.") from error
    screen.print(f"{sent.uploaded} files sent, {sent.unchanged} were there", highlight=False)
    if sent.others:
        screen.print(
            f"{len(sent.others)} more lie under {prefix} and belong to the data set, among them "
            f"{sent.others[0]}. Delete them there if they do not.",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )


def _asked(args: argparse.Namespace, prefix: str) -> dict[str, Any]:
    """ModerateDataset's input."""
    asked: dict[str, Any] = {"prefix": prefix, "flagged": args.flagged}
    if args.fine_tune:
        options = {
            "instance_type": args.instance_type,
            "hyperparameters": dict(args.hyperparameter),
        }
        asked["fine_tune"] = {name: value for name, value in options.items() if value}
    return asked


def _print(stack: DeployedStack, job: Record) -> None:
    from local.commands.console import console
    from local.commands.job_following import done_of
    from local.commands.job_view import print_job, print_places, print_reasons
    from local.jobs import reasons_of

    screen, report = console(), job.get("report") or {}
    print_job(screen, job, done_of(stack, job))
    print_reasons(screen, reasons_of(stack, job))
    places = {name: report[key] for name, key in _PLACES if report.get(key)}
    print_places(screen, {name: f"s3://{report['bucket']}/{key}" for name, key in places.items()})


def _save(stack: DeployedStack, job: Record, file: Path) -> None:
    report = job.get("report")
    if not report:
        raise CommandError(f"{job['job_id']} has no report: it is {job['status']}.")
    page = stack.object(report["bucket"], report["key"])
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(page)
    except OSError as error:
        raise CommandError(
            f"cannot write the report: {error}. It is kept: safelight dataset show "
            f"{job['job_id']} --report FILE"
        ) from error
    print(f"The report: {file.resolve().as_uri()}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, as in max_steps=400")
    return name, value
