"""The account finds what must not happen: its zeros would mean nothing otherwise."""

import dataclasses
import json
from typing import Any

import pytest

from bench.soak.account import Account, account
from bench.soak.evidence import Evidence, Execution, Picture
from bench.soak.plan import Submission
from shared.announcement import event_of

ARN = "arn:aws:states:us-east-1:000000000000:execution:m:soak-000001"
FOLDER = "a-request/1"
PICTURE = "5b0e1ef8b5e0a5a4a9d4d5e65a1c4c2e"
PREVIEW = "9f86d081884c7d659a2feaa0c55ad015"


def submission(ends: str = "COMPLETED") -> Submission:
    body = {"prompt": "a boat, soak-000001", "request_id": "soak-000001"}
    return Submission("soak-000001", "safe", "direct", body, frozenset({ends}))


def record(**changes: Any) -> dict[str, Any]:
    made = {
        "request_id": "direct/soak-000001",
        "run": 1,
        "execution_arn": ARN,
        "status": "COMPLETED",
        "stage": "PublishImages",
        "requester": "direct",
        "created_at": "2026-11-21T03:00:00.000Z",
        "source": {"type": "direct"},
        "metadata": {},
        "reasons": [],
        "images": [
            {"index": 0, "verdict": "safe", "delivered": True, "bucket": "images"}
            | {"key": f"{FOLDER}/0.jpg", "sha256": PICTURE}
        ],
    }
    return made | changes


def event(of: dict[str, Any]) -> dict[str, Any]:
    item = {
        name: value if isinstance(value, (str, int)) else json.dumps(value)
        for name, value in of.items()
    }
    return event_of(item)[1]


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Evidence:
    """One request that was completed, as it should be."""
    monkeypatch.setattr("bench.soak.account._folder", lambda record: FOLDER)
    return Evidence(
        executions=[Execution(ARN, "soak-000001", "SUCCEEDED", "", 16)],
        records=[record()],
        events=[event(record())],
        published=[Picture(f"{FOLDER}/0.jpg", PICTURE, marked=False)],
        stored=frozenset({PICTURE}),
        previews=frozenset({PREVIEW}),
        tokens=frozenset({"token-1"}),
        logs="",
        function_logs="",
    )


def looked_at(evidence: Evidence, ends: str = "COMPLETED") -> dict[str, int]:
    found = account([submission(ends)], {}, evidence, chaos=True).found
    return {name: len(cases) for name, cases in found.items() if cases}


def test_a_sound_request_is_in_order(sound: Evidence) -> None:
    result: Account = account([submission()], {}, sound, chaos=False)
    assert result.clean
    assert result.outcomes == {("COMPLETED", "PublishImages", ""): 1}


def test_a_request_without_a_record_is_lost(sound: Evidence) -> None:
    gone = dataclasses.replace(sound, records=[], events=[], published=[])
    assert looked_at(gone) == {"lost": 1}


def test_two_records_of_one_execution_are_one_too_many(sound: Evidence) -> None:
    second = record(request_id="execution-soak-000001", images=[])
    both = [record(), second]
    twice = dataclasses.replace(sound, records=both, events=[event(one) for one in both])
    assert looked_at(twice) == {"doubled": 1}


def test_a_second_start_that_could_not_be_read_is_counted_apart(sound: Evidence) -> None:
    arn = f"{ARN}-again"
    second = record(
        request_id="execution-again", execution_arn=arn, status="FAILED", stage="AcceptRequest",
        source={"type": "unknown"}, images=[],
        reasons=[{"category": "technical", "rule": "Throttled"}],
    )  # fmt: skip
    both = [record(), second]
    copied = dataclasses.replace(
        sound,
        executions=[*sound.executions, Execution(arn, "soak-000001", "FAILED", "", 4)],
        records=both,
        events=[event(one) for one in both],
    )
    result = account([submission()], {}, copied, chaos=True)
    assert result.clean
    assert result.unreadable_copies == 1


def test_a_run_that_was_told_of_in_two_ways_is_doubled(sound: Evidence) -> None:
    other = event(record()) | {"status": "EXPIRED"}
    assert looked_at(dataclasses.replace(sound, events=[*sound.events, other])) == {"doubled": 1}


def test_a_copy_of_the_event_is_none_too_many(sound: Evidence) -> None:
    assert looked_at(dataclasses.replace(sound, events=sound.events * 2)) == {}


@pytest.mark.parametrize(
    "published",
    [
        Picture(f"{FOLDER}/0.jpg", PICTURE, marked=True),
        Picture("elsewhere/1/0.jpg", PICTURE, marked=False),
        Picture(f"{FOLDER}/0.jpg", "another", marked=False),
        # Nothing was withheld there.
        Picture(f"{FOLDER}/0-preview.jpg", PREVIEW, marked=False),
    ],
)
def test_a_picture_that_was_not_judged_safe_is_found(sound: Evidence, published: Picture) -> None:
    found = looked_at(dataclasses.replace(sound, published=[*sound.published, published]))
    assert found == {"unmoderated published": 1}


def test_of_a_picture_that_is_withheld_the_preview_alone_may_lie_there(sound: Evidence) -> None:
    (image,) = record()["images"]
    withheld = record(
        status="BLOCKED_IMAGE",
        stage="ModerateImages",
        images=[image | {"verdict": "unsafe", "delivered": False}],
        reasons=[{"category": "violence"}],
    )
    preview = Picture(f"{FOLDER}/0-preview.jpg", PREVIEW, marked=False)
    blocked = dataclasses.replace(
        sound, records=[withheld], events=[event(withheld)], published=[preview]
    )
    assert looked_at(blocked, "BLOCKED_IMAGE") == {}
    shown = dataclasses.replace(blocked, published=[preview, *sound.published])
    assert looked_at(shown, "BLOCKED_IMAGE") == {"unmoderated published": 1}


def test_a_picture_that_was_promised_is_missed(sound: Evidence) -> None:
    assert looked_at(dataclasses.replace(sound, published=[])) == {"not delivered": 1}


def test_what_is_still_open_is_stuck(sound: Evidence) -> None:
    running = record(status="RUNNING", open_shard="3", images=[])
    open_still = dataclasses.replace(sound, records=[running], events=[], published=[])
    assert looked_at(open_still) == {"lost": 1, "stuck": 1}


def test_an_outcome_that_nobody_told_is_found(sound: Evidence) -> None:
    assert looked_at(dataclasses.replace(sound, events=[])) == {"unannounced": 1}


@pytest.mark.parametrize(
    ("status", "category"),
    [("BLOCKED_IMAGE", "violence"), ("COMPLETED", "technical"), ("FAILED", "violence")],
)
def test_an_outcome_that_is_not_true_is_found(sound: Evidence, status: str, category: str) -> None:
    wrong = record(status=status, reasons=[{"category": category, "rule": "r"}])
    told = dataclasses.replace(sound, records=[wrong], events=[event(wrong)])
    assert looked_at(told) == {"untruthful": 1}


def test_a_failure_without_a_fault_is_found(sound: Evidence) -> None:
    failed = record(status="FAILED", reasons=[{"category": "technical", "rule": "r"}])
    told = dataclasses.replace(sound, records=[failed], events=[event(failed)])
    assert account([submission()], {}, told, chaos=False).found["untruthful"]


@pytest.mark.parametrize("place", ["logs", "function_logs"])
def test_tokens_and_prompts_in_logs_are_found(sound: Evidence, place: str) -> None:
    leaks: dict[str, Any] = {place: "… token-1 … a boat, soak-000001 …"}
    assert looked_at(dataclasses.replace(sound, **leaks)) == {"leaked": 2}
