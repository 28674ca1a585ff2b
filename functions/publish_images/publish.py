"""What leaves the private bucket: the very versions that were judged, and nothing else."""

import hashlib
from dataclasses import dataclass
from typing import Any

from shared.s3 import ObjectVersion, Storage
from shared.settings import Environment


class NotModerated(Exception):
    """Asked to publish a picture without a safe verdict on an exact version: a bug, never done."""


@dataclass(frozen=True)
class Settings:
    """PublishImages' variables."""

    images_bucket: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        return cls(Environment().text("IMAGES_BUCKET"))


def publish(settings: Settings, storage: Storage, event: dict[str, Any]) -> list[dict[str, Any]]:
    """The request's images with those delivered marked, now lying in the images bucket.

    `previews` asks for the blurred previews of the pictures that are withheld.
    """
    folder = f"{hashlib.sha256(event['request_id'].encode()).hexdigest()[:32]}/{event['run']}"
    published = []
    for image in event["images"]:
        path = f"{folder}/{image['index']}"
        if image["verdict"] == "safe":
            published.append(_deliver(settings.images_bucket, storage, image, path))
        elif event["previews"] and not image.get("preview_published"):
            published.append(_show_preview(settings.images_bucket, storage, image, path))
        else:
            # What was appealed against may have a preview that was published then.
            published.append(image | {"delivered": False})
    return published


def _deliver(bucket: str, storage: Storage, image: dict[str, Any], path: str) -> dict[str, Any]:
    if not image["version_id"]:
        raise NotModerated("a picture without a version id cannot be the one that was judged")
    suffix = image["key"].rpartition(".")[2]
    source = ObjectVersion(image["bucket"], image["key"], image["version_id"])
    copied = storage.copy(source, bucket, f"{path}.{suffix}")
    place = {"bucket": bucket, "key": copied.key, "version_id": copied.version_id}
    # Blocked once and appealed against, it may have a published preview: nobody needs it now.
    plain = {name: value for name, value in image.items() if name != "preview_published"}
    return plain | place | {"delivered": True}


def _show_preview(
    bucket: str, storage: Storage, image: dict[str, Any], path: str
) -> dict[str, Any]:
    source = ObjectVersion(
        image["preview_bucket"], image["preview_key"], image["preview_version_id"]
    )
    copied = storage.copy(source, bucket, f"{path}-preview.jpg")
    return image | {
        "preview_bucket": bucket,
        "preview_key": copied.key,
        "preview_version_id": copied.version_id,
        "preview_published": True,
        "delivered": False,
    }
