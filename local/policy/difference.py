"""What differs between two policies: terms, thresholds, rules, negative prompts, all alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# What names the members of a list of objects.
_NAMES = ("label", "name")


@dataclass(frozen=True)
class Difference:
    """A place in the policy, what only the old one has there and what only the new one."""

    place: str
    removed: list[str]
    added: list[str]


def differences(old: Any, new: Any, place: str = "") -> Iterator[Difference]:
    """In the order of the policy. Lists are sets here: their order decides nothing."""
    old, new = _by_name(old), _by_name(new)
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            inner = f"{place}.{name}" if place else str(name)
            yield from differences(old.get(name), new.get(name), inner)
    elif isinstance(old, list) and isinstance(new, list):
        removed = [_text(one) for one in old if one not in new]
        added = [_text(one) for one in new if one not in old]
        if removed or added:
            yield Difference(place, removed, added)
    elif old != new:
        yield Difference(place, _given(old), _given(new))


def _by_name(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        name = next((name for name in _NAMES if name in value[0]), None)
        if name:
            return {one[name]: one for one in value}
    return value


def _given(value: Any) -> list[str]:
    return [] if value is None else [_text(value)]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)
