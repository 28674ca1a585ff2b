"""The peers that can be asked on this machine, asked side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bench.evaluate.progress import Steps
from bench.peers.running import NOTES, Absent, Peer


@dataclass
class Panel:
    """Peers by name with the version that answered, and of the others why they did not."""

    names: tuple[str, ...] = tuple(NOTES)
    versions: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def flags(
        self, steps: Steps, what: str, texts: Sequence[str], terms: Iterable[str] | None = None
    ) -> dict[str, list[bool]]:
        """Each peer's flags; without terms, by its own list. Who cannot answer is left out."""
        answers = {}
        known = None if terms is None else list(terms)
        for name in self.names:
            if name in self.absent:
                continue
            with steps.step(f"{name}: {what}"):
                try:
                    with Peer(name) as peer:
                        answers[name] = peer.flags(known, list(texts)).flags
                        self.versions[name] = peer.version
                except Absent as reason:
                    self.absent[name] = str(reason)
        return answers
