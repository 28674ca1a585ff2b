"""Metrics: each value is one line of CloudWatch's embedded metric format on standard output.

CloudWatch Logs makes a metric of a line that is nothing but such a JSON object (CloudWatch User
Guide, Specification: Embedded metric format), so that no function waits for a call or may make one.
With its JSON log format Lambda takes a printed line without a level for INFO, and may add that and
a timestamp (Lambda Developer Guide, Log-level filtering): members that the metric format allows. A
function's log level above INFO would swallow its metrics.
"""

import json
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """What every line of a metric has. Dimensions take values of small, closed sets only."""

    unit: str
    meaning: str
    dimensions: tuple[str, ...] = ()


# All there is. CloudWatch adds nothing up over dimensions: who reads a metric gives all of them.
METRICS = {
    "Outcomes": Metric("Count", "requests that ended, by how", ("Status",)),
    "BlockRate": Metric(
        "Percent", "0 for each request delivered, 100 for each blocked: the average is the rate"
    ),
    "Blocked": Metric("Count", "requests blocked, by the stage that did", ("Stage",)),
    "BlockedCategories": Metric(
        "Count", "requests blocked, once for each of the policy's categories", ("Category",)
    ),
    "BlockedLabels": Metric("Count", "requests blocked, once for each label", ("Label",)),
    "Failures": Metric(
        "Count", "requests that failed or expired, by stage and error", ("Stage", "Rule")
    ),
    "Attempts": Metric("Count", "generations that were judged"),
    "Regenerations": Metric("Count", "attempts after a request's first"),
    "Usage": Metric("Count", "what was paid for, in units of the price lists", ("Unit",)),
    "RequestDuration": Metric("Milliseconds", "a request's time in all its stages but in review"),
    "StageDuration": Metric(
        "Milliseconds", "a request's time in a stage, retries and waiting included", ("Stage",)
    ),
    "Classifications": Metric(
        "Count", "prompts that a text classifier judged", ("Backend", "Verdict")
    ),
    "UnknownLabel": Metric("Count", "attempts refused for a label that the policy does not know"),
    "UnknownModelVersion": Metric("Count", "attempts judged by a model the policy does not know"),
    "UnusablePolicy": Metric("Count", "looks at a published policy that was broken or gone"),
    "Notices": Metric("Count", "the endpoint's notices, by what came of them", ("Outcome",)),
    "Closings": Metric(
        "Count",
        "executions that failed, timed out or were stopped, by what was left to do",
        ("Done",),
    ),
    "Swept": Metric("Count", "what each sweep did for requests and inferences", ("Done",)),
    "UnfinishedRequests": Metric("Count", "open or not yet announced, at each sweep"),
    "OldestRequestSeconds": Metric(
        "Seconds", "age of the oldest open request that is not in review; 0 without any"
    ),
    "UnstartedRequests": Metric(
        "Count", "requests, batches and data sets whose execution could not be started"
    ),
    "JobsEnded": Metric("Count", "jobs that ended, by how", ("Kind", "Status")),
    "ReviewsOpened": Metric("Count", "requests laid before a person", ("About",)),
    "ReviewDecisions": Metric("Count", "reviews that people decided, by how", ("Decision",)),
    "OpenReviews": Metric("Count", "reviews that wait for a decision, at each sweep"),
    "OldestReviewPercent": Metric(
        "Percent", "share of its time that the oldest open review has waited; 0 without any"
    ),
    "Checks": Metric("Count", "prompts and pictures judged alone by the API", ("Verdict",)),
    "ApiRefusals": Metric("Count", "calls of the API that were refused, by why", ("Code",)),
    "RowsRefused": Metric("Count", "rows of batches that were no requests"),
    "DatasetImages": Metric("Count", "images of data sets, by what was found", ("Verdict",)),
    "Followed": Metric("Count", "what each look at the open jobs did", ("Done",)),
    "OpenJobs": Metric("Count", "jobs open or not yet announced, at each look"),
    "StalledJobs": Metric("Count", "of those, jobs without progress for half an hour"),
    "BatchConcurrency": Metric("Count", "rows of batches that may be under way, at each look"),
    "EndpointInstances": Metric("Count", "instances in service, at each look at the endpoint"),
    "EndpointBacklog": Metric("Count", "inferences that the endpoint owes, at each look"),
    "BacklogWithoutCapacitySeconds": Metric(
        "Seconds", "for how long something has waited without any instance"
    ),
}


@dataclass(frozen=True)
class Metrics:
    """Writes values into one namespace."""

    namespace: str

    def count(self, name: str, value: int = 1, **dimensions: str) -> None:
        """Adds to a metric that counts. Raises as `put` does."""
        self.put(name, value, **dimensions)

    def put(self, name: str, value: float, **dimensions: str) -> None:
        """Writes one value in the metric's unit.

        Raises KeyError for a metric that is not declared, and ValueError for other dimensions than
        it declares.
        """
        metric = METRICS[name]
        if dimensions.keys() != set(metric.dimensions):
            raise ValueError(f"{name} has the dimensions {metric.dimensions}")
        told = {
            "Namespace": self.namespace,
            "Dimensions": [list(metric.dimensions)],
            "Metrics": [{"Name": name, "Unit": metric.unit}],
        }
        line = {
            "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [told]},
            **dimensions,
            name: value,
        }
        sys.stdout.write(json.dumps(line) + "\n")
