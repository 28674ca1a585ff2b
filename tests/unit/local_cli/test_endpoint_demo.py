"""The generation server's demo, and what makes the local stack ask a server."""

from __future__ import annotations

from typing import Any

import pytest

from local.ai.running import StandIns
from local.demo.endpoint import Answer, Ask, Shown, Step
from local.stack import make_endpoint

OUTPUTS = {"WorkBucket": "work", "SuccessTopic": "success", "ErrorTopic": "error"}


def shown(answers: list[Answer], together: bool = False, status: int = 200) -> Shown:
    asks = [Ask({"prompt": "a lake"}, status=status) for _ in answers]
    return Shown(Step("a step", asks, together), 1.0, answers)


@pytest.mark.parametrize(
    ("got", "surprise"),
    [
        (shown([Answer(200, "1", {})]), ""),
        (shown([Answer(400, "", {})], status=400), ""),
        (shown([Answer(500, "", {})]), "answered 500, expected 200"),
        (shown([Answer(200, "", {})], status=400), "answered 200, expected 400"),
        (shown([Answer(200, "1", {}), Answer(200, "7", {})], together=True), ""),
        (shown([Answer(200, "1", {})] * 2, together=True), "no two requests"),
    ],
)
def test_what_was_not_expected_is_said(got: Shown, surprise: str) -> None:
    assert got.surprise.startswith(surprise)
    assert bool(got.surprise) == bool(surprise)


@pytest.mark.parametrize(("generator", "workers"), [(None, 2), ("http://127.0.0.1:8080", 8)])
def test_a_generator_gets_as_many_requests_as_it_paints_together(
    generator: str | None, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(
        StandIns, "register_endpoint", lambda self, name, **config: told.update(config)
    )
    make_endpoint(StandIns(), "painter", OUTPUTS, generator)
    assert (told["container"], told["workers"]) == (generator, workers)
