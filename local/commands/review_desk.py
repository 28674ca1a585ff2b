"""The review desk of a stack: its API, as whoever works here may call it."""

from __future__ import annotations

import argparse
import getpass
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from local.commands.arguments import add_stack
from local.commands.failure import CommandError
from local.rest_api import (
    Credentials,
    NoCredentials,
    Refused,
    RestApi,
    Unreachable,
    signed,
    with_headers,
)

Review = dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REVIEW_ID = re.compile(r"[0-9a-f]{40}")
# Of a review's id, what is long enough to be meant as the beginning of one.
_BEGINNING = re.compile(r"[0-9a-f]{6,39}")
_TOKEN, _KEY = "SAFELIGHT_TOKEN", "SAFELIGHT_API_KEY"
_MOST = 50
# What to do, by the rule or the code that the API names.
_NEXT = {
    "claimed": "Wait until that is over, or ask them to `safelight review release` it.",
    "claim_expired": "`safelight review claim` does.",
    "unclaimed": "`safelight review claim` does.",
    "decided": "`safelight review show` tells who decided, and why.",
    "expired": "Its requester may ask again.",
    "over": "`safelight show REQUEST_ID` tells how it ended.",
    "regenerable": "Approve or reject; no attempt is left for new pictures.",
    "own_request": "Somebody else has to decide it.",
    "own_decision": "Somebody else has to decide it.",
    "appealed": "A request is appealed against once.",
    "appealable": "docs/reviews.md tells what can be appealed against.",
    "kept": "A new request may be made.",
    "forbidden": "The stack's parameter Reviewers names who may (docs/reviews.md).",
    "not_found": "`safelight review list` shows what waits, where the stack has Reviews=true.",
    "unauthorized": "Get a new token.",
    "throttled": "Try again in a moment.",
    "unavailable": "Try again in a moment; the same decision twice is one.",
    "internal": "The log of the API's functions has what failed.",
}


def add_reviewer(parser: argparse.ArgumentParser) -> None:
    """--as, of the local stack alone, and --stack."""
    parser.add_argument(
        "--as",
        dest="reviewer",
        metavar="NAME",
        help="who decides, on the local stack (default: your login name); AWS knows who asks",
    )
    add_stack(parser)


def add_review(parser: argparse.ArgumentParser) -> None:
    """Which review, and --as and --stack."""
    parser.add_argument(
        "review",
        metavar="ID",
        help="a request's id, a review's id, or six or more of the latter's first characters",
    )
    add_reviewer(parser)


@contextmanager
def desk(args: argparse.Namespace, as_requester: bool = False) -> Iterator[RestApi]:
    """The API; CommandError says what to do about its refusals."""
    try:
        yield _api(args, as_requester)
    except Refused as refusal:
        told = [_NEXT[name] for name in (*refusal.rules, refusal.code) if name in _NEXT]
        raise CommandError(" ".join([f"{str(refusal).rstrip('.')}.", *told[:1]])) from refusal
    except Unreachable as error:
        raise CommandError(f"{error}. Is it deployed with its API, and reachable?") from error


def find(api: RestApi, text: str, *queues: str) -> str:
    """The id of the review that a command line names, as the first of these queues has it."""
    if _REVIEW_ID.fullmatch(text):
        return text
    for queue in queues:
        found = [one["review_id"] for one in listed(api, queue) if _is_meant(one, text)]
        if queue == "open" and len(set(found)) > 1:
            raise CommandError(f"{text} begins the ids of {len(set(found))} reviews: say more.")
        if found:
            return str(found[0])
    what = "waits for a decision" if queues == ("open",) else "is known"
    raise CommandError(f"no review of {text} {what}. `safelight review list` shows what waits.")


def listed(api: RestApi, queue: str, limit: int | None = None) -> Iterator[Review]:
    """What a queue has, at most `limit`: open with the oldest first, decided with the newest."""
    cursor, left = "", limit
    while left is None or left > 0:
        asked = {"queue": queue, "limit": str(min(left or _MOST, _MOST))}
        query = urlencode(asked | ({"cursor": cursor} if cursor else {}))
        _, answer = api.ask("GET", f"/reviews?{query}")
        yield from answer["reviews"]
        cursor = answer.get("next_cursor", "")
        if not cursor:
            return
        left = None if left is None else left - len(answer["reviews"])


def _is_meant(review: Review, text: str) -> bool:
    begins = _BEGINNING.fullmatch(text) and str(review["review_id"]).startswith(text)
    return bool(begins) or text == review["request_id"]


def _api(args: argparse.Namespace, as_requester: bool) -> RestApi:
    from local.commands.which_stack import api_here, which_stack

    if not args.stack:
        here = with_headers() if as_requester else with_headers(Safelight_Reviewer=_name(args))
        return RestApi(api_here(), here)
    if getattr(args, "reviewer", None):
        raise CommandError("--as is for the local stack: in an account, AWS knows who asks.")
    stack = which_stack(args.stack, ("ApiUrl",))
    auth = stack.parameters().get("ApiAuth", "")
    return RestApi(stack.outputs["ApiUrl"], _credentials(auth, stack.client("apigateway")))


def _credentials(auth: str, client: Any) -> Credentials:
    if auth == "cognito":
        return with_headers(Authorization=_of_shell(_TOKEN, "an id token of the user pool"))
    if auth == "key":
        return with_headers(x_api_key=_of_shell(_KEY, "an API key of the usage plan"))
    import boto3

    try:
        return signed(boto3.session.Session(), client.meta.region_name)
    except NoCredentials:
        raise CommandError(
            "no credentials to sign with: see AWS_PROFILE, or `aws configure`."
        ) from None


def _of_shell(variable: str, what: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise CommandError(
            f"put {what} into the variable {variable}; never onto the command line, which others "
            "can read."
        )
    return value


def _name(args: argparse.Namespace) -> str:
    name: str = args.reviewer or getpass.getuser()
    if not _NAME.fullmatch(name):
        raise CommandError(
            f"{name!r} cannot be a reviewer's name: --as takes 1 to 64 letters, digits, . _ and -."
        )
    return name
