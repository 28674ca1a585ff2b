"""How the API answers: a status, its body's schema and headers; and what each problem means."""

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


def status_and_title(code: str) -> tuple[int, str]:
    """Of a problem."""
    return (CODES | _GATEWAY_CODES)[code]


def problem(*codes: str) -> Answer:
    """One answer for problems of the same status."""
    status, _ = status_and_title(codes[0])
    return Answer(
        status,
        " ".join(MEANINGS[code] for code in codes),
        "api#/definitions/problem",
        always=("Retry-After",) if status in _WITH_RETRY_AFTER else (),
        codes=codes,
    )


EVERYWHERE = tuple(
    problem(code) for code in ("unauthorized", "forbidden", "throttled", "internal", "unavailable")
)
