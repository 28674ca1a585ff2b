"""The page's Content-Security-Policy as a browser holds to it."""

from __future__ import annotations

import pytest
from web.conftest import Visit
from workflow.running_system import Stack

pytestmark = [pytest.mark.web, pytest.mark.engine]
# What each would do, were it allowed, by the directive that forbids it.
TRIES = {
    "require-trusted-types-for": "document.body.innerHTML = '<b>bold</b>'",
    "trusted-types": "trustedTypes.createPolicy('own', {})",
    "script-src-elem": "import('data:text/javascript,0').catch(() => {})",
    "style-src-attr": "document.body.setAttribute('style', 'display: none')",
    "img-src": "new Image().src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='",
    "connect-src": "fetch('http://127.0.0.1:9/').catch(() => {})",
    "frame-src": """
        const frame = document.createElement("iframe");
        frame.src = "data:,";
        document.body.append(frame)""",
    "base-uri": """
        const base = document.createElement("base");
        base.href = "http://127.0.0.1:9/";
        document.head.append(base)""",
    "form-action": """
        const form = document.createElement("form");
        document.body.append(form);
        form.submit()""",
}


def test_the_header_leaves_nothing_out(visit: Visit, address: str, stack: Stack) -> None:
    visitor = visit()
    header = visitor.page.goto("/").headers["content-security-policy"]
    rules = {name: values for name, *values in (rule.split() for rule in header.split(";"))}
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == ["'self'"]
    assert rules["img-src"] == ["'self'", stack.engine.endpoint]
    assert "unsafe" not in header
    assert "*" not in header


def test_the_browser_refuses_the_rest(visit: Visit) -> None:
    visitor = visit()
    visitor.open()
    for directive, attempt in TRIES.items():
        with visitor.page.expect_console_message(
            lambda message: message.text.startswith("policy: ")
        ) as told:
            visitor.page.evaluate(f"() => {{ try {{ {attempt} }} catch {{}} }}")
        assert told.value.text.startswith(f"policy: {directive} ")
    assert visitor.problems
    visitor.problems.clear()
