"""What a server of ours knows of the calls on it: the log, the rules, and their control.

PUT    /_local/recording  {"on": true}     GET: the calls so far    DELETE: forgets them
POST   /_local/faults     [rule, …]        GET: seen and injected   DELETE: ends all rules
"""

from __future__ import annotations

import json
from typing import Any

from local.faults.calls import Call, CallLog
from local.faults.rules import Rule, RuleBook

PREFIX = "/_local/"
Json = dict[str, Any]


class Watch:
    """Costs nothing until something is asked of it."""

    def __init__(self) -> None:
        self.recording = False
        self._log = CallLog()
        self._book = RuleBook()

    @property
    def active(self) -> bool:
        """Whether calls are looked at."""
        return self.recording or bool(self._book)

    def note(self, call: Call) -> None:
        """Write down a call that no rule can break."""
        if self.recording and call.caller:
            self._log.add(call)

    def rule_for(self, call: Call) -> Rule | None:
        """Write the call down, if calls are written down, and say which rule takes it."""
        self.note(call)
        return self._book.take(call)

    def control(self, method: str, path: str, body: bytes) -> tuple[int, Json] | None:
        """(HTTP status, answer) of a control call; None for one that is not of the watch's."""
        try:
            answer = self._control(f"{method} {path.removeprefix(PREFIX)}", body)
        except (ValueError, KeyError, TypeError) as wrong:
            return 400, {"error": str(wrong)}
        return None if answer is None else (200, answer)

    def _control(self, call: str, body: bytes) -> Json | None:
        if call == "GET recording":
            return {"on": self.recording, "calls": self._log.report()}
        if call == "GET faults":
            return {"faults": self._book.report()}
        if call == "PUT recording":
            self.recording = bool(json.loads(body)["on"])
        elif call == "DELETE recording":
            self._log.clear()
        elif call == "POST faults":
            self._book.add(_rules(body))
        elif call == "DELETE faults":
            self._book.clear()
        else:
            return None
        return {"status": "ok"}


def _rules(body: bytes) -> list[object]:
    told = json.loads(body)
    if not isinstance(told, list):
        raise ValueError("rules are a list")
    return told
