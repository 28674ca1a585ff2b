"""Those who paint, a process each: memory is then each one's own. See `measure` of each."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Barrier
from typing import Any

from bench.endpoint import CONTAINER
from bench.endpoint.plan import DIFFUSERS, PIPELINE, Plan

GUIDANCE = 7.5  # plain diffusers' default
# A model of full size that is compiled in every size may take so long.
_START_SECONDS, _REQUEST_SECONDS, _END_SECONDS = 1800.0, 3600.0, 5.0
Paint = Callable[[int, int], None]


@dataclass(frozen=True)
class Run:
    """`pictures` in `seconds`; bytes at most meanwhile, where they can be told."""

    pictures: int
    seconds: float
    peak_bytes: int | None
    request_seconds: list[float] = field(default_factory=list)


class Worker:
    """Paints in a process of its own, on request."""

    def __init__(self, arm: str, plan: Plan, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, arm, plan, str(folder)))
        self._process.start()
        theirs.close()

    def measure(self, batch: int, steps: int) -> Run:
        """One batch. Raises EOFError where the process has ended: its stderr says why."""
        self._pipe.send((batch, steps))
        seconds, peak = self._pipe.recv()
        return Run(batch, seconds, peak)

    def stop(self) -> None:
        # It ends by itself, unless it paints: then it would leave semaphores behind, and be told.
        self._pipe.close()
        self._process.join(_END_SECONDS)
        self._process.terminate()
        self._process.join()


class Server:
    """The container's server as the container starts it, on a free port of this machine."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        variables = plan.server_variables(str(folder)) | {
            "HOST": "127.0.0.1",
            "SAGEMAKER_BIND_TO_PORT": str(self._port),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve"],
            cwd=CONTAINER,
            env=os.environ | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def measure(self, clients: int, steps: int) -> Run:
        """So many clients at once, each with its requests one after the other, a picture each."""
        together = Barrier(clients)
        reset_peak(self._process.pid)
        with ThreadPoolExecutor(clients) as pool:
            started = time.perf_counter()
            sent = [pool.submit(self._client, number, steps, together) for number in range(clients)]
            took = [seconds for client in sent for seconds in client.result()]
            seconds = time.perf_counter() - started
        return Run(len(took), seconds, _server_bytes(self._process.pid), took)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _client(self, number: int, steps: int, together: Barrier) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_REQUEST_SECONDS)
        headers = {"Content-Type": "application/json", "Accept": "application/json;jpeg"}
        took = []
        together.wait()
        for request in range(self._plan.requests):
            body = {
                "prompt": _prompt(number),
                "width": self._plan.size,
                "height": self._plan.size,
                "num_inference_steps": steps,
                "guidance_scale": GUIDANCE,
                "seed": 1000 * number + request,
            }
            started = time.perf_counter()
            connection.request("POST", "/invocations", json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            took.append(time.perf_counter() - started)
            if answer.status != http.client.OK:
                raise RuntimeError(f"the server answered {answer.status}: {content[:500]!r}")
        connection.close()
        return took

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self._process.returncode}")
            if self._ping() == http.client.OK:
                return
            time.sleep(0.2)
        raise RuntimeError(f"the server was not ready in {_START_SECONDS:.0f} s")

    def _ping(self) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()


def reset_peak(pid: int) -> None:
    """Linux forgets the most memory that the process has had (`man 5 proc`)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def peak_rss(pid: int) -> int:
    """Bytes of the process at most, since `reset_peak`."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _serve(pipe: Connection, arm: str, plan: Plan, folder: str) -> None:
    """The worker's process: for each (batch, steps) that comes, (seconds, bytes)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
    paint = {DIFFUSERS: _diffusers, PIPELINE: _pipeline}[arm](plan, folder)
    while True:
        try:
            batch, steps = pipe.recv()
        except EOFError:
            return
        _forget_peak()
        started = time.perf_counter()
        paint(batch, steps)
        pipe.send((time.perf_counter() - started, _peak()))


def _diffusers(plan: Plan, folder: str) -> Paint:
    """As its own documentation has it: the model's scheduler, nothing set but where it runs and in
    which numbers, which are ours."""
    import torch
    from diffusers import AutoPipelineForText2Image

    _set_threads(plan.threads)
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[plan.dtype]
    pipe = AutoPipelineForText2Image.from_pretrained(folder, dtype=dtype, local_files_only=True)
    pipe.to("cuda" if torch.cuda.is_available() else "cpu")
    pipe.set_progress_bar_config(disable=True)

    def paint(batch: int, steps: int) -> None:
        prompts: Any = [_prompt(number) for number in range(batch)]
        pipe(prompts, width=plan.size, height=plan.size, num_inference_steps=steps)

    return paint


def _pipeline(plan: Plan, folder: str) -> Paint:
    from server.job import Job, Shape
    from server.pipeline import load
    from server.settings import Settings

    pipeline = load(Settings.from_env(plan.server_variables(folder)))
    pipeline.warm_up()

    def paint(batch: int, steps: int) -> None:
        shape = Shape(plan.size, plan.size, steps, GUIDANCE)
        pipeline.paint([Job(shape, _prompt(number), "", number) for number in range(batch)])

    return paint


def _prompt(number: int) -> str:
    return f"a lighthouse above the sea, number {number}"


def _set_threads(threads: int) -> None:
    import torch

    if threads:
        torch.set_num_threads(threads)


def _forget_peak() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    else:
        reset_peak(os.getpid())


def _peak() -> int:
    """Of the accelerator: what tensors took at most. Of a CPU: the whole process."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return peak_rss(os.getpid())


def _server_bytes(pid: int) -> int | None:
    """With an accelerator what its driver says that the process holds, if it names it."""
    try:
        command = "nvidia-smi --query-compute-apps=pid,used_memory --format=csv,noheader,nounits"
        found = subprocess.run(command.split(), capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        return peak_rss(pid)
    except subprocess.CalledProcessError:
        return None
    held = _held(found)
    return held.get(pid)


def _held(listed: str) -> Mapping[int, int]:
    """Bytes by process, of nvidia-smi's lines `123, 4567`, in MiB."""
    rows = (line.split(",") for line in listed.splitlines())
    return {int(row[0]): int(row[1]) << 20 for row in rows if row[-1].strip().isdecimal()}
