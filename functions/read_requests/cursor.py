"""Where a list goes on: a place in one requester's own list, and in no other's.

A cursor holds no requester: whose list is read is what the gateway says. It is not signed, because
whoever makes one up can but begin at another place of the list that is theirs anyway.
"""

import base64
import hashlib
import json
import re

from shared.dynamodb import Item
from shared.request import InvalidRequest
from shared.request_ids import id_of_record

_MOST_CHARACTERS = 512
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


def written_cursor(key: Item, requester: str) -> str:
    """The key of a list's last row as a cursor of this list."""
    place = [_list_of(requester), key["created_at"], key["request_id"]]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, requester: str) -> Item | None:
    """The key to go on after. Raises InvalidRequest for what is no cursor of this list."""
    if cursor is None:
        return None
    try:
        place = json.loads(_decoded(cursor))
    except (ValueError, RecursionError):
        place = None
    match place:
        case [str(whose), str(created_at), str(request_id)] if (
            whose == _list_of(requester)
            and _MOMENT.fullmatch(created_at)
            and id_of_record(request_id)
        ):
            return {"requester": requester, "created_at": created_at, "request_id": request_id}
    raise InvalidRequest("cursor", "known", "the cursor is none that this list has given")


def _decoded(cursor: str) -> bytes:
    if len(cursor) > _MOST_CHARACTERS:
        raise ValueError("too long")
    return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)


def _list_of(requester: str) -> str:
    return hashlib.sha256(requester.encode()).hexdigest()[:16]
