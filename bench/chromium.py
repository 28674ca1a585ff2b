"""A real Chromium with nothing in it but the page: for the page's figures and its tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
HINT = "there is no Chromium or no .venv-web: make setup-web"
# No services of the browser's maker, and no other host than this machine.
_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def launch(playwright: Playwright) -> Browser:
    """A headless browser with a profile of its own. As root there is no sandbox for it."""
    return playwright.chromium.launch(
        executable_path=CHROMIUM, args=_FLAGS, chromium_sandbox=os.geteuid() != 0
    )
