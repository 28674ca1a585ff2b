"""Which files a map run has written."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.map_results import result_files
from shared.s3 import Storage

PREFIX = "jobs/1/verdicts/"


def put_run(client: Any, name: str, **files: list[str]) -> None:
    manifest = {
        "DestinationBucket": "here",
        "MapRunArn": f"arn:{name}",
        "ResultFiles": {
            kind: [{"Key": key, "Size": 1} for key in keys] for kind, keys in files.items()
        },
    }
    body = json.dumps(manifest).encode()
    client.put_object(Bucket="here", Key=f"{PREFIX}{name}/manifest.json", Body=body)


def test_a_map_that_wrote_nothing_has_no_files(client: Any) -> None:
    client.put_object(Bucket="here", Key=f"{PREFIX}x/SUCCEEDED_0.jsonl", Body=b"")
    assert result_files(Storage(client), "here", PREFIX, "SUCCEEDED") == []


def test_the_newest_run_counts(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put_run(client, "b", SUCCEEDED=["old_0"], FAILED=["old_1"])
    put_run(client, "a", SUCCEEDED=["new_0", "new_1"], PENDING=["new_2"])
    listed = client.list_objects_v2

    def dated(**asked: Any) -> Any:
        page = listed(**asked)
        for one in page["Contents"]:
            hour = 11 if one["Key"].startswith(f"{PREFIX}a/") else 10
            one["LastModified"] = datetime(2026, 11, 20, hour, tzinfo=UTC)
        return page

    monkeypatch.setattr(client, "list_objects_v2", dated)
    storage = Storage(client)
    assert result_files(storage, "here", PREFIX, "SUCCEEDED") == ["new_0", "new_1"]
    every = result_files(storage, "here", PREFIX, "SUCCEEDED", "FAILED", "PENDING")
    assert every == ["new_0", "new_1", "new_2"]
