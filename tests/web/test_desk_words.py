"""What requesters and reviewers write is shown as text, and the desk needs no mouse."""

from __future__ import annotations

import pytest
from web.conftest import Visit
from web.reviewing import claim, decide, hold_prompt, sit_down
from web.test_appeals import APPEALED, appeal, blocked
from web.test_hostile_prompts import DIRECTIONS, LONG, MADE, MARKUP
from web.test_keyboard import NAME, step
from web.visitor import Visitor
from workflow.running_jobs import until
from workflow.running_reviews import ANA, BEN, IN_THE_BAND, Desk

from shared.reviews import review_id

pytestmark = [pytest.mark.web, pytest.mark.engine, pytest.mark.timeout(300)]
# As much of each as a reason and a message may have.
REASON = (MARKUP + DIRECTIONS + LONG)[:1000]


def assert_written(visitor: Visitor, place: str, text: str) -> None:
    """The place quotes the text, and nothing has come of it."""
    visitor.expect(visitor.page.locator(place).first).to_be_visible()
    quotes = visitor.page.locator(f"{place} :is(.written, .reading)")
    texts = quotes.evaluate_all("(quotes) => quotes.map((quote) => quote.textContent)")
    assert text.strip() in texts
    assert visitor.page.locator(MADE).count() == 0


@pytest.mark.parametrize("prompt", [MARKUP, LONG], ids=["markup", "long"])
def test_a_prompt_stays_text_at_the_desk(visit: Visit, desk: Desk, prompt: str) -> None:
    desk.stack.script(prompt[:40], comprehend=[IN_THE_BAND])
    held = hold_prompt(visit, desk, prompt)
    reviewer = sit_down(visit, ANA, f"reviews/{held.review_id}")
    reviewer.sees("A prompt to decide on")
    assert_written(reviewer, ".asked", prompt)
    reviewer.keep(f"desk-hostile-{'long' if prompt == LONG else 'markup'}")
    claim(reviewer)

    decide(reviewer, "Reject", REASON)

    reviewer.sees("Rejected")
    assert_written(reviewer, "#decision-outcome", REASON)
    assert held.requester.result() == "The prompt was not accepted"
    assert "onerror" not in held.requester.page.locator("#reviewed").inner_text()


def test_an_appeals_words_stay_text(visit: Visit, desk: Desk) -> None:
    requester = blocked(visit, desk, "a pier that is said to be bad")
    appeal(requester, REASON)
    requester.sees(APPEALED)
    identity = review_id(requester.request_id(), 2, 1)
    until(lambda: desk.row(identity))
    reviewer = sit_down(visit, BEN, f"reviews/{identity}")
    reviewer.sees("A prompt to decide on")
    assert_written(reviewer, "#view-review", REASON)
    claim(reviewer)
    decide(reviewer, "Reject")
    reviewer.sees("Rejected")
    assert requester.result() == "The prompt was not accepted"
    assert_written(requester, "#appealed", REASON)
    requester.keep("hostile-appeal")


def test_a_review_without_a_mouse(visit: Visit, desk: Desk) -> None:
    held = hold_prompt(visit, desk, "a lamp that needs no mouse")
    reviewer = visit()
    reviewer.open(f"reviews/{held.review_id}")
    keys = reviewer.page.keyboard
    reviewer.page.get_by_label("Your name").focus()
    keys.type(ANA)
    keys.press("Enter")
    reviewer.sees("A prompt to decide on")
    stops = []
    while (stop := step(reviewer)) != "claim-take":
        stops.append(stop)
        assert len(stops) < 12, stops
    keys.press("Enter")
    reviewer.expect("#decision-form").to_be_visible()
    while (stop := step(reviewer)) != "decision":
        stops.append(stop)
        assert len(stops) < 30, stops
    keys.press("Space")
    keys.press("ArrowDown")
    reviewer.expect("#decide").to_have_text("Reject")
    assert step(reviewer) == "decision-reason"
    keys.type("with keys alone")
    assert step(reviewer) == "decide"

    keys.press("Enter")

    reviewer.sees("Rejected")
    reviewer.expect("h1").to_be_focused()
    assert reviewer.page.evaluate(NAME) == "title"
    assert step(reviewer) == "Back to the list"
    assert held.requester.result() == "The prompt was not accepted"
