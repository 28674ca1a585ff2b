"""What docs/api.md has people type for the API on one machine, typed."""

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from workflow.running_system import ROOT, Stack

from local.ai.running import StandIns
from local.page import USUAL_PORT
from local.page.server import PageServer
from local.running import Engine

DOC = (ROOT / "docs" / "api.md").read_text("utf-8")
USUAL = f"API=http://127.0.0.1:{USUAL_PORT}/api"
FIRST, FOLLOWING, REVIEWING, *_ = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here"),
]


@pytest.fixture(scope="module")
def address(stack: Stack) -> Iterator[str]:
    """The line that says where the API is."""
    with PageServer(stack.engine.endpoint, stack.outputs["ApiId"]) as page:
        yield f"API={page.url}api"


@pytest.fixture
def reviewed(system: tuple[Engine, StandIns]) -> Iterator[str]:
    """The same line for a stack with reviews."""
    stack = Stack(*system, "reviewing", {"ApiAuth": "none", "Reviews": "true"})
    with PageServer(stack.engine.endpoint, stack.outputs["ApiId"]) as page:
        yield f"API={page.url}api"
    stack.delete()


def typed(lines: str) -> str:
    shell = ["bash", "-euo", "pipefail", "-c", lines]
    return subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_first_call(address: str) -> None:
    assert USUAL in FIRST
    told = typed(FIRST.replace(USUAL, address))
    assert "HTTP/1.1 202" in told
    assert '"status": "COMPLETED"' in told
    assert '"verdict": "clean"' in told
    assert '"verdict": "safe"' in told
    assert '"code"' not in told


def test_following(address: str) -> None:
    told = typed(f"{address}\n{FOLLOWING}")
    assert [told.count(f"HTTP/1.1 {status}") for status in (200, 304)] == [1, 1]
    assert '"events": [' in told
    assert '"code"' not in told


def test_reviewing(reviewed: str) -> None:
    told = typed(f"{reviewed}\n{REVIEWING}")
    assert told.count('"status": "OPEN"') == 2
    assert told.count('"claim_expired": false') == 1
    assert told.count('"heard": true') == 2
    assert '"title"' not in told
