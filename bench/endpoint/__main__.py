"""`python -m bench.endpoint`: see --help. Needs the container's packages (`make bench-endpoint`).

On a machine with an accelerator that has torch, transformers, accelerate, safetensors and Pillow,
and reaches no package index, diffusers can be carried there as two unpacked wheels. Where there is
an index, in the root of the checkout:

    python3 -m pip download --no-deps --only-binary=:all: --dest wheels \\
        diffusers==0.42.1 importlib_metadata==8.7.0
    for wheel in wheels/*.whl; do python3 -m zipfile -e $wheel wheels/unpacked; done

and there (importlib_metadata needs zipp, which torch's images have as a rule):

    PYTHONPATH=$PWD/wheels/unpacked python3 -m bench.endpoint --accelerator --json endpoint.json

Without rich the figures are only written to the file; `--show endpoint.json` prints them elsewhere.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.endpoint.plan import Plan, document

_BATCHES = (1, 4, 8, 16, 32)


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.show:
        _print(json.loads(arguments.show.read_text("utf-8")))
        return 0
    import torch

    if arguments.accelerator and not torch.cuda.is_available():
        print("--accelerator: torch finds none here", file=sys.stderr)
        return 2
    try:
        found = _measured(_plan(arguments, torch.cuda.is_available()))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if importlib.util.find_spec("rich"):
        _print(found)
    elif not arguments.json:
        print(json.dumps(found, indent=1))
    return 0


def _measured(plan: Plan) -> dict[str, Any]:
    from bench.endpoint import measure

    machine, before = measure.machine(), os.getloadavg()[0]
    measured, flops = measure.measure(plan, lambda said: print(said, file=sys.stderr, flush=True))
    return {
        "machine": machine.described,
        "chip": machine.chip,
        "versions": machine.versions,
        "load": f"{before:.1f} before, {os.getloadavg()[0]:.1f} after",
        "plan": asdict(plan),
        "flops": flops,
        "measured": document(measured),
    }


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console

    from bench.endpoint.report import print_report

    # In a file, tables need not fit a screen.
    print_report(Console(width=None if sys.stdout.isatty() else 130), found)


def _plan(arguments: argparse.Namespace, accelerated: bool) -> Plan:
    architecture = arguments.architecture or ("sd21" if accelerated else "tiny")
    full = architecture == "sd21"
    return Plan(
        architecture=architecture,
        size=arguments.size or (512 if full else 64),
        steps=arguments.steps,
        peer_steps=arguments.peer_steps,
        batches=arguments.batches,
        rounds=arguments.rounds,
        requests=arguments.requests,
        dtype=arguments.dtype or ("bf16" if full else "fp32"),
        # More threads than idle cores wait for one another: tiny models are then 100 times slower.
        threads=arguments.threads if arguments.threads is not None else int(not accelerated),
        compiled=arguments.compile,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.endpoint",
        description="Pictures a second and memory of the container's pipeline and of its server "
        "over HTTP, by how many are painted at a time, beside plain diffusers, in turn. With an "
        "accelerator: Stable Diffusion 2.1-base's architecture with random weights. Without one: "
        "a tiny model on the CPU, whose figures are no pictures' speed.",
    )
    parser.add_argument("--accelerator", action="store_true", help="fail where torch finds none")
    parser.add_argument("--architecture", choices=("sd21", "tiny"), help="instead of the above")
    parser.add_argument(
        "--batches", type=_numbers, default=_BATCHES, metavar="N,N",
        help="pictures, or the server's clients, at a time (1,4,8,16,32)",
    )  # fmt: skip
    parser.add_argument("--steps", type=_count, default=25, metavar="N", help="ours (25)")
    parser.add_argument(
        "--peer-steps", type=_count, default=50, metavar="N", help="diffusers' default (50)"
    )
    parser.add_argument("--size", type=_count, metavar="PIXELS", help="of a side (512; tiny: 64)")
    parser.add_argument("--rounds", type=_count, default=5, metavar="N", help="(5)")
    parser.add_argument(
        "--requests", type=_count, default=3, metavar="N", help="of each client a round (3)"
    )
    parser.add_argument("--dtype", choices=("bf16", "fp16", "fp32"), help="(bf16; tiny: fp32)")
    parser.add_argument("--compile", action="store_true", help="ours by torch.compile: slow start")
    parser.add_argument(
        "--threads", type=int, metavar="N", help="of the CPU, each; 0: torch's choice (CPU: 1)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--show", type=Path, metavar="FILE", help="print the figures of a --json")
    return parser


def _count(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({_count(one) for one in text.split(",")}))


if __name__ == "__main__":
    sys.exit(main())
