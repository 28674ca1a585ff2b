"""Which bytes of a request's pictures may be shown: delivered originals, else blurred previews.

Nothing else of the private bucket is ever read here but previews, so that no mistake further on can
put a withheld original into the page.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from local.deployed_stack import DeployedStack, Record


class NotShowable(RuntimeError):
    """What should have been a preview is the original."""


@dataclass(frozen=True)
class Shown:
    """One picture of the page."""

    index: int
    source: str
    width: int
    height: int
    delivered: bool
    verdict: str
    labels: tuple[str, ...]


def shown(stack: DeployedStack, record: Record) -> list[Shown]:
    """The pictures of a record, as they may be seen."""
    return [_shown(stack, image) for image in record.get("images", [])]


def _shown(stack: DeployedStack, image: dict[str, Any]) -> Shown:
    delivered = image["verdict"] == "safe" and bool(image.get("delivered"))
    return Shown(
        index=image["index"],
        source=_original(stack, image) if delivered else _preview(stack, image),
        width=image["width"],
        height=image["height"],
        delivered=delivered,
        verdict=image["verdict"],
        labels=tuple(image.get("labels", [])),
    )


def _original(stack: DeployedStack, image: dict[str, Any]) -> str:
    if image["bucket"] != stack.outputs["ImagesBucket"]:
        raise NotShowable(f"a picture counts as delivered and lies in {image['bucket']}")
    content = stack.object(image["bucket"], image["key"], image["version_id"])
    return _inline(content, image["format"])


def _preview(stack: DeployedStack, image: dict[str, Any]) -> str:
    content = stack.object(
        image["preview_bucket"], image["preview_key"], image["preview_version_id"]
    )
    if hashlib.sha256(content).hexdigest() == image["sha256"]:
        raise NotShowable(f"the preview {image['preview_key']} is the withheld picture itself")
    return _inline(content, "jpeg")


def _inline(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
