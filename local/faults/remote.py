"""The watch of a running server, from Python: what Engine and StandIns offer alike."""

from __future__ import annotations

from typing import Any

from local.faults.rules import rule_of

Json = dict[str, Any]


class Watched:
    """Mixed into whoever can make a control call on its server."""

    def control(self, method: str, what: str, body: object = None) -> Json:
        """Make the call `/_local/<what>`; its answer, or RuntimeError with what is wrong."""
        raise NotImplementedError

    def record_calls(self, on: bool = True) -> None:
        """Write down, or stop writing down, the calls of functions and state machines."""
        self.control("PUT", "recording", {"on": on})

    def recorded_calls(self) -> list[Json]:
        """[{caller, service, operation, facts, at}] since recording began."""
        calls: list[Json] = self.control("GET", "recording")["calls"]
        return calls

    def forget_calls(self) -> None:
        """Empty the record."""
        self.control("DELETE", "recording")

    def break_calls(self, *rules: Json) -> None:
        """Put rules into force, see local/faults/rules.py; ValueError for one that is none."""
        for rule in rules:
            rule_of(rule)
        self.control("POST", "faults", list(rules))

    def broken_calls(self) -> list[Json]:
        """[{id, service, operation, caller, kind, seen, injected}], a row per rule."""
        faults: list[Json] = self.control("GET", "faults")["faults"]
        return faults

    def mend(self) -> None:
        """End all rules."""
        self.control("DELETE", "faults")
