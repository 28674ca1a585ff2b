"""What is asked for a data set: where it lies, what becomes of flagged images, and a training."""

import json
from dataclasses import dataclass
from typing import Any

from shared.request import InvalidRequest
from shared.schema import first_breach

SETS = "datasets/"
# So that the keys of copies, which begin otherwise, stay below S3's 1,024 bytes.
_MOST_PREFIX_BYTES = 512
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["prefix"],
    "additionalProperties": False,
    "properties": {
        "prefix": {"type": "string"},
        "flagged": {"type": "string", "pattern": "report|quarantine|tag"},
        "clean_copy": {},
        "fine_tune": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "instance_type": {"type": "string"},
                "hyperparameters": {
                    "type": "object",
                    "additionalProperties": {"type": "string", "maxLength": 64},
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Asked:
    """`flagged` is report, quarantine or tag; `fine_tune` is None where nobody asks for it."""

    prefix: str
    flagged: str = "report"
    clean_copy: bool = False
    fine_tune: dict[str, Any] | None = None


def body_of(event: object) -> object:
    """What an execution's input asks for: itself, or a DatasetSubmitted event's detail."""
    if isinstance(event, dict) and event.get("detail-type") == "DatasetSubmitted":
        return event.get("detail")
    return event


def named_prefix(body: object) -> str:
    """What the job is called after, even if nothing can be listed under it."""
    prefix = body.get("prefix", "") if isinstance(body, dict) else body
    text = prefix if isinstance(prefix, str) else json.dumps(prefix, sort_keys=True)
    return text.encode(errors="replace").decode()


def read_asked(body: object) -> Asked:
    """Raises InvalidRequest for the first rule that is broken."""
    breach = first_breach(body, _SCHEMA)
    if breach:
        raise InvalidRequest(breach.field, breach.rule, breach.message)
    asked = Asked(**body)  # type: ignore[arg-type]
    if not isinstance(asked.clean_copy, bool):
        raise InvalidRequest("clean_copy", "type", "clean_copy must be true or false")
    _check_prefix(asked.prefix)
    return asked


def _check_prefix(prefix: str) -> None:
    """Raises InvalidRequest for what is no folder of its own under datasets/."""
    if not prefix.startswith(SETS):
        raise _bad_prefix("root", f"a data set lies under {SETS}")
    if not prefix.endswith("/"):
        raise _bad_prefix(
            "trailing_slash", "the prefix must end in /: without, other sets may begin with it"
        )
    folders = prefix.removeprefix(SETS).removesuffix("/").split("/")
    if any(folder in {"", ".", ".."} for folder in folders):
        raise _bad_prefix("folders", "every folder of the prefix must have a name")
    if not prefix.isprintable():
        raise _bad_prefix("characters", "the prefix holds characters that cannot be shown")
    if len(prefix.encode()) > _MOST_PREFIX_BYTES:
        raise _bad_prefix("max_bytes", f"the prefix must have at most {_MOST_PREFIX_BYTES} bytes")


def _bad_prefix(rule: str, message: str) -> InvalidRequest:
    return InvalidRequest("prefix", rule, message)
