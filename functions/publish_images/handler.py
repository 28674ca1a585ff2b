"""PublishImages: copies what may leave from the private bucket to the images bucket."""

import functools
from typing import Any

from publish_images.publish import Settings, publish
from shared.log import tell
from shared.s3 import Storage


@functools.cache
def build() -> tuple[Settings, Storage]:
    """Settings and adapter, made at the first call."""
    return Settings.from_env(), Storage()


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{request_id, run, images, previews} in; {images} out."""
    settings, storage = build()
    images = publish(settings, storage, event)
    tell(
        "pictures",
        request_id=event["request_id"],
        delivered=sum(image["delivered"] for image in images),
    )
    return {"images": images}
