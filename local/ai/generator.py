"""The text-to-image model behind the endpoint: JumpStart's request and response around our painter.

Request and response: the JumpStart text-to-image notebook for Stable Diffusion. Ours, not
JumpStart's: one prompt, not a list; sides of 64 to 1,024 pixels; the key `model_version`.
"""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from local.ai.painting.painter import NAME, paint
from local.ai.wire import Json

JPEG_REPLY = "application/json;jpeg"
ARRAY_REPLY = "application/json"
JSON_REQUEST = "application/json"
TEXT_REQUEST = "application/x-text"
JPEG_QUALITY = 95
MOST_SIDE, LEAST_SIDE = 1024, 64
MOST_IMAGES = 8

Painter = Callable[["Order", int], Image.Image]


class ModelError(Exception):
    """The container answered with an error; `status` as the container gave it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Order:
    """One checked request."""

    prompt: str
    negative_prompt: str = ""
    width: int = 512
    height: int = 512
    images: int = 1
    seed: int = 0


def order_of(body: bytes, content_type: str) -> Order:
    """ModelError 400 naming the field for whatever the schema does not allow."""
    if content_type == TEXT_REQUEST:
        return Order(_text({"prompt": body.decode("utf-8", "replace")}, "prompt"))
    try:
        fields = json.loads(body)
    except ValueError as broken:
        raise ModelError(400, "the request is not JSON") from broken
    if not isinstance(fields, dict):
        raise ModelError(400, "the request is not a JSON object")
    if unknown := set(fields) - KNOWN_FIELDS:
        raise ModelError(400, f"unknown field: {min(unknown)}")
    _number(fields, "guidance_scale", 7.5)
    _whole(fields, "num_inference_steps", 50, 1, 500)
    return Order(
        prompt=_text(fields, "prompt"),
        negative_prompt=_text({"negative_prompt": "", **fields}, "negative_prompt", least=0),
        width=_side(fields, "width"),
        height=_side(fields, "height"),
        images=_whole(fields, "num_images_per_prompt", 1, 1, MOST_IMAGES),
        seed=_whole(fields, "seed", 0, 0, 2**63),
    )


KNOWN_FIELDS = {
    "prompt", "negative_prompt", "width", "height", "num_images_per_prompt",
    "num_inference_steps", "guidance_scale", "seed",
}  # fmt: skip


def prompt_of(body: bytes, content_type: str) -> str:
    """The prompt of a request that may be broken: the empty string then."""
    try:
        return order_of(body, content_type).prompt
    except ModelError:
        return ""


def ordinary(order: Order, index: int) -> Image.Image:
    """The picture number `index` of an order: each has the seed after the one before."""
    size = (order.width, order.height)
    return paint(order.prompt, order.negative_prompt, order.seed + index, size)


def generate(
    body: bytes, content_type: str, accept: str, painter: Painter = ordinary
) -> tuple[bytes, str]:
    """(reply, its content type); ModelError as a container would answer it."""
    order = order_of(body, content_type)
    if accept not in (JPEG_REPLY, ARRAY_REPLY):
        raise ModelError(400, f"cannot answer as {accept}")
    try:
        pictures = [painter(order, index) for index in range(order.images)]
    except ValueError as impossible:
        raise ModelError(400, str(impossible)) from impossible
    encode = _jpeg if accept == JPEG_REPLY else _array
    reply: Json = {"prompt": order.prompt, "model_version": NAME}
    if content_type == TEXT_REQUEST:
        reply["generated_image"] = encode(pictures[0])
    else:
        reply["generated_images"] = [encode(picture) for picture in pictures]
    return json.dumps(reply).encode(), accept


def _jpeg(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return base64.b64encode(buffer.getvalue()).decode()


def _array(picture: Image.Image) -> object:
    return np.asarray(picture).tolist()


def _text(fields: Json, name: str, least: int = 1) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or len(value) < least:
        raise ModelError(400, f"{name} must be a string of at least {least} characters")
    return value


def _side(fields: Json, name: str) -> int:
    value = _whole(fields, name, 512, LEAST_SIDE, MOST_SIDE)
    if value % 8:
        raise ModelError(400, f"{name} must be divisible by 8")
    return value


def _whole(fields: Json, name: str, default: int, least: int, most: int) -> int:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ModelError(400, f"{name} must be a whole number from {least} to {most}")
    return value


def _number(fields: Json, name: str, default: float) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelError(400, f"{name} must be a number")
    return float(value)
