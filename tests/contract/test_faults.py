"""Calls broken on purpose: what functions and state machines see, and what was done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from contract.machines import CAUGHT, Invoke, Run, call, single, unique

from local.running import Engine

pytestmark = pytest.mark.engine
Do = Callable[..., dict[str, Any]]


@pytest.fixture
def broken(engine: Engine) -> Iterator[Callable[..., None]]:
    """Put a rule into force until the test ends."""
    yield lambda **rule: engine.break_calls(rule)
    engine.mend()


@pytest.fixture
def do(invoke: Invoke) -> Do:
    """Have the probe make a call; its result, or {"error"}."""

    def make(service: str, method: str, **arguments: Any) -> Any:
        event = {"op": "call", "service": service, "method": method, "arguments": arguments}
        return invoke(event)[0]

    return make


@pytest.fixture
def bucket(engine: Engine) -> str:
    name = unique("bucket")
    engine.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def exists(engine: Engine, bucket: str) -> Callable[[], bool]:
    """Whether `key` is in the bucket."""
    return lambda: "Contents" in engine.client("s3").list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize(
    ("service", "method", "error", "throttle"),
    [
        ("s3", "list_buckets", ("InternalError", 500), ("SlowDown", 503)),
        (
            "dynamodb",
            "list_tables",
            ("InternalServerError", 500),
            ("ProvisionedThroughputExceededException", 400),
        ),
        ("events", "list_rules", ("InternalException", 500), ("ThrottlingException", 400)),
        ("sns", "list_topics", ("InternalError", 500), ("Throttling", 400)),
        ("sqs", "list_queues", ("InternalFailure", 500), ("RequestThrottled", 403)),
        (
            "stepfunctions",
            "list_state_machines",
            ("InternalFailure", 500),
            ("ThrottlingException", 400),
        ),
    ],
)
def test_errors_have_the_services_names(
    broken: Any, do: Do, service: str, method: str, error: Any, throttle: Any
) -> None:
    signed_for = {"stepfunctions": "states"}.get(service, service)
    for kind, (name, status) in {"error": error, "throttle": throttle}.items():
        broken(service=signed_for, kind=kind)
        assert do(service, method) == {"error": name, "status": status}
    assert do(service, method)["status"] == 200


@pytest.mark.parametrize(
    ("kind", "error", "performed"),
    [
        ("error", "InternalError", False),
        ("throttle", "SlowDown", False),
        ("drop", "ConnectionClosedError", False),
        ("lost", "ConnectionClosedError", True),
    ],
)
def test_a_call_is_performed_or_not(
    broken: Any, do: Do, bucket: str, exists: Any, kind: str, error: str, performed: bool
) -> None:
    broken(service="s3", operation="PutObject", kind=kind)
    answer = do("s3", "put_object", Bucket=bucket, Key="key", Body="text")
    assert (answer["error"], exists()) == (error, performed)


def test_a_lost_answer_may_be_an_error(broken: Any, do: Do, bucket: str, exists: Any) -> None:
    broken(service="s3", kind="lost", status=503, code="ServiceUnavailable")
    answer = do("s3", "put_object", Bucket=bucket, Key="key", Body="text")
    assert answer == {"error": "ServiceUnavailable", "status": 503}
    assert exists()


def test_a_delayed_call_is_performed_after_it(broken: Any, do: Do, bucket: str) -> None:
    broken(service="s3", kind="delay", seconds=0.5)
    started = time.monotonic()
    assert do("s3", "put_object", Bucket=bucket, Key="key", Body="text")["status"] == 200
    assert time.monotonic() - started >= 0.5


def test_answers_may_be_empty_or_unreadable(
    engine: Engine, broken: Any, do: Do, bucket: str
) -> None:
    engine.client("s3").put_object(Bucket=bucket, Key="key", Body=b"text")
    broken(service="s3", operation="GetObject", kind="empty")
    assert do("s3", "get_object", Bucket=bucket, Key="key")["Body"] == ""
    broken(service="dynamodb", kind="empty")
    assert do("dynamodb", "list_tables") == {"status": 200}
    broken(service="sns", kind="empty")
    assert do("sns", "list_topics") == {"status": 200}
    for service, method in (("s3", "list_buckets"), ("sns", "list_topics")):
        broken(service=service, kind="malformed")
        assert do(service, method)["error"] in ("ResponseParserError", "500")
    broken(service="dynamodb", kind="malformed")
    assert do("dynamodb", "list_tables") == {"status": 200}


def test_an_entry_may_fail_on_a_bus(broken: Any, do: Do) -> None:
    broken(service="events", kind="failed_entries")
    answer = do(
        "events", "put_events", Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}]
    )
    assert answer["FailedEntryCount"] == 1


@pytest.mark.parametrize(("kind", "performed"), [("kill_before", False), ("kill_after", True)])
def test_a_process_is_killed_and_replaced(
    broken: Any, invoke: Invoke, bucket: str, exists: Any, do: Do, kind: str, performed: bool
) -> None:
    broken(service="s3", operation="PutObject", kind=kind)
    arguments = {"Bucket": bucket, "Key": "key", "Body": "text"}
    event = {"op": "call", "service": "s3", "method": "put_object", "arguments": arguments}
    payload, answer = invoke(event)
    assert (answer["FunctionError"], payload["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert exists() == performed
    assert do("s3", "put_object", **arguments)["status"] == 200


def test_a_process_can_be_killed_by_its_key(engine: Engine, make_function: Any) -> None:
    functions = engine.client("lambda")
    name = make_function("import os\ndef handler(*_): return os.environ['AWS_ACCESS_KEY_ID']\n")

    def key() -> Any:
        return json.loads(functions.invoke(FunctionName=name)["Payload"].read())

    first = key()
    assert key() == first
    engine.control("POST", "kill", {"key": first})
    assert key() != first


def test_rules_pick_calls_and_are_counted(
    engine: Engine, broken: Any, do: Do, bucket: str, probe: str
) -> None:
    function = probe.rsplit(":", 1)[1]
    broken(id="a", service="s3", kind="error", contains="key/ä", skip=1, times=1, caller=function)
    broken(id="b", service="s3", kind="error", resource="no-such-bucket")
    broken(id="c", service="s3", kind="error", caller="somebody")

    def put(key: str) -> int:
        return int(do("s3", "put_object", Bucket=bucket, Key=key, Body="text")["status"])

    assert [put(key) for key in ("other", "key/ä", "key/ä", "key/ä")] == [200, 200, 500, 200]
    counts = [(each["id"], each["seen"], each["injected"]) for each in engine.broken_calls()]
    assert counts == [("a", 3, 1), ("b", 0, 0), ("c", 0, 0)]
    engine.mend()
    assert engine.broken_calls() == []


def test_a_tests_own_calls_are_left_alone(engine: Engine, broken: Any) -> None:
    broken(service="s3", kind="drop", times=None)
    assert engine.client("s3").list_buckets()
    assert engine.broken_calls()[0]["seen"] == 0


def test_a_wrong_rule_is_refused(engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="no such kind"):
        engine.control("POST", "faults", [{"service": "s3", "kind": "melt"}])
    with pytest.raises(RuntimeError, match="no such control call"):
        engine.control("GET", "nothing")


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"kind": "error"}, "Lambda.ServiceException"),
        ({"kind": "throttle"}, "Lambda.TooManyRequestsException"),
        ({"kind": "error", "code": "Unknown"}, "Lambda.Unknown"),
        ({"kind": "drop"}, "Lambda.SdkClientException"),
        ({"kind": "lost"}, "Lambda.SdkClientException"),
        ({"kind": "timeout"}, "Sandbox.Timedout"),
        ({"kind": "kill_before"}, "Runtime.ExitError"),
        ({"kind": "kill_after"}, "Runtime.ExitError"),
    ],
)
def test_a_machine_sees_an_invocation_fail(
    broken: Any, run: Run, probe: str, tmp_path: Any, rule: Any, error: str
) -> None:
    broken(service="lambda", operation="Invoke", resource=probe, **rule)
    note = tmp_path / "note"
    payload = {"op": "write", "file": str(note), "text": "ran"}
    ended = run(single(call(probe, payload, Catch=[{"ErrorEquals": ["States.ALL"], **CAUGHT}])))
    assert ended["output"]["error"] == error
    assert note.exists() == (rule["kind"] in ("lost", "timeout", "kill_after"))


def test_a_delayed_invocation_runs_into_the_tasks_time_out(
    broken: Any, run: Run, probe: str
) -> None:
    broken(service="lambda", kind="delay", seconds=3)
    caught = [{"ErrorEquals": ["States.ALL"], **CAUGHT}]
    ended = run(single(call(probe, {"op": "echo"}, TimeoutSeconds=1, Catch=caught)))
    assert ended["output"]["error"] == "States.Timeout"


@pytest.mark.parametrize(("kind", "payload"), [("empty", None), ("malformed", "neither")])
def test_a_machine_sees_another_payload(
    broken: Any, run: Run, probe: str, kind: str, payload: Any
) -> None:
    broken(service="lambda", kind=kind)
    output = run(single(call(probe, {"op": "echo", "value": {"one": 1}})))["output"]
    assert output == payload or output.startswith(payload)


@pytest.mark.parametrize(
    ("service", "resource", "arguments", "prefix"),
    [
        ("dynamodb", "dynamodb:getItem", {"TableName": "t", "Key": {}}, "DynamoDB"),
        ("dynamodb", "aws-sdk:dynamodb:query", {"TableName": "t"}, "DynamoDb"),
        ("events", "events:putEvents", {"Entries": []}, "EventBridge"),
    ],
)
def test_a_machines_own_calls_fail_by_name(
    broken: Any, run: Run, service: str, resource: str, arguments: Any, prefix: str
) -> None:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments}
    state = single({**task, "Catch": [{"ErrorEquals": ["States.ALL"], **CAUGHT}]})
    for kind in ("drop", "lost"):
        broken(service=service, kind=kind)
        assert run(state)["output"]["error"] == f"{prefix}.SdkClientException"
    broken(service=service, kind="throttle", caller="/Only")
    assert run(state)["output"]["error"].startswith(f"{prefix}.")
