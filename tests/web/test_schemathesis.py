"""The API does what its description says, whatever is sent: schemathesis tries it on the engine."""

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from workflow.running_jobs import until
from workflow.running_system import ROOT, Stack

from local.ai.running import StandIns
from local.openapi.description import DESCRIPTION
from local.openapi.operations import OPERATIONS
from local.page.server import PageServer
from local.running import Engine
from local.stack import MAX_PROCESSES

HERE = Path(__file__).parent
CONFIG = HERE / "schemathesis.toml"
KEPT = ROOT / ".safelight" / "schemathesis"
# No caller is refused for asking often: the answers would be of nothing else.
UNBOUNDED = {
    "ApiAuth": "none",
    "Reviews": "true",
    "ApiRequestsPerDay": "0",
    "ApiChecksPerDay": "0",
    "ApiRate": "10000",
    "ApiBurst": "5000",
}
DESCRIBED = [f"{one.method.upper()} {one.path}" for one in OPERATIONS]
OTHERS = "methods not described"
ANA = {"Safelight-Reviewer": "ana"}
WAITING, BLOCKED = 20, 6
Statuses = dict[str, Counter[int]]

pytestmark = [pytest.mark.web, pytest.mark.engine, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Api:
    """Where the API answers, and what it can be asked about."""

    url: str
    reviews: list[str]
    blocked: list[str]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """The API of a fresh stack, where some requests wait for people and others were blocked."""
    with (
        StandIns() as stand_ins,
        Engine(ai_endpoint=stand_ins.endpoint, max_processes=MAX_PROCESSES) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        stack = Stack(engine, stand_ins, "described", UNBOUNDED)
        with PageServer(engine.endpoint, stack.outputs["ApiId"]) as page:
            reviews, blocked = held(stack)
            yield Api(f"{page.url}api", reviews, blocked)


def held(stack: Stack) -> tuple[list[str], list[str]]:
    """Ids of reviews that Ana has claimed, and of requests that may be appealed against."""
    uncertain = json.loads((ROOT / "events" / "api" / "uncertain.json").read_text("utf-8"))
    refused = {"prompt": (ROOT / "events" / "prompts" / "keyword.txt").read_text("utf-8")}
    for _ in range(WAITING):
        assert stack.ask("POST", "/images", uncertain)[0] == 202
    blocked = [stack.ask("POST", "/images?wait=25", refused)[2] for _ in range(BLOCKED)]
    assert {one["status"] for one in blocked} == {"BLOCKED_PROMPT"}

    def waiting() -> list[str] | None:
        found = stack.ask("GET", "/reviews?limit=50", **ANA)[2]["reviews"]
        return [one["review_id"] for one in found] if len(found) == WAITING else None

    reviews = until(waiting)
    for review in reviews:
        assert stack.ask("POST", f"/reviews/{review}/claim", **ANA)[0] == 200
    return reviews, [one["request_id"] for one in blocked]


def test_answers_are_as_described(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("schemathesis", reason="it is in .venv-web: make setup-web")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", tmp_path / CONFIG.name),
        *("run", DESCRIPTION, "--url", api.url, "--seed", "7"),
        *("--request-timeout", "60"),
        *("--max-examples", "20", "--generation-database", "none", "--no-color"),
        *("--report", "json,har", "--report-dir", tmp_path),
        *("--report-json-path", KEPT / "report.json", "--report-har-path", tmp_path / "calls.har"),
    ]
    (tmp_path / CONFIG.name).write_text(CONFIG.read_text("utf-8"), "utf-8")
    for name, ids in (("reviews", api.reviews), ("blocked", api.blocked)):
        (tmp_path / f"{name}.txt").write_text("".join(f'"{one}"\n' for one in ids), "utf-8")
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
        assert {200, 202, 204} & statuses[name].keys(), name
    assert statuses[OTHERS].keys() == {404}


def statuses_in(har: Path) -> Statuses:
    """How often each operation answered what."""
    found: Statuses = defaultdict(Counter)
    for entry in json.loads(har.read_text("utf-8"))["log"]["entries"]:
        path = entry["request"]["url"].partition("/api")[2].partition("?")[0]
        path = re.sub(r"^/(images|reviews)/[^/]*", r"/\1/{id}", path)
        name = f"{entry['request']['method']} {path}"
        found[name if name in DESCRIBED else OTHERS][entry["response"]["status"]] += 1
    return found


def table(statuses: Statuses) -> str:
    """One line an operation."""
    return "\n".join(
        f"{name:28}{seen.total():4} calls: "
        + ", ".join(f"{number} x {status}" for status, number in sorted(seen.items()))
        for name, seen in sorted(statuses.items())
    )
