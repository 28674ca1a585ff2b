"""Everything is started, warmed, measured in turn, and stopped."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import torch

from bench.endpoint.arms import Run, Server, Worker
from bench.endpoint.models import count_flops, looks_of_its_own_scheduler, make
from bench.endpoint.plan import DIFFUSERS, PIPELINE, SERVER, Measured, Plan, cases, rounds

_LIBRARIES = ("torch", "diffusers", "transformers", "accelerate", "safetensors")
# The shortest way through the whole model that every scheduler has.
_WARM_STEPS = 4


class Arm(Protocol):
    def measure(self, batch: int, steps: int) -> Run: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class Machine:
    """Where it was measured. `chip`: the accelerator's name, None without one."""

    chip: str | None
    described: str
    versions: str


def measure(plan: Plan, tell: Callable[[str], None]) -> tuple[list[Measured], dict[str, Any]]:
    """The cases in the order of `cases`, and the FLOP of the model's parts."""
    with TemporaryDirectory(prefix="bench-endpoint-") as temporary:
        folder = Path(temporary, "model")
        tell("writing the model")
        make(plan.architecture, folder, "cuda" if torch.cuda.is_available() else "cpu")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        flops = count_flops(folder, plan.size)
        found = {
            case: Measured(
                case,
                flops.picture(
                    looks_of_its_own_scheduler(folder, case.steps)
                    if case.arm == DIFFUSERS
                    else case.steps
                ),
            )
            for case in cases(plan)
        }
        with _started(plan, folder, tell) as arms:
            for case, measured in found.items():
                tell(f"warming up: {case.arm}, {case.batch} at a time")
                arms[case.arm].measure(case.batch, _WARM_STEPS)
                measured.peak_bytes = arms[case.arm].measure(case.batch, _WARM_STEPS).peak_bytes
            for number, order in enumerate(rounds(list(found), plan.rounds), 1):
                for case in order:
                    tell(f"round {number} of {plan.rounds}: {case.arm}, {case.batch} at a time")
                    _add(found[case], arms[case.arm].measure(case.batch, case.steps))
    return list(found.values()), asdict(flops)


def machine() -> Machine:
    """Names and sizes; no host names."""
    chip = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    described = f"{_processor()}, {platform.machine()}, {len(os.sched_getaffinity(0))} CPUs"
    if chip:
        memory = torch.cuda.get_device_properties(0).total_memory
        described = f"{chip} ({memory / 1e9:.0f} GB, CUDA {torch.version.cuda}); {described}"
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {_version(name)}" for name in _LIBRARIES]
    return Machine(chip, described, ", ".join(versions))


@contextlib.contextmanager
def _started(plan: Plan, folder: Path, tell: Callable[[str], None]) -> Iterator[dict[str, Arm]]:
    arms: dict[str, Arm] = {}
    try:
        for name in (DIFFUSERS, PIPELINE):
            arms[name] = Worker(name, plan, folder)
        tell("starting the server" + (", which compiles first" if plan.compiled else ""))
        arms[SERVER] = Server(plan, folder)
        yield arms
    finally:
        for arm in arms.values():
            arm.stop()


def _add(measured: Measured, run: Run) -> None:
    measured.rates.append(run.pictures / run.seconds)
    measured.request_seconds += run.request_seconds


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "CPU")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "of unknown version"
