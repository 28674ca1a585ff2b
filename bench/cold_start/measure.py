"""One start of a handler in a fresh process, loaded as Lambda's runtime loads it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What Lambda's own runtime has loaded before it imports a handler.
RUNTIME = "import json, logging, http.client, datetime, traceback, urllib.parse, decimal"
# A handler as short as one can be, with the same clients.
_BARE = """
import boto3

def build():
    return [boto3.client(name) for name in {clients}]

def lambda_handler(event, context):
    return None
"""
# By name, some calls deep: CPython pays for an import by the depth that it is called from, up to a
# tenth of it. Memory is the process's own peak: Linux lets ru_maxrss begin with the parent's.
# S3's client has weak proxies of itself, and what makes clients keeps out of the collector's sight.
_START = """
import sys, time
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
modules = list(sys.modules)
try:
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
except FileNotFoundError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # macOS has bytes.
    peak /= 1024 if sys.platform == "darwin" else 1
clients = []
if "botocore.client" in sys.modules:
    import gc
    gc.unfreeze()
    base = sys.modules["botocore.client"].BaseClient
    clients = [one for one in gc.get_objects() if issubclass(type(one), base)]
names = sorted(client.meta.service_model.service_name for client in clients)
print(json.dumps([spent * 1000, peak, modules, names]))
"""


@dataclass(frozen=True)
class Start:
    """CPU milliseconds, the process's peak in MiB, the modules in memory, and the clients made."""

    ms: float
    mib: float
    modules: frozenset[str]
    clients: tuple[str, ...]


class StartFailed(Exception):
    """A handler could not be loaded; args[0] is what it said."""


def start_of(task: Path, module: str) -> Start:
    """Imports a handler's module from a folder and calls its build(). Raises StartFailed."""
    ms, mib, modules, clients = json.loads(
        run_in(task, ["-c", _START.format(runtime=RUNTIME, module=module)]).stdout
    )
    return Start(ms, mib, frozenset(modules), tuple(clients))


def run_in(task: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter in the functions' environment; our code is compiled again, as there."""
    done = subprocess.run(
        [sys.executable, "-B", *arguments],
        env=variables() | {"PYTHONPATH": str(task)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StartFailed(done.stderr)
    return done


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


def bare_module(task: Path, clients: Iterable[str]) -> str:
    """The name of a bare handler's module with these clients, written into the folder."""
    names = list(clients)
    module = "_".join(["bare", *names]).replace("-", "_")
    (task / f"{module}.py").write_text(_BARE.format(clients=names), "utf-8")
    return module
