"""What the functions have logged: all of it, stream by stream.

The local engine's FilterLogEvents ends at 10,000 events without a token for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def messages(client: Any) -> Iterator[str]:
    """Of every log group that a client of CloudWatch Logs sees."""
    for groups in client.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            streams = client.get_paginator("describe_log_streams").paginate(logGroupName=name)
            for page in streams:
                for stream in page["logStreams"]:
                    yield from _stream(client, name, stream["logStreamName"])


def _stream(client: Any, group: str, stream: str) -> Iterator[str]:
    """At a stream's end the token that was sent comes back."""
    token: dict[str, str] = {}
    while True:
        page = client.get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=True, **token
        )
        yield from (event["message"] for event in page["events"])
        following = {"nextToken": page["nextForwardToken"]}
        if following == token or not page["events"]:
            return
        token = following
