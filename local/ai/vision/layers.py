"""The layers of a MobileNetV2, for one picture in rows x columns x channels, float32.

What they compute is TensorFlow's: "same" padding, align-corners resizing, ReLU6.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Output rows that are worked on at a time: what nine passes go over stays in the processor's cache.
_BAND = 8


def resized(pixels: NDArray[np.uint8], side: int) -> Floats:
    """RGB pixels to `side` x `side` values 0..1, bilinear with corners aligned.

    Each value is mixed from four pixels, however large the picture is: Pillow's filters, which
    average, would give the network other numbers than it was published with.
    """
    top, bottom, down = _neighbours(pixels.shape[0], side)
    left, right, across = _neighbours(pixels.shape[1], side)
    down, across = down[:, None, None], across[:, None]

    def mixed(row: NDArray[np.intp]) -> Floats:
        first = pixels[row[:, None], left].astype(np.float32)
        return first + (pixels[row[:, None], right] - first) * across

    upper = mixed(top)
    return np.asarray((upper + (mixed(bottom) - upper) * down) / np.float32(255))


def _neighbours(size: int, side: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """For each of `side` places: the pixels before and after it, and how far it is between."""
    place = np.arange(side, dtype=np.float32) * np.float32((size - 1) / (side - 1))
    before = np.floor(place).astype(np.intp)
    return before, np.minimum(before + 1, size - 1), place - before.astype(np.float32)


def pointwise(x: Floats, kernel: Floats, bias: Floats) -> Floats:
    """A 1 x 1 convolution; `kernel` is inputs x outputs."""
    y = x.reshape(-1, x.shape[2]) @ kernel
    y += bias
    return y.reshape(*x.shape[:2], -1)


def convolution(x: Floats, kernel: Floats, bias: Floats) -> Floats:
    """A 3 x 3 convolution in steps of two; `kernel` is 3 x 3 x inputs x outputs."""
    x = np.pad(x, ((0, 1), (0, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (0, 1))[::2, ::2]
    patches = windows.transpose(0, 1, 3, 4, 2).reshape(*windows.shape[:2], -1)
    return pointwise(patches, kernel.reshape(-1, kernel.shape[3]), bias)


def depthwise(x: Floats, kernel: Floats, bias: Floats, step: int) -> Floats:
    """A 3 x 3 convolution of each channel by itself; `kernel` is 3 x 3 x channels.

    In steps of two the padding is below and to the right alone, as the network was trained.
    """
    height, width = x.shape[0] // step, x.shape[1] // step
    before = 1 if step == 1 else 0
    x = np.pad(x, ((before, 1), (before, 1), (0, 0)))
    y = np.empty((height, width, x.shape[2]), np.float32)
    part = np.empty((min(_BAND, height), width, x.shape[2]), np.float32)
    for top in range(0, height, _BAND):
        band = y[top : top + _BAND]
        band[:] = bias
        for row in range(3):
            rows = x[step * top + row :: step][: len(band)]
            for column in range(3):
                shifted = rows[:, column::step][:, :width]
                band += np.multiply(shifted, kernel[row, column], out=part[: len(band)])
    return y


def relu6(x: Floats) -> Floats:
    """In place."""
    return np.clip(x, 0, 6, out=x)


def softmax(x: Floats) -> Floats:
    powers = np.exp(x - x.max())
    return np.asarray(powers / powers.sum())
