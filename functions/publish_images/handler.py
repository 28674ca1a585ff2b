"""PublishImages: copies what may leave from the private bucket to the images bucket."""

import functools
from typing import TYPE_CHECKING, Any

from publish_images.publish import Settings, publish
from shared.observability import log
from shared.s3 import Storage

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@functools.cache
def build() -> tuple[Settings, Storage]:
    """Settings and adapter, made at the first call."""
    return Settings.from_env(), Storage()


@log.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """{request_id, run, images, previews} in; {images} out."""
    settings, storage = build()
    log.append_keys(request_id=event["request_id"])
    images = publish(settings, storage, event)
    log.info("pictures", extra={"delivered": sum(image["delivered"] for image in images)})
    return {"images": images}
