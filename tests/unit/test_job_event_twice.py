"""The event of a job's end is one event, whether a state machine sends it or a function does.

The machine's expressions are evaluated as the local engine evaluates them.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from local.engine.jsonata_expressions import evaluate
from shared.job_events import event_of

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas/job-event.schema.json").read_text("utf-8"))
MACHINES = {"batch": "run_batch", "dataset": "moderate_dataset"}
ARN = "arn:aws:states:us-east-1:111122223333:execution:safelight:e"
REASON = {
    "stage": "FilterKeywords",
    "category": "gore",
    "rule": "words",
    "field": "instance_prompt",
    "action": "block",
    "message": "a word of the list",
    "term": "SECRET",
}
FAILED = {"stage": "RunRows", "category": "technical", "rule": "States.Timeout", "action": "fail"}
COUNTS = {"COMPLETED": 3, "FAILED": 1}
REPORT = {"bucket": "images", "key": "batches/b/1/summary.json", "counts": COUNTS}
CASES: dict[str, dict[str, Any]] = {
    "completed": {"status": "COMPLETED", "reasons": [], "report": REPORT, "total": 4, "done": 5},
    "refused": {"status": "INVALID", "reasons": [REASON], "report": {}},
    "failed without a report": {
        "status": "FAILED",
        "reasons": [FAILED, REASON],
        "report": {},
        "total": 4,
        "invalid": 2,
        "done": 3,
        "n_COMPLETED": 2,
        "n_BLOCKED_PROMPT": 1,
    },
    "failed with a report": {"status": "FAILED", "reasons": [FAILED], "report": REPORT},
}


def sent_by_machine(kind: str, job: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """DetailType and Detail as AnnounceJob makes them after RecordJob has written the job."""
    path = ROOT / f"statemachine/{MACHINES[kind]}.asl.json"
    state = json.loads(path.read_text("utf-8"))["States"]["AnnounceJob"]
    (entry,) = state["Arguments"]["Entries"]
    recorded = {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in job.items()
    }
    claim = {name: job[name] for name in ("job_id", "run", "created_at")}
    outcome = {name: job[name] for name in ("status", "stage")}
    variables = {
        "job": claim,
        "outcome": outcome | {"reasons": json.loads(job["reasons"])},
        "report": json.loads(job["report"]),
        "recorded": recorded,
        "states": {"context": {"Execution": {"Id": ARN}}},
    }

    def value(template: Any) -> Any:
        if isinstance(template, str) and template.startswith("{%"):
            return evaluate(template[2:-2].strip(), variables)
        return template

    detail = {name: value(template) for name, template in entry["Detail"].items()}
    return value(entry["DetailType"]), detail


@pytest.mark.parametrize("kind", MACHINES)
@pytest.mark.parametrize("case", CASES)
def test_both_send_the_same(kind: str, case: str) -> None:
    parts = {n: v if isinstance(v, (str, int)) else json.dumps(v) for n, v in CASES[case].items()}
    job = {
        "job_id": f"{kind}-1",
        "kind": kind,
        "run": 2,
        "stage": "SummarizeBatch",
        "created_at": "2026-11-21T06:00:00.000Z",
        "execution_arn": ARN,
        **parts,
    }
    detail_type, detail = event_of(job)
    jsonschema.validate(detail, SCHEMA)
    assert sent_by_machine(kind, job) == (detail_type, detail)
