"""The demo's reviewer, who decides by the API, as whoever sits at the desk does."""

from __future__ import annotations

import json

from local.demo.calls import call
from local.demo.scenarios import Decision

NAME = "demo"


def decide(page_url: str, request_id: str, decision: Decision) -> list[str]:
    """Claims what waits and decides it: the conversations. Empty where it does not wait yet."""
    queue, _ = call(page_url, "api/reviews", reviewer=NAME)
    waiting = [one for one in queue["reviews"] if one["request_id"] == request_id]
    if not waiting:
        return []
    path = f"api/reviews/{waiting[0]['review_id']}"
    said = json.dumps({"decision": decision.verdict, "reason": decision.reason})
    _, claimed = call(page_url, f"{path}/claim", b"", NAME)
    _, decided = call(page_url, f"{path}/decision", said.encode(), NAME)
    return [claimed, decided]
