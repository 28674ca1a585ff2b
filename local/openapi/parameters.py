"""What the API's calls may carry beside a body, and the headers of its answers."""

from typing import Any

PARAMETERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "in": "header",
        "description": "The caller's own name for this request. A second call with the same key "
        "and body starts nothing, and is answered as the first; with another body it is refused. "
        "The body's request_id does the same; where both are given they must be equal. Keys are "
        "kept for 90 days, apart for each caller.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
    },
    "wait": {
        "in": "query",
        "description": "How many seconds to wait for the result before answering 202. Few callers "
        "may wait at a time (the stack's ApiMaxWaiting); others are answered at once, with "
        "Preference-Applied: wait=0.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 25, "default": 0},
    },
    "id": {
        "in": "path",
        "required": True,
        "description": "A request_id, as an answer gave it.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    },
    "review": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "A review_id, as a list gave it.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    },
    "Safelight-Reviewer": {
        "in": "header",
        "description": "Who reviews. On the local engine only, where nobody logs in; elsewhere it "
        "means nothing.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "queue": {
        "in": "query",
        "description": "open: what waits for a decision, oldest first. decided: what ended, newest "
        "first. owed: what has a decision that the request could not be told yet.",
        "schema": {"type": "string", "enum": ["open", "owed", "decided"], "default": "open"},
    },
    "originals": {
        "in": "query",
        "description": "Also links to the pictures as they are, of what a decision can deliver. "
        "Only for whoever has the claim, and noted in the review.",
        "schema": {"type": "boolean", "default": False},
    },
    "If-None-Match": {
        "in": "header",
        "description": "The ETag of an earlier answer: 304 if nothing has changed.",
        "schema": {"type": "string"},
    },
    "limit": {
        "in": "query",
        "description": "How many at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 20},
    },
    "cursor": {
        "in": "query",
        "description": "next_cursor of the page before.",
        "schema": {"type": "string"},
    },
    "requester": {
        "in": "query",
        "description": "Only requests for this requester, as their body named it; without it, only "
        "those that named none.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._@-]{1,64}$"},
    },
}

HEADERS: dict[str, dict[str, Any]] = {
    "Location": {
        "description": "The request's path, with the stage.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds after which to try again, or to look again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "ETag": {
        "description": "Of this state of the answer, for If-None-Match.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replay": {
        "description": "true where it was there before: this call started or decided nothing.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Preference-Applied": {
        "description": "wait=0 where wait was asked for and no place was free.",
        "schema": {"type": "string", "enum": ["wait=0"]},
    },
}
