"""What is published is what ships, in one document that the functions take."""

import json

from local.policy.bundle import make_bundle
from local.policy.compilation import COMPILED
from local.policy.source import read_policy
from shared.bundle import SHAPE, read_bundle


def test_a_bundle_holds_what_ships() -> None:
    bundle = read_bundle(make_bundle(read_policy()))
    for name in SHAPE:
        assert bundle["parts"][name] == json.loads((COMPILED / f"{name}.json").read_text("utf-8"))


def test_the_shape_is_that_of_what_ships() -> None:
    """Where this fails, functions and published policies part: raise FORMAT with the shape."""
    for name, keys in SHAPE.items():
        assert keys == json.loads((COMPILED / f"{name}.json").read_text("utf-8")).keys()
