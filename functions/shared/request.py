"""The request as its schema describes it, normalised; and what is wrong with one that is not."""

import functools
import hashlib
import json
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

from shared.schema import first_breach

MAX_FILE_BYTES = 64 * 1024
DEFAULTS = {
    "negative_prompt": "",
    "width": 512,
    "height": 512,
    "num_images": 1,
    "guidance_scale": 7.5,
    "num_inference_steps": 25,
    "language": "und",
}
_INTEGERS = frozenset({"width", "height", "num_images", "seed", "num_inference_steps"})
_WORDS = {"type": "string", "minLength": 1, "maxLength": 1000}
_SCHEMA = Path(__file__).parents[1] / "compiled" / "request.schema.json"
# Of category Cc, what is no white space: NUL and its like draw nothing and break what reads them.
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_WHITE_SPACE = re.compile(r"\s+")


class InvalidRequest(Exception):
    """The request breaks a rule: `field`, `rule` and a message for people, without the prompt."""

    def __init__(self, field: str, rule: str, message: str) -> None:
        super().__init__(message)
        self.field, self.rule, self.message = field, rule, message


def parse_file(key: str, content: bytes) -> object:
    """The request in a prompt file: JSON in a .json file, the prompt itself in a .txt file."""
    if not content:
        raise InvalidRequest("file", "not_empty", "the file is empty")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            "file", "utf-8", f"the file is not UTF-8 (at byte {error.start})"
        ) from None
    return {"prompt": text} if key.lower().endswith(".txt") else parse_json(text, "file")


def parse_json(text: str, field: str) -> object:
    """What a JSON text says. Raises InvalidRequest, of the field that it came in."""

    def refuse_constant(name: str) -> NoReturn:
        raise InvalidRequest(field, "json", f"not JSON: {name} is no number there")

    try:
        return json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}"
        if field in {"file", "body"}:
            place = f"line {error.lineno}, {place}"
        raise InvalidRequest(field, "json", f"not JSON: {error.msg} in {place}") from None
    except (ValueError, RecursionError):
        raise InvalidRequest(
            field, "json", "not JSON that can be read (a number or the nesting is too large)"
        ) from None


def check_suffix(key: str) -> None:
    """Raises InvalidRequest for a file that does not hold one request."""
    name = key.lower()
    if name.endswith((".jsonl", ".csv")):
        suffix = name.rpartition(".")[2]
        raise InvalidRequest(
            "file", "suffix", f"a .{suffix} file holds many prompts: drop it under batches/"
        )
    if not name.endswith((".json", ".txt")):
        raise InvalidRequest("file", "suffix", "a prompt file must end in .json or .txt")


def check_size(size: int) -> None:
    """Raises InvalidRequest for a file too large to be one request."""
    if size > MAX_FILE_BYTES:
        raise InvalidRequest(
            "file", "max_bytes", f"the file has {size} bytes; at most {MAX_FILE_BYTES} are read"
        )


def normalised(body: object) -> dict[str, Any]:
    """The request with its texts normalised and its defaults filled in.

    Raises InvalidRequest for the first rule of schemas/request.schema.json that it breaks.
    """
    if not isinstance(body, dict):
        raise InvalidRequest("request", "type", "the request must be a JSON object")
    request = dict(body)
    for name, value in body.items():
        _check_writable(name, value)
    for name in ("prompt", "negative_prompt"):
        if isinstance(request.get(name), str):
            request[name] = normalised_text(request[name])
    breach = first_breach(request, _schema())
    if breach:
        raise InvalidRequest(breach.field, breach.rule, breach.message)
    # JSON Schema counts 512.0 as an integer, models do not; and 8 asks for no more than 8.0 does.
    for name in request.keys() & _INTEGERS:
        request[name] = int(request[name])
    if "guidance_scale" in request:
        request["guidance_scale"] += 0.0
    return DEFAULTS | request


@functools.cache
def field_types() -> dict[str, str]:
    """The request's fields with their types in the schema."""
    return {name: about["type"] for name, about in _schema()["properties"].items()}


def check_requester(name: str) -> None:
    """Raises InvalidRequest for a name that no request can have given as its `requester`."""
    breach = first_breach(name, _schema()["properties"]["requester"], "requester")
    if breach:
        raise InvalidRequest(breach.field, breach.rule, breach.message)


def check_fields(body: dict[str, object], known: Collection[str], what: str) -> None:
    """Raises InvalidRequest for the first field that `what`, such as "a check", does not have."""
    for name in body:
        if name not in known:
            field = name[:128].encode(errors="replace").decode()
            raise InvalidRequest(field, "unknown_field", f"{field} is not a field of {what}")


def read_words(body: dict[str, object], name: str) -> str:
    """What a person wrote in a field of their own, normalised as a prompt: 1 to 1000 characters.

    Raises InvalidRequest.
    """
    if name not in body:
        raise InvalidRequest(name, "required", f"{name} is missing")
    words = body[name]
    _check_writable(name, words)
    if isinstance(words, str):
        words = normalised_text(words)
    if breach := first_breach(words, _WORDS, name):
        raise InvalidRequest(breach.field, breach.rule, breach.message)
    return str(words)


def request_hash(request: dict[str, Any]) -> str:
    """SHA-256 of what was asked for; equal for requests that differ in notation only."""
    asked = {name: value for name, value in request.items() if name != "request_id"}
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _check_writable(name: str, value: object) -> None:
    """Raises InvalidRequest for what cannot be written as JSON in UTF-8, wherever it is nested."""
    field = name[:64].encode(errors="replace").decode()
    try:
        json.dumps({name: value}, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise InvalidRequest(field, "unicode", f"{field} holds half a surrogate pair") from None
    except ValueError:
        raise InvalidRequest(field, "number", f"{field} holds no number that JSON knows") from None
    except RecursionError:
        raise InvalidRequest(field, "depth", f"{field} is nested too deeply") from None


def normalised_text(text: str) -> str:
    """A prompt as the layers judge it: NFC, no control characters, white space as one space."""
    visible = _CONTROLS.sub("", text)
    return _WHITE_SPACE.sub(" ", unicodedata.normalize("NFC", visible)).strip()


@functools.cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(_SCHEMA.read_text("utf-8"))
    return schema
