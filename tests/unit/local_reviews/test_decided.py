"""Which reviews count as decided by people, and what of them is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from unit.local_reviews.rows import NOW, POLICY, images_row, prompt_row, row

from local.reviews.decided import as_exported, judgements, pseudonyms, sort_out

SINCE = datetime(2026, 11, 20, tzinfo=UTC)
LATE = NOW.timestamp() - 1


def test_what_nobody_decided_is_counted_apart() -> None:
    rows = [
        prompt_row("approve"),
        prompt_row("expire", status="EXPIRED"),
        {**row(""), "status": "OPEN", "decision": None},
        {**row(""), "status": "OVER", "decision": None},
        prompt_row("reject", expires_at=LATE),
    ]
    found = sort_out(rows, NOW)
    assert [one["decision"] for one in found.decided] == ["approve"]
    assert found.others == {"EXPIRED": 1, "OPEN": 1, "OVER": 1, "DELETED": 1}


def test_a_decision_that_came_too_late_is_a_decision() -> None:
    [one] = sort_out([prompt_row("reject", status="OVER")], NOW).decided
    assert as_exported(one, {"local:anna": "r1"})["heard"] is False


def test_those_before_a_moment_are_left_out_and_the_rest_is_in_order() -> None:
    rows = [
        prompt_row("approve", decided_at="2026-11-20T09:00:00.000Z"),
        prompt_row("reject", decided_at="2026-11-20T08:00:00.000Z"),
        prompt_row("reject", decided_at="2026-11-19T23:59:59.999Z"),
        prompt_row("expire", status="EXPIRED", answer_by="2026-11-19T10:00:00.000Z"),
    ]
    found = sort_out(rows, NOW, SINCE)
    assert [one["decision"] for one in found.decided] == ["reject", "approve"]
    assert not found.others


def test_reviewers_are_numbered_as_they_come() -> None:
    rows = [prompt_row("approve", decided_by=who) for who in ("iam:b", "iam:a", "iam:b")]
    assert pseudonyms(rows) == {"iam:b": "r1", "iam:a": "r2"}


def test_a_decision_is_told_without_prompt_words_and_names() -> None:
    kept = {"prompt": "a secret", "decided_reason": "because", "requester": "api:iam:x"}
    told = as_exported(images_row("approve", (2,), **kept), {"local:anna": "r1"})
    assert told["reviewer"] == "r1"
    assert [(one["index"], one["approved"]) for one in told["pictures"]] == [(0, False), (2, True)]
    assert [one["score"] for one in told["labels"]] == [0.65, 0.95]
    text = json.dumps(told)
    for secret in ("a secret", "because", "anna", "api:iam:x", "s3:prompts/one"):
        assert secret not in text


def test_each_label_of_each_picture_is_judged() -> None:
    found = list(judgements(images_row("approve", (2,)), POLICY))
    assert [(one.label, one.score, one.approved) for one in found] == [
        ("Alcohol", 0.65, False),
        ("Alcohol", 0.95, True),
    ]
    assert [one.approved for one in judgements(images_row("reject"), POLICY)] == [False, False]
    assert [one.approved for one in judgements(images_row("regenerate"), POLICY)] == [None, None]


def test_where_the_policy_blocks_is_known_of_its_own_band_alone() -> None:
    [ours] = judgements(prompt_row("approve"), POLICY)
    [others] = judgements(prompt_row("approve", classification={"backend": "toxicity"}), POLICY)
    assert (ours.block, others.block) == (0.7, None)
