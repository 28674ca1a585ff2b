"""What the batch bench makes of its samples, and the rows that it sends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.batch.measure import (
    BROKEN,
    KEYWORDS,
    Held,
    Sample,
    growth,
    peak,
    rates,
    together,
    write_rows,
)
from local.policy.source import read_policy
from local.policy.trial import Trial
from shared.request import InvalidRequest, normalised

NAME = "FilterKeywords"


def sample(at: float, done: int, *sizes: int) -> Sample:
    held = [Held(pid, NAME, size, size // 2, size + 1) for pid, size in enumerate(sizes)]
    return Sample(at, done, tuple(held))


def test_growth_is_that_of_the_longest_lived_once_it_is_warm() -> None:
    warming = [sample(at, at, 1000 + 100 * at, 9) for at in range(10)]
    steady = [sample(at, at, 5000 + 2 * at) for at in range(10, 40)]
    assert growth(warming + steady, NAME) == pytest.approx(2)
    assert growth(warming[:4], NAME) is None
    assert growth([], NAME) is None


def test_peaks_are_of_one_and_sums_of_all() -> None:
    samples = [sample(0, 0, 100, 60), sample(1, 1, 120)]
    assert peak(samples, NAME) == 121
    assert together(samples, NAME) == 80


def test_rates_are_by_equal_parts_of_the_time() -> None:
    samples = [sample(at, 10 * at if at <= 50 else 500 + 2 * (at - 50)) for at in range(101)]
    found = rates(samples, parts=2)
    assert [at for at, _ in found] == [50, 100]
    assert [rate for _, rate in found] == pytest.approx([10, 2])
    assert rates([]) == []


def test_so_many_rows_of_a_hundred_are_blocked_and_broken(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    write_rows(file, 200)
    trial, blocked, broken = Trial(read_policy()), 0, 0
    for line in file.read_text("utf-8").splitlines():
        try:
            request = normalised(json.loads(line))
        except InvalidRequest:
            broken += 1
        else:
            blocked += trial.words(request["prompt"])["verdict"] == "block"
    assert (blocked, broken) == (2 * KEYWORDS, 2 * BROKEN)
