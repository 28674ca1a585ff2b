"""Where a list goes on: a place in one requester's own list, and in no other's.

A cursor holds no requester: whose list is read is what the gateway says. It is not signed, because
whoever makes one up can but begin at another place of the list that is theirs anyway.
"""

import hashlib

from shared.cursors import MOMENT, cursor_of, place_of, unknown_cursor
from shared.dynamodb import Item
from shared.request_ids import id_of_record


def written_cursor(key: Item, requester: str) -> str:
    """The key of a list's last row as a cursor of this list."""
    return cursor_of([_list_of(requester), key["created_at"], key["request_id"]])


def read_cursor(cursor: str | None, requester: str) -> Item | None:
    """The key to go on after. Raises InvalidRequest for what is no cursor of this list."""
    if cursor is None:
        return None
    match place_of(cursor):
        case [str(whose), str(created_at), str(request_id)] if (
            whose == _list_of(requester)
            and MOMENT.fullmatch(created_at)
            and id_of_record(request_id)
        ):
            return {"requester": requester, "created_at": created_at, "request_id": request_id}
    raise unknown_cursor()


def _list_of(requester: str) -> str:
    return hashlib.sha256(requester.encode()).hexdigest()[:16]
