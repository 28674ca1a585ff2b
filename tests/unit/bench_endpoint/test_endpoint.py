"""What the bench of the generation endpoint does with its figures; nothing is painted here."""

from __future__ import annotations

import io
import json
import os
from dataclasses import asdict
from typing import Any

import pytest
from rich.console import Console

from bench.endpoint import arms, report
from bench.endpoint.chips import DENSE_TFLOPS, dense_tflops
from bench.endpoint.plan import (
    DIFFUSERS,
    PIPELINE,
    SERVER,
    Case,
    Measured,
    Plan,
    cases,
    document,
    read,
    rounds,
)

PLAN = Plan(
    architecture="sd21",
    size=512,
    steps=25,
    peer_steps=50,
    batches=(1, 8),
    rounds=3,
    requests=2,
    dtype="bf16",
    threads=0,
    compiled=False,
)
# 40 TFLOP a picture and 5 a second are 200 TFLOP a second.
FLOP = 40e12


def figures(chip: str | None, plan: Plan = PLAN) -> dict[str, Any]:
    measured = [
        Measured(case, FLOP, [4.0, 5.0, 9.0], 2_000_000_000, [1.5] if case.arm == SERVER else [])
        for case in cases(plan)
    ]
    return {
        "machine": "a machine",
        "chip": chip,
        "versions": "Python 3",
        "load": "0.1 before, 0.2 after",
        "plan": asdict(plan),
        "flops": {"text_encoder": 1e11, "unet": 1.6e12, "decoder": 2.5e12, "parameters": 1.29e9},
        "measured": document(measured),
    }


def printed(found: dict[str, Any]) -> str:
    console = Console(width=200, file=io.StringIO())
    report.print_report(console, json.loads(json.dumps(found)))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_plain_diffusers_paints_one_at_a_time_in_its_own_steps_and_in_ours() -> None:
    assert cases(PLAN) == [
        Case(DIFFUSERS, 1, 50),
        Case(DIFFUSERS, 1, 25),
        Case(PIPELINE, 1, 25),
        Case(PIPELINE, 8, 25),
        Case(SERVER, 1, 25),
        Case(SERVER, 8, 25),
    ]


def test_every_round_has_every_case_once_in_an_order_of_its_own() -> None:
    orders = list(rounds(cases(PLAN), 5))

    assert all(sorted(map(str, order)) == sorted(map(str, cases(PLAN))) for order in orders)
    assert len({tuple(order) for order in orders}) > 1
    assert orders == list(rounds(cases(PLAN), 5))


def test_every_batch_that_is_measured_is_compiled_for_and_fits() -> None:
    variables = PLAN.server_variables("/model")

    assert (variables["MAX_BATCH"], variables["BUCKETS"]) == ("8", "512x512:1,8")


def test_what_is_written_is_what_is_read() -> None:
    measured = [Measured(case, FLOP, [1.0], None, [2.0]) for case in cases(PLAN)]

    assert read(json.loads(json.dumps(document(measured)))) == measured


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("NVIDIA H200", 989.0),
        ("NVIDIA H200 NVL", 836.0),
        ("NVIDIA H100 80GB HBM3", 989.0),
        ("NVIDIA H100 PCIe", 756.0),
        ("NVIDIA A100-SXM4-80GB", 312.0),
        ("NVIDIA A10G", 70.0),
        ("NVIDIA L40S", 362.0),
        ("NVIDIA L4", 121.0),
        ("Tesla T4", 65.0),
        ("NVIDIA A10", None),
        ("NVIDIA L40", None),
        ("", None),
    ],
)
def test_a_chips_limit_is_found_by_the_name_that_cuda_gives(name: str, limit: float | None) -> None:
    assert dense_tflops(name) == limit


def test_all_limits_can_be_found() -> None:
    assert {dense_tflops(chip) for chip in DENSE_TFLOPS} == set(DENSE_TFLOPS.values())


def test_the_report_tells_spread_share_memory_and_what_a_picture_costs_there() -> None:
    text = printed(figures("NVIDIA H200"))

    row = next(line for line in text.splitlines() if SERVER in line)
    assert row.split()[2:] == "1 25 3 4 5 9 1.00 20% 2,000 1.50, 1.50".split()  # noqa: SIM905
    assert "P / 3600 x 0.2 USD" in text
    assert "Other machines" in text
    assert "NO ACCELERATOR" not in text


def test_a_price_an_hour_is_only_told_of_the_instances_own_chip() -> None:
    text = printed(figures("NVIDIA A10G"))

    assert "has this chip" in text
    assert "Other machines" not in text


@pytest.mark.parametrize("architecture", ["tiny", "sd21"])
def test_figures_of_a_cpu_say_loudly_that_they_are_and_name_no_price(architecture: str) -> None:
    text = printed(figures(None, Plan(**asdict(PLAN) | {"architecture": architecture})))

    assert "NO ACCELERATOR" in text
    assert "USD" not in text


def test_what_a_process_holds_on_the_accelerator_is_read_from_its_drivers_list() -> None:
    assert arms._held("17, 2048\n23, [N/A]\n\n") == {17: 2 << 30}


def test_the_most_memory_a_process_had_can_be_forgotten() -> None:
    big = bytearray(os.urandom(1)) * 100_000_000
    arms.reset_peak(os.getpid())
    with_it = arms.peak_rss(os.getpid())
    del big
    arms.reset_peak(os.getpid())

    assert arms.peak_rss(os.getpid()) < with_it - 50_000_000
