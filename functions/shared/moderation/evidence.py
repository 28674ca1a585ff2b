"""What Rekognition says of an attempt's pictures, asked about all of them at the same time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from shared.rekognition import Moderation, Moderator
from shared.s3 import ObjectVersion

# A request has at most 4 pictures.
_CONCURRENCY = 4


def moderations(
    moderator: Moderator, images: list[dict[str, Any]], needed: list[bool], min_score: float
) -> list[Moderation | None]:
    """What is found in each picture from `min_score` on; None for those that need no answer."""

    def ask(image: dict[str, Any], needs: bool) -> Moderation | None:
        return moderator.moderate(_place(image), min_score) if needs else None

    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        return list(pool.map(ask, images, needed))


def texts(moderator: Moderator, images: list[dict[str, Any]], min_score: float) -> dict[int, str]:
    """The lines read in each picture, by index, without words below `min_score`."""
    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        lines = pool.map(lambda image: moderator.read(_place(image), min_score), images)
        return {image["index"]: "\n".join(read) for image, read in zip(images, lines, strict=True)}


def _place(image: dict[str, Any]) -> ObjectVersion:
    return ObjectVersion(image["bucket"], image["key"], image["version_id"])
