"""What requesters and reviewers do with the page about what the policy leaves to people."""

from __future__ import annotations

from dataclasses import dataclass

from web.conftest import Visit
from web.visitor import Visitor
from workflow.running_jobs import until
from workflow.running_reviews import ANA, IN_THE_BAND, UNCERTAIN, Desk

from shared.reviews import review_id

WAITS = "Waiting for a reviewer"


@dataclass
class Held:
    """A request that waits for a person."""

    requester: Visitor
    request_id: str
    review_id: str


def hold_prompt(visit: Visit, desk: Desk, prompt: str) -> Held:
    """Somebody asks with a prompt that the classifier is unsure of."""
    desk.stack.script(prompt, comprehend=[IN_THE_BAND])
    return held(visit(), desk, prompt)


def hold_pictures(visit: Visit, desk: Desk, prompt: str, *pictures: object) -> Held:
    """Somebody asks for pictures, with at least one that the moderator is unsure of."""
    told = pictures or (UNCERTAIN,)
    desk.stack.script(prompt, comprehend=["safe"], generation=[{"pictures": list(told)}, "usual"])
    return held(visit(), desk, prompt, len(told))


def held(visitor: Visitor, desk: Desk, prompt: str, count: int = 1) -> Held:
    """Asks for pictures, and waits until a person is waited for."""
    visitor.ask(prompt, count)
    request = visitor.request_id()
    identity = review_id(request, 1, 1)
    until(lambda: desk.row(identity))
    visitor.sees(WAITS)
    return Held(visitor, request, identity)


def sit_down(visit: Visit, name: str = ANA, view: str = "reviews") -> Visitor:
    """A reviewer who has said their name."""
    reviewer = visit()
    reviewer.open(view)
    reviewer.page.get_by_label("Your name").fill(name)
    reviewer.page.get_by_role("button", name="Go to the desk").click()
    return reviewer


def claim(reviewer: Visitor) -> None:
    """Takes the review that is seen."""
    reviewer.page.get_by_role("button", name="Claim").click()
    reviewer.expect("#decision-form").to_be_visible()


def decide(reviewer: Visitor, decision: str, reason: str = "seen, and thought about") -> None:
    """Chooses, says why, and sends it."""
    reviewer.page.get_by_role("radio", name=decision).check()
    reviewer.page.get_by_role("textbox", name="Reason").fill(reason)
    reviewer.page.get_by_role("button", name=decision, exact=True).click()
