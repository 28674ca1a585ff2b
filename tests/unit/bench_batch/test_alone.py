"""The two functions alone: they get through what the bench gives them, in a process each."""

import pytest

from bench.batch.alone import FUNCTIONS, measure


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_through_its_rows(function: str) -> None:
    found = measure(function, 2500)
    assert found.rows == 2500
    assert found.bytes > 2500 * 50
    assert found.writes == {"PrepareBatch": 3, "SummarizeBatch": 2}[function]
    assert found.peak > 1_000_000
