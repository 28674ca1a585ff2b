"""Where a queue goes on. Every reviewer sees the same queues: a cursor keeps no secret."""

from shared.cursors import MOMENT, cursor_of, place_of, unknown_cursor
from shared.dynamodb import Item
from shared.reviews import REVIEW_ID


def written_cursor(key: Item) -> str:
    """The key of a page's last row as a cursor of its queue."""
    return cursor_of([key["queue"], key["opened_at"], key["review_id"]])


def read_cursor(cursor: str | None, queue: str) -> Item | None:
    """The key to go on after. Raises InvalidRequest for what is no cursor of this queue."""
    if cursor is None:
        return None
    match place_of(cursor):
        case [str(whose), str(opened_at), str(review_id)] if (
            whose == queue and MOMENT.fullmatch(opened_at) and REVIEW_ID.fullmatch(review_id)
        ):
            return {"queue": queue, "opened_at": opened_at, "review_id": review_id}
    raise unknown_cursor()
