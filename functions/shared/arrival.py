"""Where a request came from: the only place that tells the kinds of input apart."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from shared.request_ids import is_of
from shared.s3 import ObjectVersion

# What boto3 takes for a bucket, and what a key or a version id has at most, in bytes of UTF-8.
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")
_S3_BYTES = 1024
# Of an event's id and source: AWS's are shorter.
_EVENT_CHARACTERS = 256
# Longer than IAM's ARNs, and with the name that a request gives short enough for an index.
_REQUESTER_BYTES = 1024
_BATCH = re.compile(r"batch-[0-9a-f]{24}")
# More than a file of 5 TB, S3's largest, could have.
_MAX_LINE = 10**13


@dataclass(frozen=True)
class Arrival:
    """What the input itself says about a request, before its content is read.

    `namespace` is who is known to have asked, by S3 folder or event source, never by the body.
    `derived_id` is the record's key when the caller gives no id of their own.
    """

    namespace: str
    derived_id: str
    source: dict[str, str]
    body: object = None
    file: ObjectVersion | None = None
    ignored: bool = False

    def record_key(self, own_id: str | None) -> str:
        """The caller's own id, behind who the caller was seen to be; else the derived one."""
        return f"{self.namespace}/{own_id}" if own_id else self.derived_id


def read_arrival(event: object, execution_name: str) -> Arrival:
    """Sorts an execution's input.

    An S3 event, an ImageRequested event, a row of a batch, a call of the API, or a bare request.
    """
    match event:
        case {
            "source": "aws.s3",
            "detail": {"bucket": {"name": str(bucket)}, "object": {"key": str(key), **about}},
        } if _is_file(bucket, key):
            return _from_s3(bucket, key, about)
        case {"detail-type": "ImageRequested", **envelope}:
            return _from_event(envelope, execution_name)
        case {
            "batch": {
                "job_id": str(job_id),
                "line": int(line),
                "bucket": str(bucket),
                "key": str(key),
                "version_id": str(version_id),
            },
            "request": request,
        } if _BATCH.fullmatch(job_id) and _is_file(bucket, key) and 0 < line <= _MAX_LINE:
            return from_batch(job_id, line, ObjectVersion(bucket, key, version_id), request)
        case {
            "api": {"requester": str(who), "request_id": str(request_id)},
            "request": request,
        } if fits(who, _REQUESTER_BYTES) and is_of(who, request_id):
            return Arrival(f"api:{who}", request_id, {"type": "api"}, body=request)
    return Arrival("direct", f"execution-{execution_name}", {"type": "direct"}, body=event)


def fits(text: str, most_bytes: int) -> bool:
    """Whether a text can be a key of a store: not empty, not too long, and writable as UTF-8."""
    return 0 < len(_writable(text).encode()) <= most_bytes and text == _writable(text)


def from_batch(job_id: str, line: int, file: ObjectVersion, request: object = None) -> Arrival:
    """A row of a batch's file, named for the line that it begins in."""
    return Arrival(
        namespace=_folder(file.key),
        derived_id=f"{job_id}-{line:d}",
        source={
            "type": "batch",
            "job_id": job_id,
            "line": f"{line:d}",
            "bucket": file.bucket,
            "key": file.key,
            "version_id": _writable(file.version_id, _S3_BYTES // 4),
        },
        body=request,
    )


def arrival_of_source(source: dict[str, str]) -> Arrival:
    """What an S3 event said, from the source that was recorded of it."""
    about = {name.replace("_", "-"): text for name, text in source.items()}
    return _from_s3(source["bucket"], source["key"], about)


def _from_s3(bucket: str, key: str, about: dict[Any, Any]) -> Arrival:
    # EventBridge gives the key as it is; only the classic S3 notification encodes it.
    version_id, etag, sequencer = (
        _writable(about.get(name), _S3_BYTES // 4) for name in ("version-id", "etag", "sequencer")
    )
    file = ObjectVersion(bucket, key, version_id, etag)
    which = version_id or f"{etag}/{sequencer}"
    identity = hashlib.sha256("\n".join((bucket, key, which)).encode()).hexdigest()
    source = {
        "type": "s3",
        "bucket": bucket,
        "key": key,
        "version_id": version_id,
        "etag": etag,
        "sequencer": sequencer,
    }
    return Arrival(
        namespace=_folder(key),
        derived_id=f"s3-{identity[:40]}",
        source={name: value for name, value in source.items() if value},
        file=file,
        # The console writes an empty object for a folder; nobody asked for a picture.
        ignored=key.endswith("/"),
    )


def _from_event(event: dict[Any, Any], execution_name: str) -> Arrival:
    # EventBridge sets both; a direct start that looks like an event may not, or to anything.
    sender, event_id = (_writable(event.get(name), _EVENT_CHARACTERS) for name in ("source", "id"))
    return Arrival(
        namespace=f"event:{sender}",
        derived_id=f"event-{event_id}" if event_id else f"execution-{execution_name}",
        source={"type": "event", "event_id": event_id, "event_source": sender},
        body=event.get("detail"),
    )


def _is_file(bucket: str, key: str) -> bool:
    return bool(_BUCKET.fullmatch(bucket)) and fits(key, _S3_BYTES)


def _folder(key: str) -> str:
    return f"s3:{key.rpartition('/')[0]}"


def _writable(found: object, most: int | None = None) -> str:
    """A text of at most so many characters, without half surrogate pairs; empty for nothing."""
    return str(found or "")[:most].encode(errors="replace").decode()
