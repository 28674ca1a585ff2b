"""Very large batches on paper: cost, time and quotas, as docs/batches.md has them.

Nothing here was measured on AWS. Prices are local/cost/prices.json's. Confidence: H is AWS's own
documentation or API model, M several sources that agree, L one source or an inference.
`python -m bench.batch.paper` prints the tables of the document; --help says what can be varied,
and --write puts those of its assumptions into the document.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench.spent import PRICED, price
from local.cost import usage
from local.cost.paths import ACCEPTED, KEYWORD, Path
from local.cost.prices import shipped
from local.cost.workflow import ROOT
from local.cost.workload import Workload

DAY, HOUR = 86_400, 3600
# Beside its picture a row is on its way for so long: an assumption.
OVERHEAD_SECONDS = 6.0
# As in the template.
MOST_AT_ONCE = 1000
# ml.g5.2xlarge: the smallest of JumpStart's list for Stable Diffusion 2.1 on a current GPU.
INSTANCE = "ml.g5.2xlarge"
INSTANCE_HOUR = shipped().instance(INSTANCE).usd
GPU = "GPU instances"
ROWS = 10_000_000
INSTANCES = (1, 10, 50, 100, 200, 400)
DOCUMENT = ROOT / "docs" / "batches.md"
# A child of RunBatch's map: its start, and the states that it enters.
_CHILD = 1 + 4


def _transitions(path: Path) -> int:
    return _CHILD + len(path.states)


def _calls(path: Path) -> usage.Counts:
    return usage.calls(path, Workload())


_ACCEPTED = _calls(Path(ACCEPTED, 1))


@dataclass(frozen=True)
class Row:
    """What an accepted row with one picture takes. Calls are as `make bench-batch` counts them.

    Transitions and invocations are those of the state machine's own path; how long each function
    runs, and how many units a DynamoDB write takes, is assumed in local/cost/usage.py. `seconds` is
    how long the model takes for a picture: an assumption, too, and the first to be measured.
    """

    transitions: int = _transitions(Path(ACCEPTED, 1))
    invocations: int = round(usage.invocations(_ACCEPTED))
    lambda_seconds: float = usage.lambda_seconds(_ACCEPTED)
    gigabyte_seconds: float = usage.gigabyte_seconds(_ACCEPTED)
    comprehend_units: int = 3
    language_units: int = 3
    images: int = 1
    writes: int = round(_ACCEPTED[usage.WRITES] * usage.UNITS_A_WRITE)
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
    each = {
        "SageMaker": row.seconds * INSTANCE_HOUR / HOUR,
        "Step Functions": row.transitions * price("state transitions"),
        "Lambda": row.invocations * price("Lambda requests")
        + row.gigabyte_seconds * price("Lambda GB-seconds"),
        "S3 requests": row.puts * price("S3 writes") + row.gets * price("S3 reads"),
        "DynamoDB": row.writes * price("DynamoDB writes") + row.reads * price("DynamoDB reads"),
        "CloudWatch Logs": row.log_bytes / 1e9 * shipped()["cloudwatch.log-gb"].usd,
        "EventBridge, SNS": row.events * price("EventBridge events")
        + row.notices * price("SNS notices"),
    }
    spent = {name: usd * rows for name, usd in each.items()}
    for name, key, units in (
        ("Comprehend, toxicity", "comprehend.toxicity-unit", row.comprehend_units),
        ("Comprehend, language", "comprehend.unit", row.language_units),
        ("Rekognition", "rekognition.image", row.images),
    ):
        spent[name] = shipped()[key].of(rows * units).usd
    return dict(sorted(spent.items(), key=lambda one: -one[1]))


def blocked() -> Row:
    """A row that the keywords block: no model is asked."""
    path = Path(KEYWORD)
    calls = _calls(path)
    lambdas = (
        round(usage.invocations(calls)),
        usage.lambda_seconds(calls),
        usage.gigabyte_seconds(calls),
    )
    writes = round(calls[usage.WRITES] * usage.UNITS_A_WRITE)
    return Row(_transitions(path), *lambdas, 0, 0, 0, writes, 3, 1, 1, 1, 0, 5000, 0.0)


def limits(row: Row) -> list[Limit]:
    """Every quota that a row meets at the defaults of us-east-1, the tightest first."""
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
        Limit("Lambda", "1,000 at once", 1000 / row.lambda_seconds, "yes", "scaling-behavior, H"),
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


def tables(rows: int, row: Row, instances: Sequence[int]) -> list[str]:
    """As Markdown: what it costs, how long it takes, what bounds it."""
    found = _cost_table(rows, row), _time_table(rows, row, instances), _limit_table(row)
    return ["\n".join(lines) for lines in found]


def replaced(text: str) -> str:
    """The document with today's tables in the place of those that it has."""
    before, heading, rest = text.partition("\n## Ten million rows on paper\n")
    section, end, after = rest.partition("\n## ")
    today = iter(tables(ROWS, Row(), INSTANCES))
    section = re.sub(r"(?:^\|.*\n)+", lambda _: next(today) + "\n", section, flags=re.MULTILINE)
    return before + heading + section + end + after


def _cost_table(rows: int, row: Row) -> Iterator[str]:
    spent = costs(row, rows)
    yield f"| list prices of {PRICED}, USD | a row | {rows:,} rows | share |"
    yield "| --- | ---: | ---: | ---: |"
    total = sum(spent.values())
    counted = {
        "Step Functions": f", {row.transitions} transitions",
        "Lambda": f", {row.invocations} calls",
    }
    for name, usd in spent.items():
        figures = f"{usd / rows:.6f} | {usd:,.0f} | {100 * usd / total:.0f} %"
        yield f"| {name}{counted.get(name, '')} | {figures} |"
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
    if arguments.write:
        DOCUMENT.write_text(replaced(DOCUMENT.read_text("utf-8")), "utf-8")
        return
    row = replace(Row(), seconds=arguments.seconds)
    print(*tables(arguments.rows, row, arguments.instances), sep="\n\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.batch.paper", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--rows", type=int, default=ROWS, metavar="N", help="(10,000,000)")
    parser.add_argument("--seconds", type=float, default=4.0, metavar="S", help="a picture (4)")
    parser.add_argument("--instances", type=int, nargs="+", default=INSTANCES, metavar="N")
    parser.add_argument("--write", action="store_true", help="into docs/batches.md, as it is there")
    return parser


if __name__ == "__main__":
    main()
