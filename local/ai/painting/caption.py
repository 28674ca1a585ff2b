"""A short text written onto a picture, with the marker by which our DetectText knows it."""

from PIL import Image, ImageDraw

from local.ai.marker import TEXT, draw_text_marker
from local.ai.painting.lettering import font_that_fits

HEIGHT = 16
# Between the two markers, so that a picture may carry both: left, top, right and bottom in pixels.
CAPTION = (TEXT.left, TEXT.top - HEIGHT, TEXT.box[2], TEXT.top)


def write_caption(picture: Image.Image, text: str) -> None:
    """ValueError where the marker does not fit (less than 240 x 256 pixels, more than 34 bytes)."""
    if not TEXT.fits(picture) or picture.height < TEXT.box[3] + HEIGHT:
        raise ValueError("a picture with a text needs at least 240 x 256 pixels")
    left, top, right, bottom = CAPTION
    draw = ImageDraw.Draw(picture)
    draw.rectangle([left, top, right - 1, bottom - 1], fill=(20, 20, 24))
    font = font_that_fits(text, (right - left) * 0.96, most=HEIGHT - 4)
    draw.text(((left + right) / 2, (top + bottom) / 2), text, (255, 255, 255), font, "mm")
    draw_text_marker(picture, text)
