"""A Map in distributed mode: its items, its children, its limits, its results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contract.machines import CAUGHT, Definition, Make, Run, single, unique, wait_for

from local.running import Engine

pytestmark = pytest.mark.engine
LIST = "arn:aws:states:::s3:listObjectsV2"
GET = "arn:aws:states:::s3:getObject"
PASS = {"Do": {"Type": "Pass", "End": True}}
SLOW = {"Do": {"Type": "Wait", "Seconds": 3000, "End": True}}
# Fails for items that are negative.
PICKY = {
    "Which": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input < 0 %}", "Next": "Bad"}],
        "Default": "Good",
    },
    "Good": {"Type": "Pass", "Output": "{% $states.input * 10 %}", "End": True},
    "Bad": {"Type": "Fail", "Error": "Safelight.RowFailed", "Cause": "negative"},
}


@pytest.fixture(scope="module")
def bucket(engine: Engine) -> str:
    name = unique("map")
    engine.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def put(engine: Engine, bucket: str) -> Callable[..., str]:
    """Put objects {name: body} below a prefix of their own, which is returned."""

    def put_all(**bodies: str) -> str:
        prefix = f"{unique('in')}/"
        for name, body in bodies.items():
            engine.client("s3").put_object(Bucket=bucket, Key=prefix + name, Body=body.encode())
        return prefix

    return put_all


@pytest.fixture
def results(engine: Engine, bucket: str) -> Callable[[Any], dict[str, Any]]:
    """What a ResultWriter wrote: {"manifest": …, "SUCCEEDED_0": text, …}."""

    def read(output: Any) -> dict[str, Any]:
        def text(key: str) -> str:
            body = engine.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
            return str(body.read().decode())

        manifest = json.loads(text(output["ResultWriterDetails"]["Key"]))
        files = [entry["Key"] for each in manifest["ResultFiles"].values() for entry in each]
        named = {key.rpartition("/")[2].removesuffix(".json"): text(key) for key in files}
        return {"manifest": manifest, **named}

    return read


@pytest.fixture
def begin(engine: Engine, create_machine: Make) -> Callable[..., tuple[str, str]]:
    """Start a machine; the ARNs of the execution and of its first map run."""

    def start(definition: Definition, given: Any = None) -> tuple[str, str]:
        steps = engine.client("stepfunctions")
        execution = steps.start_execution(
            stateMachineArn=create_machine(definition), input=json.dumps(given or {})
        )["executionArn"]
        runs = wait_for(lambda: steps.list_map_runs(executionArn=execution)["mapRuns"])
        return execution, runs[0]["mapRunArn"]

    return start


def distributed(states: Definition, **state: Any) -> Definition:
    """A Distributed Map whose children begin at the first of these states."""
    return {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": next(iter(states)),
            "States": states,
        },
        **state,
    }


def below(bucket: str, prefix: str, **config: Any) -> Definition:
    """The ItemReader of a prefix; with LOAD_AND_FLATTEN where the objects' type is told."""
    if config:
        config = {"ReaderConfig": {"Transformation": "LOAD_AND_FLATTEN", **config}}
    return {"Resource": LIST, "Arguments": {"Bucket": bucket, "Prefix": prefix}, **config}


