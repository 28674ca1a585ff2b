"""Where each choice wins."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from local.cost import curves
from local.cost.comparisons import (
    LOADS,
    Choice,
    Comparison,
    at,
    comparisons,
    first_load,
    number,
    winners,
)
from local.cost.estimate import estimate
from local.cost.prices import FILE, shipped
from local.cost.prices import load as load_prices
from local.cost.workload import Workload


@pytest.fixture(scope="module")
def found() -> dict[str, Comparison]:
    return {one.title.partition(",")[0]: one for one in comparisons(Workload(), shipped())}


def test_the_first_load_from_which_on_it_holds() -> None:
    assert first_load(lambda load: load >= 2500) == pytest.approx(2500, rel=1e-6)
    assert first_load(lambda load: load < 100) is None
    assert first_load(lambda load: 5 < load < 10 or load > 77) == pytest.approx(77, rel=1e-6)
    everywhere = first_load(lambda load: True)
    assert everywhere == 1


def test_every_choice_differs_in_what_it_is_about(found: dict[str, Comparison]) -> None:
    for comparison in found.values():
        assert comparison.says.endswith(".")
        assert len({choice.workload for choice in comparison.choices}) > 1
        for choice in comparison.choices:
            for load in LOADS:
                assert at(choice.workload, load, shipped()).per_thousand > 0


def test_a_custom_classifier_is_paid_asked_or_not(found: dict[str, Comparison]) -> None:
    says = found["Who classifies prompts"].says
    assert says.startswith("guardrail is cheapest for fewer images, toxicity from 830,000 ")
    assert "43.20 USD a day" in says
    # 200 characters are two unit-seconds at 70 % of use: 30,240 prompts fill a day of one unit.
    assert "from 30,000 prompts a day on" in says
    assert "1.43 USD per 1,000 prompts when busy, 0.30 for toxicity" in says
    assert "never costs less than toxicity" in says


def test_a_custom_classifier_wins_on_long_prompts_where_it_may() -> None:
    """At 100 % of use a unit-second is five ten-thousandths for a hundred characters, five times
    what toxicity asks: there is no length at which it wins."""
    for chars in (50, 500, 2000):
        for load in LOADS:
            custom, toxicity = (
                at(Workload(prompt_chars=chars, backend=name), load, shipped()).per_thousand
                for name in ("custom", "toxicity")
            )
            assert custom > toxicity


def test_what_is_told_holds_where_choices_hardly_differ(tmp_path: Path) -> None:
    document = json.loads(FILE.read_text("utf-8"))
    for key, price in document["prices"].items():
        if not key.startswith("sagemaker."):
            price["usd"] = 0
            price.pop("beyond", None)
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(document), "utf-8")
    prices = load_prices(file)
    says = [one.says for one in comparisons(Workload(), prices)]
    assert "at 100,000 a day: no design differs by a cent." in says[-1]
    quick = comparisons(Workload(seconds_per_image=0.001), shipped())
    assert quick[3].says == "Batches save less than 1% at every load."
    assert estimate(Workload(backend="custom"), prices).month.usd > 0


def test_sleeping_ceases_to_save(found: dict[str, Comparison]) -> None:
    sleeping = found["Scaling to zero"]
    assert "in 24 hours a day it saves less than 1% from 220 images a day on" in sleeping.says
    assert "in 2 hours a day it saves less than 1% from " in sleeping.says
    rare = comparisons(Workload(active_hours=1), shipped())[1]
    assert [choice.name for choice in rare.choices] == [
        "sleeps, requests in 1 hour a day", "always on, requests in 1 hour a day"
    ]  # fmt: skip


def test_winners_change_where_prices_cross() -> None:
    prices = shipped()
    slow = replace(Workload(always_on=True), instance_type="ml.g4dn.xlarge", seconds_per_image=20)
    fast = replace(Workload(always_on=True), instance_type="ml.g5.2xlarge", seconds_per_image=4)
    (_, first), (load, second) = winners([Choice("slow", slow), Choice("fast", fast)], prices)
    assert (first, second) == ("slow", "fast")
    ahead = [at(one, load * 1.2, prices).per_thousand for one in (slow, fast)]
    assert ahead[0] > ahead[1]


def test_one_lambda_wins_while_pictures_are_fast(found: dict[str, Comparison]) -> None:
    says = found["Designs of the workflow"].says
    assert "polling instead of a callback adds 0.14 USD" in says
    assert re.search(r"Catch instead of Choice saves 0\.1\d USD", says)
    wins = re.search(r"One Lambda that waits wins below (\d+) s a picture", says)
    assert wins
    for seconds, cheaper in ((int(wins[1]) - 1, True), (int(wins[1]) + 1, False)):
        ours = Workload(seconds_per_image=seconds)
        one = replace(ours, design="one-lambda")
        each = [at(each, 100_000, shipped()).per_thousand for each in (one, ours)]
        assert (each[0] < each[1]) is cheaper


@pytest.mark.parametrize(("value", "told"), [(7.4, "7"), (199.4, "200"), (15_733, "16,000")])
def test_two_figures(value: float, told: str) -> None:
    assert number(value) == told


def test_the_plot_has_a_line_for_each_choice_and_its_marks_lie_on_them() -> None:
    plot = curves.plot(Workload(), shipped())
    assert [curve.name for curve in plot.curves] == [
        "as asked", "always on", "batches", "guardrail", "custom classifier"
    ]  # fmt: skip
    low, high = plot.usd_range
    for curve in plot.curves:
        assert curve.points[0][0] == curves.LEAST
        assert curve.points[-1][0] == pytest.approx(curves.MOST)
        assert all(low <= usd <= high for _, usd in curve.points)
    assert [mark.says.partition(":")[2] for mark in plot.marks] == [
        " sleeping saves less than 1 %",
        " a custom endpoint doubles the bill",
        " batches begin to save",
    ]


@pytest.mark.parametrize(
    "workload",
    [
        Workload(always_on=True),
        Workload(backend="custom"),
        Workload(backend="guardrail"),
        Workload(batch_size=16, batch_speedup=1.18 / 0.51),
        Workload(unsafe=1.0, max_attempts=5, images_per_request=4),
        Workload(keyword=1.0, classifier=0, invalid=0),
    ],
)
def test_any_workload_can_be_compared_and_drawn(workload: Workload) -> None:
    assert len(comparisons(workload, shipped())) == 5
    assert curves.plot(workload, shipped()).curves[0].name == "as asked"
