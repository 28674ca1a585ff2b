"""Choices over the same workload: what each costs by load, and from which load on it wins."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from local.cost.designs import OVERHEAD_SECONDS, most_seconds_in_one_lambda
from local.cost.estimate import (
    BACKEND_ROWS,
    SECONDS_A_MONTH,
    UNIT_UTILISATION,
    Estimate,
    estimate,
    unit_seconds,
)
from local.cost.prices import INSTANCE, Prices
from local.cost.usage import toxicity_units
from local.cost.workload import BACKENDS, BATCH_SPEEDUPS, DESIGNS, STANDARD, Workload

LOADS = (100, 1_000, 10_000, 100_000)
# Beyond the axis of the plot on both sides; loads are looked at in steps of a tenth.
_LEAST, _MOST, _STEP = 1.0, 10_000_000.0, 1.1
# Two choices that differ by less are told to cost the same.
SAME = 0.01
_BISECTIONS = 40
# Against requests that come all day: the same in so many hours of it.
_FEW_HOURS = 2.0
# A design is compared up to so many seconds a picture.
_MOST_SECONDS = 600.0


@dataclass(frozen=True)
class Choice:
    """One way to do it."""

    name: str
    workload: Workload


@dataclass(frozen=True)
class Comparison:
    """Some choices, and in a sentence where each wins."""

    title: str
    choices: tuple[Choice, ...]
    says: str


def at(workload: Workload, images_per_day: float, prices: Prices) -> Estimate:
    """The same workload with another load."""
    return estimate(replace(workload, images_per_day=images_per_day), prices)


def comparisons(workload: Workload, prices: Prices) -> list[Comparison]:
    """All of them."""
    return [
        _backends(workload, prices),
        _sleeping(workload, prices),
        _instances(workload, prices),
        _batches(workload, prices),
        _designs(workload, prices),
    ]


def first_load(holds: Callable[[float], bool]) -> float | None:
    """The load from which on it holds, up to the largest that is looked at; None if it does not."""
    loads = _loads()
    found = None
    for load in reversed(loads):
        if not holds(load):
            break
        found = load
    if found is None or found == loads[0]:
        return found
    low, high = found / _STEP, found
    for _ in range(_BISECTIONS):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def winners(choices: Sequence[Choice], prices: Prices) -> list[tuple[float, str]]:
    """(from how many images a day on, which is cheapest), the first from the least load."""
    found: list[tuple[float, str]] = []
    for load in _loads():
        name = min(choices, key=lambda one: at(one.workload, load, prices).per_thousand).name
        if not found or found[-1][1] != name:
            found.append((load, name))
    return found


@functools.cache
def _loads() -> tuple[float, ...]:
    steps = math.ceil(math.log(_MOST / _LEAST, _STEP))
    return tuple(_LEAST * _STEP**step for step in range(steps + 1))


def _backends(workload: Workload, prices: Prices) -> Comparison:
    choices = tuple(Choice(name, replace(workload, backend=name)) for name in BACKENDS)
    return Comparison(
        "Who classifies prompts",
        choices,
        f"{_told(winners(choices, prices))} {_custom(workload, prices)}",
    )


def _custom(workload: Workload, prices: Prices) -> str:
    """Where a custom endpoint, which is paid asked or not, can be afforded."""
    chars = workload.prompt_chars
    second = prices["comprehend.inference-unit-second"].usd
    day = second * 86_400
    asked = toxicity_units(chars) * prices["comprehend.toxicity-unit"].usd
    busy = unit_seconds(chars) * second
    custom = replace(workload, backend="custom")
    row = BACKEND_ROWS["custom"]

    def affordable(load: float) -> bool:
        found = at(custom, load, prices)
        return 2 * found.usd(row) < found.per_thousand

    half = first_load(affordable)
    wins = f"{busy * 1000:.2f} USD per 1,000 prompts when busy, {asked * 1000:.2f} for toxicity"
    full = 3600 * workload.active_hours / unit_seconds(chars)
    told = (
        f"A custom endpoint costs {day:.2f} USD a day for one unit, asked or not, and scales up "
        f"from {number(full)} prompts a day on ({UNIT_UTILISATION:.0%} of use): {wins}."
    )
    if busy > asked:
        told += " It never costs less than toxicity: it is chosen for what it was trained on."
    if half is not None and half > _LEAST:
        told += f" It is more than half of the bill below {number(half)} images a day."
    return told


def _sleeping(workload: Workload, prices: Prices) -> Comparison:
    asked = [workload]
    if workload.active_hours > _FEW_HOURS:
        asked.append(replace(workload, active_hours=_FEW_HOURS))
    asleep, awake = ([replace(one, always_on=on) for one in asked] for on in (False, True))
    choices = [Choice(f"sleeps, {_hours(one)}", one) for one in asleep]
    choices += [Choice(f"always on, {_hours(one)}", one) for one in awake]
    limits = [_until_awake(*each, prices) for each in zip(asleep, awake, strict=True)]
    month = prices.instance(workload.instance_type).of(SECONDS_A_MONTH / 3600).usd
    return Comparison(
        "Scaling to zero",
        tuple(choices),
        f"Sleeping is never dearer, saves {month:,.0f} USD a month at most, and is paid for in "
        f"waiting: minutes after each pause. {' '.join(limits)}",
    )


def _until_awake(asleep: Workload, awake: Workload, prices: Prices) -> str:
    def same(load: float) -> bool:
        return _ratio(at(asleep, load, prices), at(awake, load, prices)) > 1 - SAME

    load, when = first_load(same), _hours(asleep)
    if load is None:
        return f"With {when} it saves more than {SAME:.0%} at every load."
    if load <= _LEAST:
        return f"With {when} it saves less than {SAME:.0%} at every load."
    return (
        f"With {when} it saves less than {SAME:.0%} from {number(load)} images a day on: "
        "there, always on wins."
    )


def _hours(workload: Workload) -> str:
    hours = workload.active_hours
    return f"requests in {hours:g} hour{'' if hours == 1 else 's'} a day"


def _instances(workload: Workload, prices: Prices) -> Comparison:
    choices = [
        Choice(name, replace(workload, instance_type=name))
        for name in sorted(prices.instances, key=lambda name: prices[INSTANCE + name].usd)
    ]
    ours = prices.instance(workload.instance_type).usd
    least = choices[0].name
    limits = ", ".join(
        f"{one.name} {workload.seconds_per_image * ours / prices[INSTANCE + one.name].usd:.2g} s"
        for one in choices
        if one.name != workload.instance_type
    )
    return Comparison(
        f"Instance types, {workload.seconds_per_image:g} s a picture on each",
        tuple(choices),
        f"At the same speed {least} wins at every load; speeds differ, and are yours to measure. "
        f"Busy all day, these win against {workload.instance_type} while a picture takes less "
        f"than: {limits}. While instances mostly idle, the cheaper hour wins.",
    )


def _batches(workload: Workload, prices: Prices) -> Comparison:
    choices = tuple(
        Choice(
            f"{size} at a time, {speedup:.2f} x",
            replace(workload, batch_size=size, batch_speedup=speedup),
        )
        for size, speedup in BATCH_SPEEDUPS.items()
    )
    alone, best = choices[0].workload, choices[-1].workload

    def saves(load: float) -> bool:
        return _ratio(at(best, load, prices), at(alone, load, prices)) < 1 - SAME

    begins = first_load(saves)
    told = f"Batches save less than {SAME:.0%} at every load."
    if begins is not None:
        told = (
            "One at a time wins nowhere; below "
            f"{number(begins)} images a day batches save less than {SAME:.0%}."
        )
        if begins < LOADS[-1]:
            saved = 1 - _ratio(at(best, LOADS[-1], prices), at(alone, LOADS[-1], prices))
            told += f" At {LOADS[-1]:,} they save {saved:.0%}."
    return Comparison("Pictures painted together", choices, told)


def _designs(workload: Workload, prices: Prices) -> Comparison:
    choices = {name: Choice(DESIGNS[name], replace(workload, design=name)) for name in DESIGNS}
    ours = choices[STANDARD].workload
    dearest = at(ours, LOADS[-1], prices)

    def difference(name: str) -> float:
        other = at(choices[name].workload, LOADS[-1], prices)
        return other.per_thousand - dearest.per_thousand

    told = "; ".join(
        f"{DESIGNS[name]} {'saves' if saved < 0 else 'adds'} {abs(saved):.2f} USD"
        for name in DESIGNS
        if name != STANDARD and (abs(saved := difference(name)) >= 0.005)
    )
    return Comparison(
        "Designs of the workflow",
        tuple(choices.values()),
        f"Per 1,000 images at {LOADS[-1]:,} a day: {told or 'no design differs by a cent'}. "
        f"{_one_lambda(ours, prices)} {_one_lambda_ends(ours)}",
    )


def _one_lambda_ends(ours: Workload) -> str:
    most = most_seconds_in_one_lambda(ours)
    when = "with every attempt" + ("" if ours.always_on else " and a waking endpoint")
    if most <= 0:
        return f"It is not possible here: {when}, a request takes more than Lambda's 15 minutes."
    return f"Lambda's 15 minutes, {when}, are over where a picture takes {most:.0f} s."


def _one_lambda(ours: Workload, prices: Prices) -> str:
    """At a load at which an endpoint is awake."""
    one = replace(ours, design="one-lambda")

    def dearer(seconds: float) -> bool:
        slow = replace(one, seconds_per_image=seconds), replace(ours, seconds_per_image=seconds)
        spent = [at(each, LOADS[-1], prices).per_thousand for each in slow]
        return spent[0] > spent[1]

    if dearer(0.01):
        return "One Lambda that waits is dearer however fast pictures are."
    if not dearer(_MOST_SECONDS):
        return "One Lambda that waits is cheaper however slow pictures are."
    low, high = 0.01, _MOST_SECONDS
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if dearer(middle) else (middle, high)
    return (
        f"One Lambda that waits wins below {high:.0f} s a picture (and {OVERHEAD_SECONDS:g} s "
        "beside it), and the state machine above; what it goes without is the durable wait, each "
        "stage's own retries and role, and the record of what happened."
    )


def _ratio(one: Estimate, other: Estimate) -> float:
    return one.per_thousand / other.per_thousand


def _told(segments: Iterable[tuple[float, str]]) -> str:
    (_, first), *others = segments
    if not others:
        return f"{first} is cheapest at every load."
    rest = ", ".join(f"{name} from {number(load)} images a day on" for load, name in others)
    return f"{first} is cheapest for fewer images, {rest}."


def number(value: float) -> str:
    """To two figures, with commas."""
    digits = max(0, math.floor(math.log10(value)) - 1)
    return f"{round(value, -digits):,.0f}"
