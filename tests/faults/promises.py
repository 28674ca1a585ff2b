"""What holds of every request, whatever was broken on its way."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
from faults.campaign import Execution, World

from shared.announcement import event_of

_SCHEMAS = Path(__file__).parents[2] / "schemas"
_RECORD = json.loads((_SCHEMAS / "record.schema.json").read_text("utf-8"))
_EVENT = json.loads((_SCHEMAS / "result-event.schema.json").read_text("utf-8"))
_OPEN = {"RUNNING", "IN_REVIEW"}


def assert_one_truthful_end(world: World, tag: str, expected: tuple[str, ...]) -> dict[str, Any]:
    """One record, closed and told; what it says was delivered, and no more; no token in it; of its
    reviews, what people decided.

    Returns the record, or nothing where no record is expected.
    """
    execution = world.execution(tag)
    assert execution.status != "RUNNING", "an orphan"
    records = world.records_of(execution.arn)
    if not expected:
        assert records == []
        return {}
    assert len(records) == 1, "not one record"
    (record,) = records
    assert record["status"] in expected, (record["status"], record.get("reasons"))
    assert_closed_and_told(world, record)
    assert_delivered_what_was_judged(world, record, execution)
    assert_reviews_are_true(world, record)
    return record


def assert_closed_and_told(world: World, record: dict[str, Any]) -> None:
    """The record is final, valid and announced, by events that all say the same."""
    assert record["status"] not in _OPEN
    jsonschema.validate(record, _RECORD)
    assert "open_shard" not in record
    assert record["announced_at"]
    events = world.events_of(record)
    assert events, "nobody was told"
    detail_type, detail = event_of(world.items[record["request_id"]])
    for event in events:
        assert (event["detail-type"], event["detail"]) == (detail_type, detail)
        jsonschema.validate(event["detail"], _EVENT)


def assert_delivered_what_was_judged(
    world: World, record: dict[str, Any], execution: Execution
) -> None:
    """Pictures are delivered where the record says COMPLETED, and are those that were judged.

    Where publishing was cut off, pictures may lie in the images bucket that no record names:
    judged ones, too, or previews.
    """
    safe = execution.judged_safe | approved(world, record)
    images = [image for image in record.get("images", []) if image.get("delivered")]
    assert bool(images) == (record["status"] == "COMPLETED")
    for image in images:
        assert image["verdict"] == "safe"
        assert image["bucket"] == world.stack.outputs["ImagesBucket"]
        judged = safe[image["sha256"]]
        original = world.stack.client("s3").get_object(
            Bucket=judged["bucket"], Key=judged["key"], VersionId=judged["version_id"]
        )
        assert world.images[image["key"]] == original["Body"].read()
    lying = {key: body for key, body in world.images.items() if key.startswith(_folder(record))}
    assert lying.keys() >= {image["key"] for image in images}
    assert digests(lying) <= safe.keys() | previews(world, execution), "an unmoderated picture"


def assert_all_pictures_judged(world: World) -> None:
    """Every object in the images bucket, whosesoever, has the bytes of a picture that was judged
    safe, or of the preview of one that was not."""
    allowed: set[str] = set()
    for execution in world.executions:
        allowed |= execution.judged_safe.keys() | previews(world, execution)
    for record in world.records:
        allowed |= approved(world, record).keys()
    assert digests(world.images) <= allowed


def assert_reviews_are_true(world: World, record: dict[str, Any]) -> None:
    """What a record tells of its reviews is what was stored, each heard once; what nobody heard is
    kept as such; nothing waits any more, and neither token nor prompt is left."""
    told = {one["review_id"]: one for one in record.get("reviews", [])}
    assert len(told) == len(record.get("reviews", [])), "a review that was heard twice"
    kept = {
        identity: row
        for identity, row in world.reviews.items()
        if (row["request_id"], row["run"]) == (record["request_id"], record["run"])
    }
    assert told.keys() <= kept.keys()
    for identity, row in kept.items():
        assert row["queue"] == "decided"
        assert not row.keys() & {"task_token", "prompt", "negative_prompt"}
        if row["status"] == "DECIDED" and identity not in told:
            # Its Task was told, and failed, or was stopped, before it could say so.
            assert record["status"] in ("FAILED", "EXPIRED")
    for identity, one in told.items():
        row = kept[identity]
        assert row["status"] == ("EXPIRED" if one["decision"] == "expire" else "DECIDED")
        if row["status"] == "DECIDED":
            assert one["decision"] == row["decision"]
            assert one["approved"] == (row["approved"] if one["decision"] == "approve" else [])
            for name in ("by", "at", "reason"):
                assert one[name] == row[f"decided_{name}"]


def approved(world: World, record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The pictures that people have let pass, by the hash of their bytes."""
    found = {}
    for one in record.get("reviews", []):
        row = world.reviews[one["review_id"]]
        if (one["decision"], one["about"]) == ("approve", "images"):
            assert row["decided_by"].startswith("local:")
            for image in row["images"]:
                # Of those withheld for others, all are delivered or none.
                if image["index"] in one["approved"] or image["verdict"] == "withheld":
                    found[image["sha256"]] = image
    return found


def digests(objects: dict[str, bytes]) -> set[str]:
    """The hashes of objects' bytes."""
    return {hashlib.sha256(body).hexdigest() for body in objects.values()}


def previews(world: World, execution: Execution) -> set[str]:
    """The hashes of the blurred previews that StoreImages made of what was withheld."""
    client = world.stack.client("s3")
    found = {}
    for image in execution.withheld:
        bucket, key, version = (
            image[f"preview_{name}"] for name in ("bucket", "key", "version_id")
        )
        stored = client.get_object(Bucket=bucket, Key=key, VersionId=version)
        found[key] = stored["Body"].read()
    return digests(found)


def _folder(record: dict[str, Any]) -> str:
    return f"{hashlib.sha256(record['request_id'].encode()).hexdigest()[:32]}/{record['run']}/"
