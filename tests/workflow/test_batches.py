"""Files of prompts: every row and every bad line ends once, in a record, an event and a result."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jsonschema
import pytest
from workflow.conftest import Safelight
from workflow.running_jobs import (
    JOB_EVENT,
    Ended,
    assert_closed_and_told,
    assert_rows_are_truthful,
    batch,
    drop,
    ended,
    follow_jobs,
    job_of,
    jsonl,
    rows_of,
    summary_of,
    until,
)
from workflow.running_system import ROOT, Stack

from local.commands.failure import SUCCESS
from local.jobs import items_of_map_run

pytestmark = pytest.mark.engine

MIXED = ROOT / "events" / "batches"
C, B, I = "COMPLETED", "BLOCKED_PROMPT", "INVALID"  # noqa: E741 - a table of outcomes
JSONL = {1: C, 2: C, 4: I, 5: C, 6: I, 7: I, 8: B, 9: I, 10: C, 11: I, 12: C}
CSV = {2: C, 3: B, 4: B, 6: I, 8: B, 9: I, 10: I, 11: B, 12: I, 13: I, 14: B}
REFUSED = {"field", "rule", "message"}


def blocked(*names: object) -> list[str]:
    """Prompts that end at a keyword: rows that cost little."""
    return [f"a nude man, number {name}" for name in names]


def painted(stack: Stack, prompt: str) -> int:
    """How often the endpoint was asked, and paid, for a prompt's pictures."""
    return stack.stand_ins.calls("InvokeEndpointAsync", prompt)


def statuses(stack: Stack, job: dict[str, Any]) -> dict[int, str]:
    return {line: row["status"] for line, row in rows_of(stack, job).items()}


@pytest.fixture(scope="module")
def mixed(job_stack: Stack) -> Ended:
    return batch(job_stack, "batches/team/mixed.jsonl", (MIXED / "mixed.jsonl").read_bytes())


def test_every_line_of_a_mixed_file_ends_once(job_stack: Stack, mixed: Ended) -> None:
    job = assert_closed_and_told(job_stack, mixed.job_id, "COMPLETED")

    records = assert_rows_are_truthful(job_stack, job)
    assert statuses(job_stack, job) == JSONL
    assert (job["total"], job["invalid"], job["done"]) == (6, 5, 6)
    assert mixed.output["report"]["counts"] == Counter(JSONL.values())
    assert records[5]["request_id"] == "s3:batches/team/train-1"
    assert records[5]["metadata"] == {"album": "rails"}
    for line, row in rows_of(job_stack, job).items():
        source = records[line]["source"]
        assert (source["job_id"], source["line"]) == (mixed.job_id, str(line))
        assert len(row["images"]) == {1: 1, 2: 2, 5: 1, 10: 1, 12: 1}.get(line, 0)
        for image in row["images"]:
            assert job_stack.deployed.object(**image)
        if row["status"] == "INVALID":
            (reason,) = records[line]["reasons"]
            assert reason["line"] == line
            assert {name: row[name] for name in REFUSED} == {n: reason[n] for n in REFUSED}


def test_no_prompt_of_a_batch_is_told(job_stack: Stack, mixed: Ended) -> None:
    job = assert_closed_and_told(job_stack, mixed.job_id, "COMPLETED")
    records = assert_rows_are_truthful(job_stack, job)
    events = [job_stack.events(record["request_id"]) for record in records.values()]
    told = json.dumps(
        [
            job,
            summary_of(job_stack, job),
            rows_of(job_stack, job),
            records,
            events,
            job_stack.events(mixed.job_id, about="job_id"),
        ],
        ensure_ascii=False,
    )
    written = told + job_stack.logs()
    for words in ("lighthouse", "red fox", "oranges", "steam train", "island", "Fuchs", "harbour"):
        assert words not in written


