"""The API's operations: what each takes and how it answers, without the schemas of the bodies.

A schema is named by its file in schemas/ and a place in it: `request`, `api#/definitions/problem`.
"""

from dataclasses import dataclass, field
from typing import Any

from shared.api import CODES

# What API Gateway itself answers, besides what functions do: the template's gateway responses.
_GATEWAY_CODES = {"unauthorized": (401, "Unauthorized")}
# What each code says; a function's own words say more.
MEANINGS = {
    "invalid_request": "A field, header or parameter breaks a rule; errors say which.",
    "unauthorized": "Nobody that the API knows.",
    "forbidden": "Not allowed, not signed, or no such route.",
    "not_found": "Nothing that this caller may see has this id.",
    "conflict": "It does not go with how things stand; errors say why.",
    "too_large": "The body is too large.",
    "unsupported_media_type": "The body is not application/json.",
    "idempotency_key_reused": "The key is another request's.",
    "unreadable_image": "No PNG or JPEG that can be read.",
    "quota_exceeded": "What the caller has for this day is used up, until midnight UTC.",
    "throttled": "Too many calls at a time.",
    "internal": "A fault of the stack's.",
    "unavailable": "A service behind the API does not answer now.",
}
_WITH_RETRY_AFTER = (429, 503)
# A client finds its way by what an answer says.
_TO_REQUEST = {
    name: {"operationId": name, "parameters": {"id": "$response.body#/request_id"}}
    for name in ("showRequest", "showEvents")
}
_TO_REVIEW = {
    name: {"operationId": name, "parameters": {"id": "$response.body#/reviews/0/review_id"}}
    for name in ("showReview", "claimReview")
}
_TO_CLAIMED = {
    name: {"operationId": name, "parameters": {"id": "$response.body#/review_id"}}
    for name in ("decideReview", "releaseReview")
}


