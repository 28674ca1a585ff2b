"""GitHub's workflows call the targets that people call, pinned, and with nothing they need not."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from wiring.system import ROOT, TEMPLATE
from wiring.test_readme import TARGETS

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[Any, Any]] = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FILES
}
JOBS = [(workflow, job) for workflow in WORKFLOWS for job in WORKFLOWS[workflow]["jobs"]]
_SUMMARY = """ | tee >(sed 's/^/    /' >> "$GITHUB_STEP_SUMMARY")"""


def job_of(workflow: str, job: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKFLOWS[workflow]["jobs"][job]
    return found


def test_there_are_workflows() -> None:
    assert WORKFLOWS.keys() == {"ci", "nightly"}


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_every_line_is_a_target(workflow: str, job: str) -> None:
    body = job_of(workflow, job)
    matrix = body.get("strategy", {}).get("matrix", {}).get("target", [])
    for line in (step["run"] for step in body["steps"] if "run" in step):
        target = line.removesuffix(_SUMMARY).removeprefix("make ").removeprefix("--silent ")
        named = matrix if target == "${{ matrix.target }}" else [target]
        assert set(named) <= TARGETS, line


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_may_read_and_nothing_else(workflow: str) -> None:
    body = WORKFLOWS[workflow]
    assert body["permissions"] == {"contents": "read"}
    assert body["concurrency"]["group"]
    # With its name, GitHub's bash stops at a failure within a pipe, too.
    assert body["defaults"]["run"]["shell"] == "bash"


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_a_job_ends_in_time_and_has_no_rights_of_its_own(workflow: str, job: str) -> None:
    body = job_of(workflow, job)
    assert body["timeout-minutes"] <= 120
    assert "permissions" not in body


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_secret_is_needed_and_actions_are_pinned(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "secrets." not in text
    used = re.findall(r"uses: (.+)", text)
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_packages_are_kept_by_the_locks_they_come_from(workflow: str, job: str) -> None:
    (setup,) = [
        s["with"] for s in job_of(workflow, job)["steps"] if "setup-python" in s.get("uses", "")
    ]
    for lock in setup["cache-dependency-path"].split():
        assert (ROOT / lock).is_file(), lock


def test_the_oldest_python_and_lambdas_are_tried() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    oldest = re.findall(r'requires-python = ">=([\d.]+)"', project)
    runtime = TEMPLATE["Globals"]["Function"]["Runtime"].removeprefix("python")
    assert job_of("ci", "check")["strategy"]["matrix"]["python"] == [*oldest, runtime]
