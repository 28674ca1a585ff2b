"""DecideReview's handler: a reviewer's calls in; who has a review, and what becomes of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from handler.api_schemas import check
from handler.open_reviews import (
    AT,
    REQUEST,
    REVIEW,
    REVIEWS,
    TOKEN,
    claim,
    decide,
    from_now,
    open_review,
    put_record,
    row_of,
)
from handler.stored import picture

from shared.dynamodb import Item, Table
from shared.request_ids import request_id_for

ANA, BEN = "local:ana", "local:ben"
Send = Callable[..., Any]


@pytest.fixture
def send(aws: Any, call: Callable[..., Any], event: Callable[[str], Any], answers: Any) -> Send:
    """The reply to an event, its body parsed and held against its schema. A Task waits."""
    answers.set("SendTaskSuccess", {})

    def send(scenario: str, body: dict[str, Any] | None = None, **variables: str) -> Any:
        asked = event(f"decide_review/{scenario}")
        if body is not None:
            asked["body"] = json.dumps(body)
        reply = call("decide_review", asked, **variables)
        if reply["statusCode"] == 204:
            assert reply["body"] == ""
            return reply
        reply["body"] = json.loads(reply["body"])
        claimed = asked["resource"] == "/reviews/{id}/claim"
        ok = "api#review_summary" if claimed else "api#review_decided"
        check(reply["body"], ok if reply["statusCode"] < 300 else "api#problem")
        return reply

    return send


def refused(reply: Any) -> tuple[int, str, str, str]:
    """(status, code, field, rule) of a refusal."""
    (error,) = reply["body"]["errors"]
    return reply["statusCode"], reply["body"]["code"], error["field"], error["rule"]


def told(answers: Any) -> list[dict[str, Any]]:
    """What the waiting Task was told."""
    sent = answers.asked("SendTaskSuccess")
    assert {one["taskToken"] for one in sent} <= {TOKEN}
    return [json.loads(one["output"]) for one in sent]


def test_a_claim_is_for_a_while(send: Send) -> None:
    open_review()
    body = send("claim")["body"]
    assert (body["mine"], body["claimed_by"], body["claim_expired"]) == (True, ANA, False)
    assert from_now(590) < body["claim_until"] <= from_now(600)
    again = send("claim", REVIEW_CLAIM_SECONDS="1200")["body"]
    assert again["claim_until"] > from_now(1190)


def test_a_claim_ends_with_the_review(send: Send) -> None:
    row = open_review(answer_by=from_now(60))
    assert send("claim")["body"]["claim_until"] == row["answer_by"]


def test_a_review_is_one_reviewer_s(send: Send) -> None:
    open_review()
    claim(BEN)
    reply = send("claim")
    assert refused(reply) == (409, "conflict", "id", "claimed")
    assert str(row_of()["claim_until"]) in reply["body"]["detail"]
    assert refused(send("release"))[3] == refused(send("approve"))[3] == "claimed"
    assert row_of()["claimed_by"] == BEN


def test_what_another_has_left_is_to_be_had(send: Send) -> None:
    open_review()
    claim(BEN, -1)
    assert send("claim")["body"]["claimed_by"] == ANA


def test_a_claim_is_given_back(send: Send) -> None:
    open_review()
    assert send("release")["statusCode"] == 204
    claim(ANA)
    assert send("release")["statusCode"] == send("release")["statusCode"] == 204
    assert "claimed_by" not in row_of()
    decide(BEN)
    assert send("release")["statusCode"] == 204


def test_an_approval_is_told(send: Send, answers: Any, counted: Any, logged: Any) -> None:
    open_review()
    claim(ANA)
    reply = send("approve")

    row, reason = row_of(), "A soldier at rest; nobody is being hurt."
    assert reply["statusCode"] == 200
    assert "Idempotent-Replay" not in reply["headers"]
    assert reply["body"] == {
        "review_id": REVIEW,
        "decision": "approve",
        "decided_at": row["decided_at"],
        "heard": True,
    }
    assert told(answers) == [
        {
            "review_id": REVIEW,
            "decision": "approve",
            "deliver": [0, 1, 2],
            "approved": [1, 2],
            "by": ANA,
            "at": row["decided_at"],
            "reason": reason,
        }
    ]
    assert (row["status"], row["queue"], row["decided_reason"]) == ("DECIDED", "decided", reason)
    assert not {"prompt", "negative_prompt", "task_token"} & row.keys()
    assert counted("ReviewDecisions", Decision="approve") == [1]
    lines = logged()
    assert not [said for said in (reason, "still life", TOKEN, REVIEW) if said in lines]


@pytest.mark.parametrize(
    ("scenario", "decision", "deliver", "approved"),
    [
        ("approve_one", "approve", [0, 1], [1]),
        ("reject", "reject", [0], []),
        ("regenerate", "regenerate", [], []),
    ],
)
def test_a_decision_is_told(
    scenario: str, decision: str, deliver: list[int], approved: list[int], send: Send, answers: Any
) -> None:
    open_review()
    claim(ANA)
    assert send(scenario, STORE_PROMPTS="true")["body"]["decision"] == decision
    (result,) = told(answers)
    found = (result["decision"], result["deliver"], result["approved"])
    assert found == (decision, deliver, approved)
    assert row_of()["prompt"] == "a still life"


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({}, "decision", "required"),
        ({"decision": "approve"}, "reason", "required"),
        ({"decision": "approve", "reason": " \n "}, "reason", "minLength"),
        ({"decision": "approve", "reason": "x" * 1001}, "reason", "maxLength"),
        ({"decision": "approve", "reason": "\ud800"}, "reason", "unicode"),
        ({"decision": "approve", "reason": ["so"]}, "reason", "type"),
        ({"decision": "expire", "reason": "so"}, "decision", "enum"),
        ({"decision": ["approve"], "reason": "so"}, "decision", "enum"),
        ({"decision": "reject", "reason": "so", "by": "ben"}, "by", "unknown_field"),
        ({"decision": "reject", "reason": "so", "images": [1]}, "images", "unknown_field"),
        ({"decision": "approve", "reason": "so", "images": []}, "images", "minItems"),
        ({"decision": "approve", "reason": "so", "images": 1}, "images", "type"),
        ({"decision": "approve", "reason": "so", "images": [True]}, "images", "type"),
        ({"decision": "approve", "reason": "so", "images": [1.5]}, "images", "type"),
        ({"decision": "approve", "reason": "so", "images": ["1"]}, "images", "type"),
        ({"decision": "approve", "reason": "so", "images": [1, 1]}, "images", "uniqueItems"),
        ({"decision": "approve", "reason": "so", "images": [0, 1, 2, 3, 4]}, "images", "maxItems"),
        # Not in review: a safe one, and one that is not there.
        ({"decision": "approve", "reason": "so", "images": [0, 1]}, "images", "known"),
        ({"decision": "approve", "reason": "so", "images": [3]}, "images", "known"),
    ],
)
def test_a_body_is_refused(body: dict[str, Any], field: str, rule: str, send: Send) -> None:
    open_review()
    claim(ANA)
    assert refused(send("approve", body)) == (400, "invalid_request", field, rule)
    assert row_of()["status"] == "OPEN"


def test_a_number_is_one_however_it_is_written(send: Send, answers: Any) -> None:
    open_review()
    claim(ANA)
    send("approve", {"decision": "approve", "reason": "so", "images": [2.0, 1]})
    assert told(answers)[0]["approved"] == [1, 2]


def test_a_decision_needs_a_reason(send: Send) -> None:
    open_review()
    assert refused(send("decide_without_reason"))[2:] == ("reason", "required")


def test_a_prompt_has_no_pictures_to_approve(send: Send, answers: Any) -> None:
    open_review(about="prompt", images=[], regenerable=0)
    claim(ANA)
    assert refused(send("approve_one"))[2:] == ("images", "unknown_field")
    assert refused(send("regenerate")) == (409, "conflict", "decision", "regenerable")
    assert send("approve")["statusCode"] == 200
    assert told(answers)[0]["deliver"] == []


@pytest.mark.parametrize(
    ("holder", "seconds", "rule"),
    [
        ("", 0, "unclaimed"),
        (BEN, 600, "claimed"),
        (BEN, -1, "unclaimed"),
        (ANA, -1, "claim_expired"),
    ],
)
def test_who_decides_has_the_claim(
    holder: str, seconds: int, rule: str, send: Send, answers: Any
) -> None:
    open_review()
    if holder:
        claim(holder, seconds)
    assert refused(send("reject")) == (409, "conflict", "id", rule)
    assert row_of()["status"] == "OPEN"
    assert told(answers) == []


def test_the_same_decision_again_is_the_same(send: Send, answers: Any, counted: Any) -> None:
    open_review()
    claim(ANA)
    first, again = send("approve"), send("approve")
    assert again["statusCode"] == 200
    assert again["headers"]["Idempotent-Replay"] == "true"
    assert again["body"] == first["body"]
    assert len(told(answers)) == 1
    assert counted("ReviewDecisions", Decision="approve") == [1]


@pytest.mark.parametrize(
    ("who", "body"),
    [
        (ANA, {"decision": "reject", "reason": "so"}),
        (ANA, {"decision": "approve", "reason": "another"}),
        (ANA, {"decision": "approve", "reason": "so", "images": [1]}),
        (BEN, {"decision": "approve", "reason": "so"}),
    ],
)
def test_one_decision_stands(
    who: str, body: dict[str, Any], send: Send, event: Any, answers: Any
) -> None:
    open_review()
    claim(who)
    asked = {"decision": "approve", "reason": "so"}
    if who == BEN:
        decide(BEN, "approve")
    else:
        send("approve", asked)
    before = row_of()
    assert refused(send("approve", body)) == (409, "conflict", "id", "decided")
    assert row_of() == before


def test_after_the_last_moment_it_is_expired(send: Send, answers: Any) -> None:
    open_review(answer_by=from_now(2))
    claim(ANA)
    past: Item = {"past": from_now(-1)}
    Table(REVIEWS).update({"review_id": REVIEW}, "SET answer_by = :past", {}, past)
    for scenario in ("claim", "approve"):
        assert refused(send(scenario)) == (409, "conflict", "id", "expired")
    assert told(answers) == []


def test_what_could_not_be_told_is_told_later(send: Send, answers: Any, logged: Any) -> None:
    open_review()
    claim(ANA)
    answers.refuse("SendTaskSuccess", "ThrottlingException")
    first = send("approve")
    assert (first["statusCode"], first["body"]["heard"]) == (202, False)
    assert (row_of()["status"], row_of()["queue"]) == ("DECIDED", "owed")
    answers.set("SendTaskSuccess", {})
    again = send("approve")
    assert (again["statusCode"], again["body"]["heard"]) == (200, True)
    assert again["headers"]["Idempotent-Replay"] == "true"
    assert row_of()["queue"] == "decided"
    assert TOKEN not in logged()


def test_an_answer_that_was_lost_had_been_heard(aws: Any, send: Send, answers: Any) -> None:
    """Step Functions took the token and its answer never came: the second one knows of no Task."""
    open_review()
    claim(ANA)
    answers.refuse("SendTaskSuccess", "InternalServerError", 500)
    assert send("approve")["statusCode"] == 202
    one = {"review_id": REVIEW, "decision": "approve", "at": row_of()["decided_at"]}
    put_record(aws, status="RUNNING", reviews=[one])
    answers.refuse("SendTaskSuccess", "TaskTimedOut")
    assert send("approve")["body"]["heard"] is True


@pytest.mark.parametrize("error", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_request_that_has_ended_hears_nothing(
    error: str, aws: Any, send: Send, answers: Any
) -> None:
    open_review()
    claim(ANA)
    put_record(aws, status="EXPIRED")
    answers.refuse("SendTaskSuccess", error)
    for _ in range(2):
        assert refused(send("approve")) == (409, "conflict", "id", "over")
    row = row_of()
    assert (row["status"], row["decision"], row["decided_by"]) == ("OVER", "approve", ANA)
    assert "prompt" not in row
    assert refused(send("claim"))[3] == "over"


def test_nobody_judges_their_own_request(send: Send) -> None:
    own = request_id_for("iam:arn:aws:sts::111122223333:assumed-role/reviewers/ana", None)
    open_review(request_id=own)
    reply = send("claim_by_a_role", API_AUTH="iam", REVIEWERS="reviewers")
    assert refused(reply) == (403, "forbidden", "id", "own_request")
    assert "claimed_by" not in row_of()


def test_a_role_of_reviewers_claims(send: Send) -> None:
    open_review()
    by_role = {"API_AUTH": "iam", "REVIEWERS": "managers,reviewers"}
    assert send("claim_by_a_role", **by_role)["statusCode"] == 200
    assert send("claim_by_a_role", API_AUTH="iam")["statusCode"] == 403


def ended(run: int, *reviews: tuple[str, str, str]) -> dict[str, Any]:
    """A run as the record's history keeps it, with (about, decision, by) of its reviews."""
    names = ("about", "decision", "by")
    return {"run": run, "reviews": [dict(zip(names, one, strict=True)) for one in reviews]}


