"""A call of the API and its answer, also as the text that people read."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

_PATIENCE_SECONDS = 60.0
# A link to a picture is a key to it, and the gallery is a file to be handed around.
_SIGNATURE = re.compile(r'\?[^"]*X-Amz-Signature=[^"]*')


def call(
    page_url: str, path: str, body: bytes | None = None, reviewer: str = ""
) -> tuple[dict[str, Any], str]:
    """(the answer, the conversation): POST with a body, GET without. OSError for a refusal.

    `reviewer` is who asks at the review desk.
    """
    method = "GET" if body is None else "POST"
    named = {"Safelight-Reviewer": reviewer} if reviewer else {}
    headers = named | ({"Content-Type": "application/json"} if body else {})
    request = urllib.request.Request(f"{page_url}{path}", body, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
        document: dict[str, Any] = json.load(answer)
        status = f"{answer.status} {answer.reason}"
    asked = [f"{method} /{path}", *(f"{name}: {value}" for name, value in named.items())]
    asked += [body.decode().strip()] if body else []
    answered = _SIGNATURE.sub("?…", json.dumps(document, indent=2, ensure_ascii=False))
    return document, "\n".join([*asked, "", status, answered])
