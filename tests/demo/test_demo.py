"""`safelight demo`, run once as a user would, and the gallery that it leaves."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
import subprocess
from pathlib import Path

import pytest
from demo.conftest import SAFELIGHT
from PIL import Image

from local.ai.marker import read_marker
from local.demo.scenarios import SCENARIOS

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]
_INLINE = re.compile(r'src="data:image/(?:jpeg|png);base64,([^"]+)"')
_RECORD = re.compile(r'<pre tabindex="0">(.*?)</pre>', re.DOTALL)


def test_every_scenario_ends_as_expected_and_the_gallery_is_safe(
    environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "gallery"
    ran = subprocess.run(
        [SAFELIGHT, "demo", "--out", str(out)], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert_outcomes_are_told(ran.stdout)
    page = (out / "index.html").read_text("utf-8")
    assert (out / "index.html").as_uri() in ran.stdout
    assert [path.name for path in out.iterdir()] == ["index.html"]
    assert_nothing_is_fetched(page)
    assert_no_withheld_picture_is_in(page)


def assert_outcomes_are_told(told: str) -> None:
    for scenario in SCENARIOS:
        assert f"{scenario.title}: {scenario.expected}" in told
    for part in ("Outcomes", "attempts", "moderate", "s3:prompts/fox-in-the-snow"):
        assert part in told
    for part in ("Memory", "engine", "AI stand-ins", "the whole", "local stand-ins"):
        assert part in told


def assert_nothing_is_fetched(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "<script" not in page
    assert "url(" not in page
    assert "@import" not in page


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
