"""Weights of a TensorFlow.js model that was packed into two scripts: a list, and the numbers.

Each number is one byte; `min` and `scale` of its array make a value of it. Batch normalisation
is folded into the layer before it.
"""

import base64
import math
import re

import numpy as np

from local.ai.vision.layers import Floats

_ARRAY = re.compile(
    r'\{name:"([^"]+)",shape:\[([\d,]*)\],dtype:"float32",'
    r'quantization:\{min:([^,]+),scale:([^,]+),dtype:"uint8"\}\}'
)
_NUMBERS = re.compile(r'exports="([A-Za-z0-9+/=]+)"')
_EPSILON = 0.001


class Weights:
    """The arrays of a model by name; ValueError if list and numbers do not fit each other."""

    def __init__(self, listing: str, numbers: str) -> None:
        found = _NUMBERS.search(numbers)
        stored = np.frombuffer(base64.b64decode(found[1] if found else ""), np.uint8)
        self._arrays: dict[str, Floats] = {}
        start = 0
        for name, sizes, least, scale in _ARRAY.findall(listing):
            shape = [int(size) for size in sizes.split(",")]
            end = start + math.prod(shape)
            values = stored[start:end] * np.float32(scale) + np.float32(least)
            self._arrays[name] = values.reshape(shape)
            start = end
        if not start or start != stored.size:
            raise ValueError(f"{stored.size} numbers for arrays of {start}")

    def __getitem__(self, name: str) -> Floats:
        return self._arrays[name]

    def normalised(self, kernel: str, norm: str) -> tuple[Floats, Floats]:
        """Kernel and bias of a layer that batch normalisation follows; the outputs are the
        kernel's last axis."""
        mean, variance = self[f"{norm}/moving_mean"], self[f"{norm}/moving_variance"]
        factor = self[f"{norm}/gamma"] / np.sqrt(variance + np.float32(_EPSILON))
        values = self[kernel]
        if kernel.endswith("depthwise_kernel"):
            values = values[..., 0]
        return values * factor, self[f"{norm}/beta"] - mean * factor
