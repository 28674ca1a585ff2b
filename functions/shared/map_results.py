"""What a Distributed Map's ResultWriter has written in a bucket."""

import json

from shared.s3 import ObjectVersion, Storage

_MAX_MANIFEST_BYTES = 16 * 1024 * 1024


def result_files(storage: Storage, bucket: str, prefix: str, *kinds: str) -> list[str]:
    """The keys of the newest map run's files of these kinds: SUCCEEDED, FAILED, PENDING.

    There is none if no item was to be run, or if Step Functions came to write no manifest (Step
    Functions Developer Guide, ResultWriter).
    """
    manifests = [
        one for one in storage.list_all(bucket, prefix) if one.key.endswith("/manifest.json")
    ]
    if not manifests:
        return []
    newest = max(manifests, key=lambda one: one.modified)
    content = storage.read(ObjectVersion(bucket, newest.key), _MAX_MANIFEST_BYTES)
    files = json.loads(content)["ResultFiles"]
    return [one["Key"] for kind in kinds for one in files.get(kind, ())]
