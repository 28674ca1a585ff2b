"""Keeps web pages out: a browser lets any site's page call this machine, and the engine runs code.

ministack answers every origin. Programs send no Origin; a page that only shows a picture sends
none either. Who may call an API is that API's own answer.
"""

from __future__ import annotations

import re

from local.engine.watching import App, Receive, Scope, Send

_API = re.compile(r"/restapis/[^/]+/[^/]+/_user_request_(/|$)|/_aws/execute-api/")
_REFUSAL = b"This engine takes no calls from web pages.\n"


def keep_out(app: App) -> App:
    """The application, but for calls that a page makes."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if _by_a_page(scope):
            headers = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": _REFUSAL})
        else:
            await app(scope, receive, send)

    return guarded


def _by_a_page(scope: Scope) -> bool:
    if scope["type"] != "http" or _API.match(scope["path"]):
        return False
    return any(name == b"origin" for name, _ in scope["headers"])
