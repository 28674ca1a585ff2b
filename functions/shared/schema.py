"""Checks a value against the part of JSON Schema that the request's schema uses.

A validator of one page, because it is paid at every cold start: fastjsonschema would cost a tenth
of a bare client there, jsonschema and pydantic more. A test compares it with jsonschema, and a
schema with a keyword that is not here is refused.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: _is_number(value),
    # JSON has one kind of number: 512.0 is an integer.
    "integer": lambda value: _is_number(value) and value == math.floor(value),
}
# Keyword: whether the value keeps the rule, and what is said if it does not.
_RULES: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minLength": (lambda value, least: len(value) >= least, "must have at least {} character(s)"),
    "maxLength": (lambda value, most: len(value) <= most, "must have at most {} characters"),
    "minimum": (lambda value, least: value >= least, "must be at least {}"),
    "maximum": (lambda value, most: value <= most, "must be at most {}"),
    "multipleOf": (lambda value, step: value % step == 0, "must be a multiple of {}"),
    # Of the whole value: Python lets a $ match before a last line feed.
    "pattern": (lambda value, form: re.fullmatch(form, value) is not None, "must match {}"),
    "maxProperties": (lambda value, most: len(value) <= most, "must have at most {} entries"),
}
_STRUCTURE = frozenset(
    {"type", "required", "properties", "additionalProperties", "propertyNames", "$schema", "$id"}
)


@dataclass(frozen=True)
class Breach:
    """The first rule that a value breaks: where, the schema's keyword, and a sentence."""

    field: str
    rule: str
    message: str


class UnknownKeyword(Exception):
    """The schema uses a keyword that this module does not know."""


def first_breach(value: Any, schema: dict[str, Any], path: str = "request") -> Breach | None:
    """None if the value is as the schema says."""
    unknown = schema.keys() - _RULES.keys() - _STRUCTURE
    if unknown:
        raise UnknownKeyword(", ".join(sorted(unknown)))
    kind = schema.get("type")
    if kind and not _TYPES[kind](value):
        return Breach(path, "type", f"{path} must be of type {kind}")
    for keyword, (keeps, says) in _RULES.items():
        if keyword in schema and not keeps(value, schema[keyword]):
            return Breach(path, keyword, f"{path} {says.format(schema[keyword])}")
    return _first_in_object(value, schema, path) if kind == "object" else None


def _first_in_object(value: dict[str, Any], schema: dict[str, Any], path: str) -> Breach | None:
    within = "" if path == "request" else f"{path}."
    for name in schema.get("required", ()):
        if name not in value:
            return Breach(f"{within}{name}", "required", f"{within}{name} is missing")
    for name, member in value.items():
        place = f"{within}{name}"[:128]
        inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
        if inner is False:
            return Breach(place, "unknown_field", f"{place} is not a field of a {path}")
        breach = first_breach(name, schema.get("propertyNames", {}), place) or first_breach(
            member, inner, place
        )
        if breach:
            return breach
    return None


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)
