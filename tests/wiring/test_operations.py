"""Alarms, dashboard and runbook against the metrics that the code really emits."""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from wiring.system import FUNCTIONS, LAMBDAS, RESOURCES, ROOT, TEMPLATE, of_type, setting

from count_outcomes.counting import Known, values_of
from local.cli import parser
from shared.metrics import METRICS

ALARMS = of_type("AWS::CloudWatch::Alarm")
RUNBOOK = (ROOT / "docs" / "operations.md").read_text("utf-8")
OURS = {"Fn::Sub": "Safelight/${AWS::StackName}"}
# Names and dimensions as AWS's pages give them: Step Functions Developer Guide, Monitoring with
# CloudWatch; SQS Developer Guide, Available CloudWatch metrics; Lambda Developer Guide, Types of
# metrics; API Gateway Developer Guide, REST API dimensions and metrics; SageMaker Developer Guide,
# Alarms and logs for tracking metrics from asynchronous endpoints.
OF_AWS = {
    "AWS/States": (
        {"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed"}
        | {"ExecutionsTimedOut", "ExecutionsAborted"},
        {"StateMachineArn"},
    ),
    "AWS/SQS": (
        {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
        {"QueueName"},
    ),
    "AWS/Lambda": ({"Invocations", "Errors", "Throttles", "Duration"}, {"FunctionName"}),
    "AWS/ApiGateway": (
        {"Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"},
        {"ApiName", "Stage"},
    ),
    "AWS/SageMaker": (
        {"ApproximateBacklogSize", "HasBacklogWithoutCapacity"},
        {"EndpointName"},
    ),
}
Used = tuple[str, str, dict[str, Any]]
"""Namespace, metric, and its dimensions."""


def emitted_by_handlers() -> Iterator[tuple[str, set[str]]]:
    """(metric, dimensions) of every call that writes one."""
    for path in FUNCTIONS.glob("*/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"count", "put"}
                and "metrics" in ast.unparse(node.func.value).lower()
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                yield node.args[0].value, {str(keyword.arg) for keyword in node.keywords}


def emitted_for_outcomes() -> Iterator[tuple[str, set[str]]]:
    """The same of what CountOutcomes makes of its sample events."""
    known = Known.from_policy()
    for path in (ROOT / "events" / "count_outcomes").glob("*.json"):
        for value in values_of(json.loads(path.read_text("utf-8"))["detail"], known):
            yield value.metric, set(value.dimensions)


EMITTED = [*emitted_by_handlers(), *emitted_for_outcomes()]


def used_by(alarm: dict[str, Any]) -> list[Used]:
    """The metrics that an alarm looks at."""
    metrics = [
        one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one
    ]
    return [
        (
            "Safelight" if metric["Namespace"] == OURS else metric["Namespace"],
            metric["MetricName"],
            {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())},
        )
        for metric in metrics or [alarm]
    ]


def dashboard() -> dict[str, Any]:
    """The dashboard as CloudWatch gets it, references by their names."""
    text, given = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    condition, widgets, none = given["ApiWidgets"]["Fn::If"]
    assert (condition, none) == ("ServeApi", "")
    text = text.replace("${ApiWidgets}", widgets["Fn::Sub"])
    text = text.replace("Safelight/${AWS::StackName}", "Safelight")
    body: dict[str, Any] = json.loads(re.sub(r"\$\{(?!!)([\w:.]+)\}", r"\1", text))
    return body


def shown() -> Iterator[Used]:
    """The metrics on the dashboard; of a search, the dimensions that it searches by."""
    for widget in dashboard()["widgets"]:
        for row in widget["properties"]["metrics"]:
            if isinstance(row[0], dict):
                found = re.fullmatch(
                    r"""SEARCH\('\{"(\w+)"((?:,\w+)*)\} MetricName="(\w+)"', '\w+', \d+\)""",
                    row[0]["expression"],
                )
                assert found, row[0]["expression"]
                yield found[1], found[3], dict.fromkeys(found[2].split(",")[1:])
            else:
                names = [part for part in row if isinstance(part, str)]
                yield names[0], names[1], dict(zip(names[2::2], names[3::2], strict=True))


def check(used: Used) -> None:
    """CloudWatch takes any name, and shows nothing for one that nobody writes."""
    namespace, metric, dimensions = used
    if namespace == "Safelight":
        assert set(dimensions) == set(METRICS[metric].dimensions)
    else:
        metrics, names = OF_AWS[namespace]
        assert metric in metrics
        assert set(dimensions) == names


def test_what_is_declared_is_emitted_and_nothing_else() -> None:
    for metric, dimensions in EMITTED:
        assert dimensions == set(METRICS[metric].dimensions), metric
    assert {metric for metric, _ in EMITTED} == set(METRICS)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_looks_at_metrics_that_exist(name: str) -> None:
    for used in used_by(ALARMS[name]["Properties"]):
        check(used)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_looks_for_values_that_the_code_gives(name: str) -> None:
    sources = "".join(path.read_text("utf-8") for path in FUNCTIONS.glob("*/*.py"))
    for namespace, _, dimensions in used_by(ALARMS[name]["Properties"]):
        if namespace == "Safelight":
            assert all(f'"{value}"' in sources for value in dimensions.values())


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_says_what_to_do_and_whom_it_tells(name: str) -> None:
    alarm = ALARMS[name]["Properties"]
    assert alarm["AlarmDescription"].endswith(f". docs/operations.md#{name.lower()}")
    assert len(alarm["AlarmDescription"]) <= 1024
    assert alarm["AlarmActions"]["Fn::If"][:2] == ["TellAlarms", [{"Ref": "AlarmTopicArn"}]]
    silent = "breaching" if name.startswith("Silent") else "notBreaching"
    assert alarm["TreatMissingData"] == silent
    assert alarm["EvaluationPeriods"] >= 1
    assert ("Threshold" in alarm) != ("ThresholdMetricId" in alarm)
    # CloudWatch's quota for alarms on metric math.
    assert len(alarm.get("Metrics", ())) <= 11


def test_every_alarm_has_its_place_in_the_runbook_and_the_other_way_round() -> None:
    sections = re.findall(r"^### (\w+)\n\n(.*?)(?=^##)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in sections] == list(ALARMS)
    for name, text in sections:
        steps = re.findall(r"^- \*\*(\w+)\*\*: ", text, re.MULTILINE)
        assert steps == ["Means", "Look", "Do", "Over"], name


def test_the_runbook_lists_the_metrics() -> None:
    rows = re.findall(r"^\| (\w+) \| (\w+) \| ([\w, ]*?) ?\| (.+) \|$", RUNBOOK, re.MULTILINE)
    listed = {
        name: (unit, tuple(filter(None, dimensions.split(", "))), meaning)
        for name, unit, dimensions, meaning in rows[1:]
    }
    assert listed == {
        name: (metric.unit, metric.dimensions, metric.meaning) for name, metric in METRICS.items()
    }


def test_the_command_line_understands_the_runbook() -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", RUNBOOK, re.DOTALL)
    for line in block.splitlines():
        command, *words = shlex.split(line.partition(" < ")[0], comments=True)
        assert command == "safelight"
        assert callable(parser().parse_args(words).run)


def test_every_queue_of_dead_letters_has_an_alarm() -> None:
    watched = {
        dimensions["QueueName"]["Fn::GetAtt"][0]
        for alarm in ALARMS.values()
        for namespace, _, dimensions in used_by(alarm["Properties"])
        if namespace == "AWS/SQS"
    }
    assert watched == set(of_type("AWS::SQS::Queue"))


@pytest.mark.parametrize(
    ("function", "alarm"),
    [
        ("SweepRequestsFunction", "SilentSweeperAlarm"),
        ("FollowJobsFunction", "SilentFollowerAlarm"),
        ("WatchEndpointFunction", "SilentWatcherAlarm"),
    ],
)
def test_a_schedule_is_missed_soon(function: str, alarm: str) -> None:
    (schedule,) = LAMBDAS[function]["Properties"]["Events"].values()
    rate = re.fullmatch(r"rate\((\d+) minutes?\)", schedule["Properties"]["ScheduleExpression"])
    assert rate is not None
    assert ALARMS[alarm]["Properties"]["Period"] >= 2 * 60 * int(rate[1])


def test_the_dashboard_shows_every_metric_of_ours_and_only_what_exists() -> None:
    everything = list(shown())
    for used in everything:
        check(used)
    assert {metric for namespace, metric, _ in everything if namespace == "Safelight"} == set(
        METRICS
    )


def test_the_dashboard_shows_every_function_and_queue() -> None:
    rows = list(shown())
    functions = {used[2]["FunctionName"] for used in rows if used[1] == "Errors"}
    assert functions == set(LAMBDAS), (
        "the template's Dashboard: its widgets of errors and durations show other functions than "
        f"there are: {functions ^ set(LAMBDAS)}"
    )
    queues = {used[2]["QueueName"].split(".")[0] for used in rows if used[0] == "AWS/SQS"}
    assert queues == set(of_type("AWS::SQS::Queue"))


def test_widgets_do_not_cover_each_other() -> None:
    cells: set[tuple[int, int]] = set()
    for widget in dashboard()["widgets"]:
        own = {
            (widget["x"] + x, widget["y"] + y)
            for x in range(widget["width"])
            for y in range(widget["height"])
        }
        assert not own & cells
        cells |= own
    assert max(x for x, _ in cells) < 24


def test_who_emits_knows_the_namespace() -> None:
    for name, function in LAMBDAS.items():
        given = function["Properties"].get("Environment", {}).get("Variables", {})
        assert given.get("METRICS_NAMESPACE", OURS) == OURS, name


def test_no_function_swallows_its_metrics() -> None:
    """Lambda takes a printed line for INFO."""
    for name in LAMBDAS:
        assert setting(name, "LoggingConfig").get("ApplicationLogLevel", "INFO") == "INFO"
    assert TEMPLATE["Globals"]["Function"]["LoggingConfig"]["ApplicationLogLevel"] == "INFO"


def test_the_dashboard_can_be_found() -> None:
    assert "${Dashboard}" in TEMPLATE["Outputs"]["DashboardUrl"]["Value"]["Fn::Sub"]


@pytest.mark.parametrize("name", LAMBDAS)
def test_a_function_that_is_traced_may_send_its_traces(name: str) -> None:
    role = RESOURCES[LAMBDAS[name]["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
    given = ["TraceRequests", [{"Ref": "TracePolicy"}], {"Ref": "AWS::NoValue"}]
    assert role["ManagedPolicyArns"] == {"Fn::If": given}
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == {"Ref": "Tracing"}
    assert RESOURCES["TracePolicy"]["Condition"] == "TraceRequests"
