"""What the figures were made with: machine, versions, policy and sets."""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.evaluate.panel import Panel
from bench.evaluate.sets import Sets


@dataclass(frozen=True)
class PolicyFile:
    """A policy that judged."""

    path: Path
    version: str
    sha256: str
    """Of the file's bytes."""


@dataclass(frozen=True)
class Conditions:
    """Named facts in order, for the head of every report; and the peers that did not answer."""

    made: str
    facts: dict[str, str]
    absent: dict[str, str]


def conditions(
    sets: Sets,
    policy: PolicyFile,
    against: PolicyFile | None,
    classifier: str,
    panel: Panel,
    seconds: float,
) -> Conditions:
    """As things stand when the evaluation ends."""
    peers = ", ".join(f"{name} {version}" for name, version in panel.versions.items())
    facts = {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, {platform.system()}, "
        f"Python {platform.python_version()}",
        "took": f"{seconds:.0f} s (load {os.getloadavg()[0]:.1f})",
        "policy": _policy_text(policy),
    }
    if against:
        facts["against"] = _policy_text(against)
    facts["classifier"] = classifier
    facts["peers"] = peers or "none"
    for kind, file in sets.files.items():
        facts[kind.replace("_", " ")] = f"{file.path.name}, {file.rows} rows, {file.sha256[:12]}…"
    return Conditions(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", facts, dict(panel.absent))


def policy_file(path: Path, version: str) -> PolicyFile:
    """The policy as it lies there."""
    return PolicyFile(path, version, _sha256(path))


def model_text(name: str, path: Path) -> str:
    """The model by its name, and by its file, which tells the weights' hash."""
    return f"{name}, {_sha256(path)[:12]}…, a local stand-in"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _policy_text(policy: PolicyFile) -> str:
    return f"{policy.path.name}, version {policy.version}, {policy.sha256[:12]}…"
