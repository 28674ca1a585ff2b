"""The opt-in ring: every test needs SAM CLI; most need a container engine or the template's Python.

What is missing is said by the skip. Everything that a test starts ends with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sam_local.sam import (
    BRIDGE,
    BUILT,
    RUNTIME,
    SAM,
    bridge_is_here,
    containers_run,
    runtime_on_path,
    sam,
)
from sam_local.stage import Stage

from local.ai.running import StandIns
from local.running import Engine


@pytest.fixture(scope="session", autouse=True)
def _sam_cli() -> None:
    if not SAM.exists():
        pytest.skip("SAM CLI is not here: make sam-setup")


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder that sam build fills."""
    if not runtime_on_path():
        pytest.skip(f"sam build needs {RUNTIME} on PATH")
    ran = sam("build")
    assert ran.returncode == 0, ran.stderr
    return BUILT


@pytest.fixture(scope="session")
def containers(built: Path) -> Path:
    """The built folder, where containers run."""
    if not containers_run():
        pytest.skip("no container engine answers at DOCKER_HOST")
    return built


@pytest.fixture(scope="session")
def stage(containers: Path) -> Iterator[Stage]:
    if not bridge_is_here():
        pytest.skip(f"{BRIDGE} is no address of this machine: set SAM_LOCAL_BRIDGE")
    with (
        StandIns(host=BRIDGE) as stand_ins,
        Engine(host=BRIDGE, ai_endpoint=stand_ins.endpoint) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        yield Stage(engine, stand_ins)
