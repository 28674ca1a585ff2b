"""What a workload costs in a month, by service, at the prices of a file."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from local.cost import designs, usage
from local.cost.endpoint_hours import DAYS_A_MONTH, Hours, hours
from local.cost.paths import delivered, shares
from local.cost.prices import HOURS_A_MONTH, Prices, Spent
from local.cost.workflow import facts
from local.cost.workload import LOG_LEVELS, Workload

_GB = 1e9
_MINUTES_A_MONTH = HOURS_A_MONTH * 60
SECONDS_A_MONTH = HOURS_A_MONTH * 3600
# The price of what is called, by its name in usage.
PRICE_OF = {
    usage.WRITES: "dynamodb.write-unit",
    usage.READS: "dynamodb.read-unit",
    usage.PUTS: "s3.write",
    usage.GETS: "s3.read",
    usage.EVENTS: "eventbridge.event",
    usage.ARRIVALS: "eventbridge.s3-event",
    usage.NOTICES: "sns.publish",
    usage.MESSAGES: "sqs.request",
    usage.IMAGES: "rekognition.image",
    usage.TEXTS: "rekognition.image",
    usage.CALLS: "api-gateway.rest-call",
}
_UNITS = {usage.WRITES: usage.UNITS_A_WRITE, usage.READS: usage.UNITS_A_READ}
PAINTING, IDLE = "SageMaker, painting", "SageMaker, starting and idle"
LANGUAGE = "Comprehend, language"
# One unit answers so many characters, and at most two prompts, a second.
UNIT_CHARS, UNIT_PROMPTS = 100, 2
# What `safelight classifier deploy` has Application Auto Scaling keep.
UNIT_UTILISATION = 0.7
# The reply of the endpoint holds each picture in base64, its preview beside it.
_REPLY_SHARE = 4 / 3
BACKEND_ROWS = {
    "toxicity": "Comprehend, toxicity",
    "custom": "Comprehend, custom endpoint",
    "guardrail": "Bedrock Guardrails",
}


@dataclass(frozen=True)
class Row:
    """One service. What is `fixed` is paid in a month without a request, too."""

    label: str
    spent: Spent
    fixed: bool


@dataclass(frozen=True)
class Estimate:
    """One workload's month, USD. `images` are asked for, `delivered` goes out."""

    workload: Workload
    rows: tuple[Row, ...]
    images: float
    delivered: float
    hours: Hours
    transitions: float

    @property
    def month(self) -> Spent:
        return sum((row.spent for row in self.rows), Spent())

    @property
    def per_thousand(self) -> float:
        """USD for 1,000 pictures asked for."""
        return self.of_thousand(self.month)

    def of_thousand(self, spent: Spent) -> float:
        """What is spent in the month, for 1,000 pictures."""
        return 1000 * spent.usd / self.images

    def usd(self, label: str) -> float:
        """Of one row, for 1,000 pictures; 0 without it."""
        return sum(self.of_thousand(row.spent) for row in self.rows if row.label == label)


Pay = Callable[..., None]


class Bill:
    """What is paid for, in units of the prices."""

    def __init__(self) -> None:
        self._quantities: dict[tuple[str, bool, str], float] = {}

    def pay(self, label: str, key: str, quantity: float, fixed: bool = False) -> None:
        """So many units of a price more, in the row of that label."""
        if quantity:
            place = label, fixed, key
            self._quantities[place] = self._quantities.get(place, 0) + quantity

    def rows(self, prices: Prices) -> tuple[Row, ...]:
        """The dearest first, and what is fixed last."""
        found: dict[tuple[str, bool], Spent] = {}
        for (label, fixed, key), quantity in self._quantities.items():
            spent = found.get((label, fixed), Spent())
            found[label, fixed] = spent + prices[key].of(quantity)
        rows = [Row(label, spent, fixed) for (label, fixed), spent in found.items()]
        return tuple(sorted(rows, key=lambda row: (row.fixed, -row.spent.usd)))


def estimate(workload: Workload, prices: Prices) -> Estimate:
    """The month. Raises PriceError for an instance type without a price."""
    instance = prices.instance(workload.instance_type)
    month = workload.requests_per_day * DAYS_A_MONTH
    average = _average(workload)
    bill = Bill()
    pay = bill.pay
    logged = pay_requests(bill, average, month, workload.log_level, prices)
    _pay_classifier(pay, workload, average.classified * month)
    running = hours(workload, average.painted * workload.requests_per_day)
    waited = designs.waiting(workload, 3600 * running.waited)
    logged += pay_requests(bill, waited, 1, workload.log_level, prices)
    pay(PAINTING, instance.key, running.painting)
    pay(IDLE, instance.key, running.idle, workload.always_on)
    _pay_storage(pay, workload, average, month, logged)
    pay_standing(bill, workload)
    return Estimate(
        workload,
        bill.rows(prices),
        workload.images_per_day * DAYS_A_MONTH,
        workload.images_per_day * DAYS_A_MONTH * delivered(workload),
        running,
        average.workflow.get(designs.TRANSITION, 0.0),
    )


@dataclass(frozen=True)
class Average(designs.Taken):
    """What one request takes, over all the ways that it may go."""

    classified: float
    painted: float
    published: float


