"""Appeals: against which end of a request its requester may appeal, once, and what that is about.

An appeal is the request's next run, and begins with a review. Its record has it as `appeal`, and
keeps it over later runs: one that ended technically is followed by the same appeal again. What it
is about lies in the run that it is against, so in the record's history.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.dynamodb import Item
from shared.records import part
from shared.request import InvalidRequest, read_words

if TYPE_CHECKING:
    from shared.s3 import Storage

_ABOUT = {"BLOCKED_PROMPT": "prompt", "BLOCKED_IMAGE": "images"}
_NAME = re.compile(r"api-[0-9a-f]{16}-[0-9a-f]{32}-appeal(-[0-9]+)?")
# Who appeals: at most an API's requester with what is put before it.
_MOST_BYTES = 2048
# Of one picture: a repeated StoreImages writes another one.
_MOST_VERSIONS = 100


@dataclass(frozen=True)
class Appeal:
    """Who appeals, when (UTC), and what they say to the reviewer."""

    by: str
    at: str
    message: str


def read_appeal(given: object) -> Appeal:
    """What an execution's input says of an appeal. Raises InvalidRequest."""
    # Who only asks whether one may appeal needs none of it: cold starts would pay for the import.
    from shared.arrival import fits

    match given:
        case {"by": str(by), "at": str(at), "message": message, **rest} if not rest:
            if fits(by, _MOST_BYTES) and _is_moment(at):
                return Appeal(by, at, read_words({"message": message}, "message"))
    raise InvalidRequest("appeal", "type", "an appeal has by, at (UTC) and message")


def objection(record: Item) -> InvalidRequest | None:
    """Why nobody may appeal against how a request has ended; None if its requester may."""
    status = record["status"]
    if "appeal" in record:
        return InvalidRequest("run", "appealed", "a request is appealed against once")
    if status not in _ABOUT:
        message = f"the run is {status}: only {' and '.join(_ABOUT)} are appealed against"
        return InvalidRequest("run", "appealable", message)
    # Beside a picture that was reviewed, what holds against another one is a warning.
    against = part(record, "reasons", []) + part(record, "warnings", [])
    if any(reason["action"] == "always" for reason in against):
        message = "a rule of the policy holds against it that no person can lift"
        return InvalidRequest("run", "appealable", message)
    return None


def part_of(record: Item, appeal: Appeal) -> dict[str, Any]:
    """What the next run's record has of an appeal against the run that this record is of."""
    return {
        "by": appeal.by,
        "at": appeal.at,
        "message": appeal.message,
        "against": record["run"],
        "about": _ABOUT[str(record["status"])],
    }


def subject(record: Item) -> dict[str, Any]:
    """{about, images, attempts, reasons, classification, models, warnings} of a record's appeal.

    As far as it was recorded of the run that the appeal is against, with the pictures that were
    refused in review again. Raises InvalidRequest if they are not recorded any more.
    """
    appeal = part(record, "appeal", {})
    (run,) = (one for one in part(record, "history", []) if one["run"] == appeal["against"])
    if "reasons" not in run:
        raise InvalidRequest("run", "kept", "how the run ended is no longer kept in full")
    # What a reviewer said then would be told again, of a decision that is not made yet.
    reasons = [one for one in run["reasons"] if one["category"] != "review"]
    return {
        "about": appeal["about"],
        "images": in_review(run.get("images", [])) if appeal["about"] == "images" else [],
        "attempts": run.get("attempts", []),
        "reasons": reasons,
        "classification": run.get("classification", {}),
        "models": run.get("models", {}),
        "warnings": run.get("warnings", []),
    }


def in_review(images: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A blocked run's pictures, with the refused ones in review again.

    Raises InvalidRequest if none of them is recorded.
    """
    again = [
        {name: value for name, value in image.items() if name != "delivered"}
        | ({"verdict": "review"} if image["verdict"] == "unsafe" else {})
        for image in images
    ]
    if not any(image["verdict"] == "review" for image in again):
        raise _not_kept()
    return again


def check_kept(images: list[dict[str, Any]], storage: "Storage") -> None:
    """Raises InvalidRequest unless the very versions that an approval would deliver are there."""
    for image in images:
        if image["verdict"] in ("review", "withheld"):
            versions = storage.versions(image["bucket"], image["key"], _MOST_VERSIONS)
            if image["version_id"] not in {version.version_id for version in versions}:
                raise _not_kept()


def execution_name(request_id: str, number: int) -> str:
    """Of a request's appeal; of another start of it, where one ended before it was heard."""
    return f"{request_id}-appeal" + (f"-{number}" if number > 1 else "")


def is_named_for(execution: str) -> bool:
    """Whether an execution has such a name."""
    return _NAME.fullmatch(execution) is not None


def _not_kept() -> InvalidRequest:
    return InvalidRequest("run", "kept", "the pictures are no longer kept")


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
