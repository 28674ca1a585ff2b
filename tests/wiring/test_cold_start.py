"""What a handler loads, counted: the same on every machine, where milliseconds are not."""

import json
import subprocess
import sys

import pytest
from wiring.system import FUNCTIONS

from bench.cold_start import CLIENTS, RUNTIME, variables

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


def loaded(body: str) -> set[str]:
    """The modules in a fresh interpreter that has loaded what Lambda's runtime has, and `body`."""
    script = f"""
{RUNTIME}
{body}
import sys
print(json.dumps(list(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=variables() | {"PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_every_function_is_measured() -> None:
    folders = {path.parent.name for path in FUNCTIONS.glob("*/handler.py")}
    assert CLIENTS.keys() == folders, (
        f"bench/cold_start.py, CLIENTS: say which clients these make: {CLIENTS.keys() ^ folders}"
    )


@pytest.mark.parametrize("function", CLIENTS)
def test_a_handler_loads_little_more_than_its_clients(function: str) -> None:
    bare = "import boto3\n" + "\n".join(f"boto3.client({name!r})" for name in CLIENTS[function])
    ours = loaded(f"import {function}.handler as handler\nhandler.build()")
    assert not {name.partition(".")[0] for name in ours} & BANNED
    if function == "filter_keywords":
        assert not {name for name in ours if name.startswith(("boto", "PIL"))}
        assert len(ours) <= FILTER_IN_ALL
        return
    more = {"store_images": PILLOW, "check_prompt": KEYWORDS}.get(function, 0)
    assert len(ours - loaded(bare)) <= MORE_THAN_BARE + more
    assert ("PIL" in ours) == (function == "store_images")
