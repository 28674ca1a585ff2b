"""The network's layers on arrays that can be worked out by hand."""

import numpy as np
import pytest

from local.ai.vision.layers import (
    Floats,
    convolution,
    depthwise,
    pointwise,
    relu6,
    resized,
    softmax,
)


def floats(values: object) -> Floats:
    return np.array(values, np.float32)


def plane(values: object) -> Floats:
    """Rows x columns of one channel."""
    return floats(values)[:, :, None]


COUNTING = np.arange(1, 10, dtype=np.float32).reshape(3, 3)
NO_BIAS = floats([0])


def test_resizing_keeps_the_corners_and_mixes_between_them() -> None:
    pixels = np.array([[[0], [51]], [[102], [255]]], np.uint8)
    found = resized(pixels, 3)[:, :, 0]
    assert found == pytest.approx(floats([[0, 0.1, 0.2], [0.2, 0.4, 0.6], [0.4, 0.7, 1]]))


def test_shrinking_picks_places_without_averaging() -> None:
    row = np.array([[[0], [255], [51], [255], [102]]], np.uint8)
    assert resized(row.repeat(5, axis=0), 3)[0, :, 0] == pytest.approx(floats([0, 0.2, 0.4]))


def test_pointwise_mixes_channels() -> None:
    x = floats([[[1, 2]]])
    kernel, bias = floats([[1, 3], [2, 4]]), floats([10, 20])
    assert pointwise(x, kernel, bias).tolist() == [[[15, 31]]]


def test_convolution_in_steps_of_two_pads_below_and_right() -> None:
    x = plane([[1, 2], [3, 4]])
    kernel = COUNTING[:, :, None, None]
    assert convolution(x, kernel, NO_BIAS).tolist() == [[[1 * 1 + 2 * 2 + 3 * 4 + 4 * 5]]]


def test_depthwise_keeps_channels_apart() -> None:
    x = floats([[[1, 10]]])
    kernel = np.stack([COUNTING, -COUNTING], axis=2)
    assert depthwise(x, kernel, floats([100, 200]), 1).tolist() == [[[105, 150]]]


def test_depthwise_sees_the_neighbours_on_all_sides() -> None:
    x = plane([[1, 2], [3, 4]])
    found = depthwise(x, COUNTING[:, :, None], NO_BIAS, 1)[:, :, 0]
    expected = [
        [1 * 5 + 2 * 6 + 3 * 8 + 4 * 9, 1 * 4 + 2 * 5 + 3 * 7 + 4 * 8],
        [1 * 2 + 2 * 3 + 3 * 5 + 4 * 6, 1 * 1 + 2 * 2 + 3 * 4 + 4 * 5],
    ]
    assert found.tolist() == expected


def test_depthwise_in_steps_of_two_pads_below_and_right() -> None:
    x = plane([[1, 2], [3, 4]])
    assert depthwise(x, COUNTING[:, :, None], NO_BIAS, 2).tolist() == [[[1 + 4 + 12 + 20]]]


@pytest.mark.parametrize("step", [1, 2])
def test_depthwise_is_the_same_across_the_seams_of_its_bands(step: int) -> None:
    x = np.random.default_rng(3).integers(-9, 9, (22, 6, 2)).astype(np.float32)
    kernel = np.stack([COUNTING, COUNTING[::-1]], axis=2)
    before = 1 if step == 1 else 0
    padded = np.pad(x, ((before, 1), (before, 1), (0, 0)))

    found = depthwise(x, kernel, NO_BIAS, step)

    for row in range(22 // step):
        for column in range(6 // step):
            window = padded[row * step :, column * step :][:3, :3]
            assert found[row, column].tolist() == (window * kernel).sum((0, 1)).tolist()


def test_relu6_and_softmax() -> None:
    assert relu6(floats([-1, 3, 7])).tolist() == [0, 3, 6]
    assert softmax(floats([1000, 1000])).tolist() == [0.5, 0.5]
    assert softmax(floats([0, np.log(3)])) == pytest.approx(floats([0.25, 0.75]))
