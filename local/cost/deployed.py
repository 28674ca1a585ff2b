"""What a deployed stack's last thirty days have cost, as far as its own metrics tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from local.cost import designs, usage
from local.cost.estimate import PAINTING, Bill, Row, pay_requests, pay_standing
from local.cost.paths import ACCEPTED, CLASSIFIER, IMAGE, INVALID, KEYWORD, Path
from local.cost.prices import Prices, Spent
from local.cost.report import Sheet, figure, share
from local.cost.workload import Workload
from local.deployed_stack import DeployedStack

DAYS = 30
_PERIOD = DAYS * 86_400
# (metric, dimension, value): the path that such requests took. Failures ended somewhere on it.
_ENDS: dict[tuple[str, str, str], Path] = {
    ("Outcomes", "Status", "COMPLETED"): Path(ACCEPTED, 1),
    ("Outcomes", "Status", "BLOCKED_IMAGE"): Path(IMAGE, 1),
    ("Outcomes", "Status", "MODEL_FILTERED"): Path(ACCEPTED, 1),
    ("Outcomes", "Status", "FAILED"): Path(ACCEPTED, 1),
    ("Outcomes", "Status", "EXPIRED"): Path(ACCEPTED, 1),
    ("Outcomes", "Status", "INVALID"): Path(INVALID),
    ("Blocked", "Stage", "FilterKeywords"): Path(KEYWORD),
    ("Blocked", "Stage", "ClassifyPrompt"): Path(CLASSIFIER),
}
_UNITS = {
    "rekognition_images": ("Rekognition", "rekognition.image"),
    "rekognition_text_images": ("Rekognition", "rekognition.image"),
    "comprehend_units": ("Comprehend", "comprehend.unit"),
    "guardrail_content_units": ("Bedrock Guardrails", "guardrails.content-unit"),
    "guardrail_topic_units": ("Bedrock Guardrails", "guardrails.topic-unit"),
    "guardrail_sensitive_information_units": (
        "Bedrock Guardrails",
        "guardrails.sensitive-information-unit",
    ),
}
_PAINTED = "generated_images"
Key = tuple[str, str, str]


def last_days(stack: DeployedStack, instance_type: str, prices: Prices) -> Sheet:
    """The bill by service. Raises PriceError, and botocore's errors."""
    instance = prices.instance(instance_type)
    found = _metrics(stack)
    bill = Bill()
    one = Workload(retries=0)
    for key, path in _ENDS.items():
        _pay(bill, designs.taken(path, one), found[key], prices)
    again = _difference(Path(ACCEPTED, 2), Path(ACCEPTED, 1), one)
    _pay(bill, again, found["Regenerations", "", ""], prices)
    toxicity = stack.parameters().get("ClassifierBackend") == "toxicity"
    for unit, (label, price) in _UNITS.items():
        # Language detection and toxicity are one figure; the less certain price marks it.
        unsure = toxicity and price == "comprehend.unit"
        paid = "comprehend.toxicity-unit" if unsure else price
        bill.pay(label, paid, found["Usage", "Unit", unit])
    hours = found["EndpointInstances", "", ""] * DAYS * 24
    bill.pay(PAINTING.partition(",")[0], instance.key, hours)
    requests = sum(found[key] for key in _ENDS)
    # No workload has none at all.
    pay_standing(bill, Workload(images_per_day=max(requests / DAYS, 1e-9)))
    return _sheet(stack.name, bill.rows(prices), found, hours, instance_type)


def _pay(bill: Bill, taken: designs.Taken, requests: float, prices: Prices) -> None:
    """Models apart: the stack's own metric has counted them."""
    counts = {name: n for name, n in taken.counts.items() if name != usage.IMAGES}
    without = designs.Taken(counts, taken.workflow, taken.gb_seconds)
    pay_requests(bill, without, requests, "INFO", prices)


def _difference(more: Path, less: Path, workload: Workload) -> designs.Taken:
    """What one attempt adds."""
    both = [designs.taken(path, workload) for path in (more, less)]
    counts, workflow = dict(both[0].counts), dict(both[0].workflow)
    usage.add(counts, both[1].counts, -1)
    usage.add(workflow, both[1].workflow, -1)
    return designs.Taken(counts, workflow, both[0].gb_seconds - both[1].gb_seconds)


def _metrics(stack: DeployedStack) -> dict[Key, float]:
    """Sums of the days; of the instances, the mean of the looks at them."""
    wanted = [*_ENDS, ("Regenerations", "", ""), ("EndpointInstances", "", "")]
    wanted += [("Usage", "Unit", unit) for unit in (*_UNITS, _PAINTED)]
    queries = [_query(stack.name, f"m{place}", *key) for place, key in enumerate(wanted)]
    now = datetime.now(UTC)
    client = stack.client("cloudwatch")
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=now - timedelta(days=DAYS), EndTime=now
    )
    values: dict[str, list[float]] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            values.setdefault(result["Id"], []).extend(result["Values"])
    found = {}
    for place, key in enumerate(wanted):
        # The days may lie in two of CloudWatch's periods.
        each = values.get(f"m{place}", [])
        parts = max(1, len(each)) if key[0] == "EndpointInstances" else 1
        found[key] = sum(each) / parts
    return found


def _query(stack: str, name: str, metric: str, dimension: str, value: str) -> dict[str, Any]:
    dimensions = [{"Name": dimension, "Value": value}] if dimension else []
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": f"Safelight/{stack}",
                "MetricName": metric,
                "Dimensions": dimensions,
            },
            "Period": _PERIOD,
            "Stat": "Average" if metric == "EndpointInstances" else "Sum",
        },
    }


def _sheet(
    name: str, rows: tuple[Row, ...], found: dict[Key, float], hours: float, instance_type: str
) -> Sheet:
    total = sum((row.spent for row in rows), Spent())
    painted = found["Usage", "Unit", _PAINTED]
    requests = sum(found[key] for key in _ENDS)
    each = f", {1000 * total.usd / painted:,.2f} USD per 1,000" if painted else ""
    lines = [
        (
            f"{row.label}{', fixed' if row.fixed else ''}",
            figure(row.spent.usd, row.spent.verified),
            share(row.spent, total),
        )
        for row in rows
    ]
    lines.append(("in all", figure(total.usd, total.verified), share(total, total)))
    return Sheet(
        f"Stack {name}, the last {DAYS} days, USD at list prices",
        ("", "USD", "share"),
        tuple(lines),
        f"{requests:,.0f} requests, {painted:,.0f} pictures painted{each}. Models' units and "
        f"{hours:,.0f} instance hours ({instance_type} is assumed) are the stack's metrics; the "
        "rest is computed from how requests ended. A custom classifier's endpoint, storage, the "
        "API, reviews, batches and data sets are not in it.",
    )
