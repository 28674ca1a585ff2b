"""The kept figures: on the page as in the file, and within the limits."""

import pytest

from bench.cold_start import kept
from bench.cold_start.clients import CLIENTS, limit


def test_the_page_shows_what_the_file_holds() -> None:
    page = kept.PAGE.read_text("utf-8")
    assert kept.rewritten(page, kept.read()) == page, "make bench-cold-start ARGS=--keep"


def test_what_is_kept_is_of_functions_that_are_there_with_their_limits() -> None:
    functions = kept.read()["functions"]
    assert functions.keys() <= CLIENTS.keys()
    assert {name: one["limit"] for name, one in functions.items()} == {
        name: limit(name) for name in functions
    }


def test_what_is_kept_keeps_the_limits() -> None:
    above = {
        name: one["ratio"]
        for name, one in kept.read()["functions"].items()
        if one["ratio"]["best"] > one["limit"]
    }
    assert not above


def test_a_page_without_its_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks a line"):
        kept.rewritten("# Performance\n", kept.read())
