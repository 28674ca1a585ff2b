"""How a generator's reply becomes pictures in the work bucket."""

import hashlib
from dataclasses import dataclass
from typing import Any

from shared.errors import MalformedReply
from shared.s3 import ObjectMissing, ObjectTooLarge, ObjectVersion, Storage
from shared.settings import Environment
from store_images.picture import StoredForm, prepare
from store_images.reply import read_reply

STAGE = "StoreImages"
# Four PNGs of 1,024 x 1,024 in base64 twice over. JSON of nothing but brackets takes 50 times its
# size in memory, which is just what the function has.
_MAX_REPLY_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """StoreImages' variables."""

    work_bucket: str
    endpoint_name: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(env.text("WORK_BUCKET"), env.text("ENDPOINT_NAME"))


def store(settings: Settings, storage: Storage, event: dict[str, Any]) -> dict[str, Any]:
    """{images, warnings, model}: every picture of the reply, prepared, stored with its preview.

    Raises MalformedReply.
    """
    place = event["output"]
    try:
        body = storage.read(ObjectVersion(place["bucket"], place["key"]), _MAX_REPLY_BYTES)
    except ObjectMissing:
        raise MalformedReply("the generator's output is not where its notice says") from None
    except ObjectTooLarge:
        raise MalformedReply("the generator's output is too large") from None
    reply = read_reply(body)
    if len(reply.pictures) != event["num_images"]:
        raise MalformedReply(
            f"{len(reply.pictures)} picture(s) came, {event['num_images']} were asked for"
        )
    model = reply.model_version or settings.endpoint_name
    folder = f"pictures/{event['inference_id']}"
    forms = [prepare(picture, model, event["request_id"]) for picture in reply.pictures]
    return {
        "images": [
            _write(settings.work_bucket, storage, f"{folder}/{index}", index, form)
            for index, form in enumerate(forms)
        ],
        "warnings": [
            {"stage": STAGE, "category": "picture", "rule": rule, "action": "warn"}
            | {"message": message, "image": index}
            for index, form in enumerate(forms)
            for rule, message in [*form.changes, *_other_size(form, event)]
        ],
        "model": model,
    }


def _other_size(form: StoredForm, asked: dict[str, Any]) -> list[tuple[str, str]]:
    size, wanted = (form.width, form.height), (asked["width"], asked["height"])
    if size == wanted:
        return []
    return [("other_size", "{} x {} instead of {} x {}".format(*size, *wanted))]


def _write(
    bucket: str, storage: Storage, path: str, index: int, form: StoredForm
) -> dict[str, Any]:
    suffix = "jpg" if form.format == "jpeg" else "png"
    stored = storage.write(bucket, f"{path}.{suffix}", form.data, f"image/{form.format}")
    preview = storage.write(bucket, f"{path}-preview.jpg", form.preview, "image/jpeg")
    image = {
        "index": index,
        "bucket": bucket,
        "key": stored.key,
        "version_id": stored.version_id,
        "sha256": hashlib.sha256(form.data).hexdigest(),
        "bytes": len(form.data),
        "format": form.format,
        "width": form.width,
        "height": form.height,
        "phash": form.phash,
        "preview_bucket": bucket,
        "preview_key": preview.key,
        "preview_version_id": preview.version_id,
    }
    if form.filtered_because:
        image["filtered_because"] = form.filtered_because
    return image
