"""THIRD_PARTY_NOTICES.md names every package that is pinned, with the licence that it tells."""

from importlib import metadata

import pytest
from licences.pinned import LOCKS, NOTICES, ROOT, canonical, document, licences, pinned

INSTALLED = {
    canonical(one.metadata["Name"]): one.metadata["License-Expression"]
    for one in metadata.distributions()
    if "License-Expression" in one.metadata
}


def test_every_lock_is_told_of() -> None:
    assert {path.stem for path in (ROOT / "locks").glob("*.txt")} == LOCKS.keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_its_licence(lock: str) -> None:
    unknown = pinned(lock) - licences().keys()
    assert not unknown, f"look them up, and add them to tests/licences/licences.json: {unknown}"


def test_every_notice_that_goes_with_the_functions_is_told_of() -> None:
    text = NOTICES.read_text("utf-8")
    found = {path.parent for path in (ROOT / "functions").rglob("COPYRIGHT")}
    assert found
    for folder in found:
        assert f"{folder.relative_to(ROOT)}" in text


def test_no_licence_is_told_of_what_nobody_pins() -> None:
    assert not licences().keys() - set().union(*map(pinned, LOCKS))


def test_the_notices_are_as_they_are_written() -> None:
    assert NOTICES.read_text("utf-8") == document(), "make notices"


@pytest.mark.parametrize("package", sorted(INSTALLED.keys() & licences().keys()))
def test_a_package_says_the_same_of_itself(package: str) -> None:
    assert licences()[package] == INSTALLED[package]
