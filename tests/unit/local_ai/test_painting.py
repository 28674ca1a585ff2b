"""Pictures are functions of words, seed and size, and say what they are."""

import numpy as np
import pytest

from local.ai.marker import Marker
from local.ai.painting.painter import paint, paint_black, paint_uniform, paint_unsafe
from local.ai.painting.scene import LANDS, SKIES, SUBJECTS, scene_of
from local.ai.painting.subjects import PAINTERS

SIZE = (256, 256)


def test_the_same_order_gives_the_same_pixels() -> None:
    first, second = (paint("a castle at night", "fog", 3, SIZE).tobytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("prompt", "negative", "seed"),
    [
        ("a castle at dawn", "fog", 3),
        ("a castle at night", "castle", 3),
        ("a castle at night", "fog", 4),
    ],
)
def test_any_other_order_gives_other_pixels(prompt: str, negative: str, seed: int) -> None:
    usual = paint("a castle at night", "fog", 3, SIZE)
    assert paint(prompt, negative, seed, SIZE).tobytes() != usual.tobytes()


@pytest.mark.parametrize("size", [(64, 64), (256, 1024), (1024, 256), (520, 776)])
def test_every_size_is_painted_in_rgb(size: tuple[int, int]) -> None:
    picture = paint("boats on a snowy lake, alps, flowers in the rain", "", 1, size)
    assert (picture.mode, picture.size) == ("RGB", size)


def test_words_choose_the_scene_and_negative_words_remove_from_it() -> None:
    scene = scene_of("Two red foxes and a robot in a forest at night, mountains", "robots", 0)
    assert scene.sky == "night"
    assert scene.lands == {"forest", "mountains"}
    assert scene_of("a red fox and a blue robot", "", 0).subjects == (
        ("fox", (196, 52, 46)),
        ("robot", (62, 108, 196)),
    )
    assert scene_of("a fox and a robot", "robots", 0).subjects == (("fox", None),)


def test_every_subject_can_be_painted() -> None:
    assert PAINTERS.keys() == SUBJECTS.keys()
    for words in (*SKIES.values(), *LANDS.values(), *SUBJECTS.values()):
        assert paint(words[0], "", 0, (64, 64)).size == (64, 64)


def test_odd_prompts_are_painted_too() -> None:
    for prompt in ("", "!!!", "日本の山", "\ud800", "a" * 2000):
        paint(prompt, "", 0, (64, 64))


def test_the_label_is_in_the_pixels() -> None:
    for picture in (paint("a cat", "", 1, SIZE), paint_unsafe(marker(), 1, SIZE)):
        bar = np.asarray(picture.crop((0, 244, 256, 256)).convert("L"))
        assert (bar > 200).sum() > 100
        assert np.median(bar) < 100


def test_black_is_black_and_uniform_is_uniform() -> None:
    assert paint_black(SIZE).getextrema() == ((0, 0),) * 3
    assert paint_uniform(SIZE).getextrema() == ((128, 128),) * 3


def test_an_unsafe_picture_needs_room_for_its_marker() -> None:
    with pytest.raises(ValueError, match="224 x 112"):
        paint_unsafe(marker(), 0, (216, 256))


def marker() -> Marker:
    return Marker((("Weapons", 97.0),))
