"""`safelight demo`, run once as a user would: its gallery, and the page that this links."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from demo.conftest import SAFELIGHT
from PIL import Image

from local.ai.marker import read_marker
from local.demo.scenarios import SCENARIOS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]
_LAST_LINE = "Ctrl-C stops everything"
_INLINE = re.compile(r'src="data:image/(?:jpeg|png);base64,([^"]+)"')
_RECORD = re.compile(r'<pre class="record" tabindex="0">(.*?)</pre>', re.DOTALL)
_CALL = re.compile(r'<pre class="call" tabindex="0">(.*?)</pre>', re.DOTALL)
_LINK = re.compile(r'<a href="(http://127\.0\.0\.1:[0-9]+/)">')


def test_every_scenario_ends_as_expected_and_the_gallery_is_safe(
    environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "gallery"
    with subprocess.Popen(
        [SAFELIGHT, "demo", "--stay", "--out", str(out)],
        env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        told = ""
        while _LAST_LINE not in told:
            line = demo.stdout.readline()
            assert line, told
            told += line
        page = (out / "index.html").read_text("utf-8")
        (live,) = _LINK.findall(page)
        with urllib.request.urlopen(live) as answer:  # noqa: S310
            assert "text/html" in answer.headers["Content-Type"]
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(30) == 0
    assert_outcomes_are_told(told)
    assert (out / "index.html").as_uri() in told
    assert [path.name for path in out.iterdir()] == ["index.html"]
    assert_nothing_is_fetched(_LINK.sub("", page))
    assert_the_call_is_told_without_keys(page)
    assert_no_withheld_picture_is_in(page)


def assert_outcomes_are_told(told: str) -> None:
    for scenario in SCENARIOS:
        assert f"{scenario.title}: {scenario.expected}" in told
        if scenario.decision:
            waited = told.index(f"{scenario.title}: IN_REVIEW, waits for a person")
            assert waited < told.index(f"{scenario.title}: {scenario.expected}")
            # The table breaks its lines.
            assert scenario.decision.reason.split()[0] in told
    assert "local:demo" in told
    for part in ("Outcomes", "attempts", "moderate", "s3:prompts/fox-in-the-snow"):
        assert part in told
    for part in ("Memory", "engine", "AI stand-ins", "the whole", "local stand-ins"):
        assert part in told


def assert_nothing_is_fetched(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page
    assert "url(" not in page
    assert "@import" not in page


def assert_the_call_is_told_without_keys(page: str) -> None:
    calls = list(map(html.unescape, _CALL.findall(page)))
    claimed, decided, *_ = (call for call in calls if call.startswith("POST /api/reviews/"))
    assert "\nSafelight-Reviewer: demo\n" in claimed
    assert '"heard": true' in decided
    asked, shown = (call for call in calls if "/api/images" in call.splitlines()[0])
    assert asked.startswith("POST /api/images\n")
    assert "\n202 Accepted\n" in asked
    assert shown.startswith("GET /api/images/api-")
    assert '"status": "COMPLETED"' in shown
    assert "?…" in shown
    assert "X-Amz" not in page


def assert_no_withheld_picture_is_in(page: str) -> None:
    inlined = [base64.b64decode(text) for text in _INLINE.findall(page)]
    digests = {hashlib.sha256(content).hexdigest() for content in inlined}
    records = [json.loads(html.unescape(text)) for text in _RECORD.findall(page)]
    images = [image for record in records for image in record.get("images", [])]
    delivered = {image["sha256"] for image in images if image.get("delivered")}
    withheld = {image["sha256"] for image in images if not image.get("delivered")}
    assert len(inlined) == len(images)
    assert delivered
    assert withheld
    assert delivered <= digests
    assert not withheld & digests
    # The painter's unsafe pictures say so in themselves; a preview is too blurred to.
    assert all(read_marker(Image.open(io.BytesIO(content))) is None for content in inlined)
