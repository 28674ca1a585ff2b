"""Everything that touches pixels, done before moderation: what is judged is what is delivered."""

import io
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from PIL import Image, PngImagePlugin

from shared.pictures.decoding import check_sides, decode, from_rows
from shared.pictures.fingerprint import phash
from shared.pictures.preview import blurred
from store_images.placeholder import filtered_because
from store_images.reply import RawPicture

# Rekognition reads 80 to 10,000 pixels a side and 15 MB (Developer Guide, guidelines and quotas);
# the largest picture that is decoded, 2,048 x 2,048, cannot become larger than that.
_LEAST_SIDE = 80

_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_STAND_IN_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"


@dataclass(frozen=True)
class StoredForm:
    """A picture as it will be judged and delivered, with its irreversible preview.

    `changes` are (rule, message) of what was done so that it can be judged.
    """

    data: bytes
    format: str
    width: int
    height: int
    phash: str
    preview: bytes
    filtered_because: str
    changes: list[tuple[str, str]]


def prepare(raw: RawPicture, model_version: str, request_id: str) -> StoredForm:
    """Decodes, checks and re-encodes one picture; what the generator attached to it is left out.

    JPEG stays JPEG, every other format becomes PNG. A picture too small to be judged is enlarged
    by a whole number. Raises MalformedReply for what is no picture, or too large for one.
    """
    decoded = decode(raw.data) if raw.size is None else from_rows(raw.data, raw.size)
    kind = "JPEG" if decoded.container == "JPEG" else "PNG"
    because = filtered_because(decoded.image)
    image = _enlarged(decoded.image)
    changes = []
    if decoded.container not in ("JPEG", "PNG"):
        changes.append(("reencoded", f"{decoded.container} became {kind}"))
    if image.size != decoded.image.size:
        changes.append(("enlarged", f"{_size(decoded.image)} became {_size(image)}"))
    return StoredForm(
        data=_encode(image, kind, model_version, request_id),
        format=kind.lower(),
        width=image.width,
        height=image.height,
        phash=phash(image),
        preview=_preview(image),
        filtered_because=because,
        changes=changes,
    )


def _enlarged(image: Image.Image) -> Image.Image:
    """At least Rekognition's smallest size, every pixel of the picture a square of pixels."""
    times = -(-_LEAST_SIDE // min(image.size))
    if times == 1:
        return image
    size = image.width * times, image.height * times
    check_sides(size)
    return image.resize(size, Image.Resampling.NEAREST)


def _size(image: Image.Image) -> str:
    return f"{image.width} x {image.height}"


def _preview(image: Image.Image) -> bytes:
    """A JPEG of the same size, of which nothing but a blur is left."""
    out = io.BytesIO()
    small = blurred(image)
    small.resize(image.size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
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
