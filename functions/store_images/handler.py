"""StoreImages: turns a generator's reply into checked pictures, with Pillow."""

import functools
from typing import Any

from shared.log import tell
from shared.s3 import Storage
from store_images.store import Settings, store


@functools.cache
def build() -> tuple[Settings, Storage]:
    """Settings and adapter, made at the first call."""
    return Settings.from_env(), Storage()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Where a reply lies and what was asked for in; {images, warnings, model} out.

    {request_id, inference_id, output: {bucket, key}, num_images, width, height}.
    """
    settings, storage = build()
    stored = store(settings, storage, event)
    filtered = sum("filtered_because" in image for image in stored["images"])
    tell("pictures", request_id=event["request_id"], count=len(stored["images"]), filtered=filtered)
    return stored
