"""`safelight models`: fetch the network that the local image moderator sees with."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.commands.arguments import Subparsers, subcommand
from local.commands.failure import SUCCESS, CommandError

_EXAMPLES = """\
  safelight models status                        is the network here, and unchanged?
  safelight models fetch                         from npm's registry (`make setup` does it)
  safelight models fetch --from nsfwjs-4.4.0.tgz   where npm is not: a package downloaded by hand
"""


def add_to(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subcommand(
        subparsers, "models", "fetch the network of the local image moderator", _EXAMPLES, run
    )
    parser.add_argument("what", choices=("status", "fetch"))
    parser.add_argument(
        "--from",
        dest="tarball",
        type=Path,
        metavar="FILE",
        help="fetch: the package as a file, instead of npm",
    )


def run(args: argparse.Namespace) -> int:
    """Fetch, unless it is here; say what is here."""
    from local.ai.vision.published import NSFWJS, ModelUnavailable, fetch, keep, kept

    if args.tarball and args.what != "fetch":
        raise CommandError("--from is for `safelight models fetch`.")
    try:
        if args.what == "fetch" and args.tarball:
            keep(NSFWJS, args.tarball)
        elif args.what == "fetch":
            fetch(NSFWJS)
        kept(NSFWJS)
    except ModelUnavailable as reason:
        raise CommandError(
            f"{reason}. Until `safelight models fetch` succeeds, the local moderator sees only "
            "the painter's markers, and says so."
        ) from reason
    print(f"{NSFWJS.spec} is in {NSFWJS.folder} (MIT licence; the text is beside the weights).")
    return SUCCESS