def test_children_are_executions_of_their_own(engine: Engine, run: Run) -> None:
    state = distributed(
        {
            "First": {
                "Type": "Pass",
                "Assign": {"twice": "{% $states.input.n * 2 %}"},
                "Next": "Do",
            },
            "Do": {"Type": "Pass", "Output": "{% $twice %}", "End": True},
        },
        Label="Rows",
        Items="{% $states.input.rows %}",
        ItemSelector={
            "n": "{% $states.context.Map.Item.Value %}",
            "at": "{% $states.context.Map.Item.Index %}",
            "name": "{% $states.input.name %}",
        },
        MaxConcurrency="{% 1 + 1 %}",
    )
    ended = run(single(state), {"rows": [5, 6, 7], "name": "ä"})
    assert ended["output"] == [10, 12, 14]
    steps = engine.client("stepfunctions")
    [found] = steps.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    told = steps.describe_map_run(mapRunArn=found["mapRunArn"])
    assert (told["status"], told["maxConcurrency"]) == ("SUCCEEDED", 2)
    assert told["itemCounts"]["succeeded"] == told["executionCounts"]["total"] == 3
    assert found["stateMachineArn"] == f"{ended['stateMachineArn']}/Rows"
    children = steps.list_executions(mapRunArn=found["mapRunArn"])["executions"]
    assert len(children) == 3
    inputs = []
    for child in children:
        arn = child["executionArn"]
        assert ":execution:" in arn
        assert "/Rows:" in arn
        inputs.append(json.loads(steps.describe_execution(executionArn=arn)["input"]))
        history = steps.get_execution_history(executionArn=arn)["events"]
        assert [event["type"] for event in history] == [
            "ExecutionStarted",
            *["PassStateEntered", "PassStateExited"] * 2,
            "ExecutionSucceeded",
        ]
    assert sorted(inputs, key=lambda each: each["at"]) == [
        {"n": n, "at": at, "name": "ä"} for at, n in enumerate([5, 6, 7])
    ]
    history = steps.get_execution_history(executionArn=ended["executionArn"])["events"]
    assert [event["type"] for event in history if event["type"].startswith("Map")] == [
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
    ]


def test_children_cannot_read_the_parents_variables(run: Run) -> None:
    definition = single(
        distributed(
            {"Do": {"Type": "Pass", "Output": "{% $outer %}", "End": True}}, ToleratedFailureCount=1
        )
    )
    first = {"Type": "Pass", "Assign": {"outer": 1}, "Output": [1], "Next": "Only"}
    definition["States"]["First"] = first
    ended = run({**definition, "StartAt": "First"})
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", [])


def test_a_prefix_is_listed(run: Run, bucket: str, put: Callable[..., str]) -> None:
    prefix = put(a="1", b="22")
    state = distributed(PASS, ItemReader=below(bucket, prefix))
    [first, second] = run(single(state))["output"]
    assert (first["Key"], second["Key"]) == (f"{prefix}a", f"{prefix}b")
    assert (second["Size"], second["StorageClass"]) == (2, "STANDARD")
    assert first["Etag"].startswith('"')
    assert isinstance(first["LastModified"], float)


@pytest.mark.parametrize(
    ("config", "bodies", "items"),
    [
        (
            {"InputType": "JSONL"},
            {"a": '\ufeff{"n":1}\r\n\r\n{"n":"ä"}', "b": "3\n"},
            [{"n": 1}, {"n": "ä"}, 3],
        ),
        ({"InputType": "JSON"}, {"a": "[1, 2]", "b": "[]"}, [1, 2]),
        ({"InputType": "JSONL", "MaxItems": "{% 1 + 1 %}"}, {"a": "1\n2\n3\n"}, [1, 2]),
    ],
)
def test_objects_are_read_and_flattened(
    run: Run, bucket: str, put: Callable[..., str], config: Any, bodies: Any, items: Any
) -> None:
    state = distributed(PASS, ItemReader=below(bucket, put(**bodies), **config))
    assert run(single(state))["output"] == items
    if len(bodies) == 1:
        place = {"Bucket": bucket, "Key": put(**bodies) + "a"}
        reader = {"Resource": GET, "Arguments": place, "ReaderConfig": config}
        assert run(single(distributed(PASS, ItemReader=reader)))["output"] == items


def test_a_reader_without_items_is_no_error(
    run: Run, bucket: str, results: Callable[..., Any]
) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": bucket}}
    reader = below(bucket, "nothing/", InputType="JSONL")
    assert run(single(distributed(PASS, ItemReader=reader)))["output"] == []
    written = run(single(distributed(PASS, ItemReader=reader, ResultWriter=writer)))["output"]
    assert results(written)["manifest"]["ResultFiles"] == {
        "FAILED": [],
        "PENDING": [],
        "SUCCEEDED": [],
    }


