"""Instances, and what waits for them, where requests come in a part of the day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.cost import designs
from local.cost.endpoint_hours import DAYS_A_MONTH, hours
from local.cost.estimate import custom_units, estimate
from local.cost.prices import shipped
from local.cost.workload import Workload

# Of 10,000 pictures a day at 4 s: 11.1 hours of work, for eight instances in two hours.
FEW = Workload(
    images_per_day=10_000, active_hours=2, keyword=0, classifier=0, invalid=0, unsafe=0, retries=0
)
NEEDED = 10_000 * 4 / 3600 / 0.7


def a_day(workload: Workload) -> float:
    found = hours(workload, workload.images_per_day)
    return (found.painting + found.idle) / DAYS_A_MONTH


def test_an_instance_that_never_sleeps_is_paid_for_the_rest_of_the_day() -> None:
    assert a_day(replace(FEW, always_on=True)) == pytest.approx(22 + NEEDED)
    assert a_day(FEW) == pytest.approx(NEEDED)


def test_an_instance_that_works_does_not_idle() -> None:
    # Half of the two hours is work: the instance is up for both, twenty minutes and one waking.
    half = replace(FEW, images_per_day=900)
    assert a_day(half) == pytest.approx(2 + 25 / 60, abs=0.01)


@pytest.mark.parametrize("active", [0.5, 2, 12, 24])
@pytest.mark.parametrize("images", [1, 100, 5000, 100_000])
def test_sleeping_is_never_dearer_whenever_requests_come(active: float, images: float) -> None:
    workload = replace(FEW, active_hours=active, images_per_day=images)
    assert a_day(workload) <= a_day(replace(workload, always_on=True)) + 1e-9


def test_a_custom_classifier_has_whole_units_while_it_is_asked() -> None:
    # 200 characters are two unit-seconds at 70 % of use: 3.97 units in two hours of the day.
    workload = replace(FEW, backend="custom")
    assert custom_units(workload, 10_000 * DAYS_A_MONTH) == pytest.approx((22 + 2 * 4) / 24)
    assert custom_units(replace(workload, active_hours=24), 1) == 1


def test_what_waits_for_a_sleeping_endpoint_is_paid_unless_it_holds_a_token() -> None:
    rare = replace(FEW, images_per_day=10, active_hours=24)
    asleep = {name: replace(rare, design=name) for name in ("standard", "one-lambda", "polling")}
    awake = {name: replace(one, always_on=True) for name, one in asleep.items()}

    def workflow(workload: Workload) -> float:
        found = estimate(workload, shipped())
        return found.usd("Step Functions") + found.usd("Lambda")

    more = {name: workflow(asleep[name]) - workflow(awake[name]) for name in asleep}
    assert more["standard"] == 0
    # Nearly each meets it asleep: seven minutes of 1.73 GB, or 84 looks of three states.
    assert more["one-lambda"] == pytest.approx(1000 * 420 * 1.7275 * 0.0000166667, rel=0.15)
    assert more["polling"] == pytest.approx(1000 * 84 * 3 * 0.000025, rel=0.15)


def test_one_lambda_has_fifteen_minutes() -> None:
    most = designs.most_seconds_in_one_lambda(replace(FEW, max_attempts=1))
    assert most == pytest.approx(900 - 420 - 2, abs=3)
    four = replace(FEW, images_per_request=4, start_minutes=14)
    assert designs.most_seconds_in_one_lambda(four) < 0
