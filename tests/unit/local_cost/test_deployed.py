"""A stack's own metrics, as a bill."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from count_outcomes.counting import UNITS
from local.cost.deployed import last_days
from local.cost.paths import ACCEPTED, KEYWORD, Path
from local.cost.prices import shipped
from local.deployed_stack import DeployedStack
from shared.metrics import METRICS
from shared.statuses import ENDS

VALUES = {
    ("Outcomes", "COMPLETED"): [600.0, 400.0],
    ("Blocked", "FilterKeywords"): [100.0],
    ("Regenerations", ""): [50.0],
    ("EndpointInstances", ""): [0.25, 0.75],
    ("Usage", "rekognition_images"): [1050.0],
    ("Usage", "comprehend_units"): [6000.0],
    ("Usage", "generated_images"): [1050.0],
}


class CloudWatch:
    """GetMetricData over two periods; what was asked."""

    def __init__(self, values: dict[tuple[str, str], list[float]] = VALUES) -> None:
        self._values = values
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, operation: str) -> Any:
        assert operation == "get_metric_data"
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, **asked: Any) -> list[dict[str, Any]]:
        self.asked = asked["MetricDataQueries"]
        return [
            {"MetricDataResults": [{"Id": one["Id"], "Values": self._of(one)[part : part + 1]}]}
            for one in self.asked
            for part in (0, 1)
        ]

    def _of(self, query: dict[str, Any]) -> list[float]:
        metric = query["MetricStat"]["Metric"]
        dimensions = metric["Dimensions"]
        value = dimensions[0]["Value"] if dimensions else ""
        return self._values.get((metric["MetricName"], value), [])


def stack(cloudwatch: CloudWatch, backend: str = "toxicity") -> DeployedStack:
    told = [{"ParameterKey": "ClassifierBackend", "ParameterValue": backend}]
    stacks = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [{"Parameters": told}]})
    clients: dict[str, Any] = {"cloudwatch": cloudwatch, "cloudformation": stacks}
    return DeployedStack("mine", clients.__getitem__, {})


def test_a_stack_that_has_worked() -> None:
    cloudwatch = CloudWatch()
    sheet = last_days(stack(cloudwatch), "ml.g5.xlarge", shipped())
    rows = {row[0]: row[1] for row in sheet.rows}
    # Half of an instance, 720 hours.
    assert rows["SageMaker"] == "506.88"
    assert rows["Rekognition"] == "1.05"
    assert rows["Comprehend"] == "0.60*"
    once, twice, blocked = (
        len(path.states) for path in (Path(ACCEPTED, 1), Path(ACCEPTED, 2), Path(KEYWORD))
    )
    transitions = 1000 * once + 100 * blocked + 50 * (twice - once)
    assert rows["Step Functions"] == f"{transitions * 0.025 / 1000:.2f}"
    assert rows["CloudWatch, standing, fixed"] == "10.60"
    assert "1,100 requests, 1,050 pictures painted" in sheet.says
    metrics = [one["MetricStat"]["Metric"] for one in cloudwatch.asked]
    assert {metric["Namespace"] for metric in metrics} == {"Safelight/mine"}


def test_only_metrics_that_the_stack_has() -> None:
    cloudwatch = CloudWatch()
    last_days(stack(cloudwatch), "ml.g5.xlarge", shipped())
    for one in cloudwatch.asked:
        metric = one["MetricStat"]["Metric"]
        names = tuple(dimension["Name"] for dimension in metric["Dimensions"])
        assert METRICS[metric["MetricName"]].dimensions == names
    asked = {
        dimension["Value"]
        for one in cloudwatch.asked
        for dimension in one["MetricStat"]["Metric"]["Dimensions"]
    }
    assert asked >= UNITS
    # A blocked prompt is counted by the stage that blocked it; nothing refuses yet.
    assert ENDS - asked == {"BLOCKED_PROMPT", "REFUSED"}


def test_a_stack_that_did_nothing() -> None:
    sheet = last_days(stack(CloudWatch({}), "custom"), "ml.g5.xlarge", shipped())
    assert all("fixed" in row[0] or row[1] == "0.0000" for row in sheet.rows[:-1])
    assert "0 pictures painted. Models'" in sheet.says
