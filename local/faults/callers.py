"""Who made a call: named by the access key that it is signed with.

A function's process gets a key of its own, `FN_<port>_<function>`; the port is that of its Runtime
API and tells the process from others of the same function. A state machine's own calls that leave
the engine name it in a header, since its SDK clients are shared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

CALLER_HEADER = "x-safelight-caller"
STAND_INS = "stand-ins"
STAND_INS_KEY = f"FN_0_{STAND_INS}"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/[^/]+/([^/]+)/")
_KEY = re.compile(r"FN_(\d+)_(.+)")


class Credential(NamedTuple):
    """What a request says of its sender: the access key, and the service it was signed for."""

    key: str
    service: str


def access_key(function: str, port: int) -> str:
    """The key of one process of a function."""
    return f"FN_{port}_{function}"


def caller_of(key: str) -> str:
    """The function that holds a key; nothing for keys that were not given out here."""
    match = _KEY.fullmatch(key)
    return match[2] if match else ""


def port_of(key: str) -> int:
    """The Runtime API port of the process that holds a key; 0 where there is none."""
    match = _KEY.fullmatch(key)
    return int(match[1]) if match else 0


def credential_of(headers: Mapping[str, str]) -> Credential:
    """From the Authorization header, whose name is looked up in lower case; else empty."""
    match = _CREDENTIAL.search(headers.get("authorization", ""))
    return Credential(match[1], match[2]) if match else Credential("", "")
