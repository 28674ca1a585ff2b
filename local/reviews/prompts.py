"""Decisions on prompts as texts that a classifier learns from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import local.policy  # noqa: F401 - makes the functions' modules importable
from local.reviews.decided import REGENERATE, REJECT, Row, is_appeal
from shared.request import normalised_text

SAFE = "safe"
NOT_KEPT, CONTRADICTORY, NO_LABEL = "not kept", "contradictory", "no label"


@dataclass
class Labelled:
    """`labels` by text, for `safelight classifier`; `left_out` counts decisions by why."""

    labels: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    def csv(self) -> str:
        """Rows of label and text, each text in quotes."""
        quoted = ((label, text.replace('"', '""')) for text, label in self.labels.items())
        return "".join(f'{label},"{text}"\n' for label, text in quoted)


def labelled(decided: Iterable[Row], policy_labels: Collection[str]) -> Labelled:
    """Each prompt that people decided on, once, under the label that it should have been given.

    A decision on an appeal stands above those before it; otherwise people who contradict each other
    teach nothing, and the text is left out.
    """
    found, by_text = Labelled(), dict[str, list[tuple[bool, str]]]()
    for row in decided:
        if row["about"] != "prompt" or row["decision"] == REGENERATE:
            continue
        text = normalised_text(row.get("prompt", ""))
        label = _label(row, policy_labels)
        if not text:
            found.left_out[NOT_KEPT] += 1
        elif label is None:
            found.left_out[NO_LABEL] += 1
        else:
            by_text.setdefault(text, []).append((is_appeal(row), label))
    for text, told in by_text.items():
        labels = {label for appeal, label in told if appeal} or {label for _, label in told}
        if len(labels) == 1:
            found.labels[text] = labels.pop()
        else:
            found.left_out[CONTRADICTORY] += len(told)
    return found


def _label(row: Row, policy_labels: Collection[str]) -> str | None:
    """What the classifier should have said; None for a rejection of none of the policy's labels."""
    if row["decision"] != REJECT:
        return SAFE
    if len(policy_labels) == 1:
        return next(iter(policy_labels))
    scored = [
        (reason.get("score", 0.0), str(reason["label"]))
        for reason in row.get("reasons", ())
        if reason.get("label") in policy_labels
    ]
    return max(scored)[1] if scored else None
