"""What decisions say: of labels and their scores, of appeals, of reviewers among each other."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.reviews.alpha import agreed_pairs, alpha
from local.reviews.decided import Judgement, Row, is_appeal, is_approved, judgements, pictures

# Ours. Below them a threshold would follow chance: with 20 of 100 rejected, the share itself is
# known to about 8 percentage points.
LEAST_DECISIONS = 100
LEAST_OF_EACH = 20
BIN = 0.05
_Z = 1.959964  # 95 %, both sides


@dataclass(frozen=True)
class Share:
    """`part` of `whole`, with the Wilson interval of 95 %."""

    part: int
    whole: int

    @property
    def interval(self) -> tuple[float, float]:
        """(low, high); everything is possible while nothing is known."""
        if not self.whole:
            return 0.0, 1.0
        share, z2 = self.part / self.whole, _Z * _Z / self.whole
        middle = share + z2 / 2
        reach = _Z * math.sqrt((share * (1 - share) + z2 / 4) / self.whole)
        low, high = (middle - reach) / (1 + z2), (middle + reach) / (1 + z2)
        return max(0.0, low), min(1.0, high)

    def told(self) -> dict[str, float | int]:
        """As JSON: part, whole, low, high."""
        low, high = self.interval
        return {
            "part": self.part,
            "whole": self.whole,
            "low": round(low, 4),
            "high": round(high, 4),
        }


def figures(
    decided: Iterable[Row], hashes: Mapping[str, str], policy: dict[str, Any]
) -> dict[str, Any]:
    """{labels, appeals, reviewers} of decisions, those on appeals counted for themselves.

    `hashes` are the requests' hashes by their ids.
    """
    appeals, firsts = list[Row](), list[Row]()
    for row in decided:
        (appeals if is_appeal(row) else firsts).append(row)
    by_label = defaultdict[tuple[str, str], list[Judgement]](list)
    for one in (judgement for row in firsts for judgement in judgements(row, policy)):
        by_label[one.about, one.label].append(one)
    granted = sum(bool(is_approved(row)) for row in appeals)
    return {
        "labels": [_of_label(found) for _, found in sorted(by_label.items())],
        "appeals": {
            "granted": Share(granted, len(appeals)).told(),
            "regenerated": sum(is_approved(row) is None for row in appeals),
        },
        "reviewers": {
            "prompts": _between(firsts, lambda row: _prompt(row, hashes)),
            "pictures": _between(firsts, _pictures),
        },
    }


def _of_label(found: list[Judgement]) -> dict[str, Any]:
    """One label: how often people approved, and how that goes with its score."""
    plain = [one for one in found if one.approved is not None]
    approved = sum(bool(one.approved) for one in plain)
    scored = [(one.score, bool(one.approved)) for one in plain if one.score is not None]
    return {
        "about": found[0].about,
        "label": found[0].label,
        "decided": len(found),
        "approved": Share(approved, len(plain)).told(),
        "rejected": Share(len(plain) - approved, len(plain)).told(),
        "regenerated": len(found) - len(plain),
        "lean": _lean(plain),
        "scores": _bins(scored),
        "threshold": _threshold(scored),
    }


def _lean(found: list[Judgement]) -> dict[str, Any]:
    """Whether people decide as the score leans: to reject in the upper half of what is reviewed."""
    counts: Counter[str] = Counter()
    for one in found:
        if one.score is None or one.threshold is None or one.block is None:
            continue
        lean = "reject" if one.score >= (one.threshold + one.block) / 2 else "approve"
        counts[f"{lean}_{'approved' if one.approved else 'rejected'}"] += 1
    agreed = counts["approve_approved"] + counts["reject_rejected"]
    return {**dict(sorted(counts.items())), "agreed": Share(agreed, counts.total()).told()}


def _bins(scored: list[tuple[float, bool]]) -> list[dict[str, float | int]]:
    """Approved and rejected by score, in steps of BIN, lowest first; none that are empty."""
    counted = defaultdict[int, Counter[bool]](Counter)
    for score, approved in scored:
        # 0.15 / 0.05 is less than 3.
        counted[int(score / BIN + 1e-9)][approved] += 1
    return [
        {"from": round(step * BIN, 2), "approved": found[True], "rejected": found[False]}
        for step, found in sorted(counted.items())
    ]


def _threshold(scored: list[tuple[float, bool]]) -> dict[str, Any]:
    """The score from which rejecting would contradict the fewest decisions, or why none is told."""
    approved = sum(found for _, found in scored)
    rejected = len(scored) - approved
    basis = {"decisions": len(scored), "approved": approved, "rejected": rejected}
    if len(scored) < LEAST_DECISIONS or min(approved, rejected) < LEAST_OF_EACH:
        return {**basis, "untold": "too few decisions"}
    # Rejecting everything contradicts what was approved; each step up lets the lowest pass.
    wrong, best, fewest = approved, 0.0, approved
    below = Counter[float](), Counter[float]()
    for score, found in scored:
        below[found][score] += 1
    scores = sorted({score for score, _ in scored})
    for score, following in zip(scores, [*scores[1:], math.inf], strict=True):
        wrong += below[False][score] - below[True][score]
        if wrong < fewest:
            best, fewest = following, wrong
    if fewest >= min(approved, rejected):
        return {**basis, "untold": "no score separates what people approve from what they reject"}
    return {**basis, "from": best, "contradicted": fewest}


def _prompt(row: Row, hashes: Mapping[str, str]) -> list[tuple[Hashable, Hashable]]:
    known = hashes.get(row["request_id"])
    return [(known, is_approved(row))] if row["about"] == "prompt" and known else []


def _pictures(row: Row) -> list[tuple[Hashable, Hashable]]:
    return [
        (image["phash"], is_approved(row, image["index"]))
        for image in pictures(row)
        if image.get("phash")
    ]


def _between(
    rows: list[Row], judged: Callable[[Row], list[tuple[Hashable, Hashable]]]
) -> dict[str, Any]:
    """Several reviewers on the same thing; of one who judged it twice, the last word counts."""
    units = defaultdict[Hashable, dict[str, Hashable]](dict)
    for row in rows:
        for thing, value in judged(row):
            if value is not None:
                units[thing][row["decided_by"]] = value
    several = [list(unit.values()) for unit in units.values() if len(unit) > 1]
    equal, pairs = agreed_pairs(several)
    coefficient = alpha(several)
    return {
        "judged_by_several": len(several),
        "pairs": pairs,
        "agreed": Share(equal, pairs).told(),
        "alpha_nominal": None if coefficient is None else round(coefficient, 4),
    }
