"""dataset_info.json: the prompts that a DreamBooth training takes from the set.

JumpStart's notebook "Introduction to JumpStart - Text to Image" documents instance_prompt, and
class_prompt, which only a training with prior preservation needs.
"""

import json
from dataclasses import dataclass
from typing import Any

from shared.request import InvalidRequest, normalised

NAME = "dataset_info.json"
MOST_BYTES = 64 * 1024
_PROMPTS = ("instance_prompt", "class_prompt")
# Of names that nothing reads: they travel with the job, to every group of images.
_MOST_UNREAD = 10
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Info:
    """{field, text} of each prompt, normalised as a request's; some names that nothing reads."""

    prompts: list[dict[str, str]]
    unread: list[str]

    def fields(self) -> list[str]:
        """The names of the prompts that are there."""
        return [prompt["field"] for prompt in self.prompts]


def read_info(content: bytes) -> Info:
    """Raises InvalidRequest for what the training could not read either, before it is paid for."""
    info = _object(content)
    if "instance_prompt" not in info:
        raise InvalidRequest("instance_prompt", "required", f"{NAME} has no instance_prompt")
    prompts = [
        {"field": field, "text": _prompt(field, info[field])} for field in _PROMPTS if field in info
    ]
    unread = sorted(_shown(name) for name in info.keys() - set(_PROMPTS))
    return Info(prompts, unread[:_MOST_UNREAD])


def _object(content: bytes) -> dict[str, Any]:
    if not content.strip():
        raise _bad_file("not_empty", "is empty")
    if content.startswith(_BOM):
        raise _bad_file("bom", "begins with a byte order mark, which the training cannot read")
    try:
        info = json.loads(content.decode())
    except UnicodeDecodeError as error:
        raise _bad_file("utf-8", f"is not UTF-8 (at byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise _bad_file("json", f"is not JSON (line {error.lineno}: {error.msg})") from None
    except (ValueError, RecursionError):
        raise _bad_file("json", "is not JSON that can be read") from None
    if not isinstance(info, dict):
        raise _bad_file("type", "is no JSON object")
    return info


def _prompt(field: str, value: object) -> str:
    """The text as the layers judge it. Raises InvalidRequest as for a request's prompt."""
    try:
        text: str = normalised({"prompt": value})["prompt"]
    except InvalidRequest as invalid:
        message = invalid.message.replace("prompt", field, 1)
        raise InvalidRequest(field, invalid.rule, message) from None
    return text


def _bad_file(rule: str, says: str) -> InvalidRequest:
    return InvalidRequest(NAME, rule, f"{NAME} {says}")


def _shown(name: str) -> str:
    return name[:64].encode(errors="replace").decode()
