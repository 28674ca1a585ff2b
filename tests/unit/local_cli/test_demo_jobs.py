"""The demo's batch file and data sets: what they are to show is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from local.ai.marker import read_marker
from local.demo.batch_file import LINES, content, expected, lines
from local.demo.dataset_pictures import draw_flagged_prompt, draw_lighthouses
from local.policy.source import read_policy
from local.policy.trial import Trial, read_text
from shared.request import InvalidRequest, normalised, parse_file


def test_the_file_has_its_lines_and_every_outcome() -> None:
    planned = lines()
    assert content(planned).count(b"\n") == LINES == len(planned) == sum(expected(planned).values())
    assert set(expected(planned)) == {
        *("COMPLETED", "BLOCKED_PROMPT", "BLOCKED_IMAGE", "MODEL_FILTERED", "INVALID", "FAILED"),
    }


def test_a_line_is_stopped_where_it_is_expected_to_be() -> None:
    trial = Trial(read_policy())
    for line in lines():
        if not line.prompt:
            continue
        reading = read_text({"prompt": line.prompt, "language": "en"}, "custom")
        stopped = "block" in (trial.words(line.prompt)["verdict"], trial.text(reading)["verdict"])
        assert stopped == (line.expected == "BLOCKED_PROMPT"), line.prompt


def test_only_broken_lines_are_no_requests() -> None:
    for line in lines():
        try:
            normalised(parse_file("a.json", line.content))
        except InvalidRequest:
            assert line.expected == "INVALID"
        else:
            assert line.expected != "INVALID"


def test_what_the_painter_is_told_for_one_line_concerns_no_other() -> None:
    prompts = [line.prompt for line in lines()]
    for told in (line.prompt for line in lines() if line.answers):
        assert [prompt for prompt in prompts if told in prompt] == [told]


@pytest.mark.parametrize("draw", [draw_lighthouses, draw_flagged_prompt])
def test_a_set_is_drawn_in_jumpstarts_layout(draw: object, tmp_path: Path) -> None:
    drawn = draw(tmp_path / "set")  # type: ignore[operator]
    files = [path for path in drawn.folder.rglob("*") if path.is_file()]
    assert len(files) == sum(drawn.expected.values()) + 1
    info = json.loads((drawn.folder / "dataset_info.json").read_text("utf-8"))
    assert info["instance_prompt"]


def test_as_many_pictures_are_marked_as_must_be_flagged(tmp_path: Path) -> None:
    drawn = draw_lighthouses(tmp_path / "set")
    marked = 0
    for number in ("20.png", "21.jpg", "class_data_dir/22.png", "01.jpg", "02.jpeg"):
        with Image.open(drawn.folder / number) as picture:
            marked += read_marker(picture.convert("RGB")) is not None
    assert marked == drawn.expected["flagged"]
