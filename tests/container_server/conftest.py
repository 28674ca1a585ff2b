"""The generation server with a tiny random model: every line of a real one's path, on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.model_server import PYTHON, ModelServer, write_tiny_model

Start = Callable[..., ModelServer]


def write_model(folder: Path, *arguments: str) -> Path:
    write_tiny_model(folder, *arguments)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    if not PYTHON.exists():
        pytest.skip("there is no .venv-container: make container-setup")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def start(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a server with settings of its own; it ends with the test."""
    yield from starting(model, tmp_path_factory)


@pytest.fixture(scope="session")
def start_to_keep(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """The same; it ends with the session, and holds half a GB until then."""
    yield from starting(model, tmp_path_factory)


def starting(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    with ExitStack() as servers:

        def started(folder: Path = model, **settings: str) -> ModelServer:
            log = tmp_path_factory.mktemp("server") / "log"
            server = servers.enter_context(
                ModelServer(folder, log, **{"SIDE": "64", "STEPS": "8", **settings})
            )
            server.wait()
            return server

        yield started


@pytest.fixture(scope="session")
def server(start_to_keep: Start) -> ModelServer:
    """A window long enough for requests that are sent one after the other to meet."""
    return start_to_keep(BATCH_WAIT_MS="1000")
