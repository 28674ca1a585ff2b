"""From the top of the page to a result without a mouse."""

from __future__ import annotations

import pytest
from web.conftest import Visit
from web.visitor import Visitor

pytestmark = [pytest.mark.web, pytest.mark.engine]
NAME = """() => {
  const at = document.activeElement;
  return at.id || at.name || at.textContent.trim();
}"""
# On the element itself, or on the box around a radio button.
OUTLINE = """() => {
  const at = document.activeElement;
  const outlined = [at, at.closest("label")].filter(Boolean).map((one) => getComputedStyle(one));
  return outlined.some(({ outlineStyle: style, outlineWidth: width }) =>
    style !== "none" && parseFloat(width) >= 2);
}"""
STOPS = [
    "Skip to content", "Safelight", "New request", "History", "Playground", "prompt",
    "negative-prompt", "size", "num_images", "seed", "Make pictures", "to-reviews", "theme",
]  # fmt: skip


def step(visitor: Visitor) -> str:
    """Where Tab leads, which must be seen."""
    visitor.page.keyboard.press("Tab")
    name: str = visitor.page.evaluate(NAME)
    assert visitor.page.evaluate(OUTLINE), f"nobody sees that {name} has the focus"
    return name


def test_every_stop_in_order(visit: Visit) -> None:
    visitor = visit()
    visitor.open()
    assert [step(visitor) for _ in STOPS] == STOPS


def test_the_way_to_a_result(visit: Visit) -> None:
    visitor = visit()
    visitor.open()
    keys = visitor.page.keyboard
    assert step(visitor) == "Skip to content"
    keys.press("Enter")
    assert visitor.page.evaluate(NAME) == "main"
    assert step(visitor) == "prompt"
    keys.type("a lamp on a jetty")
    assert step(visitor) == "negative-prompt"
    assert step(visitor) == "size"
    keys.press("ArrowRight")
    assert step(visitor) == "num_images"
    keys.press("ArrowRight")
    assert step(visitor) == "seed"
    keys.type("7")
    assert step(visitor) == "Make pictures"

    keys.press("Enter")

    assert visitor.result() == "Your 2 pictures are ready"
    visitor.expect("h1").to_be_focused()
    assert visitor.page.locator("figure img").first.get_attribute("height") == "768"
    assert step(visitor) == "Full size"
    visitor.page.locator("details").scroll_into_view_if_needed()
    assert [step(visitor) for _ in range(3)] == [
        "Full size", "Change it and ask again", "How it was made and judged"
    ]  # fmt: skip
    keys.press("Enter")
    visitor.expect("details").to_have_attribute("open", "")


def test_problems_are_reached_and_left(visit: Visit) -> None:
    visitor = visit()
    visitor.open()
    visitor.page.get_by_label("Seed").focus()
    keys = visitor.page.keyboard
    keys.press("Enter")
    visitor.expect(".problems").to_be_focused()
    assert step(visitor) == "The prompt is missing."
    keys.press("Enter")
    visitor.expect("#prompt").to_be_focused()
