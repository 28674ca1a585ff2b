"""Pictures become a reply's bytes, in JumpStart's forms and one more of ours (PNG)."""

import base64
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from server.job import Picture
from server.rejection import Rejection
from server.request import Order

ARRAYS, JPEG, PNG = "application/json", "application/json;jpeg", "application/json;png"
_ANY = ("", "*/*", "application/*")
_JPEG_QUALITY = 95


def form_of(accept: str) -> str:
    """The first form that an Accept header names; arrays, as JumpStart has it, where it names
    none. Raises Rejection 406."""
    for wanted in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in wanted.split(";"))
        if kind in _ANY:
            return ARRAYS
        if kind != ARRAYS:
            continue
        named = [one for one in parameters if "=" not in one]
        if not named:
            return ARRAYS
        if named in (["jpeg"], ["png"]):
            return f"{ARRAYS};{named[0]}"
    message = f"the reply can be {ARRAYS}, {JPEG} or {PNG}"
    raise Rejection(406, "NotAcceptable", "accept", message, "Accept")


def encode(order: Order, pictures: Sequence[Picture], form: str, model_version: str) -> bytes:
    """generated_images and prompt; generated_image for a text request; nsfw_content_detected from
    a model with a safety checker; model_version where the server was told one."""
    encoded = [_encoded(picture.image, form) for picture in pictures]
    reply: dict[str, Any] = {"generated_images": encoded, "prompt": order.prompt}
    if order.as_text:
        reply["generated_image"] = encoded[0]
    if any(picture.flagged is not None for picture in pictures):
        reply["nsfw_content_detected"] = [bool(picture.flagged) for picture in pictures]
    if model_version:
        reply["model_version"] = model_version
    return json.dumps(reply).encode()


def _encoded(image: Image.Image, form: str) -> object:
    if form == ARRAYS:
        return np.asarray(image).tolist()
    out = io.BytesIO()
    if form == JPEG:
        image.save(out, "JPEG", quality=_JPEG_QUALITY)
    else:
        image.save(out, "PNG", compress_level=1)
    return base64.b64encode(out.getvalue()).decode()
