"""What may be shown of a picture that may not be shown: nothing that could be undone."""

from PIL import Image, ImageFilter

# The longer side of what a preview knows of its picture.
_SIDE = 16


def blurred(image: Image.Image) -> Image.Image:
    """At most 16 x 16 blurred pixels of the original."""
    # Exact means, rounded once: what else a cell held cannot be told from its rounding.
    small = image.reduce(-(-max(image.size) // _SIDE))
    return small.filter(ImageFilter.GaussianBlur(1))
