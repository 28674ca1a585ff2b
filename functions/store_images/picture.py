"""Everything that touches pixels, done before moderation: what is judged is what is delivered."""

import io
import warnings
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from PIL import Image, ImageFilter, PngImagePlugin

from shared.errors import MalformedReply
from store_images.reply import RawPicture

# Rekognition reads 80 to 10,000 pixels a side and 15 MB; requests are for at most 1,024.
_SIDES = (80, 2048)
_FORMATS = ("JPEG", "PNG")
# A picture whose brightest and darkest pixels differ by less says nothing: a filter's placeholder.
_UNIFORM_RANGE = 12
_BLACK = 16
# The longer side of what a preview knows of its picture.
_PREVIEW_SIDE = 16

_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_STAND_IN_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"


@dataclass(frozen=True)
class StoredForm:
    """A picture as it will be judged and delivered, with its irreversible preview."""

    data: bytes
    format: str
    width: int
    height: int
    preview: bytes
    filtered_because: str


def prepare(raw: RawPicture, model_version: str, request_id: str) -> StoredForm:
    """Decodes, checks and re-encodes one picture; what the generator attached to it is left out.

    Raises MalformedReply for what is no picture, or none of the sizes that can be judged.
    """
    image, kind = _decode(raw)
    data = _encode(image, kind, model_version, request_id)
    return StoredForm(
        data=data,
        format=kind.lower(),
        width=image.width,
        height=image.height,
        preview=_preview(image),
        filtered_because=_filtered_because(image),
    )


def _decode(raw: RawPicture) -> tuple[Image.Image, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Pillow warns of a bomb before it refuses one.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if raw.size is not None:
                image = Image.frombytes("RGB", raw.size, raw.data)
                kind = "PNG"
            else:
                opened = Image.open(io.BytesIO(raw.data), formats=_FORMATS)
                # What Pillow calls MPO is a JPEG with more pictures behind the first.
                kind = "PNG" if opened.format == "PNG" else "JPEG"
                _check_sides(opened)
                image = opened.convert("RGB")
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ):
        raise MalformedReply("a picture in the reply cannot be decoded as JPEG or PNG") from None
    _check_sides(image)
    # Comments and colour profiles live here, and Pillow would write them out again.
    image.info = {}
    return image, kind


def _check_sides(image: Image.Image) -> None:
    low, high = _SIDES
    if not (low <= image.width <= high and low <= image.height <= high):
        raise MalformedReply(f"a picture is {image.width} x {image.height} pixels")


def _filtered_because(image: Image.Image) -> str:
    """Why the picture looks like a model's own filter at work, or an empty text."""
    low, high = image.convert("L").getextrema()
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        raise MalformedReply("a picture has no brightness")
    if high < _BLACK:
        return "black"
    return "uniform" if high - low < _UNIFORM_RANGE else ""


def _preview(image: Image.Image) -> bytes:
    """A JPEG of the same size that holds at most 16 x 16 blurred pixels of the original."""
    shrink = max(image.size) / _PREVIEW_SIDE
    small = image.resize(
        (max(1, round(image.width / shrink)), max(1, round(image.height / shrink))),
        Image.Resampling.BOX,
    )
    blurred = small.filter(ImageFilter.GaussianBlur(1))
    out = io.BytesIO()
    blurred.resize(image.size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
    return out.getvalue()


def _encode(image: Image.Image, kind: str, model_version: str, request_id: str) -> bytes:
    out = io.BytesIO()
    xmp = _provenance(model_version, request_id)
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp)
        image.save(out, "PNG", pnginfo=info, compress_level=3)
    else:
        # 95 without chroma subsampling: a second generation of JPEG that nobody can see.
        image.save(out, "JPEG", quality=95, subsampling=0, xmp=xmp.encode())
    return out.getvalue()


def _provenance(model_version: str, request_id: str) -> str:
    """XMP that says a machine made this (IPTC digital source type), which, and for what request."""
    stand_in = model_version.startswith("local-")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f" xmp:CreatorTool={_attribute(f'Safelight; {model_version}')}"
        f" dc:identifier={_attribute(request_id)}"
        f" Iptc4xmpExt:DigitalSourceType="
        f"{_attribute(_STAND_IN_SOURCE_TYPE if stand_in else _SOURCE_TYPE)}/>"
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def _attribute(text: str) -> str:
    """Quoted for XML, which has no way to write most control characters."""
    return quoteattr("".join(c for c in text if c.isprintable()))
