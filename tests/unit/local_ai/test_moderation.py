"""From the network's classes and the painter's marker to Rekognition's answer."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from local.ai.marker import Marker
from local.ai.moderation import MARKER_ONLY_NAME, NETWORK_NAME, moderation
from local.ai.painting.painter import paint_unsafe
from local.ai.vision.network import CLASSES, Network
from local.ai.wire import Json

PLAIN = Image.new("RGB", (256, 256))
EXPLICIT = [("Explicit", "", 1), ("Explicit Nudity", "Explicit", 2)]
SUGGESTIVE = "Non-Explicit Nudity of Intimate parts and Kissing"


class Seeing(Network):
    """A network that sees the same in every picture."""

    def __init__(self, **classes: float) -> None:
        self._classes = {name: classes.get(name, 0.0) for name in CLASSES}

    def probabilities(self, pixels: NDArray[np.uint8]) -> dict[str, float]:
        assert pixels.shape[2] == 3
        return self._classes


def answer(picture: Image.Image = PLAIN, least: float = 50, **classes: float) -> Json:
    return moderation(picture, Seeing(**classes), least)


def rows(found: Json) -> list[tuple[str, str, int]]:
    return [
        (row["Name"], row["ParentName"], row["TaxonomyLevel"]) for row in found["ModerationLabels"]
    ]


def confidences(found: Json) -> list[float]:
    return [row["Confidence"] for row in found["ModerationLabels"]]


def test_porn_is_explicit_nudity_and_no_third_level() -> None:
    found = answer(Porn=0.93, Sexy=0.07)
    assert rows(found) == EXPLICIT
    assert confidences(found) == [93, 93]
    assert found["ContentTypes"] == []
    assert found["ModerationModelVersion"] == "local-nsfwjs-mobilenetv2-4.4.0"


def test_hentai_is_the_same_and_illustrated() -> None:
    found = answer(Hentai=0.8, Drawing=0.15, Neutral=0.05)
    assert rows(found) == EXPLICIT
    assert confidences(found) == [80, 80]
    assert found["ContentTypes"] == [{"Name": "Illustrated", "Confidence": 95}]


def test_two_explicit_classes_that_share_the_doubt_add_up() -> None:
    assert confidences(answer(Porn=0.4, Hentai=0.35, Neutral=0.25)) == [75, 75]


def test_sexy_is_not_explicit() -> None:
    found = answer(Sexy=0.9, Neutral=0.1)
    assert rows(found) == [(SUGGESTIVE, "", 1), ("Non-Explicit Nudity", SUGGESTIVE, 2)]


def test_drawings_and_the_neutral_have_no_labels() -> None:
    assert answer(Drawing=0.9, Neutral=0.1)["ModerationLabels"] == []
    assert answer(Drawing=0.9)["ContentTypes"] == [{"Name": "Illustrated", "Confidence": 90}]
    assert answer(Neutral=1.0, least=1)["ContentTypes"] == []


@pytest.mark.parametrize(("least", "count"), [(0, 4), (10, 4), (30, 2), (71, 0)])
def test_labels_below_the_least_confidence_are_left_out(least: float, count: int) -> None:
    assert len(rows(answer(least=least, Porn=0.7, Sexy=0.1, Neutral=0.2))) == count


def test_a_marker_adds_and_takes_nothing_away() -> None:
    picture = paint_unsafe(Marker((("Weapons", 60.0), ("Explicit Nudity", 55.0))), 0, (256, 256))
    found = answer(picture, Porn=0.9, Drawing=0.1)
    assert {row["Name"]: row["Confidence"] for row in found["ModerationLabels"]} == {
        "Explicit": 90, "Explicit Nudity": 90, "Violence": 60, "Weapons": 60,
    }  # fmt: skip
    assert found["ModerationModelVersion"] == f"{NETWORK_NAME}+marker"


def test_a_marker_says_whether_the_picture_stands_for_a_drawing() -> None:
    for illustrated in (False, True):
        marker = Marker((("Weapons", 60.0),), illustrated)
        found = answer(paint_unsafe(marker, 0, (256, 256)), Drawing=1.0)
        assert bool(found["ContentTypes"]) == illustrated


def test_without_a_network_only_markers_are_seen() -> None:
    picture = paint_unsafe(Marker((("Weapons", 60.0),)), 0, (256, 256))
    assert moderation(PLAIN, None, 0) == {
        "ModerationLabels": [],
        "ModerationModelVersion": "local-marker-only-1",
        "ContentTypes": [],
    }
    assert moderation(picture, None, 0)["ModerationModelVersion"] == MARKER_ONLY_NAME
    assert len(moderation(picture, None, 0)["ModerationLabels"]) == 2
