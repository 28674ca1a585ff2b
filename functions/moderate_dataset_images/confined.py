"""Looks into one image of a data set, in a process of its own that may use little memory and time.

`python -m moderate_dataset_images.confined [copy]` reads the file from its input and writes one
line of JSON, as examination.py reads it, and behind it the copy that is to be judged, if the image
cannot be judged as it is or `copy` asks for one. Anybody may have made the file: whatever a decoder
trips over ends here.
"""

import base64
import io
import json
import math
import sys
import warnings
from typing import Any

from PIL import (
    AvifImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from shared.pictures.confinement import confine
from shared.pictures.fingerprint import phash
from shared.pictures.preview import blurred
from shared.pictures.srgb import srgb

# Loaded before memory is bounded, and registered by being loaded.
_PLUGINS = (Jpeg2KImagePlugin, TiffImagePlugin, WebPImagePlugin)
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000")
_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_SECONDS = 12
# The largest sensors of phones have 200 megapixels and give 12, 50 or 108 of them.
_MOST_PIXELS = 120_000_000
# Rekognition reads JPEG and PNG of 80 to 10,000 pixels a side and 15 MB in S3 (Developer Guide,
# guidelines and quotas).
_TAKEN_FORMATS, _TAKEN_BYTES, _LEAST_SIDE, _MOST_SIDE = ("JPEG", "PNG"), 15_000_000, 80, 10_000
# Of a copy, which is then far below 15 MB, whatever it shows.
_COPY_SIDE = 3072
# What needs no conversion that could show the judge another image than the training.
_PLAIN_MODES = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "P", "RGB")}
# Enough for the preview and the perceptual hash of an image that is judged as it is.
_SKETCH_SIDE = 256

Change = tuple[str, str]


class Refused(Exception):
    """No image that could be judged: rule and message."""


def examined(data: bytes, wants_copy: bool) -> tuple[dict[str, Any], bytes]:
    """(what is known of the image, its copy). Raises Refused, and whatever Pillow raises."""
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # It would show another picture than the damaged animation begins with.
    warnings.filterwarnings("error", "Invalid APNG")
    # Its threads' stacks would count as memory.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    opened = Image.open(io.BytesIO(data), formats=_FORMATS)
    # What Pillow calls MPO is a JPEG with more pictures behind the first.
    kind = "JPEG" if opened.format == "MPO" else str(opened.format)
    size = opened.size
    fitted = fitting(size)
    changes = list(_changes_by_header(opened, kind, len(data)))
    copies = wants_copy or bool(changes)
    if kind == "JPEG":
        # Decoded at a fraction of its size: photos are large, and little of them is looked at.
        side = _COPY_SIDE if copies else _SKETCH_SIDE
        opened.draft(None, (side, side))
    image, dropped = _as_trained(opened)
    if dropped:
        changes.append(("transparency", "judged without its transparency, as a training reads it"))
    preview = io.BytesIO()
    blurred(image).save(preview, "JPEG", quality=80, optimize=True)
    known = {
        "format": kind.lower(),
        "width": size[0],
        "height": size[1],
        "phash": phash(image),
        "preview": base64.b64encode(preview.getvalue()).decode(),
        "changes": changes,
    }
    return known, _encoded(image, fitted) if copies or dropped else b""


def fitting(size: tuple[int, int]) -> tuple[int, int]:
    """The size of a copy that Rekognition takes. Raises Refused if there is none."""
    longest, shortest = max(size), min(size)
    if shortest < 1 or size[0] * size[1] > _MOST_PIXELS:
        raise Refused("max_pixels", f"it has {size[0]} x {size[1]} pixels")
    scale = max(min(1.0, _COPY_SIDE / longest), _LEAST_SIDE / shortest)
    if math.ceil(longest * scale) > _MOST_SIDE:
        message = f"{size[0]} x {size[1]} pixels cannot be brought to sides of {_LEAST_SIDE} to"
        raise Refused("sides", f"{message} {_MOST_SIDE} pixels")
    return math.ceil(size[0] * scale), math.ceil(size[1] * scale)


def _changes_by_header(opened: Image.Image, kind: str, size: int) -> list[Change]:
    """(rule, message) of what keeps Rekognition from reading the file as it is."""
    changes: list[Change] = []
    if kind not in _TAKEN_FORMATS:
        changes.append(("reencoded", f"{kind} became JPEG"))
    elif opened.mode not in _PLAIN_MODES[kind] and not opened.has_transparency_data:
        changes.append(("reencoded", f"colours of mode {opened.mode} became RGB"))
    if getattr(opened, "is_animated", False) and opened.format != "MPO":
        changes.append(("first_frame", "only the first of its frames was judged"))
    shown = f"{opened.width} x {opened.height}"
    if min(opened.size) < _LEAST_SIDE:
        changes.append(("enlarged", f"judged enlarged from {shown}"))
    elif max(opened.size) > _MOST_SIDE or size > _TAKEN_BYTES:
        changes.append(("reduced", f"judged reduced from {shown}, {size} bytes"))
    return changes


def _as_trained(opened: Image.Image) -> tuple[Image.Image, bool]:
    """The image in RGB, and whether transparency was dropped: trainings convert to RGB.

    What hides behind an alpha of zero is seen by them, and so by the judge.
    """
    if not opened.has_transparency_data:
        return srgb(opened), False
    opened.load()
    alpha = opened if opened.mode == "RGBA" else opened.convert("RGBA")
    least, _ = alpha.getchannel("A").getextrema()
    return opened.convert("RGB"), least < 255  # type: ignore[operator]


def _encoded(image: Image.Image, size: tuple[int, int]) -> bytes:
    # It may have been turned upright.
    if (image.width > image.height) != (size[0] > size[1]):
        size = size[1], size[0]
    out = io.BytesIO()
    resized = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    resized.save(out, "JPEG", quality=90)
    return out.getvalue()


def main() -> None:
    """The process's whole life."""
    confine(_MEMORY_BYTES, _CPU_SECONDS)
    copy = b""
    try:
        known, copy = examined(sys.stdin.buffer.read(), "copy" in sys.argv[1:])
    except Refused as refused:
        known = {"refused": refused.args}
    except UnidentifiedImageError:
        known = {"refused": ("format", "it is no image of a format that is known here")}
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        known = {"refused": ("max_pixels", f"it has more than {_MOST_PIXELS} pixels")}
    except MemoryError:
        known = {"refused": ("too_costly", "decoding it takes too much memory")}
    except Exception:  # noqa: BLE001 - decoders raise whatever hostile bytes make them trip over
        known = {"refused": ("damaged", "it cannot be decoded")}
    sys.stdout.buffer.write(json.dumps(known).encode() + b"\n" + copy)


if __name__ == "__main__":
    main()
