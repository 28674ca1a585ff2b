"""MobileNetV2 with the head of nsfwjs: how much a picture looks like each of five classes.

It knows sexual content alone. Violence, hate, drugs and all else are not among its classes.
"""

import numpy as np
from numpy.typing import NDArray

from local.ai.vision.layers import (
    Floats,
    convolution,
    depthwise,
    pointwise,
    relu6,
    resized,
    softmax,
)
from local.ai.vision.weights import Weights

CLASSES = ("Drawing", "Hentai", "Neutral", "Porn", "Sexy")
SIDE = 224
_BLOCKS = 17
_HALVING = {1, 3, 6, 13}  # the blocks that work in steps of two
_DENSE = 3

Layer = tuple[Floats, Floats]


class Network:
    """Safe to use from several threads at once: nothing is kept between two pictures."""

    def __init__(self, weights: Weights) -> None:
        self._first = weights.normalised("Conv1/kernel", "bn_Conv1")
        self._blocks = [_Block(weights, number) for number in range(_BLOCKS)]
        self._last = _flat(weights.normalised("Conv_1/kernel", "Conv_1_bn"))
        self._dense = [
            (weights[f"dense_{number}/kernel"], weights[f"dense_{number}/bias"])
            for number in range(1, _DENSE + 1)
        ]

    def probabilities(self, pixels: NDArray[np.uint8]) -> dict[str, float]:
        """Of an RGB picture, rows x columns x 3; the classes exclude each other: the sum is 1."""
        x = relu6(convolution(resized(pixels, SIDE), *self._first))
        for block in self._blocks:
            x = block(x)
        x = relu6(pointwise(x, *self._last)).mean((0, 1))
        for kernel, bias in self._dense[:-1]:
            x = np.maximum(x @ kernel + bias, 0)
        kernel, bias = self._dense[-1]
        return dict(zip(CLASSES, softmax(x @ kernel + bias).tolist(), strict=True))


class _Block:
    """An inverted residual: more channels, a depthwise convolution, fewer channels."""

    def __init__(self, weights: Weights, number: int) -> None:
        name = f"block_{number}" if number else "expanded_conv"
        self._expand = _flat(_step(weights, f"{name}_expand")) if number else None
        self._depthwise = _step(weights, f"{name}_depthwise", "depthwise_kernel")
        self._project = _flat(_step(weights, f"{name}_project"))
        self._stride = 2 if number in _HALVING else 1

    def __call__(self, x: Floats) -> Floats:
        y = relu6(pointwise(x, *self._expand)) if self._expand else x
        y = relu6(depthwise(y, *self._depthwise, self._stride))
        y = pointwise(y, *self._project)
        if self._stride == 1 and y.shape == x.shape:
            y += x
        return y


def _step(weights: Weights, name: str, kernel: str = "kernel") -> Layer:
    return weights.normalised(f"{name}/{kernel}", f"{name}_BN")


def _flat(layer: Layer) -> Layer:
    """1 x 1 x inputs x outputs as inputs x outputs."""
    return layer[0][0, 0], layer[1]
