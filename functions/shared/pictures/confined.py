"""Decodes one picture in a process of its own, which may use little memory and time.

`python -m shared.pictures.confined` reads the picture from its input and writes the format's name,
a line feed and the picture as PPM. Any end but exit status 0 is a refusal. Decoders for formats
that no generator answers with are large, rarely used and written in C: what a hostile file can make
of them ends here.
"""

import io
import sys
import warnings

from PIL import (
    AvifImagePlugin,
    IcoImagePlugin,
    Image,
    Jpeg2KImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from shared.pictures.confinement import confine
from shared.pictures.srgb import srgb

_PLUGINS = (IcoImagePlugin, Jpeg2KImagePlugin, TiffImagePlugin, WebPImagePlugin)
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "ICO", "PPM")
_MEMORY_BYTES = 192 * 1024 * 1024
_CPU_SECONDS = 2


def confined(data: bytes, most_side: int) -> bytes:
    """The format's name, a line feed and the picture as PPM. Raises whatever Pillow raises."""
    # Some formats are decoded as they are opened, before anybody has asked for their size.
    Image.MAX_IMAGE_PIXELS = most_side * most_side
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # Its threads' stacks would count as memory.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    opened = Image.open(io.BytesIO(data), formats=_FORMATS)
    if max(opened.size) > most_side:
        raise ValueError(f"{opened.width} x {opened.height} pixels")
    out = io.BytesIO()
    out.write(f"{opened.format}\n".encode())
    srgb(opened).save(out, "PPM")
    return out.getvalue()


def main() -> None:
    """The process's whole life."""
    confine(_MEMORY_BYTES, _CPU_SECONDS)
    sys.stdout.buffer.write(confined(sys.stdin.buffer.read(), int(sys.argv[1])))


if __name__ == "__main__":
    main()
