"""Typed reading of environment variables: no default could silently point at the wrong place."""

import os
from collections.abc import Mapping


class SettingsError(Exception):
    """A variable is missing or malformed; the message names it."""


class Environment:
    """The variables of one function, read once when its settings are built."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def text(self, name: str) -> str:
        """The value, or SettingsError if it is missing or empty."""
        value = self._variables.get(name, "")
        if not value:
            raise SettingsError(f"environment variable {name} is missing")
        return value

    def optional(self, name: str) -> str:
        """The value, or an empty string."""
        return self._variables.get(name, "")

    def number(self, name: str) -> int:
        """The value as a whole number of at least 0."""
        value = self.text(name)
        if not value.isdecimal():
            raise SettingsError(f"environment variable {name} must be a whole number")
        return int(value)

    def choice(self, name: str, *allowed: str) -> str:
        """The value, which must be one of those allowed."""
        value = self.text(name)
        if value not in allowed:
            raise SettingsError(f"environment variable {name} must be one of {', '.join(allowed)}")
        return value

    def flag(self, name: str) -> bool:
        """True or False; anything but the words true and false is an error."""
        return self.choice(name, "true", "false") == "true"

    def names(self, name: str) -> frozenset[str]:
        """Those between commas; none of them is empty, and there may be none."""
        return frozenset(one.strip() for one in self.optional(name).split(",")) - {""}
