"""One engine for all workflow tests, with a stack that rejects and one that warns.

Step Functions' waits and time-outs run 20 times as fast: a Task's 40 s are 2 s; those of batches
and data sets 4 times as fast.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from workflow.running_system import ROOT, Run, Stack

from local import cli
from local.ai.running import StandIns
from local.commands import last_request, which_stack
from local.running import Engine
from local.stack import FINE_TUNING
from shared.announcement import event_of

TIME_SCALE, JOBS_TIME_SCALE = 20.0, 4.0
# Up to four stacks, each with functions that a schedule calls every three seconds: with fewer they
# would take turns at starting cold, and do little else.
PROCESSES = 32
# One wait for the endpoint is 60 + 40 + 300 s: 20 s here.
PATIENCE = {"RequestTTLSeconds": "60", "InvocationTimeoutSeconds": "40"}
CORS_ORIGIN = "https://shop.example"
Safelight = Callable[..., tuple[int, str]]


@pytest.fixture(scope="session")
def system() -> Iterator[tuple[Engine, StandIns]]:
    with (
        StandIns() as stand_ins,
        Engine(
            ai_endpoint=stand_ins.endpoint, time_scale=TIME_SCALE, max_processes=PROCESSES
        ) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        yield engine, stand_ins


@pytest.fixture(scope="session")
def stack(system: tuple[Engine, StandIns]) -> Stack:
    api = {"ApiAuth": "none", "ApiCorsOrigin": CORS_ORIGIN}
    return Stack(system[0], system[1], "rejecting", PATIENCE | api)


@pytest.fixture(scope="session")
def warning_stack(system: tuple[Engine, StandIns]) -> Stack:
    parameters = {
        **PATIENCE,
        "OnFlaggedPrompt": "warn",
        "BlurredPreviews": "false",
        "MaxAttempts": "2",
        "MaxGeneratedImages": "4",
    }
    return Stack(system[0], system[1], "warning", parameters)


@pytest.fixture(scope="session")
def job_stack() -> Iterator[Stack]:
    """For batches and data sets, on an engine of its own: where many Tasks run at the same time,
    a twentieth of theirs is too little."""
    with (
        StandIns() as stand_ins,
        Engine(ai_endpoint=stand_ins.endpoint, time_scale=JOBS_TIME_SCALE) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        stand_ins.slow_training(0.05)
        few = {"BatchConcurrency": "2", "DatasetConcurrency": "2"}
        yield Stack(engine, stand_ins, "jobs", {**PATIENCE, **few, **FINE_TUNING})


@pytest.fixture
def safelight_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[[Stack], Safelight]:
    """Gives, for a stack, what runs a command line on it: its exit status and what it printed."""

    def safelight_on(stack: Stack) -> Safelight:
        monkeypatch.setattr(which_stack, "which_stack", lambda *_: stack.deployed)
        endpoint = stack.deployed.client("s3").meta.endpoint_url
        monkeypatch.setattr(which_stack, "engine_of", lambda _: endpoint)
        monkeypatch.setattr(last_request, "_NOTE", tmp_path / "last.json")

        def run(*line: str) -> tuple[int, str]:
            status = cli.main(list(line))
            return status, capsys.readouterr().out

        return run

    return safelight_on


@pytest.fixture(scope="session")
def check() -> Any:
    """Asserts what holds for every run that ended with a record."""
    schemas = ROOT / "schemas"
    record_schema = json.loads((schemas / "record.schema.json").read_text("utf-8"))
    event_schema = json.loads((schemas / "result-event.schema.json").read_text("utf-8"))

    def holds(run: Run, status: str) -> None:
        record = run.record
        assert record["status"] == status, record
        jsonschema.validate(record, record_schema)
        assert "open_shard" not in record
        assert len({event["detail"]["event_id"] for event in run.events}) == 1
        detail_type, detail = event_of(_as_item(record))
        for event in run.events:
            assert event["detail-type"] == detail_type
            assert event["detail"] == detail
            jsonschema.validate(event["detail"], event_schema)
        assert "token" not in json.dumps(record).lower()

    return holds


def _as_item(record: dict[str, Any]) -> dict[str, str | int]:
    return {
        name: value if isinstance(value, (str, int)) else json.dumps(value)
        for name, value in record.items()
    }
