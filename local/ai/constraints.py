"""Checks of requests, with faults in the form of the APIs: "1 validation error detected: Value … at
… failed to satisfy constraint: …". Patterns and lengths are those of botocore's models.

A value of the wrong type is a SerializationException, as the JSON protocol has it.
"""

import re
from collections.abc import Iterable, Iterator

from local.ai.wire import Json, ServiceError

ROLE = r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"


def refuse(faults: Iterable[str], code: str) -> None:
    """ServiceError of that code where there are any faults."""
    found = list(faults)
    if found:
        count = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise ServiceError(code, f"{count} detected: {'; '.join(found)}")


def structure(holder: Json, name: str) -> Json:
    """The object under a name; an empty one where there is none."""
    held = holder.get(name) or {}
    if not isinstance(held, dict):
        raise type_fault(name)
    return held


def text(holder: Json, name: str, where: str, pattern: str, most: int) -> Iterator[str]:
    """Of a text that must be there."""
    value = holder.get(name)
    if value is None:
        yield fault("null", where, "Member must not be null")
    elif not isinstance(value, str):
        raise type_fault(name)
    elif len(value) > most:
        yield fault(value, where, f"Member must have length less than or equal to {most}")
    elif not re.fullmatch(pattern, value):
        yield fault(value, where, f"Member must satisfy regular expression pattern: {pattern}")


def optional_text(holder: Json, name: str, where: str, pattern: str, most: int) -> Iterator[str]:
    """Of a text that may be missing."""
    if holder.get(name) is not None:
        yield from text(holder, name, where, pattern, most)


def choice(holder: Json, name: str, values: Iterable[str]) -> Iterator[str]:
    """Of one of several words."""
    allowed = tuple(values)
    if (value := holder.get(name)) not in allowed:
        told = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        yield fault(value, name[0].lower() + name[1:], told)


def number(holder: Json, name: str, where: str, least: int = 1) -> Iterator[str]:
    """Of a whole number that must be there."""
    value = holder.get(name)
    if value is not None and type(value) is not int:
        raise type_fault(name)
    if value is None or value < least:
        told = f"Member must have value greater than or equal to {least}"
        yield fault("null" if value is None else value, where, told)


def fault(value: object, where: str, constraint: str) -> str:
    """One fault of a value."""
    return f"Value '{value}' at '{where}' failed to satisfy constraint: {constraint}"


def type_fault(name: str) -> ServiceError:
    """The error for a value of another type."""
    return ServiceError("SerializationException", f"{name} has a value of another type")
