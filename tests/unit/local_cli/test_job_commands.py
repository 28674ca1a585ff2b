"""`safelight batch` and `safelight dataset`, against an account that is told what happens."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from unit.local_cli.jobs_account import DATASETS, IMAGES, PROMPTS, Account, job

from local import cli
from local.commands import job_following, which_stack
from local.commands.failure import FAILED, INTERRUPTED, NOT_DELIVERED, SUCCESS
from local.deployed_stack import DeployedStack
from local.jobs import is_clean
from shared.jobs import batch_id, dataset_id

Output = pytest.CaptureFixture[str]
LINES = b'{"prompt": "a fox"}\n'
BATCH = batch_id(PROMPTS, "batches/prompts.jsonl", "0bca6e2d5a4a4ec5b0c10e9a4b4f8d40")
SET = dataset_id(DATASETS, "datasets/cats/")
SUMMARY = "batches/b/1/summary.json"
ROWS = [
    {"line": 1, "request_id": "one", "status": "COMPLETED", "images": []},
    {"line": 2, "request_id": "two", "status": "FAILED", "images": []},
    {"line": 3, "request_id": "three", "status": "INVALID", "images": []},
]
REPORT = {"bucket": IMAGES, "key": SUMMARY, "counts": {"COMPLETED": 1, "FAILED": 1, "INVALID": 1}}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()
    monkeypatch.setattr(which_stack, "_here", lambda: made.stack)
    monkeypatch.setattr(job_following, "_LOOK_HERE", 0.0)
    return made


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    file = tmp_path / "prompts.jsonl"
    file.write_bytes(LINES)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cats"
    (folder / "class_data_dir").mkdir(parents=True)
    (folder / "dataset_info.json").write_text('{"instance_prompt": "a photo of a zxw cat"}')
    (folder / "1.png").write_bytes(b"1")
    (folder / "class_data_dir" / "2.jpg").write_bytes(b"2")
    (folder / ".DS_Store").write_bytes(b"3")
    return folder


def with_results(account: Account) -> None:
    account.objects[IMAGES, SUMMARY] = json.dumps({"results": ["results-00000.jsonl"]}).encode()
    lines = "\n".join(map(json.dumps, ROWS)) + "\n"
    account.objects[IMAGES, "results-00000.jsonl"] = lines.encode()


def test_a_batch_is_dropped_followed_and_summed_up(
    account: Account, batch: Path, capsys: Output
) -> None:
    account.looks = [
        job("batch-b", n_COMPLETED=1, done=1),
        job("batch-b", "COMPLETED", report=REPORT),
    ]
    assert cli.main(["batch", "drop", str(batch), "--requester", "team-a"]) == SUCCESS
    assert account.objects[PROMPTS, "batches/team-a/prompts.jsonl"] == LINES
    told = capsys.readouterr().out
    for part in ("Dropped: batch-", "1 of 4 rows (25 %)", "COMPLETED", f"s3://{IMAGES}/{SUMMARY}"):
        assert part in told


def test_a_batch_that_failed_says_so_by_its_status(
    account: Account, batch: Path, capsys: Output
) -> None:
    account.looks = [job("batch-b", "FAILED")]
    assert cli.main(["batch", "drop", str(batch)]) == FAILED
    told = capsys.readouterr().out
    assert "drop the same file again" in told
    assert "safelight batch show batch-b --failed" in told


def test_a_file_dropped_again_redoes_nothing(account: Account, batch: Path, capsys: Output) -> None:
    account.looks = [job("batch-b", "COMPLETED", execution_arn="arn:execution:0", report=REPORT)]
    assert cli.main(["batch", "drop", str(batch)]) == SUCCESS
    assert "nothing was run again" in capsys.readouterr().out


def test_a_batch_may_be_left_alone(account: Account, batch: Path, capsys: Output) -> None:
    assert cli.main(["batch", "drop", str(batch), "--no-wait"]) == SUCCESS
    assert "See it with: safelight batch show batch-" in capsys.readouterr().out


def test_ctrl_c_leaves_the_batch_running(
    account: Account, batch: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job_following, "follow", interrupt)
    assert cli.main(["batch", "drop", str(batch)]) == INTERRUPTED
    assert "It goes on without you. Look again with: safelight batch show" in (
        capsys.readouterr().out
    )


def test_failed_rows_are_listed_with_their_reasons(account: Account, capsys: Output) -> None:
    with_results(account)
    account.looks = [job("batch-b", "COMPLETED", report=REPORT)]
    why = {"stage": "GenerateImages", "category": "technical", "rule": "GenerationFailed"}
    account.records["two"] = {"request_id": "two", "reasons": [why]}
    assert cli.main(["batch", "show", "batch-b", "--failed"]) == SUCCESS
    told = capsys.readouterr().out
    assert "technical: GenerationFailed" in told
    assert "three" in told
    assert "one" not in told


def test_without_a_failed_row_there_is_none(account: Account, capsys: Output) -> None:
    account.looks = [job("batch-b", "INVALID")]
    assert cli.main(["batch", "show", "batch-b", "--failed"]) == SUCCESS
    assert capsys.readouterr().out.splitlines()[-1] == "none"


def test_brackets_of_a_key_are_no_markup_of_the_progress() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=80)
    with job_following.ProgressLine(screen) as line:
        line.show("PrepareBatch: reading s3://prompts/batches/a[/b].jsonl")


def test_a_batch_under_way_shows_how_far_it_is(account: Account, capsys: Output) -> None:
    account.looks = [job("batch-b", done=1, n_COMPLETED=1, concurrency=10)]
    assert cli.main(["batch", "show", "batch-b"]) == SUCCESS
    assert "1 of 4 rows (25 %), COMPLETED 1, 10 at a time" in capsys.readouterr().out


def test_rows_that_failed_are_run_again(
    account: Account, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_results(account)
    account.looks = [job("batch-b", "COMPLETED", report=REPORT)]
    failed = {"request_id": "two", "run": 1, "status": "FAILED", "stage": "GenerateImages"}
    account.records["two"] = failed
    assert cli.main(["batch", "redrive", "batch-b", "--dry-run"]) == SUCCESS
    assert account.started == {}
    assert "1 rows failed or expired" in capsys.readouterr().out

    started = account.start_execution

    def completes(**given: Any) -> Any:
        account.records["two"] = failed | {"run": 2, "status": "COMPLETED"}
        return started(**given)

    monkeypatch.setattr(account, "start_execution", completes)
    monkeypatch.setattr("local.again.time.sleep", lambda _: None)
    assert cli.main(["batch", "redrive", "batch-b"]) == SUCCESS
    assert list(account.started.values()) == [{"request_id": "two", "run": 1}]
    assert "COMPLETED 1" in capsys.readouterr().out


def test_a_row_that_may_not_run_again_says_why(account: Account, capsys: Output) -> None:
    with_results(account)
    account.looks = [job("batch-b", "COMPLETED", report=REPORT)]
    account.records["two"] = {"request_id": "two", "run": 10, "status": "FAILED"}
    assert cli.main(["batch", "redrive", "batch-b"]) == FAILED
    assert "two was not run again: it was run 10 times" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("RUNNING", "is still running"),
        ("INVALID", "correct it and drop it again"),
        ("FAILED", "drop the same file again"),
    ],
)
def test_a_batch_that_is_not_redriven_says_what_to_do(
    status: str, told: str, account: Account, capsys: Output
) -> None:
    account.looks = [job("batch-b", status)]
    assert cli.main(["batch", "redrive", "batch-b"]) == FAILED
    assert told in capsys.readouterr().err


def dataset_job(status: str = "COMPLETED", **found: int) -> dict[str, Any]:
    report = {
        "bucket": DATASETS,
        "key": "reports/d/1/report.html",
        "counts": found,
        "prompts": {"instance_prompt": "clean"},
        "fine_tuning": {"status": "REFUSED", "reason": "no instance image is clean"},
    }
    return job("dataset-d", status, report=report, source={"prefix": "datasets/cats/"})


def test_a_folder_is_sent_judged_and_its_report_saved(
    account: Account, folder: Path, tmp_path: Path, capsys: Output
) -> None:
    account.looks = [dataset_job(clean=2)]
    account.objects[DATASETS, "reports/d/1/report.html"] = b"<html>"
    report = tmp_path / "out" / "cats.html"
    line = ["dataset", "submit", str(folder), "--report", str(report)]
    assert cli.main(line) == SUCCESS
    assert sorted(account.puts) == [
        "datasets/cats/1.png",
        "datasets/cats/class_data_dir/2.jpg",
        "datasets/cats/dataset_info.json",
    ]
    assert list(account.started.values()) == [{"prefix": "datasets/cats/", "flagged": "report"}]
    assert report.read_bytes() == b"<html>"
    told = capsys.readouterr().out
    assert "clean" in told
    assert report.as_uri() in told


def test_what_lies_there_unchanged_is_not_sent_again(
    account: Account, folder: Path, capsys: Output
) -> None:
    account.looks = [job("dataset-d")]
    account.objects[DATASETS, "datasets/cats/1.png"] = b"1"
    account.objects[DATASETS, "datasets/cats/old.png"] = b"old"
    assert cli.main(["dataset", "submit", str(folder), "--no-wait"]) == SUCCESS
    assert "datasets/cats/1.png" not in account.puts
    told = capsys.readouterr().out
    assert "2 files sent, 1 were there" in told
    assert "1 more lie under datasets/cats/" in told


def test_a_picture_that_cannot_be_read_is_named(
    account: Account, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def refused(self: Path, *_: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refused)
    assert cli.main(["dataset", "submit", str(folder)]) == FAILED
    assert f"cannot read {folder}/1.png: Permission denied" in capsys.readouterr().err


def test_a_set_that_is_not_clean_says_so_by_its_status(
    account: Account, folder: Path, tmp_path: Path
) -> None:
    account.looks = [dataset_job(clean=1, flagged=1)]
    account.objects[DATASETS, "reports/d/1/report.html"] = b"<html>"
    report = str(tmp_path / "cats.html")
    assert cli.main(["dataset", "submit", str(folder), "--report", report]) == NOT_DELIVERED


def test_a_report_that_cannot_be_written_is_kept(
    account: Account, tmp_path: Path, capsys: Output
) -> None:
    account.looks = [dataset_job()]
    account.objects[DATASETS, "reports/d/1/report.html"] = b"<p>"
    assert cli.main(["dataset", "show", SET, "--report", str(tmp_path)]) == FAILED
    told = capsys.readouterr().err
    assert "Is a directory" in told
    assert "safelight dataset show dataset-d --report FILE" in told


def test_reasons_are_counted_and_a_refused_training_is_told(
    account: Account, capsys: Output
) -> None:
    judged = dataset_job(flagged=2, clean=0)
    judged["report"]["jsonl_key"] = "rows.jsonl"
    account.looks = [judged]
    found = {"category": "violence", "label": "Weapons", "rule": "Violence"}
    rows = [{"verdict": "flagged", "reasons": [found, found]}] * 2
    account.objects[DATASETS, "rows.jsonl"] = "\n".join(map(json.dumps, rows)).encode()
    assert cli.main(["dataset", "show", "dataset-d"]) == SUCCESS
    told = capsys.readouterr().out
    assert re.search(r"flagged\s+violence: Weapons\s+2", told)
    assert "REFUSED, no instance image is clean" in told
    assert "s3://datasets/rows.jsonl" in told


def test_a_prompt_that_is_not_clean_makes_a_set_unclean() -> None:
    judged = dataset_job(clean=2, flagged=0)
    assert is_clean(judged)
    judged["report"]["prompts"]["instance_prompt"] = "flagged"
    assert not is_clean(judged)


def test_fine_tuning_is_asked_for(account: Account) -> None:
    options = ["--fine-tune", "--hyperparameter", "max_steps=400", "--flagged", "quarantine"]
    line = ["dataset", "submit", f"s3://{DATASETS}/datasets/cats/", *options, "--no-wait"]
    assert cli.main(line) == SUCCESS
    (asked,) = account.started.values()
    assert asked == {
        "prefix": "datasets/cats/",
        "flagged": "quarantine",
        "fine_tune": {"hyperparameters": {"max_steps": "400"}},
    }


def test_progress_of_images_is_the_map_runs(account: Account) -> None:
    account.items = {"total": 9, "succeeded": 4, "failed": 1, "running": 2}
    running = job("dataset-d")
    assert job_following.done_of(account.stack, running) == 5


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["batch", "drop", "prompts.txt"], "One prompt goes with `safelight drop FILE`"),
        (["batch", "drop", "no-such.jsonl"], "cannot read no-such.jsonl: No such file"),
        (["batch", "show", "batch-x"], "no batch batch-x"),
        (["dataset", "show", "dataset-x"], "no data set dataset-x"),
        (["dataset", "submit", "cats"], "neither a folder nor a prefix"),
        (["dataset", "submit", "datasets/cats"], "ends in /"),
        (["dataset", "submit", "tests"], "has no dataset_info.json"),
        (["dataset", "submit", "datasets/cats/", "--hyperparameter", "a=b"], "add it"),
    ],
)
def test_refusals_say_what_to_do(
    line: list[str], told: str, account: Account, capsys: Output
) -> None:
    account.looks = [None]
    assert cli.main(line) == FAILED
    assert told in capsys.readouterr().err


def test_a_stack_of_an_older_template_is_named(
    monkeypatch: pytest.MonkeyPatch, batch: Path, capsys: Output
) -> None:
    old = DeployedStack("old", lambda _: None, {"PromptsBucket": PROMPTS})
    monkeypatch.setattr(which_stack, "_here", lambda: old)
    assert cli.main(["batch", "drop", str(batch)]) == FAILED
    assert "stack old has no output JobsTable: deploy the template" in capsys.readouterr().err
