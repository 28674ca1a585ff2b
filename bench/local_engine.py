"""How fast the whole path runs on the local engine: real state machine, real handlers.

Prints accepted executions per second at a concurrency, milliseconds of a single warm one and the
memory of engine and functions. What the stand-ins do (painting, moderating) is part of it.

Usage: python bench/local_engine.py [--executions 200] [--concurrency 20]
"""

import argparse
import json
import os
import platform
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.stack import LocalStack

PROMPTS = {
    "accepted": "a lighthouse on a cliff at sunset",
    "blocked by a keyword": "a nude man",
}


def main() -> None:
    arguments = _parser().parse_args()
    print(
        f"Local engine on {platform.machine()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n"
    )
    started = time.perf_counter()
    with LocalStack() as stack:
        print(f"up and deployed in {time.perf_counter() - started:.1f} s")
        _print_paths(stack)
        _print_warm(stack, 30)
        _print_throughput(stack, arguments.executions, arguments.concurrency)
        _print_memory(stack)


def _print_paths(stack: LocalStack) -> None:
    for path, prompt in PROMPTS.items():
        arn = _run(stack, prompt)[1]
        events = stack.client("stepfunctions").get_execution_history(
            executionArn=arn, maxResults=1000
        )["events"]
        entered = sum(event["type"].endswith("StateEntered") for event in events)
        print(f"states entered, {path}: {entered}")


def _print_warm(stack: LocalStack, count: int) -> None:
    for path, prompt in PROMPTS.items():
        times = [_run(stack, prompt)[0] for _ in range(count)]
        low, middle, high = statistics.quantiles(times, n=4)
        print(
            f"warm, one at a time, {path}: median {middle * 1000:.0f} ms "
            f"(quarters {low * 1000:.0f} - {high * 1000:.0f}, n = {count})"
        )
    stages: dict[str, list[float]] = {}
    for record in stack.records_of("direct", limit=count * 3):
        for stage, spent in record.get("timings", {}).items() if record["images"] else ():
            stages.setdefault(stage, []).append(spent)
    for stage, spent in stages.items():
        print(f"  {stage:16} median {statistics.median(spent):4.0f} ms")


def _print_throughput(stack: LocalStack, count: int, concurrency: int) -> None:
    started = time.perf_counter()
    with ThreadPoolExecutor(concurrency) as pool:
        prompt = PROMPTS["accepted"]
        done = list(pool.map(lambda _: _run(stack, prompt, pause=0.05), range(count)))
    spent = time.perf_counter() - started
    completed = sum(status == "COMPLETED" for _, _, status in done)
    middle = statistics.median(seconds for seconds, _, _ in done)
    print(
        f"{count} accepted at concurrency {concurrency}: {count / spent:.1f} per second, "
        f"median {middle:.2f} s, {completed} completed"
    )


def _print_memory(stack: LocalStack) -> None:
    processes = stack.engine.memory()
    total = sum(process.pss for process in processes)
    print(f"memory of engine and functions: {total / 1e6:.0f} MB (PSS)")
    for process in processes:
        print(f"  {process.name:60} {process.pss / 1e6:6.0f} MB")


def _run(stack: LocalStack, prompt: str, pause: float = 0.005) -> tuple[float, str, str]:
    """(seconds, ARN, status of the outcome) of one direct start."""
    step_functions: Any = stack.client("stepfunctions")
    started = time.perf_counter()
    arn = step_functions.start_execution(
        stateMachineArn=stack.outputs["StateMachineArn"], input=json.dumps({"prompt": prompt})
    )["executionArn"]
    while True:
        execution = step_functions.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            output = json.loads(execution.get("output") or "{}")
            return time.perf_counter() - started, arn, output.get("status", execution["status"])
        time.sleep(pause)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--executions", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--concurrency", type=int, default=20, help="at a time (default 20)")
    return parser


if __name__ == "__main__":
    main()
