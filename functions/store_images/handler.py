"""StoreImages: turns a generator's reply into checked pictures. The only function with Pillow."""

import functools
from typing import TYPE_CHECKING, Any

from shared.observability import log
from shared.s3 import Storage
from store_images.store import Settings, store

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@functools.cache
def build() -> tuple[Settings, Storage]:
    """Settings and adapter, made at the first call."""
    return Settings.from_env(), Storage()


@log.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """{request_id, inference_id, output, num_images} in; {images, model} out."""
    settings, storage = build()
    log.append_keys(request_id=event["request_id"])
    stored = store(settings, storage, event)
    filtered = sum("filtered_because" in image for image in stored["images"])
    log.info("pictures", extra={"count": len(stored["images"]), "filtered": filtered})
    return stored
