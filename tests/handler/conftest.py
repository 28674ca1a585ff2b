"""Every handler as AWS calls it: sample events, a context, moto, and answers that moto lacks."""

import functools
import importlib
import json
import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

import shared.aws

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
LOCAL_ENV: dict[str, dict[str, str]] = json.loads((EVENTS / "local-env.json").read_text("utf-8"))
PROMPTS, WORK, IMAGES, DATASETS = (
    f"safelight-{name}-example" for name in ("prompts", "work", "images", "datasets")
)
RESULTS = LOCAL_ENV["AcceptRequestFunction"]["RESULTS_TABLE"]
INFERENCES = LOCAL_ENV["GenerateImagesFunction"]["INFERENCES_TABLE"]
JOBS = "safelight-JobsTable-7A8B9C0D1E2F"
REVIEWS = LOCAL_ENV["ReviewRequestFunction"]["REVIEWS_TABLE"]
QUOTAS = LOCAL_ENV["CheckPromptFunction"]["QUOTAS_TABLE"]
TABLES = {
    "ResultsTable": RESULTS,
    "InferencesTable": INFERENCES,
    "JobsTable": JOBS,
    "ReviewsTable": REVIEWS,
    "QuotasTable": QUOTAS,
}
RESOURCES: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
BUS = LOCAL_ENV["CloseExecutionFunction"]["EVENT_BUS"]

_real_client = shared.aws.client
Answer = dict[str, Any] | Exception | Callable[[dict[str, Any]], dict[str, Any]]


@functools.cache
def client(service: str, repeatable: bool = True) -> Any:
    return _real_client(service, repeatable)


class Context:
    """What Lambda tells a handler about its call, as far as anything here reads it."""

    function_name = "safelight-function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:111122223333:function:safelight-function"
    aws_request_id = "6f0c1d7e-58c4-4d3a-9b1e-2f7a8c9d0e11"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class Answers:
    """Replies for operations that moto lacks. Requests and replies must fit AWS's own shapes."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answers: dict[str, list[Answer]] = {}

    def set(self, operation: str, *answers: Answer) -> None:
        """One answer after the other; the last one stays."""
        self._answers[operation] = list(answers)

    def refuse(self, operation: str, code: str, status: int = 400, message: str = "") -> None:
        """Answers with an error as boto3 raises it."""
        response: Any = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        self.set(operation, ClientError(response, operation))

    def knows(self, operation: str) -> bool:
        return operation in self._answers

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == operation]

    def reply(self, client: BaseClient, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        model = client.meta.service_model.operation_model(operation)
        validate_parameters(request, model.input_shape)
        self.calls.append((operation, request))
        queue = self._answers[operation]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        reply = answer(request) if callable(answer) else answer
        if model.output_shape is not None:
            validate_parameters(reply, model.output_shape)
        return reply


@pytest.fixture(autouse=True)
def _aws_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a handler's test must not open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(autouse=True)
def _clients_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one takes as long as a whole test."""
    monkeypatch.setattr(shared.aws, "client", client)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers()
    real = BaseClient._make_api_call

    def call(client: BaseClient, operation: str, request: dict[str, Any]) -> Any:
        if answers.knows(operation):
            return answers.reply(client, operation, request)
        return real(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return answers


@pytest.fixture
def aws(answers: Answers) -> Iterator[Callable[[str], Any]]:
    """The stack's buckets, tables and bus in moto; gives clients."""
    with mock_aws():
        for bucket in (PROMPTS, WORK, IMAGES, DATASETS):
            s3 = client("s3")
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for table, name in TABLES.items():
            properties = RESOURCES[table]["Properties"]
            shape = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
            client("dynamodb").create_table(
                TableName=name,
                **{part: properties[part] for part in shape if part in properties},
            )
        client("events").create_event_bus(Name=BUS)
        yield client


@pytest.fixture
def event() -> Callable[[str], Any]:
    """Reads events/<function>/<scenario>.json."""

    def event(path: str) -> Any:
        return json.loads((EVENTS / f"{path}.json").read_text("utf-8"))

    return event


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Calls a function's handler in the environment that events/local-env.json describes."""
    built = []

    def call(function: str, payload: Any, **variables: str) -> Any:
        logical_id = "".join(word.capitalize() for word in function.split("_")) + "Function"
        for name, value in {**LOCAL_ENV[logical_id], **variables}.items():
            if not name.startswith("AWS_"):
                monkeypatch.setenv(name, value)
        handler: Any = importlib.import_module(f"{function}.handler")
        handler.build.cache_clear()
        built.append(handler.build)
        return handler.lambda_handler(payload, Context())

    yield call
    for build in built:
        build.cache_clear()


class Lines(logging.Handler):
    """Every line of the log with all its facts, as Lambda's JSON format would write them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {vars(record)}")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Everything that the handlers have printed: the lines of metrics."""
    texts: list[str] = []

    def printed() -> str:
        texts.append(capsys.readouterr().out)
        return "".join(texts)

    return printed


@pytest.fixture
def counted(printed: Callable[[], str]) -> Callable[..., list[float]]:
    """The values that the handlers have written of a metric with these dimensions."""

    def counted(metric: str, **dimensions: str) -> list[float]:
        lines = [json.loads(line) for line in printed().splitlines()]
        return [
            line[metric]
            for line in lines
            if line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] == metric
            and all(line[name] == value for name, value in dimensions.items())
        ]

    return counted


@pytest.fixture
def logged(printed: Callable[[], str]) -> Iterator[Callable[[], str]]:
    """Everything that the handlers have logged or printed: both end in their log groups."""
    lines, log = Lines(), logging.getLogger("safelight")
    log.addHandler(lines)
    log.setLevel(logging.DEBUG)
    yield lambda: "\n".join([*lines.lines, printed()])
    log.removeHandler(lines)
    log.setLevel(logging.NOTSET)


@pytest.fixture
def item(aws: Callable[[str], Any]) -> Callable[[str, str], dict[str, Any] | None]:
    """Reads an item of a table as plain Python values."""

    def item(table: str, key: str) -> dict[str, Any] | None:
        properties = RESOURCES[next(one for one, name in TABLES.items() if name == table)]
        name = properties["Properties"]["KeySchema"][0]["AttributeName"]
        reply = aws("dynamodb").get_item(TableName=table, Key={name: {"S": key}})
        found = reply.get("Item")
        return found and {n: int(v["N"]) if "N" in v else v["S"] for n, v in found.items()}

    return item


@pytest.fixture
def looked_again(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between looks for an execution, made in no time."""
    pauses: list[float] = []
    monkeypatch.setattr("shared.api_requests.time.sleep", pauses.append)
    return pauses
