"""How often each property is tried: little in `make test`, much in `make fuzz`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time

import hypothesis
from hypothesis.database import DirectoryBasedExampleDatabase

DEEP = os.environ.get("FUZZ") == "deep"
# What is found stays on this machine until it is a regression test.
FOUND = Path(__file__).parents[2] / ".safelight" / "fuzz"
_DEEPER = 40


def fuzzed(examples: int) -> hypothesis.settings:
    """The same examples every time, and in `make fuzz` forty times as many new ones."""
    return hypothesis.settings(
        max_examples=examples * (_DEEPER if DEEP else 1),
        derandomize=not DEEP,
        database=DirectoryBasedExampleDatabase(FOUND) if DEEP else None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=DEEP,
    )


@contextmanager
def within(cpu_seconds: float) -> Iterator[None]:
    """In `make fuzz` only: looks for slow inputs, and fails above so much CPU time."""
    started = process_time()
    yield
    if DEEP and hypothesis.currently_in_test_context():
        spent = process_time() - started
        hypothesis.target(spent, label="CPU seconds")
        assert spent < cpu_seconds, f"{spent:.2f} s"
