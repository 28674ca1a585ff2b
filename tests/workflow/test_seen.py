"""Pictures that the local moderator sees something in, with its own network and without markers.

The pictures are noise (tests/fixtures/moderation); skipped where the network was not fetched.
"""

import base64
from typing import Any

import pytest
from workflow.running_system import ROOT, Stack

from local.ai.moderation import NETWORK_NAME
from local.ai.vision.published import NSFWJS, ModelUnavailable, kept

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _network() -> None:
    try:
        kept(NSFWJS)
    except ModelUnavailable as reason:
        pytest.skip(f"{reason}: `safelight models fetch`")


def given(name: str) -> dict[str, str]:
    content = (ROOT / "tests" / "fixtures" / "moderation" / f"{name}.jpg").read_bytes()
    return {"given": base64.b64encode(content).decode()}


@pytest.mark.parametrize(
    ("name", "label", "category"),
    [
        ("explicit", "Explicit Nudity", "sexual"),
        ("illustrated_explicit", "Explicit Nudity", "sexual"),
        ("suggestive", "Non-Explicit Nudity", "nudity"),
    ],
)
def test_what_it_sees_is_blocked_after_every_attempt(
    stack: Stack, check: Any, name: str, label: str, category: str
) -> None:
    prompt = f"a mosaic of a thousand tiles, {name}"
    stack.script(prompt, generation=[given(name)])

    run = stack.run({"prompt": prompt})

    check(run, "BLOCKED_IMAGE")
    assert stack.delivered(run) == []
    assert [attempt["labels"] for attempt in run.record["attempts"]] == [[label]] * 3
    (reason,) = run.record["reasons"]
    assert (reason["label"], reason["category"]) == (label, category)
    assert reason["score"] > 0.97
    assert run.record["models"]["moderator"] == NETWORK_NAME


def test_what_it_saw_changes_the_next_attempt(stack: Stack, check: Any) -> None:
    prompt = "a mosaic of a dozen tiles"
    stack.script(prompt, generation=[given("explicit"), "safe"])

    run = stack.run({"prompt": prompt})

    check(run, "COMPLETED")
    first, second = run.record["attempts"]
    assert (first["verdict"], second["verdict"]) == ("unsafe", "safe")
    assert "explicit nudity" in second["negative_prompt_added"]
    assert len(stack.delivered(run)) == 1
