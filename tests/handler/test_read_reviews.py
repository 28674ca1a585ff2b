"""ReadReviews' handler: reviewers' GET routes in; the queue, and what they may see of a review."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from handler.api_schemas import check
from handler.open_reviews import (
    ARN,
    AT,
    IMAGES,
    REASON,
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
from handler.stored import WORK, picture

from shared.dynamodb import Table
from shared.reviews import Reviews

Get = Callable[..., Any]


@pytest.fixture
def get(aws: Any, call: Callable[..., Any], event: Callable[[str], Any]) -> Get:
    """The reply to an event, its body parsed and held against its schema."""

    def get(scenario: str, query: dict[str, str] | None = None, **variables: str) -> Any:
        asked = event(f"read_reviews/{scenario}")
        if query is not None:
            asked["queryStringParameters"] = query
            asked["multiValueQueryStringParameters"] = {n: [v] for n, v in query.items()}
        reply = call("read_reviews", asked, **variables)
        reply["body"] = json.loads(reply["body"])
        ok = {"/reviews": "api#review_list", "/reviews/{id}": "review-view"}[asked["resource"]]
        check(reply["body"], ok if reply["statusCode"] == 200 else "api#problem")
        return reply

    return get


def blamed(reply: Any) -> tuple[int, str, str, str]:
    """(status, code, field, rule) of a refusal."""
    (error,) = reply["body"]["errors"]
    return reply["statusCode"], reply["body"]["code"], error["field"], error["rule"]


def object_of(link: str) -> str:
    """The object version that a link is for: bucket, key and version. No browser keeps it."""
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    assert query["response-cache-control"] == ["no-store"]
    assert query["X-Amz-Expires"] == ["300"]
    return f"{parts.netloc.partition('.')[0]}{parts.path}?{query['versionId'][0]}"


def test_what_waits_is_listed_oldest_first(get: Get) -> None:
    open_review("1" * 40, opened_at="2026-11-21T12:00:01.000Z", about="prompt", appealed=1)
    open_review("2" * 40, opened_at="2026-11-21T12:00:00.000Z", reasons=[REASON] * 4)
    claim("local:ben", identity="1" * 40)
    claim("local:ana", identity="2" * 40)
    reply = get("list")

    first, second = reply["body"]["reviews"]
    assert reply["headers"]["Cache-Control"] == "no-store"
    assert (first["review_id"], second["review_id"]) == ("2" * 40, "1" * 40)
    assert (first["about"], first["appealed"], first["mine"]) == ("images", False, True)
    assert (second["about"], second["appealed"], second["mine"]) == ("prompt", True, False)
    assert (second["claimed_by"], second["claim_expired"]) == ("local:ben", False)
    words = ("stage", "category", "rule", "label", "message")
    assert first["reasons"] == [{name: REASON[name] for name in words}] * 3
    assert "next_cursor" not in reply["body"]


def test_what_was_decided_is_listed_newest_first_page_by_page(get: Get) -> None:
    for n in range(3):
        open_review(f"{n}" * 40, opened_at=f"2026-11-21T12:00:0{n}.000Z")
        decide("local:ana", identity=f"{n}" * 40)
    open_review(REVIEW)
    page = get("list_decided")["body"]
    rest = get("list_decided", {"queue": "decided", "cursor": page["next_cursor"]})["body"]

    assert [one["review_id"][0] for one in page["reviews"] + rest["reviews"]] == ["2", "1", "0"]
    decided = page["reviews"][0]
    told = (decided["status"], decided["decision"], decided["decided_by"], decided["heard"])
    assert told == ("DECIDED", "reject", "local:ana", True)
    assert not {"claimed_by", "claim_until"} & decided.keys()
    assert "next_cursor" not in rest
    other_queue = get("list", {"cursor": page["next_cursor"]})
    assert blamed(other_queue) == (400, "invalid_request", "cursor", "known")


def test_what_is_not_told_yet_is_listed_apart(aws: Any, get: Get) -> None:
    open_review()
    claim("local:ana")
    now = from_now(0)
    Reviews(Table(REVIEWS)).decide(REVIEW, "local:ana", "approve", "so", [1], now, False)
    assert get("list")["body"]["reviews"] == []
    (owed,) = get("list", {"queue": "owed"})["body"]["reviews"]
    assert (owed["status"], owed["heard"]) == ("DECIDED", False)


def test_what_is_over_says_so(get: Get) -> None:
    open_review(answer_by=from_now(-1))
    (late,) = get("list")["body"]["reviews"]
    assert (late["status"], late["mine"]) == ("EXPIRED", False)
    open_review("1" * 40, opened_at="2026-11-21T13:00:00.000Z")
    claim("local:ana", -1, "1" * 40)
    _, left = get("list")["body"]["reviews"]
    assert (left["status"], left["mine"], left["claim_expired"]) == ("OPEN", False, True)


@pytest.mark.parametrize(
    ("scenario", "field", "rule"),
    [
        ("list_unknown_queue", "queue", "enum"),
        ("list_by_a_made_up_cursor", "cursor", "known"),
    ],
)
def test_a_list_is_refused(scenario: str, field: str, rule: str, get: Get) -> None:
    assert blamed(get(scenario)) == (400, "invalid_request", field, rule)


def test_requesters_are_not_let_in(get: Get, counted: Any, answers: Any) -> None:
    answers.set("Query", AssertionError("nothing is read for them"))
    for reply in (
        get("list_by_a_requester"),
        get("list_by_a_group", API_AUTH="cognito"),
        get("list_by_a_group", API_AUTH="cognito", REVIEWERS="reviewer,shop2"),
    ):
        assert (reply["statusCode"], reply["body"]["code"]) == (403, "forbidden")
    assert counted("ApiRefusals", Code="forbidden") == [1, 1, 1]


def test_a_group_of_reviewers_is_let_in(get: Get) -> None:
    reply = get("list_by_a_group", API_AUTH="cognito", REVIEWERS="managers,reviewers")
    assert reply["statusCode"] == 200


@pytest.mark.parametrize("scenario", ["list", "review"])
def test_a_stack_without_reviews_has_none(scenario: str, get: Get) -> None:
    open_review()
    reply = get(scenario, REVIEWS="false")
    assert (reply["statusCode"], reply["body"]["detail"]) == (404, "this stack has no reviews")


@pytest.mark.parametrize("scenario", ["review", "hostile_id"])
def test_a_review_that_is_not_there(scenario: str, get: Get) -> None:
    reply = get(scenario)
    assert (reply["statusCode"], reply["body"]["code"]) == (404, "not_found")


def test_a_review_is_shown_without_what_nobody_may_know(aws: Any, get: Get, logged: Any) -> None:
    found = {"min_score": 0.4, "pictures": []}
    attempt = {
        "n": 1,
        "seed": 7,
        "negative_prompt_added": [],
        "inference_id": "secret-inference",
        "labels": ["Weapons"],
        "verdict": "review",
        "found": found,
        "ms": 4100,
    }
    earlier = {
        "review_id": "1" * 40,
        "about": "prompt",
        "opened_at": AT,
        "decision": "reject",
        "by": "local:ben",
        "at": AT,
        "reason": "not this one",
        "approved": [],
    }
    run = {
        "run": 1,
        "status": "BLOCKED_IMAGE",
        "stage": "ReviewRequest",
        "created_at": AT,
        "updated_at": AT,
        "policy_hash": "an earlier hash",
        "execution_arn": "arn:secret",
        "reasons": [REASON | {"term": "secret-term"}],
        "reviews": [earlier],
    }
    appeal = {"by": "local", "at": AT, "message": "it is art", "against": 1, "about": "images"}
    open_review(run=2, appealed=1, appeal=appeal, attempts=[attempt], warnings=[])
    put_record(aws, run=2, history=[run], reviews=[earlier | {"review_id": REVIEW}])
    for n in range(12):
        moment = {"created_at": f"2026-11-20T12:00:{n:02}.000Z", "execution_arn": f"arn:{n}"}
        put_record(aws, request_id=f"r{n}", status="COMPLETED", **moment)
    body = get("review")["body"]

    assert body.pop("links_expire_at") > AT
    assert body.pop("answer_by") > AT
    links = [image.pop("preview_url") for image in body["images"]]
    size = {"width": 512, "height": 768, "labels": ["Weapons"]}
    public = {name: value for name, value in REASON.items() if name != "term"}
    own = f"/api/reviews/{REVIEW}"
    assert body == {
        "review_id": REVIEW,
        "request_id": REQUEST,
        "run": 2,
        "n": 1,
        "about": "images",
        "status": "OPEN",
        "opened_at": AT,
        "requester": "api:local/mona",
        "appealed": True,
        "policy_hash": "hash of the policy",
        "mine": False,
        "reasons": [REASON],
        "warnings": [],
        "prompt": "a still life",
        "negative_prompt": "",
        "images": [
            {"index": 0, "verdict": "safe", **size},
            {"index": 1, "verdict": "review", **size, "reasons": [REASON]},
            {"index": 2, "verdict": "review", **size},
        ],
        "attempts": [{name: value for name, value in attempt.items() if name != "inference_id"}],
        "classification": {},
        "models": {"moderator": "local-moderator"},
        "regenerable": True,
        "appeal": {"at": AT, "message": "it is art", "against": 1},
        "seen": [],
        "history": {
            "runs": [
                {
                    "run": 1,
                    "status": "BLOCKED_IMAGE",
                    "stage": "ReviewRequest",
                    "created_at": AT,
                    "updated_at": AT,
                    "policy_hash": "an earlier hash",
                    "reasons": [public],
                }
            ],
            "reviews": [{name: value for name, value in earlier.items() if name != "approved"}],
            "requester": [
                {"status": "COMPLETED", "at": f"2026-11-20T12:00:{n:02}.000Z"}
                for n in range(11, 1, -1)
            ],
        },
        "links": {"self": own, "claim": f"{own}/claim", "decision": f"{own}/decision"},
    }
    assert list(map(object_of, links)) == [
        f"{WORK}/pictures/secret/{n}-preview.jpg?wp{n}" for n in range(3)
    ]
    assert TOKEN not in str(body)
    assert ARN not in str(body)
    told = logged()
    assert not [said for said in ("still life", "it is art", "X-Amz", REVIEW) if said in told]


def test_a_review_outlives_the_record(get: Get) -> None:
    open_review()
    assert get("review")["body"]["history"] == {"runs": [], "reviews": [], "requester": []}


def test_a_prompt_is_dropped_with_the_decision(get: Get) -> None:
    open_review()
    decide("local:ana")
    body = get("review")["body"]
    assert (body["decided_reason"], body["approved"], body["regenerable"]) == ("so", [], True)
    assert not {"prompt", "negative_prompt", "claimed_by"} & body.keys()


PUBLISHED = {
    "preview_bucket": IMAGES,
    "preview_key": "folder/1/0-preview.jpg",
    "preview_version_id": "p0",
}


@pytest.mark.parametrize(
    ("image", "previews", "originals"),
    [
        (picture(0, "review"), 1, 1),
        (picture(0, "withheld"), 1, 1),
        (picture(0, "safe"), 1, 1),
        # What no decision delivers is seen blurred only.
        (picture(0, "unsafe"), 1, 0),
        (picture(0, "filtered"), 1, 0),
        (picture(0, "review", **PUBLISHED), 1, 1),
        # What no function writes.
        (picture(0, "review", bucket=IMAGES), 1, 0),
        (picture(0, "review", version_id=""), 1, 0),
        (picture(0, "review", preview_bucket="another"), 0, 1),
        ({"index": 0, "verdict": "review"}, 0, 0),
    ],
)
def test_originals_are_for_who_has_the_claim(
    image: dict[str, Any], previews: int, originals: int, get: Get
) -> None:
    open_review(images=[image])
    claim("local:ana")
    (blurred,) = get("review")["body"]["images"]
    (whole,) = get("review_with_originals")["body"]["images"]
    assert ["preview_url" in blurred, "preview_url" in whole] == [bool(previews)] * 2
    assert ["url" in blurred, "url" in whole] == [False, bool(originals)]
    if originals:
        assert object_of(whole["url"]) == f"{WORK}/pictures/secret/0.jpg?w0"


def test_who_sees_originals_is_noted_once_for_each_claim(get: Get) -> None:
    open_review()
    claim("local:ana")
    assert get("review")["body"]["seen"] == []
    first = get("review_with_originals")["body"]["seen"]
    assert get("review_with_originals")["body"]["seen"] == first
    assert get("review")["body"]["seen"] == first == json.loads(str(row_of()["seen"]))
    Reviews(Table(REVIEWS)).claim(REVIEW, "local:ana", from_now(0), from_now(600))
    later = get("review_with_originals")["body"]["seen"]
    assert [one["by"] for one in later] == ["local:ana"] * 2
    assert later[0] == first[0]


@pytest.mark.parametrize(
    ("holder", "seconds", "rule"),
    [
        ("", 0, "unclaimed"),
        ("local:ben", 600, "claimed"),
        ("local:ben", -1, "unclaimed"),
        ("local:ana", -1, "claim_expired"),
    ],
)
def test_nobody_else_sees_originals(holder: str, seconds: int, rule: str, get: Get) -> None:
    open_review()
    if holder:
        claim(holder, seconds)
    assert blamed(get("review_with_originals")) == (409, "conflict", "id", rule)
    assert "seen" not in row_of()


def test_originals_end_with_the_review(get: Get) -> None:
    open_review()
    decide("local:ana")
    assert blamed(get("review_with_originals"))[3] == "decided"
    assert get("review")["statusCode"] == 200


def test_a_prompt_has_no_originals(get: Get) -> None:
    open_review(about="prompt", images=[])
    body = get("review_with_originals")["body"]
    assert (body["seen"], body["images"]) == ([], [])


def test_nothing_is_shown_that_could_not_be_noted(get: Get, answers: Any) -> None:
    open_review()
    claim("local:ana")
    answers.refuse("UpdateItem", "InternalServerError", 500)
    reply = get("review_with_originals")
    assert (reply["statusCode"], reply["body"]["code"]) == (503, "unavailable")


def test_originals_are_asked_for_by_true(get: Get) -> None:
    open_review()
    refused = blamed(get("review_with_some_originals"))
    assert refused == (400, "invalid_request", "originals", "enum")
