"""`safelight local`: the whole stack on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from local.commands import signals
from local.commands.arguments import Subparsers, scale, subcommand
from local.commands.failure import SUCCESS, CommandError
from local.page import USUAL_PORT

if TYPE_CHECKING:
    from rich.console import Console

    from local.deployed_stack import Record
    from local.stack import LocalStack

_EXAMPLES = """\
  safelight local
  safelight local --on-flagged-prompt warn --port 4566
  safelight local --shadow-policy stricter.json
  safelight local --generator http://127.0.0.1:8080
  safelight local --page-port 8000         (http://127.0.0.1:8000/ in the browser)
  safelight local --host 172.17.0.1        (also for the containers of sam local)
  SAFELIGHT_STATE=/tmp/two safelight local (a second one; the same for its drop and show)
"""
_WILDCARDS = ("0.0.0.0", "::", "[::]", "")  # noqa: S104


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers, "local", "run the whole stack on this machine until Ctrl-C", _EXAMPLES, run
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen on (default: %(default)s, for this machine alone)",
    )
    parser.add_argument(
        "--yes", action="store_true", help="agree to an ADDRESS that every network reaches"
    )
    _add_rest(parser)


def _add_rest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, metavar="N", help="of the engine (default: a free one)")
    parser.add_argument(
        "--page-port",
        type=int,
        metavar="N",
        help=f"of the page (default: {USUAL_PORT}, or a free one where that is taken)",
    )
    parser.add_argument(
        "--time-scale",
        type=scale,
        default=1.0,
        metavar="X",
        help="let waits, retries and time-outs pass X times as fast (default: 1)",
    )
    parser.add_argument(
        "--on-flagged-prompt",
        choices=("reject", "warn"),
        default="reject",
        help="the stack's parameter OnFlaggedPrompt (default: %(default)s)",
    )
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="publish this policy to the stack and have it judge (default: policy/default.json); "
        "`safelight policy publish` replaces it while the stack runs",
    )
    parser.add_argument(
        "--shadow-policy",
        type=Path,
        metavar="FILE",
        help="publish this policy and have it evaluated and recorded beside, never enforced",
    )
    parser.add_argument(
        "--generator",
        metavar="URL",
        help="a model server that paints, at http://HOST:PORT (default: the local painter)",
    )
    parser.add_argument(
        "--env-file",
        type=Path,
        metavar="FILE",
        help="where to write the variables for sam local (default: .safelight/local-env.json)",
    )


def run(args: argparse.Namespace) -> int:
    """Run until interrupted."""
    _agree_on_host(args)
    if args.port and args.port == args.page_port:
        raise CommandError("engine and page need a port each: --port and --page-port are the same")
    _try_address(args.host, args.port or 0, "--port")
    _try_address(args.host, args.page_port or 0, "--page-port")
    if args.generator is not None:
        _try_generator(args.generator)
    signals.heed()
    from local.commands.console import console

    screen = console()
    try:
        _serve(args, screen)
    except KeyboardInterrupt:
        screen.print("\nStopped.")
    return SUCCESS


def _agree_on_host(args: argparse.Namespace) -> None:
    if args.host in _WILDCARDS and not args.yes:
        raise CommandError(
            f"--host {args.host} would let every network this machine is in call the engine, "
            "which asks nobody for credentials and runs code. Give the one address that needs "
            "it, such as 172.17.0.1 for containers, or add --yes if you mean it."
        )


def _try_address(host: str, port: int, option: str) -> None:
    if ":" in host:
        raise CommandError(f"--host {host}: IPv6 is not served; give an IPv4 address.")
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"cannot listen on {host} port {port or 'of my choice'}: {str(error).rstrip('.')}. `ip "
            f"address` shows this machine's addresses; without {option} a free one is taken."
        ) from error


def _try_generator(url: str) -> None:
    from local.ai.container import check_url
    from local.model_server import ping

    try:
        check_url(url)
        ping(url)
    except (ValueError, OSError) as error:
        raise CommandError(
            f"--generator {url}: {error}. docs/container.md shows how to start a model server."
        ) from error


def _serve(args: argparse.Namespace, screen: Console) -> None:
    from local import running_instance
    from local.commands.invitation import invitation
    from local.commands.local_env import seen_by_containers, write_local_env
    from local.stack import REVIEWS, LocalStack

    running = running_instance.find()
    if running is not None:
        raise CommandError(
            f"a local stack is running already, at {running.endpoint} (process {running.pid}). "
            "Use that one, stop it first, or give this one a SAFELIGHT_STATE folder of its own."
        )
    with LocalStack(
        on_flagged_prompt=args.on_flagged_prompt,
        parameters=REVIEWS,
        policies=published_policies(args),
        generator=args.generator,
        host=args.host,
        port=args.port,
        page_ports=(USUAL_PORT, 0) if args.page_port is None else (args.page_port,),
        time_scale=args.time_scale,
        progress=lambda text: screen.print(f"  {text}", style="dim"),
    ) as stack:
        env_file = (args.env_file or running_instance.STATE / "local-env.json").resolve()
        reached = [
            seen_by_containers(url, args.host) for url in (stack.stand_ins.endpoint, stack.endpoint)
        ]
        write_local_env(env_file, stack, *reached)
        _note(stack)
        try:
            told = invitation(stack, env_file, reached[1])
            screen.print(told, soft_wrap=True, highlight=False, markup=False)
            _tell_outcomes(stack, screen)
        finally:
            running_instance.remove(os.getpid())


def published_policies(args: argparse.Namespace) -> dict[str, bytes]:
    """Bundles of what judges and, where one is named, its shadow, by their keys in the bucket."""
    from local.commands.policy_file import read_file
    from local.policy.bundle import make_bundle
    from shared.policy import ACTIVE_KEY, SHADOW_KEY

    published = {ACTIVE_KEY: make_bundle(read_file(args.policy))}
    if args.shadow_policy:
        published[SHADOW_KEY] = make_bundle(read_file(args.shadow_policy))
    return published


def _note(stack: LocalStack) -> None:
    from local.running_instance import Instance, write

    ai = stack.stand_ins.endpoint
    page = stack.page_url
    write(Instance(os.getpid(), stack.endpoint, ai, page, stack.name, dict(stack.outputs)))


def _tell_outcomes(stack: LocalStack, screen: Console) -> NoReturn:
    """A line per event of a request or a job, for ever."""
    from local.result_events import IN_REVIEW, WAITING, ResultEvents

    events = ResultEvents(stack, also_waiting=True)
    while True:
        for event in events.receive(wait_seconds=1):
            if event["detail-type"] == WAITING:
                _tell_waiting(screen, event)
            elif event["detail-type"] == IN_REVIEW:
                _tell_in_review(screen, event)
            elif "job_id" in event["detail"]:
                _tell_job(screen, event)
            else:
                _tell(screen, event, stack.record(event["detail"]["request_id"]))


def _tell(screen: Console, event: dict[str, Any], record: Record | None) -> None:
    from rich.text import Text

    from local.record_text import COLOURS, reasons_text, tone, total_ms

    detail = event["detail"]
    line = Text(f"{event['time'][11:19]}  ")
    line.append(f"{detail['status']:<15}", style=COLOURS[tone(detail["status"])])
    line.append(f" {event['detail-type']:<15} {detail['request_id']}")
    if record is not None:
        line.append(f"  {total_ms(record)} ms", style="dim")
    if detail["reasons"] or detail["warnings"]:
        line.append(f"  {reasons_text(detail['reasons'] or detail['warnings'])}")
    screen.print(line, soft_wrap=True)


def _tell_waiting(screen: Console, event: dict[str, Any]) -> None:
    from rich.text import Text

    detail = event["detail"]
    line = Text(f"{event['time'][11:19]}  {'':<15} {event['detail-type']:<15} ")
    line.append(f"{detail['request_id']}  {detail['backlog']} wait, {detail['state']}", style="dim")
    screen.print(line, soft_wrap=True)


def _tell_in_review(screen: Console, event: dict[str, Any]) -> None:
    from rich.text import Text

    from local.record_text import COLOURS, OPEN, reasons_text

    detail = event["detail"]
    line = Text(f"{event['time'][11:19]}  ")
    line.append(f"{'IN_REVIEW':<15}", style=COLOURS[OPEN])
    line.append(f" {event['detail-type']:<15} {detail['request_id']}")
    line.append(f"  {reasons_text(detail['reasons'])}")
    screen.print(line, soft_wrap=True)


def _tell_job(screen: Console, event: dict[str, Any]) -> None:
    from rich.text import Text

    from local.job_text import event_text, job_tone
    from local.record_text import COLOURS, reasons_text

    detail = event["detail"]
    line = Text(f"{event['time'][11:19]}  ")
    line.append(f"{detail['status']:<15}", style=COLOURS[job_tone(detail["status"])])
    line.append(f" {event['detail-type']:<15} {detail['job_id']}")
    line.append(f"  {event_text(detail)}", style="dim")
    if detail.get("reasons"):
        line.append(f"  {reasons_text(detail['reasons'])}")
    screen.print(line, soft_wrap=True)
