"""Very large batches on paper: cost, time and quotas, as docs/batches.md has them.

Nothing here was measured on AWS. Prices are local/cost/prices.json's. Confidence: H is AWS's own
documentation or API model, M several sources that agree, L one source or an inference.
`python -m bench.batch.paper` prints the tables of the document; --help says what can be varied.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench.spent import PRICED, price
from local.cost.prices import shipped

DAY, HOUR = 86_400, 3600
# Beside its picture a row is on its way for so long: an assumption.
OVERHEAD_SECONDS = 6.0
# As in the template.
MOST_AT_ONCE = 1000
# ml.g5.2xlarge: the smallest of JumpStart's list for Stable Diffusion 2.1 on a current GPU.
INSTANCE = "ml.g5.2xlarge"
INSTANCE_HOUR = shipped().instance(INSTANCE).usd
GPU = "GPU instances"
INSTANCES = (1, 10, 50, 100, 200, 400)


@dataclass(frozen=True)
class Row:
    """What an accepted row with one picture takes. Calls are as `make bench-batch` counts them.

    A child of the map is a transition to start and four states; GenerateSafeImage enters 16.
    Lambda: nine invocations of half a second at 512 MB, an assumption. DynamoDB: seven writes, with
    their indexes and of up to 3 KB. `seconds` is how long the model takes for a picture: an
    assumption, too, and the first to be measured.
    """

    transitions: int = 1 + 4 + 16
    invocations: int = 9
    gigabyte_seconds: float = 9 * 0.5 * 0.5
    comprehend_units: int = 3
    language_units: int = 3
    images: int = 1
    writes: int = 20
    reads: int = 1
    puts: int = 5
    gets: int = 3
    events: int = 1
    notices: int = 1
    log_bytes: int = 10_000
    seconds: float = 4.0


@dataclass(frozen=True)
class Limit:
    """A quota, and how many rows a second it lets through."""

    name: str
    quota: str
    rows: float
    raised: str
    source: str


def costs(row: Row, rows: int) -> dict[str, float]:
    """USD for so many rows, by service."""
    language = shipped()["comprehend.unit"].usd
    each = {
        "SageMaker": row.seconds * INSTANCE_HOUR / HOUR,
        "Step Functions": row.transitions * price("state transitions"),
        "Comprehend, toxicity": row.comprehend_units * price("Comprehend units"),
        "Comprehend, language": row.language_units * language,
        "Lambda": row.invocations * price("Lambda requests")
        + row.gigabyte_seconds * price("Lambda GB-seconds"),
        "S3 requests": row.puts * price("S3 writes") + row.gets * price("S3 reads"),
        "DynamoDB": row.writes * price("DynamoDB writes") + row.reads * price("DynamoDB reads"),
        "CloudWatch Logs": row.log_bytes / 1e9 * shipped()["cloudwatch.log-gb"].usd,
        "EventBridge, SNS": row.events * price("EventBridge events")
        + row.notices * price("SNS notices"),
    }
    spent = {name: usd * rows for name, usd in each.items()}
    spent["Rekognition"] = rekognition(rows * row.images)
    return dict(sorted(spent.items(), key=lambda one: -one[1]))


def blocked() -> Row:
    """A row that the keywords block: no model is asked; a request enters nine states then."""
    return Row(1 + 4 + 9, 3, 3 * 0.25, 0, 0, 0, 10, 3, 1, 1, 1, 0, 5000, 0.0)


def rekognition(images: int) -> float:
    """USD for so many images in one month."""
    return shipped()["rekognition.image"].of(images).usd


def limits(row: Row) -> list[Limit]:
    """Every quota that a row meets at the defaults of us-east-1, the tightest first."""
    busy = row.gigabyte_seconds / 0.5
    on_its_way = OVERHEAD_SECONDS + 2 * row.seconds
    found = [
        Limit(GPU, "of the account, by type; often 0", 1 / row.seconds, "yes",
              "Service Quotas, L"),
        Limit("Comprehend DetectToxicContent", "25 a second", 25.0, "yes", "general reference, H"),
        Limit("Rekognition DetectModerationLabels", "50 a second (5 in most regions)",
              50 / row.images, "yes", "general reference, H"),
        Limit("BatchConcurrency, the stack's own", "20, at most 1,000", MOST_AT_ONCE / on_its_way,
              "up to these", "template.yaml"),
        Limit("map's children, Standard", "100 starts a second", 100.0, "not told",
              "state-map-distributed, H"),
        Limit("DynamoDB, a new table on demand", "4,000 writes a second, doubling",
              4000 / row.writes, "warm throughput", "on-demand-capacity-mode, H"),
        Limit("Lambda", "1,000 at once", 1000 / busy, "yes", "scaling-behavior, H"),
        Limit("Step Functions StateTransition", "5,000 a second", 5000 / row.transitions, "yes",
              "service-quotas, H"),
        Limit("Step Functions StartExecution", "300 a second, 1,300 at first", 300.0, "yes",
              "service-quotas, H"),
        Limit("S3, one prefix", "3,500 writes a second", 3500 / row.puts, "splits by itself",
              "optimizing-performance, H"),
        Limit("the job's counters, one item", "1,000 writes a second", 1000.0, "no",
              "DynamoDB partitions, M"),
        Limit("EventBridge PutEvents", "10,000 a second", 10_000 / row.events, "yes",
              "eb-quota, H"),
    ]  # fmt: skip
    return sorted(found, key=lambda limit: limit.rows)


def rows_per_second(row: Row, instances: int, raised: Iterable[str] = ()) -> tuple[float, str]:
    """(how many, what bounds it) with so many instances; quotas named in `raised` do not bind."""
    gpu, *rest = sorted(limits(row), key=lambda limit: limit.name != GPU)
    bounds = [replace(gpu, rows=gpu.rows * instances)]
    bounds += [limit for limit in rest if limit.name not in set(raised)]
    tightest = min(bounds, key=lambda limit: limit.rows)
    return tightest.rows, tightest.name


def under_way(row: Row, instances: int) -> int:
    """Rows that must be under way to keep the instances busy, by Little's law.

    At each instance one more picture waits while one is painted.
    """
    return round(instances / row.seconds * (OVERHEAD_SECONDS + 2 * row.seconds))


def prepare_events(rows: int, rows_per_call: int, events_per_call: int = 12) -> int:
    """Events in RunBatch's own history: calls of PrepareBatch and SummarizeBatch, and the rest."""
    calls = -(-rows // rows_per_call)
    return 2 * calls * events_per_call + 40


def document(rows: int, row: Row, instances: Sequence[int]) -> str:
    """The tables as Markdown."""
    return "\n".join(
        [
            *_cost_table(rows, row),
            "",
            *_time_table(rows, row, instances),
            "",
            *_limit_table(row),
        ]
    )


def _cost_table(rows: int, row: Row) -> Iterator[str]:
    spent = costs(row, rows)
    yield f"| list prices of {PRICED}, USD | a row | {rows:,} rows | share |"
    yield "| --- | ---: | ---: | ---: |"
    total = sum(spent.values())
    for name, usd in spent.items():
        yield f"| {name} | {usd / rows:.6f} | {usd:,.0f} | {100 * usd / total:.0f} % |"
    yield f"| **in all** | **{total / rows:.6f}** | **{total:,.0f}** | |"
    least = sum(costs(blocked(), rows).values())
    yield f"| a row that the keywords block | {least / rows:.6f} | | |"


def _time_table(rows: int, row: Row, instances: Sequence[int]) -> Iterator[str]:
    raised = {limit.name for limit in limits(row) if limit.raised in ("yes", "warm throughput")}
    raised -= {GPU}
    yield (
        f"| {INSTANCE}, {row.seconds:g} s a picture | rows under way | "
        "days at default quotas, bound by | days, quotas raised, bound by | USD an hour |"
    )
    yield "| ---: | ---: | --- | --- | ---: |"
    for count in instances:
        plain, raised_to = rows_per_second(row, count), rows_per_second(row, count, raised)
        yield (
            f"| {count:,} | {under_way(row, count):,} | {_days(rows, *plain)} | "
            f"{_days(rows, *raised_to)} | {count * INSTANCE_HOUR:,.0f} |"
        )


def _days(rows: int, each_second: float, bound: str) -> str:
    return f"{rows / each_second / DAY:,.1f}, {bound}"


def _limit_table(row: Row) -> Iterator[str]:
    yield "| quota, us-east-1 | by default | rows a second | can be raised | source |"
    yield "| --- | --- | ---: | --- | --- |"
    for one in limits(row):
        yield f"| {one.name} | {one.quota} | {_figures(one.rows)} | {one.raised} | {one.source} |"


def _figures(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def main() -> None:
    arguments = _parser().parse_args()
    row = replace(Row(), seconds=arguments.seconds)
    print(document(arguments.rows, row, arguments.instances))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.batch.paper", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--rows", type=int, default=10_000_000, metavar="N", help="(10,000,000)")
    parser.add_argument("--seconds", type=float, default=4.0, metavar="S", help="a picture (4)")
    parser.add_argument("--instances", type=int, nargs="+", default=INSTANCES, metavar="N")
    return parser


if __name__ == "__main__":
    main()
