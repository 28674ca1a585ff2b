"""Rows of the reviews table, their documents read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local.policy.source import read_policy

Row = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = read_policy()
IMAGES = [
    {"index": 0, "verdict": "review", "phash": "00ff"},
    {"index": 1, "verdict": "safe", "phash": "aaaa"},
    {"index": 2, "verdict": "review", "phash": "ff00"},
]


def prompt_row(decision: str, score: float = 0.55, **more: Any) -> Row:
    """A review of a prompt that the classifier was unsure of."""
    reason = {
        "stage": "ClassifyPrompt",
        "category": "unsafe_prompt",
        "rule": "uncertain",
        "label": "unsafe",
        "score": score,
        "threshold": 0.5,
        "action": "review",
        "message": "uncertain",
    }
    return row(decision, about="prompt", reasons=[reason]) | more


def images_row(decision: str, approved: tuple[int, ...] = (), **more: Any) -> Row:
    """A review of two of three pictures."""
    reasons = [
        {
            "stage": "ModerateImages",
            "category": "alcohol",
            "label": "Alcohol",
            "score": score,
            "threshold": 0.6,
            "action": "review",
            "image": index,
        }
        for index, score in ((0, 0.65), (2, 0.95))
    ]
    about = {"about": "images", "reasons": reasons, "images": IMAGES}
    return row(decision, approved=list(approved), **about) | more


def row(decision: str, **more: Any) -> Row:
    made: Row = {
        "review_id": "0" * 40,
        "request_id": "s3:prompts/one",
        "status": "DECIDED",
        "answer_by": "2026-11-21T10:00:00.000Z",
        "policy_hash": "p" * 64,
        "models": {"classifier": "local"},
        "classification": {"backend": "custom"},
        "decision": decision,
        "decided_by": "local:anna",
        "decided_at": "2026-11-20T10:00:00.000Z",
        "approved": [],
    }
    return made | more
