"""Reviews as ReviewRequest leaves them, for what reviewers see and do."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from handler.stored import picture, put_item

from shared.dynamodb import Item, Table
from shared.records import utc_text
from shared.reviews import Reviews

REVIEWS, RESULTS = "safelight-ReviewsTable-9C8B7A6F5E4D", "safelight-ResultsTable-1A2B3C4D5E6F"
IMAGES = "safelight-images-example"
# As the sample events have it.
REVIEW = "5d2c8e0f7a1b3c4d5e6f708192a3b4c5d6e7f801"
# Of "local", who asks where nobody logs in.
REQUEST = "api-25bf8e1a2393f110-76a8c2acc99b6e76299b967a82a86480"
ARN = f"arn:aws:states:us-east-1:111122223333:execution:safelight-GenerateSafeImage:{REQUEST}"
TOKEN = "the waiting Task's token"
AT = "2026-11-21T12:00:00.000Z"
REASON = {
    "stage": "ModerateImages",
    "category": "violence",
    "rule": "violence",
    "label": "Weapons",
    "parent": "Violence",
    "score": 0.71,
    "threshold": 0.6,
    "action": "review",
    "image": 1,
    "message": "the picture shows weapons",
}


def from_now(seconds: float) -> str:
    return utc_text(datetime.now(UTC) + timedelta(seconds=seconds))


def open_review(identity: str = REVIEW, **changes: Any) -> Item:
    """Puts a review about pictures; what is no text and no number is stored as JSON."""
    first: dict[str, Any] = {
        "request_id": REQUEST,
        "run": 1,
        "n": 1,
        "about": "images",
        "execution_arn": ARN,
        "requester": "api:local/mona",
        "policy_hash": "hash of the policy",
        "reasons": [REASON],
        "warnings": [],
        "images": [picture(0, "safe"), picture(1, "review"), picture(2, "review")],
        "attempts": [],
        "classification": {},
        "models": {"moderator": "local-moderator"},
        "prompt": "a still life",
        "negative_prompt": "",
        "opened_at": AT,
        "answer_by": from_now(3600),
        "expires_at": 1803000000,
        "regenerable": 1,
        "appealed": 0,
        **changes,
    }
    row = {
        name: value if isinstance(value, str | int) else json.dumps(value)
        for name, value in first.items()
    }
    return Reviews(Table(REVIEWS)).open(identity, TOKEN, 0, row)


def row_of(identity: str = REVIEW) -> Item:
    row = Reviews(Table(REVIEWS)).get(identity)
    assert row is not None
    return row


def claim(who: str, seconds: float = 600, identity: str = REVIEW) -> None:
    """For so many seconds; a claim of long ago has none left."""
    done, _ = Reviews(Table(REVIEWS)).claim(identity, who, from_now(-900), from_now(seconds))
    assert done


def decide(who: str, decision: str = "reject", identity: str = REVIEW) -> None:
    reviews = Reviews(Table(REVIEWS))
    claim(who, identity=identity)
    assert reviews.decide(identity, who, decision, "so", [], from_now(0), False)[0]
    assert reviews.settle(identity)[0]


def put_record(aws: Any, **changes: Any) -> None:
    """The record of the reviewed request."""
    record = {
        "request_id": REQUEST,
        "run": 1,
        "execution_arn": ARN,
        "status": "IN_REVIEW",
        "requester": "api:local/mona",
        "created_at": AT,
        **changes,
    }
    put_item(aws, RESULTS, record)
