"""Whom the local page server answers."""

from __future__ import annotations

import pytest

from local.page.callers import refusal

HERE = "127.0.0.1:8088"


@pytest.mark.parametrize(
    "host", [HERE, "localhost:8088", "localhost", "172.17.0.1:8088", "[::1]:8088", "LOCALHOST:1"]
)
def test_addresses_and_localhost_are_this_machine_s(host: str) -> None:
    assert refusal("POST", host, f"http://{host}", "same-origin") is None


@pytest.mark.parametrize(
    "host",
    ["", "rebound.example:8088", "localhost.rebound.example", "127.0.0.1.nip.example", "[::1", ":"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_names_are_not(method: str, host: str) -> None:
    assert refusal(method, host, None, None) is not None


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("https://elsewhere.example", "cross-site"),
        ("https://elsewhere.example", None),
        ("http://127.0.0.1:3000", "same-site"),
        ("http://localhost:8088", None),
        ("null", None),
        (None, "cross-site"),
    ],
)
def test_only_the_page_itself_writes(origin: str | None, site: str | None) -> None:
    assert refusal("POST", HERE, origin, site) is not None
    assert refusal("GET", HERE, origin, site) is None


@pytest.mark.parametrize("site", [None, "none"])
def test_programs_without_a_page_write(site: str | None) -> None:
    assert refusal("POST", HERE, None, site) is None