@pytest.mark.parametrize(
    ("runs", "status"),
    [
        ([ended(1, ("prompt", "reject", ANA))], 403),
        ([ended(1, ("images", "approve", ANA))], 403),
        ([ended(1, ("images", "regenerate", BEN), ("images", "reject", ANA))], 403),
        ([ended(1, ("prompt", "reject", BEN))], 200),
        ([ended(1, ("images", "expire", ""))], 200),
        # The machine blocked it after these.
        ([ended(1, ("prompt", "approve", ANA))], 200),
        ([ended(1, ("images", "regenerate", ANA))], 200),
        ([ended(1), ended(2, ("images", "reject", ANA))], 200),
        ([{"run": 1}], 200),
        ([], 200),
    ],
)
def test_nobody_judges_an_appeal_against_themself(
    runs: list[dict[str, Any]], status: int, aws: Any, send: Send
) -> None:
    appeal = {"by": "local", "at": AT, "message": "it is art", "against": 1, "about": "images"}
    open_review(run=3, appealed=1, appeal=appeal)
    put_record(aws, run=3, history=runs)
    reply = send("claim")
    assert reply["statusCode"] == status
    if status == 403:
        assert refused(reply)[3] == refused(send("reject"))[3] == "own_decision"


def test_requesters_are_not_let_in(send: Send) -> None:
    open_review()
    reply = send("claim_by_a_requester")
    assert (reply["statusCode"], reply["body"]["code"]) == (403, "forbidden")


def test_a_stack_without_reviews_has_none(send: Send) -> None:
    open_review()
    assert send("claim", REVIEWS="false")["statusCode"] == 404


@pytest.mark.parametrize("scenario", ["claim", "release", "approve", "hostile_id"])
def test_a_review_that_is_not_there(scenario: str, send: Send) -> None:
    reply = send(scenario)
    assert (reply["statusCode"], reply["body"]["code"]) == (404, "not_found")


def test_other_methods_are_none_of_its_own(send: Send) -> None:
    reply = send("claim_by_put")
    assert (reply["statusCode"], reply["headers"]["Allow"]) == (405, "POST, DELETE")


def test_pictures_that_are_withheld_together_are_approved_together(
    send: Send, answers: Any
) -> None:
    open_review(images=[picture(0, "withheld"), picture(1, "review"), picture(2, "review")])
    claim(ANA)
    send("approve_one")
    assert told(answers)[0]["deliver"] == []
    assert REQUEST not in str(told(answers))
