"""History, addresses that lead straight to something, the back button, and the theme."""

from __future__ import annotations

import pytest
from web.conftest import Visit
from web.visitor import Visitor
from workflow.running_system import Stack

pytestmark = [pytest.mark.web, pytest.mark.engine]


def titles(visitor: Visitor) -> list[str]:
    found: list[str] = visitor.page.locator("#requests .prompt").all_inner_texts()
    return found


def test_history_is_newest_first_and_leads_to_results(visit: Visit, stack: Stack) -> None:
    visitor = visit()
    stack.script("a jetty with a mishap", generation=["unsafe"])
    for prompt in ("a jetty", "a jetty with a nude", "a jetty with a mishap"):
        visitor.ask(prompt)
        visitor.result()

    visitor.page.get_by_role("link", name="History").click()

    visitor.sees("History")
    visitor.expect("nav a[aria-current=page]").to_have_text("History")
    visitor.expect("#requests li").not_to_have_count(0)
    newest = ["a jetty with a mishap", "a jetty with a nude", "a jetty"]
    assert titles(visitor)[:3] == newest
    badges = visitor.page.locator("#requests .badge").all_inner_texts()[:3]
    assert len(set(badges)) == 3
    visitor.keep("history")
    visitor.page.locator("#requests a").nth(2).click()
    assert visitor.result() == "Your picture is ready"
    visitor.page.go_back()
    visitor.sees("History")
    visitor.expect("#requests li").not_to_have_count(0)
    visitor.page.go_forward()
    assert visitor.result() == "Your picture is ready"


def test_older_requests_come_when_asked_for(visit: Visit) -> None:
    visitor = visit()
    visitor.page.route(
        "**/api/images?*",
        lambda route: route.continue_(url=route.request.url.replace("limit=20", "limit=1")),
    )
    for prompt in ("a dock with a nude", "a dock with nudes"):
        visitor.ask(prompt)
        visitor.result()
    visitor.open("history")
    visitor.expect("#requests li").to_have_count(1)

    visitor.page.get_by_role("button", name="Show older requests").click()

    visitor.expect("#requests li").to_have_count(2)
    assert titles(visitor) == ["a dock with nudes", "a dock with a nude"]
    visitor.expect(visitor.page.locator("#requests a").nth(1)).to_be_focused()


def test_an_address_leads_straight_to_a_result(visit: Visit) -> None:
    asker, other = visit(), visit()
    asker.ask("a ferry")
    place = asker.request_id()
    assert asker.result() == "Your picture is ready"

    other.open(f"images/{place}")

    assert other.result() == "Your picture is ready"
    other.pictures_are_there()
    # The stack stores no prompts, so that only the tab that asked knows what.
    other.expect("#view-request").not_to_contain_text("a ferry")
    asker.page.reload()
    asker.result()
    asker.expect(".asked").to_contain_text("a ferry")


@pytest.mark.parametrize(
    "view",
    ["nothing", f"images/api-{16 * '0'}-{32 * '0'}", "images/%zz", "images/%3Cscript%3E"],
)
def test_what_is_not_there(visit: Visit, view: str) -> None:
    visitor = visit()
    visitor.open(view)
    visitor.sees("Not found")
    if view == "nothing":
        visitor.keep("not-found")
    visitor.page.get_by_role("link", name="New request").first.click()
    visitor.sees("Describe a picture")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_theme_is_the_systems_until_it_is_chosen(visit: Visit, system: str) -> None:
    visitor = visit(color_scheme=system)
    paper = "getComputedStyle(document.body).backgroundColor"
    visitor.open()
    as_the_system = visitor.page.evaluate(paper)
    other = "dark" if system == "light" else "light"

    visitor.page.get_by_label(other.capitalize(), exact=True).check()

    chosen = visitor.page.evaluate(paper)
    assert chosen != as_the_system
    visitor.page.reload()
    assert visitor.page.evaluate(paper) == chosen
    visitor.page.get_by_label("System", exact=True).check()
    assert visitor.page.evaluate(paper) == as_the_system
