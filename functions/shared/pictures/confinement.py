"""Runs a module of ours on one hostile input, in a process that may use little memory and time."""

import resource
import subprocess
import sys

from shared.settings import Environment


def output_of(module: str, arguments: list[str], data: bytes, patience_seconds: float) -> bytes:
    """What the module writes, with `data` as its input; it must end with status 0.

    Raises subprocess.SubprocessError and OSError.
    """
    # Neither credentials nor settings: the process needs to find our code and Pillow, no more.
    passed = {"PYTHONPATH": ":".join(sys.path)}
    if libraries := Environment().optional("LD_LIBRARY_PATH"):
        passed["LD_LIBRARY_PATH"] = libraries
    done = subprocess.run(  # noqa: S603 - ourselves, the picture as input only
        [sys.executable, "-S", "-m", module, *arguments],
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=passed,
        timeout=patience_seconds,
        check=True,
    )
    return done.stdout


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """Bounds this process from now on, and leaves nothing behind when it is killed."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