@dataclass(frozen=True)
class Answer:
    """One status: what it means, its body's schema if it has one, and its headers' names.

    `always` are headers that it always has, `sometimes` others. A problem has `codes`.
    """

    status: int
    meaning: str
    schema: str = ""
    always: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()
    links: dict[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One method of one path. `parameters` are names of PARAMETERS; `body` is a schema, and
    `example` a file in events/api/ that is such a body."""

    name: str
    method: str
    path: str
    summary: str
    answers: tuple[Answer, ...]
    description: str = ""
    parameters: tuple[str, ...] = ()
    body: str = ""
    example: str = ""


def status_and_title(code: str) -> tuple[int, str]:
    """Of a problem."""
    return (CODES | _GATEWAY_CODES)[code]


PARAMETERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "in": "header",
        "description": "The caller's own name for this request. A second call with the same key "
        "and body starts nothing, and is answered as the first; with another body it is refused. "
        "The body's request_id does the same; where both are given they must be equal. Keys are "
        "kept for 90 days, apart for each caller.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
    },
    "wait": {
        "in": "query",
        "description": "How many seconds to wait for the result before answering 202. Few callers "
        "may wait at a time (the stack's ApiMaxWaiting); others are answered at once, with "
        "Preference-Applied: wait=0.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 25, "default": 0},
    },
    "id": {
        "in": "path",
        "required": True,
        "description": "A request_id, as an answer gave it.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    },
    "review": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "A review_id, as a list gave it.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    },
    "Safelight-Reviewer": {
        "in": "header",
        "description": "Who reviews. On the local engine only, where nobody logs in; elsewhere it "
        "means nothing.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "queue": {
        "in": "query",
        "description": "open: what waits for a decision, oldest first. decided: what ended, newest "
        "first. owed: what has a decision that the request could not be told yet.",
        "schema": {"type": "string", "enum": ["open", "owed", "decided"], "default": "open"},
    },
    "originals": {
        "in": "query",
        "description": "Also links to the pictures as they are, of what a decision can deliver. "
        "Only for whoever has the claim, and noted in the review.",
        "schema": {"type": "boolean", "default": False},
    },
    "If-None-Match": {
        "in": "header",
        "description": "The ETag of an earlier answer: 304 if nothing has changed.",
        "schema": {"type": "string"},
    },
    "limit": {
        "in": "query",
        "description": "How many at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 20},
    },
    "cursor": {
        "in": "query",
        "description": "next_cursor of the page before.",
        "schema": {"type": "string"},
    },
    "requester": {
        "in": "query",
        "description": "Only requests for this requester, as their body named it; without it, only "
        "those that named none.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._@-]{1,64}$"},
    },
}

HEADERS: dict[str, dict[str, Any]] = {
    "Location": {
        "description": "The request's path, with the stage.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds after which to try again, or to look again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "ETag": {
        "description": "Of this state of the answer, for If-None-Match.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replay": {
        "description": "true where it was there before: this call started or decided nothing.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Preference-Applied": {
        "description": "wait=0 where wait was asked for and no place was free.",
        "schema": {"type": "string", "enum": ["wait=0"]},
    },
}


def _problem(*codes: str) -> Answer:
    status, _ = status_and_title(codes[0])
    return Answer(
        status,
        " ".join(MEANINGS[code] for code in codes),
        "api#/definitions/problem",
        always=("Retry-After",) if status in _WITH_RETRY_AFTER else (),
        codes=codes,
    )


EVERYWHERE = tuple(
    _problem(code) for code in ("unauthorized", "forbidden", "throttled", "internal", "unavailable")
)
_UNCHANGED = Answer(304, "Nothing has changed.", always=("ETag",))
_BODY = tuple(_problem(code) for code in ("invalid_request", "too_large", "unsupported_media_type"))
_QUOTA = _problem("quota_exceeded", "throttled")
_CONFLICT = _problem("conflict")
_REVIEWER = ("Safelight-Reviewer",)


def _answers(*own: Answer) -> tuple[Answer, ...]:
    statuses = {answer.status for answer in own}
    everywhere = (answer for answer in EVERYWHERE if answer.status not in statuses)
    return tuple(sorted((*own, *everywhere), key=lambda answer: answer.status))


OPERATIONS = (
    Operation(
        name="requestImages",
        method="post",
        path="/images",
        summary="Ask for pictures",
        description="Starts one run of the state machine, as a prompt file does. What is refused "
        "here starts nothing and leaves no record.",
        parameters=("Idempotency-Key", "wait"),
        body="request",
        example="clean.json",
        answers=_answers(
            Answer(
                200,
                "The result, where wait was given and was long enough.",
                "request-view",
                always=("Location",),
                sometimes=("Idempotent-Replay",),
                links=_TO_REQUEST,
            ),
            Answer(
                202,
                "Accepted.",
                "api#/definitions/accepted",
                always=("Location", "Retry-After"),
                sometimes=("Idempotent-Replay", "Preference-Applied"),
                links=_TO_REQUEST,
            ),
            *_BODY,
            _problem("idempotency_key_reused"),
            _QUOTA,
        ),
    ),
    Operation(
        name="listRequests",
        method="get",
        path="/images",
        summary="List one's own requests, newest first",
        parameters=("limit", "cursor", "requester"),
        answers=_answers(
            Answer(200, "One page.", "api#/definitions/request_list"),
            _problem("invalid_request"),
        ),
    ),
    Operation(
        name="showRequest",
        method="get",
        path="/images/{id}",
        summary="Show a request, with links to its pictures",
        description="Links to delivered pictures and to blurred previews work for a few minutes "
        "(the stack's ApiLinkSeconds): whoever has a link has the picture. A picture that was "
        "withheld has none. While the request runs, ask again after Retry-After.",
        parameters=("id", "If-None-Match"),
        answers=_answers(
            Answer(200, "The request as it stands.", "request-view", ("ETag",), ("Retry-After",)),
            _UNCHANGED,
            _problem("not_found"),
        ),
    ),
    Operation(
        name="showEvents",
        method="get",
        path="/images/{id}/events",
        summary="Show which stages a request has entered",
        parameters=("id", "If-None-Match"),
        answers=_answers(
            Answer(200, "The stages.", "api#/definitions/progress", ("ETag",), ("Retry-After",)),
            _UNCHANGED,
            _problem("not_found"),
        ),
    ),
    Operation(
        name="appealRequest",
        method="post",
        path="/images/{id}/appeal",
        summary="Appeal against what was blocked",
        description="Once for each request, where the stack has reviews and the policy leaves it "
        "to people: another run of the request begins with a review.",
        parameters=("id",),
        body="api#/definitions/appeal",
        example="appeal.json",
        answers=_answers(
            Answer(
                202,
                "The appeal is accepted.",
                "api#/definitions/appealed",
                sometimes=("Location", "Retry-After", "Idempotent-Replay"),
                links=_TO_REQUEST,
            ),
            *_BODY,
            _problem("not_found"),
            _CONFLICT,
        ),
    ),
    Operation(
        name="listReviews",
        method="get",
        path="/reviews",
        summary="List what waits for reviewers, or what was decided",
        description="All calls of reviews are for the stack's reviewers, and 403 for others.",
        parameters=("queue", "limit", "cursor", *_REVIEWER),
        answers=_answers(
            Answer(200, "One page.", "api#/definitions/review_list", links=_TO_REVIEW),
            _problem("invalid_request"),
            _problem("not_found"),
        ),
    ),
    Operation(
        name="showReview",
        method="get",
        path="/reviews/{id}",
        summary="Show a review, with links to blurred pictures",
        description="Links work for a few minutes (the stack's ApiLinkSeconds).",
        parameters=("review", "originals", *_REVIEWER),
        answers=_answers(
            Answer(200, "The review as it stands.", "review-view"),
            _problem("invalid_request"),
            _problem("not_found"),
            _CONFLICT,
        ),
    ),
    Operation(
        name="claimReview",
        method="post",
        path="/reviews/{id}/claim",
        summary="Take a review for some minutes, or for some more",
        description="As long as the stack's ReviewClaimSeconds, nobody else can decide it.",
        parameters=("review", *_REVIEWER),
        answers=_answers(
            Answer(
                200,
                "The review is the caller's.",
                "api#/definitions/review_summary",
                links=_TO_CLAIMED,
            ),
            _problem("not_found"),
            _CONFLICT,
        ),
    ),
    Operation(
        name="releaseReview",
        method="delete",
        path="/reviews/{id}/claim",
        summary="Give a review back",
        parameters=("review", *_REVIEWER),
        answers=_answers(
            Answer(204, "The caller does not have it any more."),
            _problem("not_found"),
            _CONFLICT,
        ),
    ),
    Operation(
        name="decideReview",
        method="post",
        path="/reviews/{id}/decision",
        summary="Decide a review",
        description="For whoever has the claim. One decision stands; the same again is answered "
        "as the first. Nobody decides on a request of their own, nor on an appeal against their "
        "own decision.",
        parameters=("review", *_REVIEWER),
        body="api#/definitions/review_decision",
        example="review_decision.json",
        answers=_answers(
            Answer(
                200,
                "The request goes on as decided.",
                "api#/definitions/review_decided",
                sometimes=("Idempotent-Replay",),
            ),
            Answer(
                202,
                "Decided; the request could not be told yet, and will be within minutes.",
                "api#/definitions/review_decided",
                sometimes=("Idempotent-Replay",),
            ),
            *_BODY,
            _problem("not_found"),
            _CONFLICT,
        ),
    ),
    Operation(
        name="checkPrompt",
        method="post",
        path="/moderations/prompt",
        summary="Judge a prompt without making pictures",
        description="The text layers alone, for those who have a generator of their own. Nothing "
        "of the prompt is stored.",
        body="api#/definitions/prompt_check",
        example="check_prompt.json",
        answers=_answers(
            Answer(200, "The layers' verdicts.", "api#/definitions/prompt_verdict"),
            *_BODY,
            _QUOTA,
        ),
    ),
    Operation(
        name="checkImage",
        method="post",
        path="/moderations/image",
        summary="Judge a picture",
        description="The image layer alone. Nothing of the picture is stored.",
        body="api#/definitions/image_check",
        example="check_image.json",
        answers=_answers(
            Answer(200, "The moderator's verdict.", "api#/definitions/image_verdict"),
            *_BODY,
            _problem("unreadable_image"),
            _QUOTA,
        ),
    ),
    Operation(
        name="checkHealth",
        method="get",
        path="/health",
        summary="Say whether the API works, and how the generator stands",
        answers=_answers(Answer(200, "It works.", "api#/definitions/health")),
    ),
    Operation(
        name="showDescription",
        method="get",
        path="/openapi.json",
        summary="This description",
        parameters=("If-None-Match",),
        answers=_answers(
            Answer(200, "An OpenAPI 3.1 document.", "api#/definitions/openapi", ("ETag",)),
            _UNCHANGED,
        ),
    ),
)
