"""A request's bytes become jobs: JumpStart's text-to-image schema, within the server's limits.

Content types, fields and their rules: the JumpStart text-to-image notebook for Stable Diffusion.
"""

import json
import math
import secrets
from dataclasses import dataclass
from typing import Any, NoReturn

from server.job import Job, Shape
from server.rejection import Rejection, invalid
from server.settings import Limits

JSON, TEXT = "application/json", "application/x-text"
_FIELDS = {
    "prompt", "negative_prompt", "width", "height", "num_images_per_prompt",
    "num_inference_steps", "guidance_scale", "seed",
}  # fmt: skip
_SIDE_STEP = 8
_GUIDANCE, _MOST_GUIDANCE = 7.5, 50
# torch.Generator.manual_seed takes 64 bits.
_SEEDS = 2**63


@dataclass(frozen=True)
class Order:
    """One checked request: its pictures in the order of the reply, and its prompt as it came."""

    jobs: tuple[Job, ...]
    prompt: str | list[str]
    as_text: bool = False


def read_order(body: bytes, content_type: str, limits: Limits) -> Order:
    """Raises Rejection: 415 for another content type, 400 naming the field and its rule."""
    kind = content_type.partition(";")[0].strip().lower() or JSON
    if kind not in (JSON, TEXT):
        message = f"the content type must be {JSON} or {TEXT}"
        raise Rejection(415, "UnsupportedContentType", "content_type", message, "Content-Type")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise invalid("", "utf8", "the request is not UTF-8") from None
    return _order({"prompt": text} if kind == TEXT else _object(text), limits, kind == TEXT)


def _object(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid("", "json", "the request is not JSON") from None
    if not isinstance(fields, dict):
        raise invalid("", "object", "the request is not a JSON object")
    if not fields.keys() <= _FIELDS:
        known = ", ".join(sorted(_FIELDS))
        raise invalid("", "unknown_field", f"the request has a field that is none of {known}")
    # As if it were not there, which is how clients with typed fields leave one out.
    return {name: value for name, value in fields.items() if value is not None}


def _no_constant(_: str) -> NoReturn:
    raise ValueError


def _order(fields: dict[str, Any], limits: Limits, as_text: bool) -> Order:
    prompts = _texts(fields, "prompt", limits)
    each = _whole(fields, "num_images_per_prompt", 1, 1, limits.most_images)
    if len(prompts) * each > limits.most_images:
        message = f"a request may ask for {limits.most_images} pictures in all"
        raise invalid("num_images_per_prompt", "maximum", message)
    shape = Shape(
        _side(fields, "width", limits),
        _side(fields, "height", limits),
        _whole(fields, "num_inference_steps", limits.steps, 1, limits.most_steps),
        _guidance(fields),
    )
    seed = _whole(fields, "seed", secrets.randbelow(2**32), 0, _SEEDS - 1)
    pairs = zip(prompts, _negatives(fields, len(prompts), limits), strict=True)
    wanted = [pair for pair in pairs for _ in range(each)]
    jobs = tuple(
        Job(shape, prompt, negative, (seed + n) % _SEEDS)
        for n, (prompt, negative) in enumerate(wanted)
    )
    return Order(jobs, fields["prompt"], as_text)


def _texts(fields: dict[str, Any], name: str, limits: Limits) -> list[str]:
    value = fields.get(name)
    texts: list[Any] = value if isinstance(value, list) else [value]
    if not 1 <= len(texts) <= limits.most_images:
        message = f"{name} must be a string or a list of 1 to {limits.most_images} strings"
        raise invalid(name, "count", message)
    for text in texts:
        _check_text(text, name, limits)
    return texts


def _check_text(text: object, name: str, limits: Limits, may_be_empty: bool = False) -> None:
    if not isinstance(text, str):
        raise invalid(name, "text", f"{name} must be a string or a list of strings")
    if not (text.strip() or may_be_empty):
        raise invalid(name, "empty", f"{name} must not be empty")
    if len(text) > limits.most_prompt_characters:
        message = f"{name} may have {limits.most_prompt_characters} characters"
        raise invalid(name, "max_length", message)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise invalid(name, "unicode", f"{name} holds half of a surrogate pair")


def _negatives(fields: dict[str, Any], count: int, limits: Limits) -> list[str]:
    """One for each prompt; one alone is for all of them."""
    value = fields.get("negative_prompt", "")
    texts = value if isinstance(value, list) else [value] * count
    if len(texts) != count or (isinstance(value, list) and not isinstance(fields["prompt"], list)):
        message = "negative_prompt must be a string, or a list as long as the list of prompts"
        raise invalid("negative_prompt", "count", message)
    for text in texts:
        _check_text(text, "negative_prompt", limits, may_be_empty=True)
    return texts


def _side(fields: dict[str, Any], name: str, limits: Limits) -> int:
    side = _whole(fields, name, limits.side, limits.least_side, limits.most_side)
    if side % _SIDE_STEP:
        raise invalid(name, "multiple_of_8", f"{name} must be a multiple of {_SIDE_STEP}")
    return side


def _guidance(fields: dict[str, Any]) -> float:
    """At most 1 turns it off, as in JumpStart and diffusers: all of these are one shape."""
    value = fields.get("guidance_scale", _GUIDANCE)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid("guidance_scale", "number", "guidance_scale must be a number")
    if not 0 <= value <= _MOST_GUIDANCE or math.isnan(value):
        message = f"guidance_scale must be a number from 0 to {_MOST_GUIDANCE}"
        raise invalid("guidance_scale", "range", message)
    return float(value) if value > 1 else 0.0


def _whole(fields: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(name, "integer", f"{name} must be a whole number")
    if not least <= value <= most:
        raise invalid(name, "range", f"{name} must be a whole number from {least} to {most}")
    return value
