"""The page in a real Chromium, before the whole stack on the local engine."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from web.album import Album
from web.visitor import DESKTOP, Visitor
from workflow.conftest import PATIENCE
from workflow.running_reviews import Desk, publish
from workflow.running_system import ROOT, Stack

from bench.chromium import CHROMIUM, HINT, launch
from local.ai.running import StandIns
from local.page.server import PageServer
from local.running import Engine
from local.stack import MAX_PROCESSES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TIME_SCALE = 10.0
# One stack answers for all tests: nobody is refused for asking often.
OPEN = {"ApiAuth": "none", "ApiChecksPerDay": "0", "ApiRate": "1000", "ApiBurst": "1000"}
REQUESTS_PER_DAY = 1000
Visit = Callable[..., Visitor]
_ALBUM = pytest.StashKey[Album]()


@pytest.fixture(scope="session", autouse=True)
def _environment() -> None:
    if not CHROMIUM.exists() or importlib.util.find_spec("playwright") is None:
        pytest.skip(HINT)


@pytest.fixture(scope="session")
def stack(_environment: None) -> Iterator[Stack]:
    with (
        StandIns() as stand_ins,
        Engine(
            ai_endpoint=stand_ins.endpoint, time_scale=TIME_SCALE, max_processes=MAX_PROCESSES
        ) as engine,
    ):
        stand_ins.use_engine(engine.endpoint)
        bounds = {"ApiRequestsPerDay": str(REQUESTS_PER_DAY), "MaxAttempts": "2"}
        reviews = {"Reviews": "true", "PolicySource": "bucket"}
        stack = Stack(engine, stand_ins, "seen", {**PATIENCE, **OPEN, **bounds, **reviews})
        publish(stack)
        yield stack


@pytest.fixture(scope="session")
def desk(stack: Stack) -> Desk:
    """What lies before reviewers, beside the page."""
    return Desk(stack)


@pytest.fixture(scope="session")
def address(stack: Stack) -> Iterator[str]:
    """The page's, without a slash at its end."""
    with PageServer(stack.engine.endpoint, stack.outputs["ApiId"], reviews=True) as page:
        yield page.url.rstrip("/")


@pytest.fixture(scope="session")
def browser(_environment: None) -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def album(pytestconfig: pytest.Config) -> Album:
    return pytestconfig.stash.setdefault(_ALBUM, Album(ROOT / ".safelight" / "screenshots"))


@pytest.fixture
def visit(browser: Browser, address: str, stack: Stack, album: Album) -> Iterator[Visit]:
    """Opens a window for a new visitor. At the end nothing may have gone wrong in any of them."""
    visitors: list[Visitor] = []
    with ExitStack() as leaving:

        def visit(size: tuple[int, int] = DESKTOP, page: str = address, **settings: Any) -> Visitor:
            context = browser.new_context(
                base_url=page, viewport={"width": size[0], "height": size[1]}, **settings
            )
            leaving.callback(context.close)
            visitors.append(Visitor(context, page, stack.engine.endpoint, album))
            return visitors[-1]

        yield visit
        assert [problem for visitor in visitors for problem in visitor.problems] == []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    album = config.stash.get(_ALBUM, None)
    if album and album.close():
        terminalreporter.write_line(f"Screenshots, to look at: {album.index}")
