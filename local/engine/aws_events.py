"""Events of services that are not this engine's: a stand-in says what has happened to a job.

`POST /_local/events` with one entry of PutEvents puts it on the default bus, though its source is
`aws.…`, which the API refuses to callers. Those in the engine who wait for it hear of it as well.
Private name: eventbridge._put_events.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge

Json = dict[str, Any]
_listeners: list[Callable[[str, Json], None]] = []


def listen(hear: Callable[[str, Json], None]) -> None:
    """Be told each event's detail type and detail."""
    _listeners.append(hear)


def put(entry: Json) -> None:
    """Send the event; KeyError or ValueError for what is none."""
    kind, detail = entry["DetailType"], json.loads(entry["Detail"])
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    for hear in _listeners:
        hear(kind, detail)
