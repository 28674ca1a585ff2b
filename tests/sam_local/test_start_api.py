"""`sam local start-api` serves the API over HTTP, from the definition in the template."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from sam_local.sam import start
from sam_local.stage import Stage

PROMPT = {"prompt": "a lighthouse"}


@pytest.mark.sam_local
@pytest.mark.timeout(300)
def test_every_function_answers_its_routes(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with start("start-api", stage.env_vars(tmp_path), log) as api:
        status, accepted = call(f"{api}/images", PROMPT)
        assert status == 202, log.read_text("utf-8")
        assert call(f"{api}/images/{accepted['request_id']}")[0] == 200
        assert call(f"{api}/images/api-0")[0] == 404
        assert call(f"{api}/images/api-0/appeal", {"message": "?"})[0] == 404
        assert call(f"{api}/reviews")[0] == 403
        assert call(f"{api}/reviews/{40 * '0'}/claim", {})[0] == 403
        assert call(f"{api}/health")[0] == 200
        assert call(f"{api}/openapi.json")[1]["openapi"].startswith("3.")
        status, judged = call(f"{api}/moderations/prompt", PROMPT)
        assert (status, judged["verdict"]) == (200, "clean")
        assert call(f"{api}/moderations/image", {"image": "AAAA"})[0] == 422
        assert call(f"{api}/images", {"prompts": "?"})[1]["code"] == "invalid_request"


def call(url: str, body: object = None) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    content = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(url, content, {"Content-Type": "application/json"})  # noqa: S310
    try:
        answer = urllib.request.urlopen(asked, timeout=120)  # noqa: S310
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        return answer.status, json.load(answer)
