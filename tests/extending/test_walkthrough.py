"""docs/extending.md followed to the letter, in a copy of the repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from extending.walkthrough import blocks_of
from wiring.doc_lines import command_lines, starting
from wiring.test_readme import TARGETS

from local.cli import parser

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "extending.md").read_text("utf-8")
BLOCKS = list(blocks_of(DOCUMENT))
IGNORED = (ROOT / ".gitignore").read_text("utf-8").replace("/", "").split()
QUICK = "not asl_validator and not cfn_lint"
MEASURED = "tests/wiring/test_cold_start.py::test_every_function_is_measured"
TESTS = (
    *("tests/unit/check_requester", "tests/handler/test_check_requester.py"),
    *("tests/handler/test_events.py", "tests/security/test_document.py"),
    *("tests/wiring/test_names.py", "tests/wiring/test_docs.py"),
    *("tests/wiring/test_operations.py", "tests/wiring/test_state_machine.py"),
    *("tests/wiring/test_picture.py", "tests/wiring/test_cost_docs.py"),
    "tests/unit/local_cost",
    "tests/unit/bench_batch",
    MEASURED,
)


def copied(folder: Path, *left_out: str) -> Path:
    """The repository with the document's blocks applied, those of some files left out."""
    copy = folder / "safelight"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", *IGNORED))
    for block in BLOCKS:
        if block.path not in left_out:
            block.apply(copy)
    return copy


def written(copy: Path) -> Path:
    """With what is written by commands, written anew as the document says."""
    for command in (["local.picture"], ["local.cost.document"], ["bench.batch.paper", "--write"]):
        status, told = run(copy, "-m", *command)
        assert status == 0, told
    return copy


def run(copy: Path, *command: str) -> tuple[int, str]:
    """The exit status and what was printed, with the copy's code and this interpreter."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def run_tests(copy: Path, *tests: str, only: str = QUICK) -> tuple[int, str]:
    return run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", only, *tests)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(copied(tmp_path_factory.mktemp("followed")))


def test_rules_names_and_documents_hold(followed: Path) -> None:
    status, told = run_tests(followed, *TESTS)
    assert status == 0, told


def test_the_code_is_in_its_form_and_the_template_sound(followed: Path) -> None:
    changed = [block.path for block in BLOCKS if block.path.endswith(".py")]
    formed = ["ruff", "format", "--check", "--no-cache"]
    for command in (formed, ["ruff", "check", "--no-cache"], ["mypy", "--cache-dir", os.devnull]):
        status, told = run(followed, "-m", *command, *changed)
        assert status == 0, told
    lint = Path(sys.executable).with_name("cfn-lint")
    found = subprocess.run([lint, "template.yaml"], cwd=followed, capture_output=True, check=False)
    assert found.returncode == 0, found.stdout


def test_a_request_goes_through_the_changed_workflow(followed: Path) -> None:
    status, told = run_tests(followed, "tests/workflow/test_suspended.py")
    assert status == 0, told


def test_what_is_forgotten_is_named(tmp_path: Path) -> None:
    tests = ("tests/wiring/test_names.py", "tests/handler/test_events.py")
    status, told = run_tests(
        copied(tmp_path, "template.yaml"), *tests, only="every_folder or every_variable"
    )
    assert status == 1
    assert "the template lacks CheckRequesterFunction" in told
    assert "events/local-env.json has CheckRequesterFunction, the template has not" in told


def test_the_commands_exist() -> None:
    lines = [line.partition("  #")[0] for line in command_lines(DOCUMENT)]
    assert {line.split()[1] for line in starting(lines, "make")} <= TARGETS
    for line in starting(lines, ".venv/bin/safelight"):
        assert callable(parser().parse_args(shlex.split(line)[1:]).run)


def test_the_documents_links_and_paths_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#h][^)#]*)", DOCUMENT):
        assert (ROOT / "docs" / target).exists(), target
    here = re.compile(r"`((?:functions|tests|schemas|local|container|policy|web)/[\w/.]+)`")
    for path in here.findall(DOCUMENT):
        assert (ROOT / path).exists() or "check_requester" in path, path
