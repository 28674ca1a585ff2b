"""A place in a list as a text that goes out and comes back.

It is not signed: each list checks what it holds.
"""

import base64
import json
import re

from shared.request import InvalidRequest

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
_MOST_CHARACTERS = 512


def cursor_of(place: object) -> str:
    """The place as a cursor, for the query of an address."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(cursor: str) -> object:
    """What a cursor holds; None where it is none."""
    if len(cursor) > _MOST_CHARACTERS:
        return None
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None


def unknown_cursor() -> InvalidRequest:
    """What a list says of a cursor that is not its own."""
    return InvalidRequest("cursor", "known", "the cursor is none that this list has given")