def test_a_mixed_csv_file_too(job_stack: Stack) -> None:
    for words in ("oranges, oil", "in the mountains", 'called "The', "paper boat on", "bookshelf"):
        job_stack.script(words, comprehend=["unsafe"])

    run = batch(job_stack, "batches/mixed.csv", (MIXED / "mixed.csv").read_bytes())

    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    records = assert_rows_are_truthful(job_stack, job)
    assert statuses(job_stack, job) == CSV
    assert records[3]["metadata"] == {"album": "kitchen"}


def test_the_same_file_again_is_the_same_batch(job_stack: Stack, mixed: Ended) -> None:
    before = _all(job_stack), job_stack.stand_ins.calls("InvokeEndpointAsync")

    again = batch(job_stack, "batches/team/mixed.jsonl", (MIXED / "mixed.jsonl").read_bytes())

    assert (again.status, again.states[-1], again.job) == ("SUCCEEDED", "AlreadyRun", {})
    assert again.output["first"] == {
        "job_id": mixed.job_id,
        "run": 1,
        "status": "COMPLETED",
        "execution_arn": mixed.arn,
    }
    assert (_all(job_stack), job_stack.stand_ins.calls("InvokeEndpointAsync")) == before


def test_an_event_that_comes_twice_starts_nothing(job_stack: Stack, mixed: Ended) -> None:
    step_functions = job_stack.client("stepfunctions")
    event = step_functions.describe_execution(executionArn=mixed.arn)["input"]
    twin = step_functions.start_execution(
        stateMachineArn=job_stack.outputs["RunBatchArn"], input=event
    )
    assert ended(job_stack, twin["executionArn"]).states[-1] == "AlreadyRun"


def _all(stack: Stack) -> list[Any]:
    """All records and jobs."""
    dynamodb = stack.client("dynamodb")
    tables = (stack.outputs[name] for name in ("ResultsTable", "JobsTable"))
    return [dynamodb.scan(TableName=table)["Items"] for table in tables]


def test_a_changed_file_is_a_batch_of_its_own(job_stack: Stack) -> None:
    """A row that has an id of its own is the same request in both."""
    key, named = "batches/changing.jsonl", {"prompt": "a nude man", "request_id": "the-same"}
    first = batch(job_stack, key, jsonl(named, *blocked("changing")))
    second = batch(job_stack, key, jsonl(named, *blocked("changed")))

    assert first.job_id != second.job_id
    assert_rows_are_truthful(job_stack, first.job)
    assert_rows_are_truthful(job_stack, second.job)
    (one, other) = (rows_of(job_stack, run.job) for run in (first, second))
    assert one[2]["request_id"] != other[2]["request_id"]
    assert other[1] == {**one[1], "repeated": True}
    assert summary_of(job_stack, second.job)["repeated"] == 1


def test_two_rows_of_one_id_are_one_request(job_stack: Stack) -> None:
    twin = {"prompt": "a tin drum", "request_id": "twin", "width": 256, "height": 256}
    other = {**twin, "prompt": "a tin whistle"}
    run = batch(job_stack, "batches/twins.jsonl", jsonl(twin, *blocked(1, 2), twin, other))

    assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    rows = rows_of(job_stack, run.job)
    assert (rows[1]["request_id"], rows[1]["status"]) == ("s3:batches/twin", "COMPLETED")
    assert (rows[4]["request_id"], rows[4]["repeated"]) == ("s3:batches/twin", True)
    assert rows[5]["status"] == "INVALID", rows[5]
    assert (painted(job_stack, "tin drum"), painted(job_stack, "tin whistle")) == (1, 0)


