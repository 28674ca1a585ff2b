"""The API does what its description says, whatever is sent: schemathesis tries it on the engine."""

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from workflow.running_system import ROOT, Stack

from local.ai.running import StandIns
from local.openapi.description import DESCRIPTION
from local.openapi.operations import OPERATIONS
from local.page.server import PageServer
from local.running import Engine
from local.stack import MAX_PROCESSES

HERE = Path(__file__).parent
KEPT = ROOT / ".safelight" / "schemathesis"
# No caller is refused for asking often: the answers would be of nothing else.
UNBOUNDED = {
    "ApiAuth": "none",
    "ApiRequestsPerDay": "0",
    "ApiChecksPerDay": "0",
    "ApiRate": "10000",
    "ApiBurst": "5000",
}
DESCRIBED = [f"{one.method.upper()} {one.path}" for one in OPERATIONS]
OTHERS = "methods not described"
Statuses = dict[str, Counter[int]]

pytestmark = [pytest.mark.web, pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """Where the API of a fresh stack answers."""
    with (
        StandIns() as stand_ins,
        Engine(ai_endpoint=stand_ins.endpoint, max_processes=MAX_PROCESSES) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        stack = Stack(engine, stand_ins, "described", UNBOUNDED)
        with PageServer(engine.endpoint, stack.outputs["ApiId"]) as page:
            yield f"{page.url}api"


def test_answers_are_as_described(
    api: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("schemathesis", reason="it is in .venv-web: make setup-web")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml"),
        *("run", DESCRIPTION, "--url", api, "--seed", "7"),
        *("--request-timeout", "60"),
        *("--max-examples", "20", "--generation-database", "none", "--no-color"),
        *("--report", "json,har", "--report-dir", tmp_path),
        *("--report-json-path", KEPT / "report.json", "--report-har-path", tmp_path / "calls.har"),
    ]
    KEPT.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")},
        capture_output=True,
        text=True,
        check=False,
    )
    statuses = statuses_in(tmp_path / "calls.har")
    told = f"{ran.stdout}\n{table(statuses)}\n"
    (KEPT / "summary.txt").write_text(told, "utf-8")
    with capsys.disabled():
        sys.stdout.write(f"\n{table(statuses)}\nThe rest is in {KEPT}.\n")
    assert ran.returncode == 0, told + ran.stderr
    report = json.loads((KEPT / "report.json").read_text("utf-8"))
    assert report["operations"]["tested"] == len(OPERATIONS)
    assert {phase["status"] for phase in report["phases"].values()} == {"success"}
    # Only a link from an answer leads to a request that is there.
    for name in DESCRIBED:
        assert {200, 202} & statuses[name].keys(), name
    assert statuses[OTHERS].keys() == {404}


def statuses_in(har: Path) -> Statuses:
    """How often each operation answered what."""
    found: Statuses = defaultdict(Counter)
    for entry in json.loads(har.read_text("utf-8"))["log"]["entries"]:
        path = entry["request"]["url"].partition("/api")[2].partition("?")[0]
        path = re.sub(r"^/images/[^/]*", "/images/{id}", path)
        name = f"{entry['request']['method']} {path}"
        found[name if name in DESCRIBED else OTHERS][entry["response"]["status"]] += 1
    return found


def table(statuses: Statuses) -> str:
    """One line an operation."""
    return "\n".join(
        f"{name:24}{seen.total():4} calls: "
        + ", ".join(f"{number} x {status}" for status, number in sorted(seen.items()))
        for name, seen in sorted(statuses.items())
    )