@pytest.mark.parametrize("error", ["States.ItemReaderFailed", "States.ALL"])
def test_what_cannot_be_read_fails_the_state(
    run: Run, bucket: str, put: Callable[..., str], error: str
) -> None:
    catch = [{"ErrorEquals": [error], **CAUGHT}]
    for reader in (
        below(bucket, put(a="1\n{no\n"), InputType="JSONL"),
        below("no-such-bucket", "x/"),
        {**below(bucket, "x/"), "Arguments": {"Bucket": ""}},
    ):
        ended = run(single(distributed(PASS, ItemReader=reader, Catch=catch)))
        assert ended["output"]["error"] == "States.ItemReaderFailed"
        assert ended["output"]["cause"]


def test_items_come_in_batches(run: Run) -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"of": "{% $count($states.input) %}"}}
    output = run(single(distributed(PASS, ItemBatcher=batcher)), [1, 2, 3])["output"]
    assert output == [
        {"BatchInput": {"of": 3}, "Items": [1, 2]},
        {"BatchInput": {"of": 3}, "Items": [3]},
    ]
    small = distributed(PASS, ItemBatcher={"MaxInputBytesPerBatch": "{% 40 %}"})
    output = run(single(small), ["x" * 10] * 5)["output"]
    assert [len(batch["Items"]) for batch in output] == [2, 2, 1]
    assert all(len(json.dumps(batch, separators=(",", ":"))) <= 40 for batch in output)


@pytest.mark.parametrize(
    ("limits", "rows", "status"),
    [
        ({}, [1, -1], "FAILED"),
        ({}, [1, 2], "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, [1, -1], "SUCCEEDED"),
        ({"ToleratedFailureCount": "{% 1 %}"}, [-1, -1], "FAILED"),
        ({"ToleratedFailurePercentage": 50}, [1, -1], "SUCCEEDED"),
        ({"ToleratedFailurePercentage": "{% 49.5 %}"}, [1, -1], "FAILED"),
        ({"ToleratedFailurePercentage": 100}, [-1, -1], "SUCCEEDED"),
    ],
)
def test_failures_are_tolerated_up_to_a_limit(
    run: Run, limits: Definition, rows: Any, status: str
) -> None:
    ended = run(single(distributed(PICKY, **limits)), rows)
    assert ended["status"] == status
    if status == "FAILED":
        assert ended["error"] == "States.ExceedToleratedFailureThreshold"
    else:
        assert ended["output"] == [row * 10 for row in rows if row > 0]


@pytest.mark.parametrize("error", ["States.ExceedToleratedFailureThreshold", "States.ALL"])
def test_results_are_written_even_where_too_many_failed(
    engine: Engine, run: Run, bucket: str, results: Callable[..., Any], error: str
) -> None:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": bucket, "Prefix": "{% $states.context.Execution.Name & '/' %}"},
        "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"},
    }
    catch = [{"ErrorEquals": [error], **CAUGHT}]
    state = distributed(PICKY, MaxConcurrency=1, ResultWriter=writer, Catch=catch)
    ended = run(single(state), [1, -1, 2, 3])
    assert ended["output"]["error"] == "States.ExceedToleratedFailureThreshold"
    steps = engine.client("stepfunctions")
    [found] = steps.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    told = steps.describe_map_run(mapRunArn=found["mapRunArn"])
    assert (told["status"], told["itemCounts"]["pending"]) == ("FAILED", 2)
    folder = f"{ended['name']}/{found['mapRunArn'].rpartition(':')[2]}"
    place = {"Bucket": bucket, "Key": f"{folder}/manifest.json"}
    written = results({"ResultWriterDetails": place})
    assert written["manifest"]["MapRunArn"] == found["mapRunArn"]
    assert written["SUCCEEDED_0"] == "10\n"
    failed = json.loads(written["FAILED_0"])
    assert (failed["Status"], failed["Error"], failed["Cause"], failed["Input"]) == (
        "FAILED",
        "Safelight.RowFailed",
        "negative",
        "-1",
    )
    assert [json.loads(line) for line in written["PENDING_0"].splitlines()] == [
        {"Input": str(row), "InputDetails": {"Included": True}, "Status": "PENDING"}
        for row in (2, 3)
    ]


