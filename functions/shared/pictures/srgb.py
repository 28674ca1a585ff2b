"""Any opened picture as people see it: upright, opaque, in sRGB with 8 bits a channel."""

import io

from PIL import Image

_ORIENTATION = 0x0112
_FLIP, _TURN = Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180
# EXIF's orientation to what makes the picture upright.
_UPRIGHT = {
    2: _FLIP,
    3: _TURN,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def srgb(opened: Image.Image) -> Image.Image:
    """Decodes the first frame to mode RGB, with nothing attached.

    What is transparent shows white, as on a page: colours that hide behind an alpha of zero are
    neither judged nor delivered. A colour profile that cannot be used is ignored, as viewers do.
    Raises whatever Pillow's decoders raise, ValueError for pixels that have no colours.
    """
    opened.load()
    image = opened
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range")
    if image.mode.startswith("I"):
        # 16 bits of grey; Pillow's own conversion cuts off what is above 255.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.has_transparency_data:
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image.convert("RGBA"))
        image = page.convert("RGB")
    image = _from_profile(image, opened.info.get("icc_profile"))
    upright = _UPRIGHT.get(_orientation(opened))
    image = image if upright is None else image.transpose(upright)
    # Comments live here, and Pillow would write them out again.
    image.info = {}
    return image


def _from_profile(image: Image.Image, profile: object) -> Image.Image:
    if image.mode not in ("L", "CMYK", "LAB"):
        image = image.convert("RGB")
    if isinstance(profile, bytes) and profile:
        # A tenth of a second that pictures without a profile need not spend.
        from PIL import ImageCms

        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _orientation(opened: Image.Image) -> int:
    try:
        found = opened.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - EXIF that cannot be read says nothing, however it fails
        return 1
    return found if isinstance(found, int) else 1