def test_two_batches_at_once(job_stack: Stack) -> None:
    contents = [jsonl(*blocked(f"{which}-1", f"{which}-2", f"{which}-3")) for which in "ab"]
    arns = [drop(job_stack, "batches/meeting.jsonl", content) for content in contents]
    runs = [ended(job_stack, arn) for arn in arns]
    assert len({run.job_id for run in runs}) == 2
    for run in runs:
        job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
        assert_rows_are_truthful(job_stack, job)


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("empty.jsonl", b"", "not_empty"),
        ("blank.jsonl", b"\n\n", "not_empty"),
        ("header.csv", b"prompt,seed\n", "not_empty"),
        ("wrong.txt", b"a tree", "suffix"),
        ("utf-16.csv", "prompt\na tree".encode("utf-16"), "utf-8"),
        ("unknown.csv", b"prompt,colour\na tree,red\n", "unknown_column"),
    ],
)
def test_a_file_that_is_no_batch_is_refused(
    job_stack: Stack, name: str, content: bytes, rule: str
) -> None:
    run = batch(job_stack, f"batches/{name}", content)

    assert (run.status, run.states[-1]) == ("SUCCEEDED", "Invalid")
    job = assert_closed_and_told(job_stack, run.job_id, "INVALID")
    (reason,) = job["reasons"]
    assert (reason["stage"], reason["field"], reason["rule"]) == ("PrepareBatch", "file", rule)
    assert "RunRows" not in run.states


def test_a_folder_is_ignored(job_stack: Stack) -> None:
    run = batch(job_stack, "batches/new-folder/", b"")
    assert (run.status, run.states[-1], run.job) == ("SUCCEEDED", "Ignored", {})


def test_a_file_of_bad_lines_alone_ends_without_a_row(job_stack: Stack) -> None:
    run = batch(job_stack, "batches/bad.jsonl", b'{"promt": "x"}\nno json\n')

    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    assert_rows_are_truthful(job_stack, job)
    assert "RunRows" not in run.states
    assert summary_of(job_stack, job)["counts"] == {"INVALID": 2}


def test_few_technical_failures_are_tolerated(job_stack: Stack) -> None:
    failing = "a torn kite"
    job_stack.script(failing, comprehend=["malformed"])
    run = batch(job_stack, "batches/torn.jsonl", jsonl(failing, *blocked(*range(10))))

    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    records = assert_rows_are_truthful(job_stack, job)
    assert summary_of(job_stack, job)["counts"] == {"BLOCKED_PROMPT": 10, "FAILED": 1}
    assert records[1]["reasons"][0]["rule"] == "UnusableVerdict"


def test_dropped_again_a_failed_batch_does_what_is_left(job_stack: Stack) -> None:
    """The second run pays for nothing that was done, and for each failed row once more."""
    done, unclassified, unpainted = "a brass bell", "a cracked bell", "a rusty bell"
    job_stack.script(unclassified, comprehend=["malformed"])
    job_stack.script(unpainted, generation=["malformed"])
    # The rows that fail have done so before these are all done.
    last = "a patient bell"
    job_stack.script(last, generation=[{"slow": 2}])
    small = {"width": 256, "height": 256}
    rows = [
        {"prompt": done, **small},
        *blocked("before"),
        *({"prompt": f"{unclassified}, {n}", **small} for n in (1, 2)),
        {"prompt": unpainted, **small},
        *blocked(*range(9)),
        *({"prompt": f"{last}, {n}", **small} for n in range(6)),
    ]
    key, content = "batches/bells.jsonl", jsonl(*rows)

    first = batch(job_stack, key, content)

    assert first.status == "FAILED"
    job = assert_closed_and_told(job_stack, first.job_id, "FAILED")
    assert job["reasons"][0]["rule"] == "States.ExceedToleratedFailureThreshold"
    summary, results = summary_of(job_stack, job), rows_of(job_stack, job)
    assert summary["counts"]["FAILED"] >= 3
    assert summary["rows_without_result"] == 20 - len(results) > 0

    for words in (unclassified, unpainted, last):
        job_stack.script(words, comprehend=["safe"], generation=["safe"])
    second = batch(job_stack, key, content)

    assert (second.status, second.job_id) == ("SUCCEEDED", first.job_id)
    job = assert_closed_and_told(job_stack, first.job_id, "COMPLETED")
    assert job["run"] == 2
    records = assert_rows_are_truthful(job_stack, job)
    counts = {"COMPLETED": 10, "BLOCKED_PROMPT": 10}
    assert summary_of(job_stack, job)["counts"] == counts
    for line, result in results.items():
        assert records[line]["run"] == (2 if result["status"] == "FAILED" else 1), line
    assert painted(job_stack, done) == records[1]["run"]
    assert painted(job_stack, unclassified) == 2
    assert painted(job_stack, unpainted) == 2
    third = batch(job_stack, key, content)
    assert (third.states[-1], third.output["first"]["run"]) == ("AlreadyRun", 2)


