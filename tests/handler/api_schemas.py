"""What the API answers, held against its schemas, which refer to each other."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from referencing import Registry, Resource

_REGISTRY: Any = Registry().with_resources(
    (f"safelight/{path.name}", Resource.from_contents(json.loads(path.read_text("utf-8"))))
    for path in (Path(__file__).parents[2] / "schemas").glob("*.schema.json")
)


def check(body: object, place: str) -> None:
    """Raises ValidationError. `place` is a schema, or one of its definitions: "api#problem"."""
    file, _, name = place.partition("#")
    reference = f"safelight/{file}.schema.json" + (f"#/definitions/{name}" if name else "")
    Draft7Validator({"$ref": reference}, registry=_REGISTRY).validate(body)
