"""The audit of the lock files never calls clean what nobody could be asked about."""

import json

from security.advisories import Answer, answer_of, lines_about

CLEAN: dict[str, object] = {"name": "rich", "version": "15.0.0", "vulns": []}
UNKNOWN: dict[str, object] = {"name": "numpy", "skip_reason": "Dependency not found on PyPI"}
VULNERABLE: dict[str, object] = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.3"], "aliases": [], "description": ""}],
}


def _reply(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_report_says_what_is_clean_unknown_and_vulnerable() -> None:
    assert answer_of(_reply(CLEAN, UNKNOWN, VULNERABLE)) == Answer(
        1, ("numpy",), ("jinja2 2.4.1: PYSEC-2014-8",)
    )


def test_no_report_is_no_answer() -> None:
    assert answer_of("") == answer_of("{}") == Answer(0, (), ())


def test_packages_that_no_source_knows_were_not_checked() -> None:
    for answer in (answer_of(""), answer_of(_reply(UNKNOWN, UNKNOWN))):
        (line,) = lines_about("dev.txt", answer)
        assert "was not checked" in line


def test_vulnerable_and_unknown_packages_are_named() -> None:
    lines = lines_about("dev.txt", answer_of(_reply(CLEAN, UNKNOWN, VULNERABLE)))
    assert lines == [
        "dev.txt: 2 packages checked, 1 known vulnerabilities",
        "  jinja2 2.4.1: PYSEC-2014-8",
        "  was not checked: numpy",
    ]