@functools.lru_cache(maxsize=4096)
def _average_of(workload: Workload) -> Average:
    counts: usage.Counts = {}
    workflow: usage.Counts = {}
    gb_seconds = classified = painted = published = 0.0
    for path, share in shares(workload):
        taken = designs.taken(path, workload)
        usage.add(counts, taken.counts, share)
        usage.add(workflow, taken.workflow, share)
        gb_seconds += taken.gb_seconds * share
        classified += path.states.count("ClassifyPrompt") * share
        painted += path.attempts * workload.images_per_request * share
        published += path.states.count("PublishImages") * workload.images_per_request * share
    return Average(counts, workflow, gb_seconds, classified, painted, published)


def _average(workload: Workload) -> Average:
    """A request's does not depend on how many there are."""
    return _average_of(replace(workload, images_per_day=1000))


def pay_requests(
    bill: Bill, taken: designs.Taken, requests: float, log_level: str, prices: Prices
) -> float:
    """What so many requests take that take this each, models apart; returns GB of log."""
    for key, quantity in taken.workflow.items():
        bill.pay("Step Functions", key, quantity * requests)
    counts, invoked = taken.counts, usage.invocations(taken.counts)
    bill.pay("Lambda", "lambda.request", invoked * requests)
    seconds = taken.gb_seconds * requests
    bill.pay("Lambda", f"lambda.gb-second.{facts().architecture}", seconds)
    for name, key in PRICE_OF.items():
        quantity = counts.get(name, 0) * _UNITS.get(name, 1) * requests
        bill.pay(prices[key].service, key, quantity)
    logged = usage.log_bytes(counts, log_level) * requests / _GB
    bill.pay("CloudWatch", "cloudwatch.log-gb", logged)
    return logged


def _pay_classifier(pay: Pay, workload: Workload, prompts: float) -> None:
    chars, label = workload.prompt_chars, BACKEND_ROWS[workload.backend]
    if workload.detect_language:
        pay(LANGUAGE, "comprehend.unit", prompts * usage.comprehend_units(chars))
    if workload.backend == "toxicity":
        pay(label, "comprehend.toxicity-unit", prompts * usage.toxicity_units(chars))
    elif workload.backend == "guardrail":
        pay(label, "guardrails.content-unit", prompts * math.ceil(chars / 1000))
    else:
        more = custom_units(workload, prompts) - 1
        pay(label, "comprehend.inference-unit-second", SECONDS_A_MONTH, True)
        pay(label, "comprehend.inference-unit-second", more * SECONDS_A_MONTH)
        pay(label, "comprehend.model-month", 1, True)


def custom_units(workload: Workload, prompts: float) -> float:
    """Inference units of a custom endpoint, month's mean: whole ones, one while nobody asks."""
    active = workload.active_hours / 24
    asked = prompts * unit_seconds(workload.prompt_chars) / (SECONDS_A_MONTH * active)
    return 1 - active + active * max(1, math.ceil(asked))


def unit_seconds(chars: int) -> float:
    """Seconds of an inference unit that are paid for a prompt, at the use that is kept."""
    return max(chars / UNIT_CHARS, 1 / UNIT_PROMPTS) / UNIT_UTILISATION


def _pay_storage(
    pay: Pay, workload: Workload, average: Average, month: float, logged: float
) -> None:
    """What lies there once everything is deleted as fast as it comes."""
    kept, a_day = facts(), month / DAYS_A_MONTH
    picture = workload.picture_kb * 1000 / _GB
    work = average.painted * a_day * kept.work_retention_days * picture * (1 + _REPLY_SHARE)
    images = average.published * a_day * workload.keep_images_days * picture
    pay("S3", "s3.gb-month", work + images)
    records = a_day * kept.retention_days * usage.RECORD_BYTES / _GB
    # A record lies in the index by requester once more.
    pay("DynamoDB", "dynamodb.gb-month", 2 * records)
    pay("DynamoDB", "dynamodb.backup-gb-month", records)
    pay("CloudWatch", "cloudwatch.log-gb-month", logged / DAYS_A_MONTH * kept.log_retention_days)


def pay_standing(bill: Bill, workload: Workload) -> None:
    """What an idle stack costs, and the metrics of a busy one by the hours that have values."""
    kept, pay = facts(), bill.pay
    pay("CloudWatch, standing", "cloudwatch.alarm-month", kept.alarm_metrics, True)
    pay("CloudWatch, standing", "cloudwatch.dashboard-month", kept.dashboards, True)
    if workload.log_level == LOG_LEVELS[0]:
        busy = -math.expm1(-workload.requests_per_day / 24)
        pay("CloudWatch, standing", "cloudwatch.metric-month", usage.IDLE_METRICS, True)
        more = (usage.BUSY_METRICS - usage.IDLE_METRICS) * busy
        pay("CloudWatch", "cloudwatch.metric-month", more)
    polls = usage.POLLS_A_MINUTE * _MINUTES_A_MONTH * kept.polled_queues
    pay("schedules and polling", "sqs.request", polls, True)
    for name, (reads, writes, logged) in usage.SCHEDULED.items():
        runs = _MINUTES_A_MONTH / kept.minutes_between[name]
        seconds = usage.SECONDS[name] * kept.memory[name]
        for key, each in (
            ("lambda.request", 1.0),
            (f"lambda.gb-second.{kept.architecture}", seconds),
            ("dynamodb.read-unit", reads),
            ("dynamodb.write-unit", writes),
            ("cloudwatch.log-gb", logged / _GB),
        ):
            pay("schedules and polling", key, runs * each, True)
    pay("KMS", "kms.request", usage.KMS_CALLS_A_MINUTE * _MINUTES_A_MONTH, True)
    if workload.own_key:
        pay("KMS", "kms.key-month", 1, True)
