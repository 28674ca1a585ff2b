"""Asks which packages of the lock files have a known vulnerability; `make audit` runs it.

An index that knows no package of a file, or no vulnerability at all, is no advisory source. What
could not be asked about is reported as not checked, never as clean.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Vulnerable since 2014 (CVE-2014-1402): a source that does not know it knows nothing.
KNOWN_VULNERABLE = "jinja2==2.4.1\n"


@dataclass(frozen=True)
class Answer:
    """What an advisory source says of one file's packages."""

    clean: int
    unknown: tuple[str, ...]
    vulnerable: tuple[str, ...]


def answer_of(reply: str) -> Answer:
    """pip-audit's JSON report; one that is none stands for no answer at all."""
    try:
        packages: list[dict[str, Any]] = json.loads(reply)["dependencies"]
    except (ValueError, KeyError):
        packages = []
    return Answer(
        sum(package.get("vulns") == [] for package in packages),
        tuple(package["name"] for package in packages if "vulns" not in package),
        tuple(
            f"{package['name']} {package['version']}: {vulnerability['id']}"
            for package in packages
            for vulnerability in package.get("vulns", ())
        ),
    )


def lines_about(lock: str, answer: Answer) -> list[str]:
    """What to tell of one file."""
    if not answer.clean and not answer.vulnerable:
        return [f"{lock}: was not checked, no advisory source knows its packages"]
    known = answer.clean + len({line.split(":")[0] for line in answer.vulnerable})
    told = f"{lock}: {known} packages checked, {len(answer.vulnerable)} known vulnerabilities"
    unknown = [f"  was not checked: {', '.join(answer.unknown)}"] if answer.unknown else []
    return [told, *(f"  {line}" for line in answer.vulnerable), *unknown]


def ask(requirements: Path) -> Answer:
    """pip-audit's answer about exactly what a file pins."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--no-deps", "--disable-pip", "--requirement", str(requirements)]
    return answer_of(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


def main(locks: list[str]) -> int:
    """Audits the files and tells what came of it; 1 where something is vulnerable."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as canary:
        canary.write(KNOWN_VULNERABLE)
        canary.flush()
        source = bool(ask(Path(canary.name)).vulnerable)
    answers = {lock: ask(Path(lock)) if source else answer_of("") for lock in locks}
    for lock, answer in answers.items():
        sys.stdout.write("\n".join(lines_about(lock, answer)) + "\n")
    return int(any(answer.vulnerable for answer in answers.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
