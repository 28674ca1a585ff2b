"""The documents say what the files say."""

import re

import pytest
from wiring.system import LAMBDA_TASKS, LAMBDAS, ROOT, TASKS, snake
from wiring.test_state_machine import AWS_ERRORS, CLOSED

from local.cost.paths import ACCEPTED, KEYWORD, Path

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| ([A-Z]\w+) \| (.+) \|$", ARCHITECTURE, re.MULTILINE))


def test_every_task_has_its_row_with_folder_and_errors() -> None:
    for name, state in TASKS.items():
        assert name in ROWS, f"docs/architecture.md, table of states: no row for {name}"
        folder, errors, _ = ROWS[name].split(" | ") if name in LAMBDA_TASKS else ("", "", "")
        if name in LAMBDA_TASKS:
            assert folder == f"functions/{snake(name)}", f"docs/architecture.md, row {name}"
            named = {e for b in [*state["Retry"], *state["Catch"]] for e in b["ErrorEquals"]}
            assert set(errors.split(", ")) == named - AWS_ERRORS, (
                f"docs/architecture.md, row {name}: the machine names {sorted(named - AWS_ERRORS)}"
            )


def test_the_numbers_of_states_are_those_of_the_machine() -> None:
    accepted, blocked = len(Path(ACCEPTED, 1).states), len(Path(KEYWORD).states)
    assert f"enters {accepted} states" in ARCHITECTURE
    assert f"a keyword block {blocked};" in ARCHITECTURE


def test_every_status_is_told_of() -> None:
    for status in CLOSED:
        assert status in ARCHITECTURE


def test_every_function_is_named() -> None:
    for function in LAMBDAS:
        name = function.removesuffix("Function")
        assert name in ARCHITECTURE or snake(name) in ARCHITECTURE, (
            f"docs/architecture.md does not name {name}"
        )


@pytest.mark.parametrize("function", LAMBDAS)
def test_every_function_has_a_line_for_sam_local(function: str) -> None:
    """Of an event that is there; README promises it."""
    lines = (ROOT / "docs" / "sam-local.md").read_text("utf-8")
    found = re.search(rf"^\| `{function} -e (events/\S+)` \| .+ \| .+ \|$", lines, re.MULTILINE)
    assert found, f"docs/sam-local.md has no row for {function}"
    assert (ROOT / found[1]).is_file(), f"docs/sam-local.md, {function}: no {found[1]}"
