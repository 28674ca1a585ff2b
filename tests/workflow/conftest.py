"""One engine for all workflow tests, with a stack that rejects and one that warns.

Step Functions' waits and time-outs run 20 times as fast: a Task's 40 s are 2 s.
"""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from workflow.running_system import ROOT, Run, Stack

from local.ai.running import StandIns
from local.running import Engine
from shared.announcement import event_of

TIME_SCALE = 20.0
# One wait for the endpoint is 60 + 40 + 300 s: 20 s here.
PATIENCE = {"RequestTTLSeconds": "60", "InvocationTimeoutSeconds": "40"}


@pytest.fixture(scope="session")
def system() -> Iterator[tuple[Engine, StandIns]]:
    with (
        StandIns() as stand_ins,
        Engine(ai_endpoint=stand_ins.endpoint, time_scale=TIME_SCALE) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        yield engine, stand_ins


@pytest.fixture(scope="session")
def stack(system: tuple[Engine, StandIns]) -> Stack:
    return Stack(system[0], system[1], "rejecting", PATIENCE)


@pytest.fixture(scope="session")
def warning_stack(system: tuple[Engine, StandIns]) -> Stack:
    parameters = {
        **PATIENCE,
        "OnFlaggedPrompt": "warn",
        "MaxAttempts": "2",
        "MaxGeneratedImages": "4",
    }
    return Stack(system[0], system[1], "warning", parameters)


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
