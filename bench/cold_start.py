"""What a function's cold start costs, as a ratio to a bare handler that creates the same clients.

Both run in fresh processes, alternating, and are measured by their own CPU time, the interpreter's
start left out: imports of the runtime itself, the handler's import, settings, clients. Our code
is loaded as a deployed zip has it, without compiled .pyc files; boto3 is the runtime's own and has
them. StoreImages' Pillow comes from a layer, as it is in the layer.

Usage: python bench/cold_start.py [--pairs 11] [--check]
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What Lambda's own runtime has loaded before it imports a handler.
RUNTIME = "import json, logging, http.client, datetime, traceback, urllib.parse, decimal"
CLIENTS = {
    "accept_request": ["dynamodb", "s3"],
    "filter_keywords": [],
    "classify_prompt": ["comprehend"],
    "generate_images": ["dynamodb", "s3", "sagemaker-runtime", "stepfunctions"],
    "resume_generation": ["dynamodb", "stepfunctions"],
    "store_images": ["s3"],
    "moderate_images": ["rekognition"],
    "publish_images": ["s3"],
    "review_request": ["dynamodb", "events", "stepfunctions"],
    "close_execution": ["dynamodb", "events", "stepfunctions"],
    "record_unstarted": ["dynamodb", "events", "s3"],
    "count_outcomes": [],
    "prepare_batch": ["dynamodb", "events", "s3"],
    "summarize_batch": ["s3"],
    "prepare_dataset": ["dynamodb", "s3"],
    "moderate_dataset_images": ["rekognition", "s3"],
    "report_dataset": ["s3"],
    "prepare_training": ["dynamodb", "s3"],
    "judge_classifier": ["s3"],
    "follow_jobs": ["dynamodb", "events", "stepfunctions"],
    "watch_endpoint": ["application-autoscaling", "dynamodb", "sagemaker"],
    "check_prompt": [],
    "check_image": ["dynamodb", "rekognition"],
    "sweep_requests": ["dynamodb", "events", "s3", "stepfunctions"],
    "request_images": ["dynamodb", "stepfunctions"],
    "read_requests": ["dynamodb"],
    "appeal_request": ["dynamodb", "stepfunctions"],
    "read_reviews": ["dynamodb"],
    "decide_review": ["dynamodb"],
}
LIMITS = {"filter_keywords": 0.35, "count_outcomes": 0.35, "store_images": 1.30}
USUAL_LIMIT = 1.15
# A handler as short as one can be, with the same clients.
BARE = """
import boto3

def build():
    return [boto3.client(name) for name in {clients}]

def lambda_handler(event, context):
    return None
"""
# Loaded as the runtime loads a handler: by name, some calls deep. CPython pays for an import by the
# depth that it is called from, up to a tenth of it.
MEASURE = """
import os, sys, time
started = time.process_time()
{runtime}
import importlib

def main():
    return run()

def run():
    return handler_of("{module}")

def handler_of(name):
    return importlib.import_module(name)

main().build()
spent = time.process_time() - started
modules = len(sys.modules)
import json, resource
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([spent * 1000, modules, megabytes]))
"""


def main() -> None:
    arguments = _parser().parse_args()
    pairs = arguments.pairs
    print(
        f"Cold start on {platform.machine()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} CPUs: best of {pairs} pairs, CPU time of fresh processes\n"
    )
    print(
        f"{'function':18} {'bare ms':>8} {'ours ms':>8} {'ratio':>6} {'spread':>12} {'limit':>6}"
        f" {'modules':>8} {'MB':>5}"
    )
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        task = task_folder(Path(folder))
        for function, clients in CLIENTS.items():
            found = compare(task, function, clients or ["dynamodb"], pairs)
            limit = LIMITS.get(function, USUAL_LIMIT)
            print(
                f"{function:18} {found.bare:8.0f} {found.ours:8.0f} {found.ratio:6.2f}"
                f" {found.low:5.2f} -{found.high:5.2f} {limit:6.2f}"
                f" {found.modules:8.0f} {found.megabytes:5.0f}",
                flush=True,
            )
            if found.ratio > limit:
                missed.append(function)
    print("\nratio: of the best times. spread: the middle half of the pairs' own ratios.")
    if missed:
        print(f"above the limit: {', '.join(missed)}")
        sys.exit(1 if arguments.check else 0)


@dataclass(frozen=True)
class Comparison:
    """Best milliseconds of both, the quarters of the pairs' ratios; modules and memory of ours."""

    bare: float
    ours: float
    low: float
    high: float
    modules: float
    megabytes: float

    @property
    def ratio(self) -> float:
        """Of the best times."""
        return self.ours / self.bare


def compare(task: Path, function: str, clients: list[str], pairs: int) -> Comparison:
    """The function's start beside that of a bare handler with these clients."""
    bare = f"bare_{function}"
    (task / f"{bare}.py").write_text(BARE.format(clients=clients), "utf-8")
    ours = f"{function}.handler"
    times: tuple[list[float], list[float]] = ([], [])
    modules = megabytes = 0.0
    for _ in range(pairs):
        times[0].append(_measure(task, bare)[0])
        spent, modules, megabytes = _measure(task, ours)
        times[1].append(spent)
    ratios = [mine / other for other, mine in zip(*times, strict=True)]
    low, _, high = statistics.quantiles(ratios, n=4)
    return Comparison(min(times[0]), min(times[1]), low, high, modules, megabytes)


def _measure(task: Path, module: str) -> tuple[float, float, float]:
    done = subprocess.run(
        [sys.executable, "-B", "-c", MEASURE.format(runtime=RUNTIME, module=module)],
        env=variables() | {"PYTHONPATH": str(task)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    spent, modules, megabytes = json.loads(done.stdout)
    return spent, modules, megabytes


def variables() -> dict[str, str]:
    """Every variable of every function, as sample values; and what Lambda itself sets."""
    sample = json.loads((ROOT / "events" / "local-env.json").read_text("utf-8"))
    ours = {name: value for variables in sample.values() for name, value in variables.items()}
    return ours | {
        "PATH": os.environ["PATH"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
    }


def task_folder(folder: Path) -> Path:
    """/var/task as deployed: our code, without compiled files."""
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "functions", folder, ignore=without, dirs_exist_ok=True)
    return folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--pairs", type=int, default=11, help="how many pairs (default 11)")
    parser.add_argument("--check", action="store_true", help="exit 1 if a limit is missed")
    return parser


if __name__ == "__main__":
    main()
