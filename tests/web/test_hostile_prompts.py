"""What somebody writes is shown as text, whatever it is made of."""

from __future__ import annotations

import pytest
from web.conftest import Visit
from web.visitor import Visitor
from workflow.running_system import Stack

pytestmark = [pytest.mark.web, pytest.mark.engine]
MARKUP = (
    'a pier <img src=x onerror="alert(1)"> <script>alert(2)</script> </textarea></title> '
    "<svg/onload=alert(3)> <a href=javascript:alert(4)>water</a> <style>*{display:none}</style> "
    "<iframe srcdoc='<script>alert(5)</script>'> {{7*7}} ${7*7} &lt;b&gt; \" ' `"
)
# One word of 2,000 characters, some of them outside of the first plane, none to break a line at.
LONG = "🌊" * 20 + "pier" * 495
DIRECTIONS = "a pier \u202ered si ti\u202c and \u2067a lamp\u2069 مرسى قديم \u202e"
INVISIBLE = "a p\u200bi\u2060e\ufeffr, 👩\u200d🎨 at\u00ad work \u180e \U000e0041"
PROMPTS = {"markup": MARKUP, "long": LONG, "directions": DIRECTIONS, "invisible": INVISIBLE}
# What a prompt's markup would have become.
MADE = "main :is(script, svg, iframe, style, object, [onerror], [href^=javascript])"


def assert_written(visitor: Visitor, place: str, prompt: str) -> None:
    """Everything that the place quotes is the prompt, and nothing has come of it."""
    quoted = visitor.page.locator(f"{place} .written")
    visitor.expect(quoted.first).to_be_visible()
    texts = quoted.evaluate_all("(quotes) => quotes.map((quote) => quote.textContent)")
    assert set(texts) == {prompt.strip()}
    assert visitor.page.locator(MADE).count() == 0


@pytest.mark.parametrize("name", PROMPTS)
def test_it_stays_text(visit: Visit, stack: Stack, name: str) -> None:
    prompt = PROMPTS[name]
    assert len(prompt) <= 2000
    visitor = visit()
    stack.script(prompt[:40], comprehend=["safe"], generation=[{"slow": 1}])

    visitor.ask(prompt, negative=prompt)

    assert_written(visitor, "#view-request", prompt)
    assert visitor.result() == "Your picture is ready"
    assert_written(visitor, "#view-request", prompt)
    if name != "invisible":
        visitor.keep(f"hostile-{name}")
    visitor.page.get_by_role("link", name="History").click()
    assert_written(visitor, "#requests li:first-child", prompt)


@pytest.mark.parametrize("name", PROMPTS)
def test_the_playground_reads_it_out(visit: Visit, name: str) -> None:
    visitor = visit()
    visitor.open("playground")

    visitor.page.get_by_label("Prompt to check", exact=True).fill(PROMPTS[name])

    visitor.expect("#keyword-answer .reading").to_be_visible()
    assert visitor.page.locator(MADE).count() == 0
    if name in ("directions", "invisible"):
        visitor.expect("#keyword-answer .invisible").not_to_have_count(0)
        visitor.keep(f"playground-{name}")


def test_an_override_ends_with_its_prompt(visit: Visit, stack: Stack) -> None:
    """What follows an override in the page is not turned around: it begins further left."""
    visitor = visit()
    stack.script("a pier \u202e", comprehend=["safe"])
    visitor.ask("a pier \u202egnp.exe")
    visitor.result()

    inside = "(element) => getComputedStyle(element).unicodeBidi"
    assert visitor.page.locator(".asked .written").evaluate(inside) == "isolate"
    heading = visitor.page.locator(".asked h2").evaluate("""(element) => {
      const range = document.createRange();
      const at = (index) => {
        range.setStart(element.firstChild, index);
        range.setEnd(element.firstChild, index + 1);
        return range.getBoundingClientRect().left;
      };
      return at(0) < at(1);
    }""")
    assert heading


def test_an_address_is_no_markup_either(visit: Visit) -> None:
    visitor = visit()
    for view in ("images/<img src=x onerror=alert(1)>", "images/%3Cscript%3E", "images/%zz", "x"):
        visitor.open(view)
        visitor.sees("Not found")
        assert visitor.page.locator(MADE).count() == 0
