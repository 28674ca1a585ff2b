"""Every line that was logged is read, however many there are."""

from __future__ import annotations

from typing import Any

from bench.soak.logs import messages

PAGE = 2


class Logs:
    """CloudWatch Logs with one group; a stream's pages have two events."""

    def __init__(self, streams: dict[str, list[str]]) -> None:
        self._streams = streams

    def get_paginator(self, name: str) -> Any:
        pages = {
            "describe_log_groups": [{"logGroups": []}, {"logGroups": [{"logGroupName": "group"}]}],
            "describe_log_streams": [
                {"logStreams": [{"logStreamName": stream}]} for stream in self._streams
            ],
        }

        class Pages:
            def paginate(self, **_: Any) -> Any:
                return pages[name]

        return Pages()

    def get_log_events(self, **given: Any) -> dict[str, Any]:
        start = int(given.get("nextToken", "f/0").removeprefix("f/"))
        found = self._streams[given["logStreamName"]][start : start + PAGE]
        return {
            "events": [{"message": message} for message in found],
            "nextForwardToken": f"f/{start + len(found)}",
        }


def test_pages_and_streams_are_read_to_their_ends() -> None:
    logs = Logs({"one": ["a", "b", "c", "d", "e"], "two": [], "three": ["f", "g"]})
    assert list(messages(logs)) == ["a", "b", "c", "d", "e", "f", "g"]
