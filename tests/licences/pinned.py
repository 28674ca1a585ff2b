"""Licences of the packages that locks/*.txt pin. Run as a program it writes them down.

`PYTHONPATH=tests python -m licences.pinned` (`make notices`) puts the tables into
THIRD_PARTY_NOTICES.md. What a package is under is in licences.json: read by a person where the
package's own metadata did not say it in SPDX's words, or said another thing than its files.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOTICES = ROOT / "THIRD_PARTY_NOTICES.md"
LICENCES = Path(__file__).with_name("licences.json")
LOCKS = {
    "dev": "Development, the tests, the demo and the local engine (`.venv`)",
    "container": "The generation server (`.venv-container`, and the image that you build)",
    "sam": "SAM CLI (`.venv-sam`)",
    "audit": "Checks of security (`.venv-audit`)",
    "web": "Tests of the page (`.venv-web`), beside those of the first table",
    "peers": "Filters to compare with (`.venv-peers`)",
    "examples": "The CDK example (`.venv-examples`)",
}
BEGIN, END = "<!-- written by `make notices` from here -->", "<!-- to here -->"
_COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|EPL|CDDL|EUPL)-")


def canonical(name: str) -> str:
    """A package's name as indexes compare it (PyPA, Names and normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: str) -> set[str]:
    """The packages that a lock file names."""
    text = (ROOT / "locks" / f"{lock}.txt").read_text("utf-8")
    names = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", text, re.MULTILINE)
    return {canonical(name) for name in names}


def licences() -> dict[str, str]:
    """SPDX expressions by package."""
    known: dict[str, str] = json.loads(LICENCES.read_text("utf-8"))
    return known


def tables() -> str:
    """A table for each lock, by licence. Raises KeyError for a package of unknown licence."""
    known, told = licences(), []
    for lock, heading in LOCKS.items():
        of = pinned(lock) - (pinned("dev") if lock == "web" else set())
        packages: dict[str, list[str]] = defaultdict(list)
        for package in sorted(of):
            packages[known[package]].append(package)
        rows = [
            f"| {licence} | {', '.join(packages[licence])} |"
            for licence in sorted(packages, key=lambda one: (-len(packages[one]), one))
        ]
        copyleft = [f"{one} ({known[one]})" for one in sorted(of) if _COPYLEFT.search(known[one])]
        told += [f"### {heading}", "", "| licence | packages |", "| --- | --- |", *rows, ""]
        told += [f"Copyleft, or offered under it: {', '.join(copyleft) or 'none'}.", ""]
    return "\n".join(told)


def document() -> str:
    """The notices with the tables as they have to be."""
    before, _, rest = NOTICES.read_text("utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    unknown = set().union(*map(pinned, LOCKS)) - licences().keys()
    if unknown:
        sys.exit(f"Look up the licence of each, and add it to {LICENCES}: {', '.join(unknown)}")
    NOTICES.write_text(document(), "utf-8")


if __name__ == "__main__":
    main()
