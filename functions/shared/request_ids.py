"""The ids of requests that come by the API: whose one is stands in it, and nowhere else.

A requester may be an ARN or a name with slashes, so that a record's `requester` cannot tell two of
them apart in all cases. The first part of an id can.
"""

import hashlib
import re
import secrets

_ID = re.compile(r"api-([0-9a-f]{16})-[0-9a-f]{32}")
# Before the id in the record of a request that failed before it was read.
_UNREAD = "execution-"


def request_id_for(requester: str, own_key: str | None) -> str:
    """The id of a requester's request: the same for the same key of theirs, else a new one."""
    last = _digest(f"{requester}\n{own_key}")[:32] if own_key else secrets.token_hex(16)
    return f"api-{_digest(requester)[:16]}-{last}"


def is_of(requester: str, request_id: str) -> bool:
    """Whether an id is one of this requester's; False for whatever is no such id."""
    found = _ID.fullmatch(request_id)
    return found is not None and found[1] == _digest(requester)[:16]


def id_of_record(key: str) -> str:
    """The id of the request that a record is of; empty if that did not come by the API."""
    request_id = key.removeprefix(_UNREAD)
    return request_id if _ID.fullmatch(request_id) else ""


def key_if_unread(request_id: str) -> str:
    """The key of its record if the request failed before it was read."""
    return _UNREAD + request_id


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