def test_a_stopped_batch_ends_truthfully_and_goes_on_when_dropped_again(job_stack: Stack) -> None:
    slow = "a slow snail"
    job_stack.script(slow, generation=[{"slow": 3}])
    rows = [*blocked("fast"), *({"prompt": f"{slow}, {n}", "width": 256} for n in (1, 2, 3))]
    key, content = "batches/snails.jsonl", jsonl(*rows)
    arn = drop(job_stack, key, content)
    until(lambda: painted(job_stack, slow))

    job_stack.client("stepfunctions").stop_execution(executionArn=arn)

    assert ended(job_stack, arn).status == "ABORTED"
    until(lambda: not _under_way(job_stack))
    follow_jobs(job_stack)
    job_id = ended(job_stack, arn).job_id
    job = assert_closed_and_told(job_stack, job_id, "FAILED")
    assert (job["stage"], job["reasons"][0]["rule"]) == ("FollowJobs", "ABORTED")
    paid = painted(job_stack, slow)

    job_stack.script(slow, generation=["safe"])
    again = batch(job_stack, key, content)

    job = assert_closed_and_told(job_stack, job_id, "COMPLETED")
    assert (job["run"], again.status) == (2, "SUCCEEDED")
    records = assert_rows_are_truthful(job_stack, job)
    assert statuses(job_stack, job) == {1: B, 2: C, 3: C, 4: C}
    assert records[1]["run"] == 1
    assert painted(job_stack, slow) == paid + 3


def _under_way(stack: Stack, table: str = "ResultsTable") -> list[Any]:
    """Records, or inferences, that are open."""
    items = stack.client("dynamodb").scan(TableName=stack.outputs[table])["Items"]
    return [item for item in items if "open_shard" in item]


def test_a_row_that_is_stopped_has_failed(job_stack: Stack) -> None:
    slow = "a snoring bear"
    job_stack.script(slow, generation=[{"slow": 3}])
    arn = drop(job_stack, "batches/bear.jsonl", jsonl({"prompt": slow, "width": 256}))
    row = until(
        lambda: [one for one in _rows_under_way(job_stack, arn) if painted(job_stack, slow)]
    )

    job_stack.client("stepfunctions").stop_execution(executionArn=row[0])

    run = ended(job_stack, arn)
    job = assert_closed_and_told(job_stack, run.job_id, "FAILED")
    assert summary_of(job_stack, job)["counts"] == {"FAILED": 1}


def _rows_under_way(stack: Stack, arn: str) -> list[str]:
    """The executions of a batch's rows."""
    job_id = job_of(stack, arn).get("job_id", "none")
    listed = stack.client("stepfunctions").list_executions(
        stateMachineArn=stack.outputs["StateMachineArn"], statusFilter="RUNNING"
    )["executions"]
    return [one["executionArn"] for one in listed if one["name"].startswith(f"{job_id}-")]


def test_a_running_batch_is_paced_and_tells_how_far_it_is(job_stack: Stack) -> None:
    slow = "a patient heron"
    job_stack.script(slow, comprehend=[{"score": 0.97, "slow": 0.7}])
    rows = [f"{slow}, number {n}" for n in range(12)]
    until(lambda: not _under_way(job_stack, "InferencesTable"))
    arn = drop(job_stack, "batches/herons.jsonl", jsonl(*rows))
    step_functions = job_stack.client("stepfunctions")
    until(lambda: items_of_map_run(job_stack.deployed, arn).get("running"))
    (map_run,) = step_functions.list_map_runs(executionArn=arn)["mapRuns"]
    step_functions.update_map_run(mapRunArn=map_run["mapRunArn"], maxConcurrency=1)

    assert follow_jobs(job_stack)["done"]["looked"] == 1

    until(lambda: job_of(job_stack, arn).get("done"))
    follow_jobs(job_stack)
    told = step_functions.describe_map_run(mapRunArn=map_run["mapRunArn"])
    assert told["maxConcurrency"] == 2
    job = job_of(job_stack, arn)
    assert (job["status"], job["concurrency"]) == ("RUNNING", 2)
    run = ended(job_stack, arn)
    assert_rows_are_truthful(job_stack, run.job)
    progress = [
        event
        for event in job_stack.events(run.job_id, about="job_id")
        if event["detail-type"] == "BatchProgress"
    ]
    for event in progress:
        jsonschema.validate(event["detail"], JOB_EVENT)
        assert event["detail"]["total"] == 12
        assert event["detail"]["status"] == "RUNNING"
    assert progress


