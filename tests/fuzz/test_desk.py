"""Whatever reaches the review desk and those who appeal: an answer, and never an error of ours;
what is stored is what was sent, by somebody who may."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fuzz.budget import fuzzed, within
from fuzz.mutation import HALF, damaged, documents, mutated, nested, raw
from hypothesis import example, given
from hypothesis import strategies as st

from decide_review.asked import approved_of, read_decided
from decide_review.decide import Desk, Settings, respond
from shared.api import ApiSettings, Problem, guarded
from shared.appeals import read_appeal
from shared.records import part
from shared.request import InvalidRequest

ROOT = Path(__file__).parents[2]
CALL = json.loads((ROOT / "events" / "decide_review" / "approve_one.json").read_text("utf-8"))
REVIEW = CALL["pathParameters"]["id"]
LATER = "2999-01-01T00:00:00.000Z"
SETTINGS = Settings(
    api=ApiSettings(auth="none", cors_origin="", metrics_namespace="Safelight/fuzz"),
    reviews=True,
    reviewers=frozenset(),
    reviews_table="reviews",
    results_table="results",
    claim_seconds=600,
    store_prompts=False,
)
DECISION = jsonschema.Draft7Validator(
    json.loads((ROOT / "schemas" / "api.schema.json").read_text("utf-8"))["definitions"][
        "review_decision"
    ]
)
BODIES: list[dict[str, Any]] = [
    {"decision": "approve", "reason": "Only the second.", "images": [1]},
    {"decision": "approve", "reason": "Nothing wrong with them.", "images": [1, 2]},
    {"decision": "regenerate", "reason": "Once more."},
    {"decision": "reject", "reason": "No. \u2014 Ana"},
]
APPEALS = [{"by": "api:local/ana", "at": "2026-11-20T10:00:00.000Z", "message": "Look again."}]
ANY_BODY = st.one_of(mutated(BODIES), mutated(BODIES), documents())


class Reviews:
    """One review that is Ana's, of a safe picture and two that are unsure; what was decided."""

    def __init__(self) -> None:
        verdicts = ("safe", "review", "review")
        images = [{"index": n, "verdict": verdict} for n, verdict in enumerate(verdicts)]
        self.row: dict[str, Any] = {
            "review_id": REVIEW,
            "request_id": "api-1",
            "run": 1,
            "about": "images",
            "status": "OPEN",
            "queue": "open",
            "requester": "api:local",
            "regenerable": 1,
            "answer_by": LATER,
            "claimed_by": "local:ana",
            "claim_until": LATER,
            "opened_at": "2026-11-20T10:00:00.000Z",
            "policy_hash": "0",
            "appealed": 0,
            "images": json.dumps(images),
            "reasons": "[]",
        }
        self.decided: tuple[Any, ...] = ()

    def get(self, identity: str) -> dict[str, Any] | None:
        return self.row if identity == REVIEW else None

    def claim(self, identity: str, who: str, *_: str) -> tuple[bool, dict[str, Any]]:
        return who == self.row["claimed_by"], self.row

    def release(self, identity: str, who: str) -> tuple[bool, dict[str, Any]]:
        return who == self.row["claimed_by"], self.row

    def decide(self, identity: str, who: str, *told: Any) -> tuple[bool, dict[str, Any]]:
        if who != self.row["claimed_by"]:
            return False, self.row
        self.decided = told
        return True, {**self.row, "queue": "decided", "decided_at": LATER}


def answered(event: dict[str, Any]) -> tuple[int, Reviews]:
    """The status, and what came of the review; every answer is one of the API's."""
    reviews: Any = Reviews()
    records: Any = None
    desk = Desk(SETTINGS, reviews, records, lambda: records)
    with within(1):
        reply = guarded(SETTINGS.api, event, lambda: respond(desk, event))
    status = reply["statusCode"]
    assert status in (200, 204, 400, 403, 404, 405, 409, 413, 415), reply
    return status, reviews


def sent(body: bytes, **changes: Any) -> dict[str, Any]:
    """The call with this body: as text, where it is one."""
    try:
        return {**CALL, "body": body.decode(), **changes}
    except UnicodeDecodeError:
        return {**CALL, "body": body.decode("latin-1"), **changes}


