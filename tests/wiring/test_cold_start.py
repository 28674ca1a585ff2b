"""What a handler loads and is deployed with: the same on every machine, unlike milliseconds."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from wiring.system import FUNCTIONS, LAMBDAS, snake

from bench.cold_start import packages
from bench.cold_start.clients import CLIENTS
from bench.cold_start.measure import Start, bare_module, start_of

# Each costs a tenth of a bare client's cold start, or much more.
BANNED = {
    *("aws_lambda_powertools", "aws_xray_sdk", "fastjsonschema", "jsonschema", "numpy"),
    *("pandas", "pydantic", "requests", "sklearn", "yaml"),
}
# Our own modules and the few of the standard library's that a bare handler has not loaded.
MORE_THAN_BARE = 30
PILLOW = 45
# Lists and matcher, beside the other layer and the API.
KEYWORDS = 12
FILTER_IN_ALL = 170


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], Start]:
    """The start of a bare handler with these clients."""
    task: Path = tmp_path_factory.mktemp("task")
    return functools.cache(lambda clients: start_of(task, bare_module(task, clients)))


def test_every_function_is_measured() -> None:
    functions = {snake(name.removesuffix("Function")) for name in LAMBDAS}
    assert CLIENTS.keys() == functions, (
        f"bench/cold_start/clients.py: say which clients these make: {CLIENTS.keys() ^ functions}"
    )


@pytest.mark.parametrize("function", CLIENTS)
def test_a_handler_loads_little_more_than_its_clients(
    bare: Callable[[tuple[str, ...]], Start], function: str
) -> None:
    start = start_of(FUNCTIONS, f"{function}.handler")
    ours = start.modules
    assert start.clients == tuple(CLIENTS[function]), "bench/cold_start/clients.py says otherwise"
    assert not {name.partition(".")[0] for name in ours} & BANNED
    if function == "filter_keywords":
        assert not {name for name in ours if name.startswith(("boto", "PIL"))}
        assert len(ours) <= FILTER_IN_ALL
        return
    more = {"store_images": PILLOW, "check_prompt": KEYWORDS}.get(function, 0)
    assert len(ours - bare(start.clients).modules) <= MORE_THAN_BARE + more
    assert ("PIL" in ours) == (function == "store_images")


def test_all_functions_are_one_small_package() -> None:
    found = packages.measure()
    assert (found.functions, found.packages) == (len(LAMBDAS), 1)
    assert found.whole.zipped <= packages.OWN_LIMIT
    assert found.reach["filter_keywords"].zipped <= packages.FILTER_LIMIT
    assert found.whole.zipped + found.layer.zipped <= packages.LAMBDA_ZIP
    assert found.whole.raw + found.layer.raw <= packages.LAMBDA_UNZIPPED
