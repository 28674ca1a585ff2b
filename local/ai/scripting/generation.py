"""Steps for the generation endpoint: from JSON to the direction of one invocation.

A step is a word, or an object of these, which may be combined:
    "picture": one of PICTURES, with "label" or "labels" (of the taxonomy), "confidence" (percent)
        and "illustrated" where it is unsafe
    "given": a JPEG or PNG in base64 that is answered instead of a painted picture
    "text": at most 34 bytes that are written on the picture, for DetectText to find
    "pictures": one such word or object per image of the batch; the last repeats
    "slow": seconds before the model answers
    "outcome": see OUTCOMES
    "output_after": seconds between the notice and the output, which comes after it then
    "notice_after": seconds between the output and the notice
    "invoke_error": an error that InvokeEndpointAsync itself answers; nothing is generated
A word alone is a picture or an outcome; "usual" is the ordinary way.
"""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from local.ai.generator import Order, Painter, ordinary
from local.ai.jobs import Direction
from local.ai.marker import MOST_TEXT_BYTES, Marker
from local.ai.painting.caption import write_caption
from local.ai.painting.painter import paint_black, paint_uniform, paint_unsafe
from local.ai.taxonomy import PARENTS
from local.ai.wire import Json, ServiceError

DEFAULT_LABEL = "Graphic Violence"
DEFAULT_CONFIDENCE = 97.0
STEP_FIELDS = {
    "picture", "pictures", "label", "labels", "confidence", "illustrated", "given", "text",
    "slow", "outcome", "output_after", "notice_after", "invoke_error",
}  # fmt: skip
UNSAFE_FIELDS = {"label", "labels", "confidence", "illustrated"}
PICTURE_FIELDS = {"picture", "given", "text", *UNSAFE_FIELDS}
TIMES = ("slow", "output_after", "notice_after")
PICTURES = ("safe", "unsafe", "black", "uniform", "wrong-size")
SOMEBODY_ELSES = "a lighthouse by the sea"


@dataclass(frozen=True)
class Refusal:
    """InvokeEndpointAsync answers with this error."""

    code: str

    def error(self) -> ServiceError:
        return ServiceError(self.code, "told to answer so")


def generation_step(step: object) -> Direction | Refusal:
    """ValueError, saying what is wrong, for a step that is none."""
    fields = _fields(step)
    if "invoke_error" in fields:
        return Refusal(str(fields["invoke_error"]))
    painter = _painter(fields)
    outcome = fields.get("outcome", "usual")
    if outcome not in OUTCOMES:
        raise ValueError(f"no such outcome: {outcome!r}; there are {', '.join(OUTCOMES)}")
    times = {name: float(fields.get(name, 0)) for name in TIMES}
    return Direction(**{"painter": painter, **times, **OUTCOMES[outcome]})


def _fields(step: object) -> Json:
    if isinstance(step, str):
        return {"picture": step} if step in PICTURES else {"outcome": step}
    if not isinstance(step, dict) or not set(step) <= STEP_FIELDS:
        raise ValueError(f"a step is a word or an object of {', '.join(sorted(STEP_FIELDS))}")
    return step


def _painter(fields: Json) -> Painter:
    if not fields.keys() & (PICTURE_FIELDS | {"pictures"}):
        return ordinary
    if "pictures" in fields:
        listed = fields["pictures"]
        if not isinstance(listed, list) or not listed:
            raise ValueError("pictures is a list of at least one picture")
    else:
        listed = [{name: fields[name] for name in PICTURE_FIELDS & fields.keys()}]
    painters = [_picture({"picture": one} if isinstance(one, str) else one) for one in listed]
    return lambda order, index: painters[min(index, len(painters) - 1)](order, index)


def _picture(fields: Json) -> Painter:
    if not set(fields) <= PICTURE_FIELDS:
        raise ValueError(f"a picture is an object of {', '.join(sorted(PICTURE_FIELDS))}")
    painter = _given(fields["given"]) if "given" in fields else _painted(fields)
    return _lettered(painter, fields["text"]) if "text" in fields else painter