def test_what_failed_is_run_again_by_hand(
    job_stack: Stack, safelight_on: Callable[[Stack], Safelight]
) -> None:
    failing = "a dented kettle"
    job_stack.script(failing, generation=["malformed"])
    row = {"prompt": failing, "width": 256, "height": 256}
    run = batch(job_stack, "batches/kettle.jsonl", jsonl(row, *blocked(*range(10))))
    assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    job_stack.script(failing, generation=["safe"])

    assert safelight_on(job_stack)("batch", "redrive", run.job_id)[0] == SUCCESS

    record = job_stack.deployed.record(f"{run.job_id}-1")
    assert record is not None
    assert (record["run"], record["status"]) == (2, "COMPLETED")
    assert record["source"]["job_id"] == run.job_id
    assert painted(job_stack, failing) == 2


@contextmanager
def little_time(stack: Stack, name: str) -> Iterator[None]:
    """A function that has less time than it wants to keep: it ends after each piece of work."""
    functions, called = stack.client("lambda"), stack.function(name)
    before = functions.get_function_configuration(FunctionName=called)["Timeout"]
    functions.update_function_configuration(FunctionName=called, Timeout=50)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=called, Timeout=before)


def test_a_long_file_is_prepared_and_summed_up_in_several_calls(job_stack: Stack) -> None:
    """A chunk ends after 1,000 lines, blank ones too."""
    pieces = [jsonl(*blocked(f"piece {n}")) + b"no json\n" + b"\n" * 1000 for n in range(3)]
    with little_time(job_stack, "PrepareBatch"), little_time(job_stack, "SummarizeBatch"):
        run = batch(job_stack, "batches/long.jsonl", b"".join(pieces))

    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    records = assert_rows_are_truthful(job_stack, job)
    assert statuses(job_stack, job) == {
        **dict.fromkeys((1, 1003, 2005), B),
        **dict.fromkeys((2, 1004, 2006), I),
    }
    assert {record["run"] for record in records.values()} == {1}
    assert run.states.count("PrepareBatch") >= 3
    assert run.states.count("SummarizeBatch") == 2


@pytest.mark.parametrize(
    ("caller", "service", "operation"),
    [
        ("PrepareBatch", "s3", "PutObject"),
        ("PrepareBatch", "events", "PutEvents"),
        ("SummarizeBatch", "s3", "PutObject"),
    ],
)
def test_a_function_that_dies_after_a_write_doubles_nothing(
    job_stack: Stack, caller: str, service: str, operation: str
) -> None:
    rule = {"caller": caller, "service": service, "operation": operation, "kind": "kill_after"}
    job_stack.engine.break_calls(rule)
    content = jsonl(*blocked(caller, operation), {"promt": ""})
    try:
        run = batch(job_stack, f"batches/killed-{caller}-{service}.jsonl", content)
        assert [rule["injected"] for rule in job_stack.engine.broken_calls()] == [1]
    finally:
        job_stack.engine.mend()

    job = assert_closed_and_told(job_stack, run.job_id, "COMPLETED")
    records = assert_rows_are_truthful(job_stack, job)
    assert statuses(job_stack, job) == {1: B, 2: B, 3: I}
    assert {record["run"] for record in records.values()} == {1}
    assert job["done"] == 2
