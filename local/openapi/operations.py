"""The API's operations: what each takes and how it answers, without the schemas of the bodies.

A schema is named by its file in schemas/ and a place in it: `request`, `api#/definitions/problem`.
"""

from dataclasses import dataclass

from local.openapi.answers import EVERYWHERE, Answer, problem

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
_UNCHANGED = Answer(304, "Nothing has changed.", always=("ETag",))
_BODY = tuple(problem(code) for code in ("invalid_request", "too_large", "unsupported_media_type"))
_QUOTA = problem("quota_exceeded", "throttled")
_CONFLICT = problem("conflict")
_REVIEWER = ("Safelight-Reviewer",)


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
            problem("idempotency_key_reused"),
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
            problem("invalid_request"),
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
            problem("not_found"),
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
            problem("not_found"),
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
            problem("not_found"),
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
            problem("invalid_request"),
            problem("not_found"),
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
            problem("invalid_request"),
            problem("not_found"),
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
            problem("not_found"),
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
            problem("not_found"),
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
            problem("not_found"),
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
            problem("unreadable_image"),
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