@fuzzed(80)
@given(body=ANY_BODY.map(raw) | damaged([raw(body) for body in BODIES]) | st.binary(max_size=40))
@example(body=nested(30_000).encode())
@example(body=b'{"decision": "approve", "decision": "reject", "reason": "x"}')
@example(body=raw(BODIES[0] | {"images": [True]}))
@example(body=raw(BODIES[0] | {"images": [1e400]}))
@example(body=raw(BODIES[0] | {"images": [10**400]}))
@example(body=raw(BODIES[0] | {"images": [1, 1.0]}))
@example(body=raw(BODIES[0] | {"images": [-1]}))
@example(body=raw(BODIES[0] | {"reason": HALF}))
@example(body=raw({HALF: 1, **BODIES[3]}))
def test_any_decision(body: bytes) -> None:
    status, reviews = answered(sent(body))
    assert (status == 200) == bool(reviews.decided)
    if reviews.decided:
        decision, reason, approved, *_ = reviews.decided
        told = json.loads(body.decode("utf-8-sig"))
        DECISION.validate(told)
        assert decision == told["decision"]
        assert 1 <= len(reason) <= 1000
        assert not any(ord(character) < 32 for character in reason)
        expected = [1, 2] if decision == "approve" else []
        assert approved == sorted(told.get("images", expected))
        assert set(approved) <= {1, 2}


@fuzzed(60)
@given(
    who=st.text(max_size=70)
    | st.sampled_from(["ana", "ben", "ana ", "ANA", "local:ana", "\uff41na"]),
    identity=st.text(max_size=45) | st.just(REVIEW),
    route=st.sampled_from(
        [("POST", "claim"), ("DELETE", "claim"), ("POST", "decision"), ("PUT", "claim")]
    ),
)
@example(who="", identity=REVIEW, route=("POST", "decision"))
@example(who="ana", identity=REVIEW + "\n", route=("POST", "decision"))
@example(who="ana\n", identity=REVIEW, route=("POST", "decision"))
def test_any_reviewer_of_any_review(who: str, identity: str, route: tuple[str, str]) -> None:
    method, call = route
    headers = {"Content-Type": "application/json", "Safelight-Reviewer": who}
    status, reviews = answered(
        sent(
            raw(BODIES[0]),
            httpMethod=method,
            resource=f"/reviews/{{id}}/{call}",
            pathParameters={"id": identity},
            headers=headers,
            multiValueHeaders={name: [value] for name, value in headers.items()},
        )
    )
    mine = (who, identity) == ("ana", REVIEW)
    assert bool(reviews.decided) == (mine and call == "decision")
    if status in (200, 204) and method == "POST":
        assert mine


@fuzzed(60)
@given(body=ANY_BODY)
def test_only_pictures_in_review_are_approved(body: Any) -> None:
    if not isinstance(body, dict):
        return
    for about in ("prompt", "images"):
        row = {**Reviews().row, "about": about, "regenerable": 0}
        try:
            approved = approved_of(read_decided(body), row)
        except (InvalidRequest, Problem):
            continue
        images = part(row, "images", [])
        assert all(images[index]["verdict"] == "review" for index in approved)
        assert not approved or (about, body["decision"]) == ("images", "approve")


@fuzzed(80)
@given(told=mutated(APPEALS) | mutated(APPEALS) | documents())
@example(told={**APPEALS[0], "at": "2026-11-20T10:00:00"})
@example(told={**APPEALS[0], "at": HALF})
@example(told={**APPEALS[0], "by": HALF})
@example(told={**APPEALS[0], "message": " "})
def test_any_appeal(told: Any) -> None:
    try:
        with within(1):
            appeal = read_appeal(told)
    except InvalidRequest:
        return
    assert (appeal.by, appeal.at) == (told["by"], told["at"])
    assert 1 <= len(appeal.message) <= 1000
    assert read_appeal(vars(appeal)) == appeal


@pytest.mark.parametrize("body", BODIES)
def test_a_sound_decision_is_stored(body: dict[str, Any]) -> None:
    """Otherwise every property here would hold of nothing."""
    status, reviews = answered(sent(raw(body)))
    assert (status, reviews.decided[0]) == (200, body["decision"])
