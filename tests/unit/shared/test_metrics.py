"""Metric lines: the embedded metric format, and nothing that was not declared."""

import json
import time

import pytest

from shared.metrics import METRICS, Metrics

# The units of CloudWatch's API (MetricDatum) that anything here is measured in.
UNITS = {"Count", "Milliseconds", "Percent", "Seconds"}


def test_a_line_is_one_object_of_the_embedded_metric_format(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = int(time.time() * 1000)
    Metrics("Safelight/example").count("Outcomes", Status="COMPLETED")
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert before <= told["_aws"].pop("Timestamp") <= time.time() * 1000
    assert told == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "Safelight/example",
                    "Dimensions": [["Status"]],
                    "Metrics": [{"Name": "Outcomes", "Unit": "Count"}],
                }
            ]
        },
        "Status": "COMPLETED",
        "Outcomes": 1,
    }


def test_a_metric_without_dimensions_has_one_empty_set(capsys: pytest.CaptureFixture[str]) -> None:
    Metrics("Safelight/example").put("OldestRequestSeconds", 12.5)
    told = json.loads(capsys.readouterr().out)
    assert told["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
    assert told["OldestRequestSeconds"] == 12.5


def test_what_is_not_declared_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics("Safelight/example")
    with pytest.raises(KeyError):
        metrics.count("Surprises")
    with pytest.raises(ValueError, match="Status"):
        metrics.count("Outcomes")
    with pytest.raises(ValueError, match="dimensions"):
        metrics.count("Attempts", RequestId="r-1")
    assert not capsys.readouterr().out


def test_declarations_fit_cloudwatch() -> None:
    for name, metric in METRICS.items():
        assert metric.unit in UNITS
        assert metric.meaning
        assert name not in metric.dimensions
        assert len(metric.dimensions) <= 30
