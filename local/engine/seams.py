"""Replaces a private name of a library the engine joins, and says so when it is gone."""

from __future__ import annotations

from typing import Any


class SeamError(RuntimeError):
    """A library no longer has the name an adapter relies on."""


def replace(owner: Any, name: str, value: Any) -> Any:
    """Put `value` in the place of `owner.name` and return what was there."""
    try:
        original = getattr(owner, name)
    except AttributeError:
        holder = getattr(owner, "__name__", repr(owner))
        raise SeamError(
            f"{holder} has no {name}: its version is not the pinned one; run `make setup`"
        ) from None
    setattr(owner, name, value)
    return original
