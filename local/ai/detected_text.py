"""DetectText's answer. It cannot read pixels: it knows the text that the painter put into a
picture together with a marker which repeats it, and no other."""

from PIL import Image

from local.ai.marker import read_text_marker
from local.ai.painting.caption import CAPTION
from local.ai.wire import Json, ServiceError, percent

NAME = "local-marker-text-1"
CONFIDENCE = 99.0
DEFAULT_MIN_CONFIDENCE = 80.0  # of Filters.WordFilter, as the API reference has it


def least_confidence(filters: object) -> float:
    """Of the member Filters, in percent; ServiceError for filters that are none, or not served."""
    if filters is None:
        return DEFAULT_MIN_CONFIDENCE
    words = filters.get("WordFilter", {}) if isinstance(filters, dict) else None
    if not isinstance(filters, dict) or not isinstance(words, dict):
        raise ServiceError("InvalidParameterException", "Filters takes a WordFilter")
    if "RegionsOfInterest" in filters or not words.keys() <= {"MinConfidence"}:
        raise ServiceError("InvalidParameterException", "only MinConfidence is served here")
    return percent(words.get("MinConfidence", DEFAULT_MIN_CONFIDENCE), "MinConfidence")


def detected_text(picture: Image.Image, min_confidence: float) -> Json:
    """The response body."""
    text = read_text_marker(picture) if min_confidence <= CONFIDENCE else ""
    return {"TextDetections": detections(text, picture.size), "TextModelVersion": NAME}


def detections(text: str, size: tuple[int, int]) -> list[Json]:
    """The line, then its words, with places as shares of a picture of that size."""
    if not text:
        return []
    found = [{"DetectedText": text, "Type": "LINE", "Id": 0, **_seen(0.0, 1.0, size)}]
    start = 0
    for number, word in enumerate(text.split(), start=1):
        start = text.index(word, start)
        end = start + len(word)
        place = _seen(start / len(text), end / len(text), size)
        found.append(
            {"DetectedText": word, "Type": "WORD", "Id": number, "ParentId": 0, **place}
        )  # fmt: skip
        start = end
    return found


def _seen(start: float, end: float, size: tuple[int, int]) -> Json:
    """Confidence and Geometry of the part of the caption from one share of it to another."""
    left, top, right, bottom = CAPTION
    x = (left + (right - left) * start) / size[0]
    width = (right - left) * (end - start) / size[0]
    y, height = top / size[1], (bottom - top) / size[1]
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return {
        "Confidence": CONFIDENCE,
        "Geometry": {
            "BoundingBox": {"Width": width, "Height": height, "Left": x, "Top": y},
            "Polygon": [{"X": across, "Y": down} for across, down in corners],
        },
    }
