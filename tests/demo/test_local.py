"""`safelight local`: the lines that it prints, pasted; and its end."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from demo.conftest import SAFELIGHT

from local.demo.dataset_pictures import draw_flagged_prompt
from local.stack import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
_LAST_LINE = "Ctrl-C stops everything"


class Running:
    """The command, its first words, and every process that it has started."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.told = self._until_ready()

    def _until_ready(self) -> list[str]:
        assert self.process.stdout is not None
        told: list[str] = []
        while not told or _LAST_LINE not in told[-1]:
            line = self.process.stdout.readline()
            assert line, "".join(told)
            told.append(line)
        return told

    def lines(self, beginning: str) -> list[str]:
        return [line.strip() for line in self.told if line.startswith(f"  {beginning}")]

    def processes(self) -> set[int]:
        return {self.process.pid, *descendants(self.process.pid)}


def descendants(pid: int) -> set[int]:
    """By /proc, where processes that have a session of their own are found too."""
    found: set[int] = set()
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found |= {child, *descendants(child)}
    return found


@pytest.fixture
def local(environment: dict[str, str]) -> Iterator[Running]:
    process = subprocess.Popen(
        [SAFELIGHT, "local"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Running(process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def shell(line: str, environment: dict[str, str]) -> str:
    ran = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def asked(line: str) -> Any:
    """What the API answers to a line of curl, which not every machine has."""
    *_, body, url = shlex.split(line)
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body.encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


def test_its_own_lines_work_and_ctrl_c_leaves_nothing(
    local: Running, environment: dict[str, str], tmp_path: Path
) -> None:
    drop, put, show, *_ = local.lines(str(Path(SAFELIGHT).relative_to(ROOT)))
    assert "COMPLETED" in shell(drop, environment)
    assert "COMPLETED" in shell(put, environment)
    record = json.loads(shell(f"{show} --json", environment))
    assert record["status"] == "COMPLETED"
    assert (
        json.loads(shell(f"{SAFELIGHT} show --last --json", environment))["source"]["type"]
        == "event"
    )

    state = tmp_path / "state"
    page = json.loads((state / "local.json").read_text("utf-8"))["page"]
    assert f"The page: {page}\n" in local.told
    with urllib.request.urlopen(page) as answer:  # noqa: S310
        assert "text/html" in answer.headers["Content-Type"]
    assert asked(*local.lines("curl "))["status"] == "COMPLETED"

    variables = json.loads((state / "local-env.json").read_text("utf-8"))
    assert variables["AcceptRequestFunction"]["RESULTS_TABLE"]

    processes = local.processes()
    assert len(processes) > 3
    os.killpg(local.process.pid, signal.SIGINT)
    assert local.process.wait(30) == 0
    assert local.process.stdout is not None
    log = local.process.stdout.read()
    assert log.count("ImageCompleted") >= 2
    assert_gone(processes)
    assert not (state / "local.json").exists()


@pytest.mark.usefixtures("local")
def test_what_failed_is_run_again_and_dead_letters_are_listed(environment: dict[str, str]) -> None:
    # Three inferences are paid before an attempt is given up.
    drop = f"{SAFELIGHT} drop events/prompts/clean.txt --answer fail,fail,fail,safe || true"
    assert "FAILED" in shell(drop, environment)
    shown = shell(f"{SAFELIGHT} show --last --json", environment)
    request_id = json.loads(shown)["request_id"]

    assert "COMPLETED" in shell(f"{SAFELIGHT} redrive '{request_id}'", environment)

    record = json.loads(shell(f"{SAFELIGHT} show --last --json", environment))
    assert (record["request_id"], record["run"]) == (request_id, 2)
    assert "0 dead letters" in shell(f"{SAFELIGHT} dead-letters list", environment)
    assert "nothing to deliver" in shell(f"{SAFELIGHT} dead-letters redrive", environment)


def test_what_the_policy_is_unsure_of_waits_for_a_person(
    local: Running, environment: dict[str, str], tmp_path: Path
) -> None:
    assert any(line.endswith("#/reviews\n") for line in local.told)
    prompt = "events/prompts/uncertain_approved.json"
    shell(f"{SAFELIGHT} drop {prompt} --no-wait", environment)
    (review,) = settled(f"{SAFELIGHT} review list --json", environment, lambda found: found)
    assert review["request_id"] == "s3:prompts/soldier-at-rest"
    assert "resting" in shell(f"{SAFELIGHT} review show {review['review_id']}", environment)
    claim = f"{SAFELIGHT} review claim {review['request_id']} --as ben"
    shell(claim, environment)
    approve = f"{SAFELIGHT} review approve {review['request_id']} --reason 'a painting' --as ana"
    assert "another reviewer" in shell(f"{approve} 2>&1; test $? = 1", environment)
    shell(claim.replace("claim", "release"), environment)
    assert "Approved" in shell(approve, environment)
    shown = f"{SAFELIGHT} show --last --json"
    record = settled(shown, environment, lambda found: found["status"] == "COMPLETED")
    assert [(one["by"], one["reason"]) for one in record["reviews"]] == [
        ("local:ana", "a painting")
    ]
    out = tmp_path / "reviews"
    assert "StorePrompts is off" in shell(f"{SAFELIGHT} review export --out {out}", environment)
    assert '"reviewer": "r1"' in (out / "decisions.jsonl").read_text("utf-8")


@pytest.mark.usefixtures("local")
def test_a_published_policy_judges_the_next_request(
    environment: dict[str, str], tmp_path: Path
) -> None:
    policy = json.loads((ROOT / "policy/default.json").read_text("utf-8"))
    policy["version"] = "of our own"
    policy["keywords"]["categories"]["violence"]["terms"].append("zephyrcola")
    changed, prompt = tmp_path / "policy.json", tmp_path / "mascot.txt"
    changed.write_text(json.dumps(policy), "utf-8")
    prompt.write_text("the zephyrcola mascot waves", "utf-8")
    drop = f"{SAFELIGHT} drop {prompt} --key prompts/{{}}.txt; test $? = {{}}"
    shown = f"{SAFELIGHT} show --last --json"
    shell(drop.format("before", 0), environment)
    told = shell(f"{SAFELIGHT} policy publish {changed}", environment)
    assert "Published version of our own" in told
    assert "does not read it" not in told
    shell(drop.format("after", 3), environment)
    record = json.loads(shell(shown, environment))
    assert (record["status"], record["stage"]) == ("BLOCKED_PROMPT", "FilterKeywords")


@pytest.mark.usefixtures("local")
def test_a_batch_and_a_data_set_are_followed_to_their_ends(
    environment: dict[str, str], tmp_path: Path
) -> None:
    drop = f"{SAFELIGHT} batch drop events/batches/clean.jsonl"
    told = shell(drop, environment)
    rows = len((ROOT / "events/batches/clean.jsonl").read_text("utf-8").splitlines())
    assert re.search(rf"^COMPLETED\s+{rows}$", told, re.MULTILINE), told
    (job_id,) = set(re.findall(r"Dropped: (batch-[0-9a-f]{24})", told))
    assert "nothing was run again" in shell(drop, environment)
    shown = json.loads(shell(f"{SAFELIGHT} batch show {job_id} --json", environment))
    assert (shown["run"], shown["status"], shown["done"]) == (1, "COMPLETED", rows)
    assert "0 rows failed" in shell(f"{SAFELIGHT} batch redrive {job_id} --dry-run", environment)

    folder, report = draw_flagged_prompt(tmp_path / "set").folder, tmp_path / "report.html"
    submit = f"{SAFELIGHT} dataset submit {folder} --report {report}; test $? = 3"
    assert re.search(r"^instance_prompt\s+flagged", shell(submit, environment), re.MULTILINE)
    assert "instance_prompt" in report.read_text("utf-8")


def settled(line: str, environment: dict[str, str], is_done: Callable[[Any], object]) -> Any:
    """What a line prints as JSON, once it is as wished."""
    deadline = time.monotonic() + 120
    while not is_done(found := json.loads(shell(line, environment))):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return found


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not on PATH")
def test_the_aws_cli_lines_work(local: Running, environment: dict[str, str]) -> None:
    drop, put, get = local.lines("AWS_ENDPOINT_URL=")
    shell(drop, environment)
    assert json.loads(shell(put, environment))["FailedEntryCount"] == 0
    deadline = time.monotonic() + 120
    while True:
        answer = shell(get, environment)
        item = json.loads(answer)["Item"] if answer.strip() else {}
        if item.get("status", {}).get("S") == "COMPLETED":
            return
        assert time.monotonic() < deadline, item
        time.sleep(1)


def assert_gone(processes: set[int]) -> None:
    deadline = time.monotonic() + 10
    while left := {pid for pid in processes if Path(f"/proc/{pid}").exists()}:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
