"""Somebody who uses the page with a browser: what they do, and what their browser told."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from web.album import Album

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Request, Response

DESKTOP, PHONE = (1280, 800), (360, 740)
SIZES = {"desktop": DESKTOP, "phone": PHONE}
# With the size in which axe looks at each: it takes as long as everything else together.
THEMES = {"light": "desktop", "dark": "phone"}
# Keeps what screen readers are told, in order, and has the console tell what the policy refused.
_WATCHER = """
window.heard = [];
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("announcement");
  new MutationObserver(() => heard.push(place.textContent)).observe(place, { childList: true });
});
"""
_PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Of an answer that is no success, or of none: the tests look at those themselves.
_ANSWERED = "Failed to load resource: "
_URL = re.compile(r"https?://[^\s\"\\]+")


def fetched(url: str) -> tuple[int, bytes]:
    """Status and content of what a link leads to."""
    try:
        with urllib.request.urlopen(url) as reply:  # noqa: S310
            return reply.status, reply.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


class Visitor:
    """One visitor with a window of their own. `problems` must stay empty: what no page may do."""

    def __init__(self, context: BrowserContext, page: str, pictures: str, album: Album) -> None:
        """`page` and `pictures` are the origins that the page may ask, the latter for pictures."""
        self.problems: list[str] = []
        self.requests: list[Request] = []
        self._responses: list[Response] = []
        self._page, self._pictures, self._album = page, pictures, album
        self.context = context
        context.add_init_script(_WATCHER)
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("dialog", self._on_dialog)
        self.page.on("request", self._on_request)
        self.page.on("response", lambda response: self._responses.append(response))

    def expect(self, what: str | Locator) -> Any:
        """Playwright's assertions, which wait, about a selector or what it found."""
        from playwright.sync_api import expect

        return expect(self.page.locator(what) if isinstance(what, str) else what)

    def open(self, view: str = "") -> None:
        """Opens a view by its address, or goes there."""
        self.page.goto(f"/#/{view}")

    def sees(self, title: str) -> None:
        """Asserts that the page's heading comes to say this."""
        self.expect("h1").to_have_text(title)

    def ask(self, prompt: str, count: int = 1, negative: str = "") -> None:
        """Fills in the form and sends it."""
        self.open()
        self.page.get_by_label("Prompt", exact=True).fill(prompt)
        self.page.get_by_role("textbox", name="Negative prompt").fill(negative)
        self.page.get_by_role("radio", name=str(count), exact=True).check()
        self.send()

    def send(self) -> None:
        self.page.get_by_role("button", name="Make pictures").click()

    def request_id(self) -> str:
        """Of the request that the address names, once it does."""
        self.page.wait_for_url("**/#/images/*")
        return str(self.page.url).rpartition("/")[2]

    def result(self) -> str:
        """The heading of a request that has ended, once it has."""
        self.expect(".outcome").to_be_visible()
        return str(self.page.locator("h1").inner_text())

    def heard(self) -> list[str]:
        """What a screen reader was told since the page was opened."""
        told: list[str] = self.page.evaluate("heard")
        return told

    def answers(self) -> list[dict[str, Any]]:
        """What the API answered so far, as far as it is JSON."""
        told = [r for r in self._responses if "/api/" in r.url and r.status not in (204, 304)]
        return [json.loads(response.body()) for response in told]

    def statuses(self, method: str, path: str) -> list[int]:
        """How calls of the API were answered, in order."""
        return [
            response.status
            for response in self._responses
            if response.request.method == method and urlsplit(response.url).path == f"/api{path}"
        ]

    def links(self) -> set[str]:
        """Every address that the page asked for or was told."""
        told = _URL.findall(json.dumps(self.answers(), ensure_ascii=False))
        return {request.url for request in self.requests} | set(told)

    def pictures_are_there(self) -> None:
        """Waits until every picture in the page is loaded; raises Error if one is broken."""
        self.page.evaluate("""() => Promise.all([...document.images].map((image) => {
          image.loading = "eager";
          return image.decode();
        }))""")

    def keep(self, view: str) -> None:
        """Keeps pictures of what is seen now in each theme and size, and asserts that nothing is
        cut off at the side, and that axe finds nothing in either theme, on desktop or phone."""
        usual = self.page.viewport_size
        for theme, audited in THEMES.items():
            self.page.emulate_media(color_scheme=theme)
            for name, (width, height) in SIZES.items():
                self.page.set_viewport_size({"width": width, "height": height})
                self.pictures_are_there()
                place = self._album.place(view, f"{theme}-{name}")
                self._photograph(place, width)
                wide = self.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{view} is {wide} pixels wide"
                if name == audited:
                    self._audit(place.stem)
        self.page.emulate_media(color_scheme=None)
        self.page.set_viewport_size(usual)

    def _photograph(self, place: Path, width: int) -> None:
        """The whole height at once: what is painted only for the picture may come too late."""
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(_PAINTED)
        self.page.screenshot(path=place, animations="disabled")

    def _audit(self, about: str) -> None:
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{about}: {found.generate_report()}"

    def _on_console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_ANSWERED):
            self.problems.append(f"console: {message.text}")

    def _on_dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        picture = origin == self._pictures and request.resource_type == "image"
        if origin != self._page and not picture:
            self.problems.append(f"request: {request.url}")