def test_results_come_as_they_are_asked_for(
    run: Run, bucket: str, results: Callable[..., Any]
) -> None:
    place = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": bucket}}

    def written(config: Any, rows: Any) -> Any:
        writer = {**place, **({"WriterConfig": config} if config else {})}
        return results(run(single(distributed(PASS, ResultWriter=writer)), rows)["output"])

    [whole] = json.loads(written({}, [{"a": 1}])["SUCCEEDED_0"])
    assert (whole["Input"], whole["Output"], whole["Status"]) == ('{"a":1}', '{"a":1}', "SUCCEEDED")
    assert whole["ExecutionArn"].endswith(whole["Name"])
    assert whole["StopDate"].endswith("Z")
    flat = written({"Transformation": "FLATTEN"}, [[1, 2], 3])
    assert sorted(json.loads(flat["SUCCEEDED_0"])) == [1, 2, 3]
    grow = {"Do": {"Type": "Pass", "Output": "{% $pad('', 200000, 'x') %}", "End": True}}
    config = {"Transformation": "COMPACT", "OutputType": "JSONL"}
    writer = {**place, "WriterConfig": config}
    large = results(run(single(distributed(grow, ResultWriter=writer)), [1] * 7)["output"])
    assert [large[name].count("\n") for name in ("SUCCEEDED_0", "SUCCEEDED_1")] == [5, 2]
    here = distributed(PASS, ResultWriter={"WriterConfig": {"Transformation": "FLATTEN"}})
    assert run(single(here), [[1, 2], 3])["output"] == [1, 2, 3]


def test_results_that_cannot_be_written_fail_the_state(run: Run) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "no-such"}}
    ended = run(single(distributed(PASS, ResultWriter=writer)), [1])
    assert ended["error"] == "States.ResultWriterFailed"


def test_how_many_run_can_be_changed_while_they_do(
    engine: Engine, begin: Callable[..., tuple[str, str]]
) -> None:
    steps = engine.client("stepfunctions")
    execution, found = begin(single(distributed(SLOW, MaxConcurrency=1)), list(range(6)))

    def counts() -> dict[str, int]:
        counted: dict[str, int] = steps.describe_map_run(mapRunArn=found)["executionCounts"]
        return counted

    def running() -> list[str]:
        told = steps.list_executions(mapRunArn=found, statusFilter="RUNNING")["executions"]
        return [child["executionArn"] for child in told]

    assert wait_for(lambda: counts()["running"] == 1)
    steps.update_map_run(mapRunArn=found, maxConcurrency=4, toleratedFailureCount=6)
    assert wait_for(lambda: counts()["running"] == 4)
    steps.update_map_run(mapRunArn=found, maxConcurrency=2)
    for child in running()[:2]:
        steps.stop_execution(executionArn=child)
    assert wait_for(lambda: counts()["aborted"] == 2)
    assert counts()["running"] == 2
    steps.stop_execution(executionArn=execution)
    assert wait_for(lambda: steps.describe_map_run(mapRunArn=found)["status"] == "ABORTED")
    told = counts()
    assert (told["running"], told["aborted"], told["pending"]) == (0, 4, 2)
    assert running() == []
    with pytest.raises(ClientError):
        steps.update_map_run(mapRunArn=found, maxConcurrency=1)


def test_a_machine_that_ends_otherwise_takes_its_children_along(
    engine: Engine, begin: Callable[..., tuple[str, str]], finish: Run
) -> None:
    steps = engine.client("stepfunctions")
    execution, found = begin(single(distributed(SLOW), TimeoutSeconds=1), [1, 2])
    assert finish(execution)["status"] == "TIMED_OUT"
    assert wait_for(lambda: steps.describe_map_run(mapRunArn=found)["status"] == "ABORTED")
    children = steps.list_executions(mapRunArn=found)["executions"]
    assert {child["status"] for child in children} == {"ABORTED"}


def test_a_map_tried_again_is_another_run(engine: Engine, run: Run) -> None:
    again = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    ended = run(single(distributed(PICKY, Retry=again)), [-1])
    assert ended["error"] == "States.ExceedToleratedFailureThreshold"
    steps = engine.client("stepfunctions")
    assert len(steps.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]) == 2


