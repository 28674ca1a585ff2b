"""The figures as a table in the terminal."""

from __future__ import annotations

import statistics
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.endpoint.chips import SOURCE, dense_tflops
from bench.endpoint.plan import DIFFUSERS, SERVER, Measured, Plan, read
from bench.soak.tables import titled
from bench.spent import GPU_HOUR, PRICED

_CHIP_OF_PRICE = "A10G"


def print_report(console: Console, document: dict[str, Any]) -> None:
    """What `document` of __main__ holds."""
    plan = Plan(**document["plan"] | {"batches": tuple(document["plan"]["batches"])})
    chip, measured = document["chip"], read(document["measured"])
    if chip is None:
        console.print(_no_accelerator(plan), style="bold red")
    console.print(f"{document['machine']}. {document['versions']}.", highlight=False)
    console.print(_table(plan, measured, chip))
    console.print(_method(plan, document), style="dim", highlight=False)
    if chip is not None:
        console.print(_price(measured, chip), highlight=False)


def _no_accelerator(plan: Plan) -> str:
    if plan.architecture == "tiny":
        return (
            "NO ACCELERATOR, and a tiny model with random weights: these figures compare ways to "
            "ask a model on this CPU. They say nothing of how fast pictures are painted for real."
        )
    return "NO ACCELERATOR: a model of full size on a CPU shows that it runs, not how fast it is."


def _table(plan: Plan, measured: list[Measured], chip: str | None) -> Table:
    table = titled(f"Pictures of {plan.size}x{plan.size}, {plan.dtype}")
    table.add_column("who")
    columns = ("at a\ntime", "steps", "n", "a second:\nleast", "\nmedian", "\nmost")
    for name in (
        *columns,
        "to\ndiffusers",
        "of the\nchip",
        "MB at\nmost",
        "request, s:\nmedian, most",
    ):
        table.add_column(name, justify="right")
    base = next(
        one.rate for one in measured if (one.case.arm, one.case.steps) == (DIFFUSERS, plan.steps)
    )
    for before, one in zip([None, *measured], measured, strict=False):
        if before is not None and before.case.arm != one.case.arm:
            table.add_section()
        table.add_row(*_row(one, base, chip))
    return table


def _row(one: Measured, base: float, chip: str | None) -> list[str]:
    limit = dense_tflops(chip or "")
    share = f"{one.rate * one.flop / limit / 1e12:.0%}" if limit else "-"
    asked = one.request_seconds
    return [
        one.case.arm,
        str(one.case.batch),
        str(one.case.steps),
        str(len(one.rates)),
        *(f"{rate:.3g}" for rate in (min(one.rates), one.rate, max(one.rates))),
        f"{one.rate / base:.2f}",
        share,
        "-" if one.peak_bytes is None else f"{one.peak_bytes / 1e6:,.0f}",
        f"{statistics.median(asked):.2f}, {max(asked):.2f}" if asked else "-",
    ]


def _method(plan: Plan, document: dict[str, Any]) -> str:
    flops, accelerated = document["flops"], document["chip"] is not None
    memory = (
        "Memory: what tensors took on the accelerator; the server's is what its driver says that "
        "the process holds, where it says so"
        if accelerated
        else "Memory: the process's RSS at most, libraries included"
    )
    limit = (
        "of the chip: the model's FLOP a picture, which torch counts on the meta device, over the "
        f"dense 16-bit limit of {document['chip']} ({SOURCE})"
        if dense_tflops(document["chip"] or "")
        else "of the chip: no limit is known here"
    )
    return (
        f"{plan.architecture}, random weights, {flops['parameters'] / 1e6:,.1f} M parameters; "
        f"a picture of {plan.steps} steps with guidance is {_flop(plan, flops):.3g} TFLOP. "
        f"{plan.rounds} rounds, each in another order; warmed up before, which is not timed; "
        f"{plan.requests} requests of each of the server's clients, one picture each. Plain "
        "diffusers has the model's own scheduler, nothing compiled and our numbers' format; 50 "
        "steps are its default. To diffusers: the median over that of its pictures of as many "
        "steps as ours. "
        f"{memory}; {limit}. {_threads(plan)}"
        f"{'Compiled' if plan.compiled else 'Not compiled'}. Load {document['load']}."
    )


def _threads(plan: Plan) -> str:
    return f"{plan.threads} thread(s) each. " if plan.threads else ""


def _flop(plan: Plan, flops: dict[str, float]) -> float:
    return (flops["text_encoder"] + plan.steps * flops["unet"] + flops["decoder"]) / 1e12


def _price(measured: list[Measured], chip: str) -> str:
    """Only what was measured here is put into the formula."""
    best = max((one for one in measured if one.case.arm == SERVER), key=lambda one: one.rate)
    seconds = 1 / best.rate
    said = (
        f"A picture costs P / 3600 x {seconds:.3g} USD on a machine like this one at P USD an hour "
        f"that is always busy ({best.case.batch} at a time through the server)."
    )
    kind, hour = GPU_HOUR
    if _CHIP_OF_PRICE in chip:
        usd = hour / 3600 * seconds
        return f"{said} {kind} has this chip: {usd:.2g} USD at {hour} USD an hour ({PRICED})."
    return f"{said} Other machines, {kind} among them, take other seconds: measure there."
