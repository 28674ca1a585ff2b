"""`safelight demo train`: texts become a classifier that the stack asks, or are refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from local.classifier.account import (
    ENDPOINT,
    FOLDER,
    find_endpoint,
    remove_endpoint,
    start_training,
)
from local.classifier.following import follow_training
from local.classifier.redeploying import ask_own
from local.commands.classifier_view import print_reasons, print_report, say
from local.commands.job_following import ProgressLine
from local.commands.table import print_table
from local.demo.train_texts import (
    GOOD_TEXTS,
    MORE_TEXTS,
    UNSAFE,
    Pair,
    broken,
    mislabelled,
    texts,
    write,
)
from local.deploy import deploy
from local.deployed_stack import DeployedStack, Record, local_clients
from local.executions import wait_for_end
from local.job_text import time_text
from local.stack import TEMPLATE, LocalStack

# Waits pass so much faster: the machine looks after two seconds, not a minute.
_TIME_SCALE = 30.0
_PATIENCE_SECONDS = 300.0
_LOOK_SECONDS = 0.3
_GATES = {"f1": 0.8, "recall": 0.8}
_BLOCKED, _COMPLETED = "BLOCKED_PROMPT", "COMPLETED"
# None of them is a training text, nor stopped by the keyword filter.
_PROMPTS = (
    ("A small wooden boat on a calm lake under the aurora, mountains behind", _COMPLETED),
    ("A masked man attacks a guard with a knife behind a city bar", _BLOCKED),
    ("A bowl of cherries on a wooden table, still life", _COMPLETED),
)
_PURPOSE = (
    "Comprehend is a [bold]local stand-in[/bold]: a small linear model of ours is really trained. "
    "It shows the process and its shape, not Comprehend's figures, hours or costs."
)


@dataclass(frozen=True)
class Happened:
    """A line of the last table."""

    what: str
    came: str
    seconds: float


@dataclass
class Tour:
    """What is shown, on one stack; `surprises` is what did not come as it must."""

    console: Console
    stack: DeployedStack
    out: Path
    happened: list[Happened] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def train(self, title: str, name: str, pairs: list[Pair], expected: str) -> Record:
        """Send a file, train on it, and show what came of it."""
        self.console.rule(title, align="left")
        file = write(self.out / name, pairs)
        say(self.console, f"{file}: {len(pairs):,} rows")
        began, key = time.monotonic(), f"{FOLDER}{name}"
        self.stack.upload(file, self.stack.outputs["DatasetsBucket"], key)
        job_id, arn = start_training(self.stack, {"key": key, "gates": _GATES})
        with ProgressLine(self.console) as line:
            job = follow_training(
                self.stack,
                job_id,
                arn,
                every=_LOOK_SECONDS,
                seconds=_PATIENCE_SECONDS,
                tell=line.show,
            )
        say(self.console, f"Ended: {job['status']}")
        print_report(self.console, job, [UNSAFE])
        print_reasons(self.console, job)
        self.note(title, f"{job['status']}{_f1(job)}", began)
        self.expect(job["status"] == expected, f"{title}: {job['status']}, expected {expected}")
        return job

    def note(self, what: str, came: str, began: float) -> None:
        """A line of the last table."""
        self.happened.append(Happened(what, came, time.monotonic() - began))

    def expect(self, as_expected: bool, surprise: str) -> None:
        """Keep the surprise if there is one."""
        if not as_expected:
            self.surprises.append(surprise)

    @property
    def model(self) -> str:
        """What the endpoint answers with; "" if there is none."""
        return str((find_endpoint(self.stack) or {}).get("ModelArn", ""))


def show(console: Console, out: Path) -> bool:
    """Run it all; False if something surprised."""
    console.print(_PURPOSE, highlight=False)
    out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()

    def progress(text: str) -> None:
        console.print(f"  {text}", style="dim")

    with LocalStack(time_scale=_TIME_SCALE, progress=progress) as local:
        clients = local_clients(local.endpoint, local.stand_ins.endpoint)
        tour = Tour(console, DeployedStack(local.name, clients, local.outputs), out)
        tour.note("The stack is up", local.name, began)
        _tour(tour, local, progress)
    _print_end(tour, time.monotonic() - began)
    return not tour.surprises


def _tour(tour: Tour, local: LocalStack, progress: Callable[[str], None]) -> None:
    trained = local.stand_ins.calls("CreateDocumentClassifier")
    tour.train("A broken file", "broken.csv", broken(), "INVALID")
    paid = local.stand_ins.calls("CreateDocumentClassifier") - trained
    tour.expect(paid == 0, "something was trained on a broken file")
    first = tour.train("A good file", "good.csv", texts(GOOD_TEXTS), "COMPLETED")
    _redeploy(tour, progress)
    _ask(tour)
    model = tour.model
    tour.train("Its labels drawn by lot", "mislabelled.csv", mislabelled(), "REFUSED")
    tour.expect(tour.model == model, "a refused model is in service")
    say(tour.console, "The endpoint still answers with the model of before.")
    better = tour.train("More texts", "more.csv", texts(MORE_TEXTS), "COMPLETED")
    arns = {_endpoint_of(job) for job in (first, better)}
    tour.expect(arns == {tour.stack.outputs[ENDPOINT]}, "the endpoint has another ARN")
    tour.expect(tour.model != model, "the better model is not in service")
    say(tour.console, "Another model, the same endpoint: the stack needs no deployment.")
    _delete(tour)


def _redeploy(tour: Tour, progress: Callable[[str], None]) -> None:
    """What `sam deploy` would do: a stack does not change itself."""
    began, stack = time.monotonic(), tour.stack
    tour.console.rule("The stack asks it", align="left")
    parameters, endpoint = stack.parameters(), stack.outputs[ENDPOINT]
    engine = stack.client("s3").meta.endpoint_url
    say(tour.console, f"As this would: {ask_own(stack.name, parameters, endpoint, engine)}")
    parameters |= {"ClassifierBackend": "custom", "ClassifierEndpointArn": endpoint}
    deploy(engine, TEMPLATE, stack.name, parameters, progress)
    tour.note("The stack asks it", "deployed", began)


def _ask(tour: Tour) -> None:
    began, rows = time.monotonic(), []
    for prompt, expected in _PROMPTS:
        token = tour.stack.put_event({"prompt": prompt}, "demo")
        _, key = wait_for_end(tour.stack, token, seconds=_PATIENCE_SECONDS)
        record: dict[str, Any] = (tour.stack.record(key) if key else None) or {}
        status, model = record.get("status", "?"), record.get("models", {}).get("classifier", "")
        rows.append((prompt, status, model))
        tour.expect(status == expected, f"{prompt!r}: {status}, expected {expected}")
        name = tour.stack.outputs[ENDPOINT].rpartition("/")[2]
        tour.expect(model.endswith(f"/{name}"), f"{prompt!r} was judged by {model}")
    print_table(tour.console, "Prompts", ("prompt", "outcome", "judged by"), rows)
    say(tour.console, "The address says who judged: a stand-in on this machine, not Comprehend.")
    tour.note("Three prompts", ", ".join(status for _, status, _ in rows), began)


def _delete(tour: Tour) -> None:
    began = time.monotonic()
    tour.console.rule("Taken down", align="left")
    remove_endpoint(tour.stack)
    tour.expect(find_endpoint(tour.stack) is None, "the endpoint is still there")
    say(tour.console, "Endpoint and scaling are deleted. The models stay.")
    tour.note("Taken down", "deleted", began)


def _print_end(tour: Tour, seconds: float) -> None:
    rows = [(one.what, one.came, f"{one.seconds:.1f}") for one in tour.happened]
    print_table(tour.console, "What happened", ("step", "what came of it", "seconds"), rows)
    for surprise in tour.surprises:
        tour.console.print(surprise, style="red", highlight=False, markup=False)
    say(tour.console, f"{time_text(seconds)} in all; the files lie in {tour.out}.")


def _endpoint_of(job: Record) -> str:
    return str((job.get("report") or {}).get("endpoint_arn", ""))


def _f1(job: Record) -> str:
    metrics = (job.get("report") or {}).get("metrics")
    return f", macro F1 {metrics['f1']:.3f}" if metrics else ""
