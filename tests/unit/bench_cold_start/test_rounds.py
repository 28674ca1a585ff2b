"""What a round starts, and what is made of the starts."""

from pathlib import Path

import pytest

from bench.cold_start import rounds
from bench.cold_start.measure import Start

STARTS: list[str] = []


def start(ms: float, *clients: str) -> Start:
    return Start(ms, 40.0 + ms / 100, frozenset({"json", "boto3"}), clients)


@pytest.fixture(autouse=True)
def _no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    STARTS.clear()

    def start_of(task: Path, module: str) -> Start:
        STARTS.append(module)
        return start(100.0 if module.startswith("bare") else 110.0, "dynamodb")

    monkeypatch.setattr(rounds, "start_of", start_of)


def measured(functions: list[str], count: int, seconds: float = 0.0) -> rounds.Measured:
    return rounds.measure(functions, count, seconds, lambda doing: None)


def test_functions_with_the_same_clients_share_a_bare_handler() -> None:
    groups = rounds.plan(["store_images", "read_requests", "filter_keywords", "read_reviews"])
    assert list(groups.items()) == [
        (("dynamodb",), ["read_requests", "filter_keywords", "read_reviews"]),
        (("s3",), ["store_images"]),
    ]


def test_a_round_ends_with_the_first_bare_handler_again_and_turns_the_order() -> None:
    found = measured(["read_requests", "read_reviews", "store_images"], 2)
    bare = "bare_dynamodb"
    requests, reviews = "read_requests.handler", "read_reviews.handler"
    pictures = ["bare_s3", "store_images.handler"]
    assert STARTS[:6] == [bare, reviews, requests, bare, *pictures]
    assert STARTS[6:] == [bare, requests, reviews, bare, *pictures]
    assert found.rounds == 2
    assert found.noise().best == 1.0


def test_a_comparison_is_with_the_functions_own_bare_handler() -> None:
    found = measured(["read_requests"], 3).comparison("read_requests")
    assert (found.ms, found.bare_ms, found.modules) == (110.0, 100.0, 2)
    assert found.ratio.best == pytest.approx(1.1)
    assert found.mib - found.bare_mib == pytest.approx(0.1)


def test_other_clients_than_those_written_down_are_told() -> None:
    assert measured(["read_requests", "store_images"], 1).unlike == ["store_images"]


def test_with_a_time_limit_there_are_two_rounds_at_least() -> None:
    assert measured(["read_requests"], 11, seconds=1e-9).rounds == 2
    assert measured(["read_requests"], 4, seconds=3600.0).rounds == 4
