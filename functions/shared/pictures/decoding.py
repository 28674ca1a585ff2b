"""From bytes to pixels: what a generator may answer with, and what is refused before decoding."""

import io
import subprocess
import warnings
from dataclasses import dataclass

from PIL import Image

from shared.errors import MalformedReply
from shared.pictures.confinement import output_of
from shared.pictures.srgb import srgb

# Twice what a request may ask for.
MOST_SIDE = 2048
# A JPEG or PNG within these takes less than 2 s of CPU whatever it holds: a progressive
# JPEG can have any number of passes over its pixels, a PNG any number of empty chunks. Pillow joins
# the pieces of EXIF data in a time that is quadratic in their number.
_ORDINARY_BYTES = 4 * 1024 * 1024
_ORDINARY_SCANS = 100
_ORDINARY_EXIF_PIECES = 16
_JPEG, _PNG, _SCAN = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\xff\xda"
_EXIF = b"Exif\0\0"
_PROFILES = (b"ICC_PROFILE\0", b"iCCP")
# Wall-clock, for a process that gets 2 s of CPU.
_PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Decoded:
    """Pixels in mode RGB, and Pillow's name of the format they came in."""

    image: Image.Image
    container: str


def decode(data: bytes) -> Decoded:
    """The first picture in `data`. Raises MalformedReply.

    Ordinary JPEG and PNG are decoded here, everything else in a confined process.
    """
    return _ordinary(data) if _is_ordinary(data) else _confined(data)


def from_rows(data: bytes, size: tuple[int, int]) -> Decoded:
    """RGB bytes, row by row. Raises MalformedReply."""
    check_sides(size)
    return Decoded(Image.frombytes("RGB", size, data), "PNG")


def check_sides(size: tuple[int, int]) -> None:
    """Raises MalformedReply for sizes that no request could have asked for."""
    if not (min(size) > 0 and max(size) <= MOST_SIDE):
        raise MalformedReply(f"a picture is {size[0]} x {size[1]} pixels")


def _is_ordinary(data: bytes) -> bool:
    return (
        data.startswith((_JPEG, _PNG))
        and len(data) <= _ORDINARY_BYTES
        and data.count(_SCAN) <= _ORDINARY_SCANS
        and data.count(_EXIF) <= _ORDINARY_EXIF_PIECES
        and not any(profile in data for profile in _PROFILES)
    )


def _ordinary(data: bytes) -> Decoded:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Pillow warns of a bomb before it refuses one.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # It would show another picture than the damaged animation begins with.
            warnings.filterwarnings("error", "Invalid APNG")
            opened = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
            check_sides(opened.size)
            # What Pillow calls MPO is a JPEG with more pictures behind the first.
            return Decoded(srgb(opened), "PNG" if opened.format == "PNG" else "JPEG")
    except MalformedReply:
        raise
    except Exception:  # noqa: BLE001 - decoders raise whatever hostile bytes make them trip over
        raise MalformedReply("a picture in the reply cannot be decoded") from None


def _confined(data: bytes) -> Decoded:
    try:
        written = output_of("shared.pictures.confined", [str(MOST_SIDE)], data, _PATIENCE_SECONDS)
        name, _, ppm = written.partition(b"\n")
        container = name.decode("ascii")
        image = Image.open(io.BytesIO(ppm), formats=("PPM",))
        check_sides(image.size)
        image.load()
    except (subprocess.SubprocessError, OSError, ValueError):
        raise MalformedReply("a picture in the reply cannot be decoded") from None
    return Decoded(image, "JPEG" if container == "MPO" else container)