def test_children_wait_in_the_templates_time(run: Run) -> None:
    waiting = {"Do": {"Type": "Wait", "Seconds": 20, "End": True}}
    ended = run(single(distributed(waiting)), [1, 2])
    assert ended["status"] == "SUCCEEDED"
    assert 2 <= ended["seconds"] < 10


def test_a_childs_input_fits_an_execution(run: Run) -> None:
    grown = distributed(PASS, Items=[1], ItemSelector="{% $pad('', 270000, 'x') %}")
    assert run(single(grown))["error"] == "States.DataLimitExceeded"


def test_a_childs_end_is_an_event_of_the_labelled_machine(engine: Engine, run: Run) -> None:
    events, queues = engine.client("events"), engine.client("sqs")
    name = unique("children")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [{"suffix": f"/{name}"}]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    run(single(distributed(PASS, Label=name)), [1])
    bodies: list[Any] = []

    def both() -> bool:
        found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        bodies.extend(json.loads(message["Body"])["detail"]["status"] for message in found)
        return len(bodies) == 2

    assert wait_for(both)
    assert sorted(bodies) == ["RUNNING", "SUCCEEDED"]


@pytest.fixture
def watched(engine: Engine) -> Iterator[None]:
    """Calls are recorded until the test ends, when rules end too."""
    engine.forget_calls()
    engine.record_calls()
    yield
    engine.record_calls(False)
    engine.mend()


def test_its_calls_are_the_states_own_and_can_be_broken(
    engine: Engine, create_machine: Make, finish: Run, bucket: str, put: Callable[..., str],
    watched: None,
) -> None:  # fmt: skip
    steps = engine.client("stepfunctions")
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": bucket}}
    reader = below(bucket, put(a="1\n"), InputType="JSONL")
    state = distributed(PASS, ItemReader=reader, ResultWriter=writer)
    machine = create_machine(single(state))
    caller = f"{machine.rpartition(':')[2]}/Only"

    def outcome() -> Any:
        return finish(steps.start_execution(stateMachineArn=machine)["executionArn"])

    assert outcome()["status"] == "SUCCEEDED"
    assert [each["operation"] for each in engine.recorded_calls() if each["caller"] == caller] == [
        "ListObjectsV2",
        "GetObject",
        "StartExecution",
        "PutObject",
        "PutObject",
    ]
    broken = {"GetObject": "States.ItemReaderFailed", "PutObject": "States.ResultWriterFailed"}
    for operation, error in broken.items():
        engine.break_calls(
            {"service": "s3", "operation": operation, "kind": "error", "caller": caller}
        )
        assert outcome()["error"] == error


@pytest.mark.parametrize(
    "change",
    [
        {"ItemBatcher": {"MaxItems": 1}},
        {"ItemReader": {"Resource": "arn:aws:states:::s3:headObject"}},
        {"ItemReader": below("b", "p", InputType="CSV")},
        {"ResultWriter": {}},
        {"ResultWriter": {"WriterConfig": {"Transformation": "SMALL"}}},
        {"Label": "a label"},
        {"MaxConcurency": 1},
        {"ItemProcessor": {**distributed({"Do": {"Type": "Pasz"}})["ItemProcessor"]}},
        {"ItemProcessor": {**distributed({"Do": {"Type": "Pass", "Next": "No"}})["ItemProcessor"]}},
    ],
)
def test_a_wrong_map_is_refused(create_machine: Make, change: Definition) -> None:
    with pytest.raises(ClientError) as refused:
        create_machine(single({**distributed(PASS), **change}))
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"


def test_a_map_within_a_child_and_a_map_within_a_branch(run: Run) -> None:
    within = {"Inner": distributed(PASS, Items=[1, 2], End=True)}
    assert run(single(distributed(within)), [0, 0])["output"] == [[1, 2], [1, 2]]
    branch = {"StartAt": "Inner", "States": within}
    assert run(single({"Type": "Parallel", "Branches": [branch]}))["output"] == [[1, 2]]
