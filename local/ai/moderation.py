"""DetectModerationLabels' answer: what the network sees in a picture, and what its marker says.

The network knows sexual content alone, and its five classes are coarser than the taxonomy: it
cannot tell nudity from activity, so that no third level follows from it. A marker adds labels and
takes none away; without the network, markers are all there is.
"""

import numpy as np
from PIL import Image

from local.ai.marker import Marker, read_marker
from local.ai.taxonomy import Row, rows
from local.ai.vision.network import Network
from local.ai.wire import Json

NETWORK_NAME = "local-nsfwjs-mobilenetv2-4.4.0"
MARKER_ONLY_NAME = "local-marker-only-1"
DEFAULT_MIN_CONFIDENCE = 50.0

# The classes exclude each other: the chance that one of several is right is their sum.
LABELS = {
    "Explicit Nudity": ("Porn", "Hentai"),
    "Non-Explicit Nudity": ("Sexy",),
}
DRAWN = ("Drawing", "Hentai")


def moderation(picture: Image.Image, network: Network | None, min_confidence: float) -> Json:
    """The response body; labels below `min_confidence` percent are left out."""
    classes = network.probabilities(np.asarray(picture)) if network else {}
    marker = read_marker(picture)
    name = NETWORK_NAME if network else MARKER_ONLY_NAME
    return {
        "ModerationLabels": _rows([*_seen(classes), *(marker.labels if marker else ())],
                                  min_confidence),
        "ModerationModelVersion": f"{name}+marker" if network and marker else name,
        "ContentTypes": _content_types(classes, marker),
    }  # fmt: skip


def _seen(classes: dict[str, float]) -> list[tuple[str, float]]:
    """Labels with confidences in percent."""
    if not classes:
        return []
    return [(label, _percent(classes, members)) for label, members in LABELS.items()]


def _percent(classes: dict[str, float], members: tuple[str, ...]) -> float:
    return round(min(100.0, 100 * sum(classes[member] for member in members)), 4)


def _rows(labels: list[tuple[str, float]], min_confidence: float) -> list[Row]:
    """The labels with their parents, each once, as sure as the surest that speaks for it."""
    found: dict[str, Row] = {}
    for label, confidence in labels:
        for row in rows(label, confidence):
            known = found.setdefault(row["Name"], row)
            known["Confidence"] = max(known["Confidence"], confidence)
    return [row for row in found.values() if row["Confidence"] >= min_confidence]


def _content_types(classes: dict[str, float], marker: Marker | None) -> list[Json]:
    """A marker decides on this too: it says what the picture stands for, and is itself drawn."""
    if marker:
        return [{"Name": "Illustrated", "Confidence": 99.0}] if marker.illustrated else []
    drawn = _percent(classes, DRAWN) if classes else 0.0
    return [{"Name": "Illustrated", "Confidence": drawn}] if drawn >= DEFAULT_MIN_CONFIDENCE else []
