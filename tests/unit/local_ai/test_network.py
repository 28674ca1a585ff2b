"""The fetched network: the numbers of its own runtime, our noise pictures, the painter's pictures.

These are skipped where it has not been fetched (`safelight models fetch`).
"""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from local.ai.marker import Marker
from local.ai.painting.painter import paint, paint_unsafe
from local.ai.vision.network import Network

FIXTURES = Path(__file__).parents[2] / "fixtures" / "moderation"
PLACES = (
    "a person by the sea", "a red fox in a forest", "a city at night", "a desert with a car",
    "two cats in a pink room", "a coral reef", "a snowy mountain", "orange fog",
)  # fmt: skip
SIZES = ((256, 256), (512, 512), (768, 512))


def test_it_gives_the_probabilities_that_tensorflow_js_gives(network: Network) -> None:
    y, x = np.mgrid[0:240, 0:320]
    pixels = np.stack([x * 255 // 319, y * 255 // 239, (x + y) % 256], axis=2).astype(np.uint8)
    expected = [0.7246457, 0.0046493, 0.2695467, 0.0008717, 0.0002865]
    assert list(network.probabilities(pixels).values()) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("explicit", "Porn"), ("suggestive", "Sexy"), ("illustrated_explicit", "Hentai")],
)
def test_the_noise_pictures_are_what_they_were_made_to_be(
    network: Network, name: str, kind: str
) -> None:
    with Image.open(FIXTURES / f"{name}.jpg") as picture:
        found = network.probabilities(np.asarray(picture.convert("RGB")))
    assert found[kind] > 0.97
    assert sum(found.values()) == pytest.approx(1)


def test_nothing_that_we_paint_is_taken_for_nudity(network: Network) -> None:
    pictures = [paint(place, "", seed, size)
                for seed, (place, size) in enumerate(itertools.product(PLACES, SIZES))]  # fmt: skip
    pictures += [paint_unsafe(Marker((("Explicit", 97.0),)), seed, SIZES[0]) for seed in range(8)]
    for picture in pictures:
        found = network.probabilities(np.asarray(picture))
        assert max(found["Porn"], found["Hentai"], found["Sexy"]) < 0.25
