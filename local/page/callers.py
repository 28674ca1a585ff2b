"""Whom the local page server answers.

The API asks nobody for credentials here, and a browser sends requests for any page that is open in
it: another site's page must neither write nor, by a name that it has point here, read.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_READING = ("GET", "HEAD", "OPTIONS")
_OWN = (None, "same-origin", "none")


def refusal(method: str, host: str, origin: str | None, site: str | None) -> str | None:
    """Why a request is not answered, or None, by the headers Host, Origin and Sec-Fetch-Site."""
    if not _names_this_machine(host):
        return "The Host header names neither localhost nor an address."
    if method not in _READING and (site not in _OWN or origin not in (None, f"http://{host}")):
        return "Another site's page may not write here."
    return None


def _names_this_machine(host: str) -> bool:
    """An address can be no other site's name; of names, localhost alone is nobody else's."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False
