"""`safelight review export`: decisions as data, and how far they can be relied on."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.commands.arguments import Subparsers, add_stack, subcommand
from local.commands.failure import SUCCESS, CommandError
from local.commands.policy_file import add_policy, read_file

if TYPE_CHECKING:
    from rich.console import Console

    from local.deployed_stack import DeployedStack
    from local.reviews.decided import Reviews
    from local.reviews.export import Export

_EXAMPLES = """\
  safelight review export --out reviews/
  safelight review export --out reviews/ --since 2026-11-01 --stack safelight
  safelight classifier check reviews/prompts.csv
"""
_BAR = 20


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    summary = "write decisions as labelled data, and say how far people agree"
    parser = subcommand(subparsers, "export", summary, _EXAMPLES, run)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="where three files are written"
    )
    parser.add_argument(
        "--since",
        type=moment,
        metavar="DATE",
        help="only what was decided from then on, as in 2026-11-01 (UTC) or 2026-11-01T12:00Z",
    )
    add_policy(parser)
    add_stack(parser)


def moment(text: str) -> datetime:
    """A day or a time of ISO 8601; UTC unless it says otherwise."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date, as in 2026-11-01") from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def run(args: argparse.Namespace) -> int:
    """Write and tell."""
    from local.commands.console import console
    from local.commands.which_stack import which_stack
    from local.reviews.account import OUTPUTS, all_reviews, request_hashes
    from local.reviews.decided import sort_out
    from local.reviews.export import write_export

    policy = read_file(args.policy)
    stack, screen = which_stack(args.stack, OUTPUTS), console()
    reviews = sort_out(all_reviews(stack), datetime.now(UTC), args.since)
    hashes = request_hashes(stack, (row["request_id"] for row in reviews.decided))
    try:
        written = write_export(args.out, reviews, hashes, policy, args.since)
    except OSError as error:
        raise CommandError(f"cannot write to {args.out}: {error.strerror}") from error
    _tell_counts(screen, args.out, stack, reviews, written)
    for label in written.agreement["labels"]:
        _tell_label(screen, label)
    _tell_people(screen, written.agreement)
    return SUCCESS


def _tell_counts(
    screen: Console, out: Path, stack: DeployedStack, reviews: Reviews, written: Export
) -> None:
    from local.commands.classifier_view import say
    from local.reviews.export import AGREEMENT, DECISIONS, PROMPTS
    from local.reviews.prompts import CONTRADICTORY, NO_LABEL, NOT_KEPT

    keeps = stack.parameters().get("StorePrompts") == "true"
    why = {
        NOT_KEPT: "whose prompt was not kept: "
        + ("StorePrompts was off then" if keeps else "StorePrompts is off"),
        CONTRADICTORY: "on prompts that people contradict each other about",
        NO_LABEL: "of none of the policy's labels",
    }
    say(screen, f"{out / DECISIONS}: decisions of people: {len(reviews.decided)}")
    say(screen, f"{out / PROMPTS}: labelled prompts: {len(written.prompts.labels)}")
    for reason, number in written.prompts.left_out.items():
        say(screen, f"  left out: {number} {why[reason]}")
    say(screen, f"{out / AGREEMENT}: what follows, as JSON")
    others = {
        "OPEN": "still waiting",
        "EXPIRED": "expired: nobody decided, which is no rejection",
        "OVER": "over before anybody decided",
        "DELETED": "beyond their retention, and left out",
    }
    for status, number in sorted(reviews.others.items()):
        say(screen, f"And {number} {others[status]}.")


def _tell_label(screen: Console, label: dict[str, Any]) -> None:
    """Counts with intervals, the plot of scores, and a threshold if there is reason for one."""
    from local.commands.classifier_view import say
    from local.commands.table import print_table

    lean, found = label["lean"]["agreed"], label["threshold"]
    rows = [
        ("decided", label["decided"], ""),
        ("approved", *_share(label["approved"])),
        ("rejected", *_share(label["rejected"])),
        ("painted anew", label["regenerated"], ""),
        ("as the score leans", *_share(lean)),
    ]
    title = f"{label['label']}, {'prompts' if label['about'] == 'prompt' else 'pictures'}"
    screen.print()
    print_table(screen, title, ("", "number", "share, 95 %"), rows)
    most = max((one["approved"] + one["rejected"] for one in label["scores"]), default=1)
    bins = [
        (
            f"{one['from']:.2f}",
            one["approved"],
            one["rejected"],
            _bar("○", one["approved"], most) + _bar("●", one["rejected"], most),
        )
        for one in label["scores"]
    ]
    columns = ("score from", "approved", "rejected", "○ approved ● rejected")
    print_table(screen, "Where people begin to reject", columns, bins)
    say(screen, _threshold(found))


def _tell_people(screen: Console, told: dict[str, Any]) -> None:
    from local.commands.table import print_table

    rows = [("appeals granted", *_share(told["appeals"]["granted"]), "")]
    for what, between in told["reviewers"].items():
        alpha = between["alpha_nominal"]
        coefficient = "not defined" if alpha is None else f"{alpha:.3f}"
        rows.append((f"agreement on the same {what}", *_share(between["agreed"]), coefficient))
    screen.print()
    columns = ("", "number", "share, 95 %", "Krippendorff's alpha (nominal)")
    print_table(screen, "People", columns, rows)


def _share(share: dict[str, Any]) -> tuple[str, str]:
    number = f"{share['part']} of {share['whole']}"
    if not share["whole"]:
        return number, ""
    bounds = f"({100 * share['low']:.0f} to {100 * share['high']:.0f})"
    return number, f"{100 * share['part'] / share['whole']:.0f} % {bounds}"


def _bar(mark: str, number: int, most: int) -> str:
    return mark * min(number, round(_BAR * number / most) or 1)


def _threshold(found: dict[str, Any]) -> str:
    from local.reviews.figures import LEAST_DECISIONS, LEAST_OF_EACH

    basis = f"{found['decisions']} scored decisions ({found['approved']} approved)"
    if "untold" in found:
        needs = f"it needs {LEAST_DECISIONS}, {LEAST_OF_EACH} of each kind"
        return f"No threshold is suggested, on {basis}: {found['untold']}; {needs}."
    return (
        f"A threshold of {found['from']:.4f} would contradict {found['contradicted']} of {basis}. "
        "Scores that nobody reviewed say nothing here; try it with `safelight policy replay`."
    )