def _painted(fields: Json) -> Painter:
    kind = fields.get("picture", "unsafe" if fields.keys() & UNSAFE_FIELDS else "safe")
    if kind not in PICTURES:
        raise ValueError(f"a picture is one of {', '.join(PICTURES)}, with its labels")
    if kind == "unsafe":
        return _unsafe(_marker(fields))
    if kind == "safe":
        return ordinary
    if kind == "wrong-size":
        return _wrong_size
    paint = paint_black if kind == "black" else paint_uniform
    return lambda order, index: paint((order.width, order.height))


def _wrong_size(order: Order, index: int) -> Image.Image:
    sides = [side // 2 if side >= 128 else side * 2 for side in (order.width, order.height)]
    return ordinary(replace(order, width=sides[0], height=sides[1]), index)


def _somebody_elses(order: Order, index: int) -> Image.Image:
    return ordinary(replace(order, prompt=SOMEBODY_ELSES, seed=order.seed + 1), index)


def _given(encoded: object) -> Painter:
    """The very picture, in its own size."""
    try:
        data = base64.b64decode(str(encoded), validate=True)
        picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG")).convert("RGB")
    except (OSError, ValueError) as broken:
        raise ValueError("a given picture is a JPEG or PNG in base64") from broken
    return lambda order, index: picture.copy()


def _lettered(painter: Painter, text: object) -> Painter:
    if not isinstance(text, str) or not 1 <= len(text.encode()) <= MOST_TEXT_BYTES:
        raise ValueError(f"a picture's text has 1 to {MOST_TEXT_BYTES} bytes of UTF-8")

    def paint(order: Order, index: int) -> Image.Image:
        picture = painter(order, index)
        write_caption(picture, " ".join(text.split()))
        return picture

    return paint


def _marker(fields: Json) -> Marker:
    names = fields.get("labels") or [fields.get("label", DEFAULT_LABEL)]
    for name in names:
        if name not in PARENTS:
            raise ValueError(f"no label of the taxonomy: {name!r}")
    confidence = float(fields.get("confidence", DEFAULT_CONFIDENCE))
    labels = tuple((str(name), confidence) for name in names)
    return Marker(labels, bool(fields.get("illustrated")))


def _unsafe(marker: Marker) -> Painter:
    def paint(order: Order, index: int) -> Image.Image:
        return paint_unsafe(marker, order.seed + index, (order.width, order.height))

    return paint


def _truncated(reply: bytes) -> bytes:
    return reply[: len(reply) // 2]


def _for_somebody_else(reply: bytes) -> bytes:
    return json.dumps({**json.loads(reply), "prompt": SOMEBODY_ELSES}).encode()


def _with_images(change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    def spoil(reply: bytes) -> bytes:
        fields = json.loads(reply)
        if "generated_image" in fields:
            fields["generated_image"] = change([fields["generated_image"]])[0]
        else:
            fields["generated_images"] = change(fields["generated_images"])
        return json.dumps(fields).encode()

    return spoil


def _corrupt(images: list[Any]) -> list[Any]:
    """JPEGs that begin well and end in nothing; rows of uneven length for arrays."""
    return [
        base64.b64encode(base64.b64decode(image)[:700]).decode()
        if isinstance(image, str)
        else [*image[:-1], image[-1][:3]]
        for image in images
    ]


OUTCOMES: dict[str, dict[str, Any]] = {
    "usual": {},
    "fail": {"fault": 500},
    "client-error": {"fault": 400},
    "fail-unexplained": {"fault": 500, "output": False},
    "expire": {"expire": True},
    "no-notice": {"notices": 0},
    "notice-twice": {"notices": 2},
    "no-output": {"output": False},
    "malformed": {"spoil": lambda reply: b"<html>no JSON here</html>"},
    "empty": {"spoil": lambda reply: b""},
    "truncated": {"spoil": _truncated},
    "corrupt-image": {"spoil": _with_images(_corrupt)},
    "somebody-elses": {"painter": _somebody_elses, "spoil": _for_somebody_else},
    "no-images": {"spoil": _with_images(lambda images: [])},
}
