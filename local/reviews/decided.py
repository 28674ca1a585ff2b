"""The rows of a stack's reviews as its operator reads them: which of them people have decided."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]
APPROVE, REJECT, REGENERATE = "approve", "reject", "regenerate"
_BY_PEOPLE = frozenset((APPROVE, REJECT, REGENERATE))


@dataclass(frozen=True)
class Judgement:
    """What one review says of one label. `approved` is None where new pictures were asked for.

    The policy wants a person from the score `threshold` on, and blocks from `block` on; None where
    that is not known.
    """

    about: str
    label: str
    score: float | None
    threshold: float | None
    block: float | None
    approved: bool | None


@dataclass
class Reviews:
    """`decided` by people, oldest first; what else there was is only counted, by how it ended.

    Nobody decided what EXPIRED or was OVER before: it is no rejection. What is kept beyond its
    time, as DynamoDB deletes it some days later, is DELETED.
    """

    decided: list[Row] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def sort_out(rows: Iterable[Row], now: datetime, since: datetime | None = None) -> Reviews:
    """The reviews that ended at `since` or later; those that still wait are counted whenever."""
    found = Reviews()
    for row in rows:
        if row.get("expires_at", math.inf) < now.timestamp():
            found.others["DELETED"] += 1
        elif row.get("decision") in _BY_PEOPLE:
            if since is None or datetime.fromisoformat(row["decided_at"]) >= since:
                found.decided.append(row)
        elif since is None or datetime.fromisoformat(row["answer_by"]) >= since:
            found.others[row["status"]] += 1
    found.decided.sort(key=lambda row: (row["decided_at"], row["review_id"]))
    return found


def pseudonyms(decided: Iterable[Row]) -> dict[str, str]:
    """r1, r2 … for the reviewers, in the order of their first decision here."""
    people = dict.fromkeys(row["decided_by"] for row in decided)
    return {who: f"r{number}" for number, who in enumerate(people, 1)}


def is_appeal(row: Row) -> bool:
    """Whether a requester objected, so that whoever decided knew what was decided before."""
    return bool(row.get("appeal"))


def pictures(row: Row) -> list[dict[str, Any]]:
    """The pictures that the review was about."""
    if row["about"] != "images":
        return []
    return [image for image in row.get("images", ()) if image["verdict"] == "review"]


def is_approved(row: Row, index: int | None = None) -> bool | None:
    """What was decided on the prompt, or on one picture."""
    if row["decision"] == REGENERATE:
        return None
    if index is None:
        return bool(row["decision"] == APPROVE)
    return row["decision"] == APPROVE and index in row.get("approved", ())


def judgements(row: Row, policy: dict[str, Any]) -> Iterator[Judgement]:
    """One for each label, and picture, that the policy wanted a person for."""
    backend = row.get("classification", {}).get("backend")
    rules = policy["classifier"].get(backend, {}) if row["about"] == "prompt" else {}
    for reason in row.get("reasons", ()):
        label = str(reason.get("label") or reason.get("rule", reason["category"]))
        yield Judgement(
            row["about"],
            label,
            reason.get("score"),
            reason.get("threshold"),
            1.0 if row["about"] == "images" else _block(rules.get(label, {}), reason),
            is_approved(row, reason.get("image")),
        )


def _block(rule: dict[str, Any], reason: dict[str, Any]) -> float | None:
    """Where a label's uncertain band ends, if the policy has the band that the review was for."""
    same = rule.get("uncertain", {}).get("from") == reason.get("threshold")
    return float(rule["threshold"]) if rule and same else None


def as_exported(row: Row, names: dict[str, str]) -> dict[str, Any]:
    """A line of decisions.jsonl. Never a prompt, a requester, a reviewer's name or their words."""
    told = ("image", "category", "label", "rule", "score", "threshold", "action")
    return {
        "review_id": row["review_id"],
        "about": row["about"],
        "labels": [
            {name: reason[name] for name in told if name in reason}
            for reason in row.get("reasons", ())
        ],
        "policy_hash": row["policy_hash"],
        "models": row.get("models", {}),
        "decision": row["decision"],
        "pictures": [
            {
                "index": image["index"],
                "phash": image.get("phash"),
                "approved": is_approved(row, image["index"]),
            }
            for image in pictures(row)
        ],
        "decided_at": row["decided_at"],
        "reviewer": names[row["decided_by"]],
        "appeal": is_appeal(row),
        "heard": row["status"] != "OVER",
    }
