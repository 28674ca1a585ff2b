"""The request as its schema describes it, normalised; and what is wrong with one that is not."""

import functools
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import fastjsonschema

MAX_FILE_BYTES = 64 * 1024
DEFAULTS = {
    "negative_prompt": "",
    "width": 512,
    "height": 512,
    "num_images": 1,
    "guidance_scale": 7.5,
    "num_inference_steps": 25,
    "language": "en",
}
_SCHEMA = Path(__file__).parents[1] / "compiled" / "request.schema.json"
_WHITE_SPACE = re.compile(r"\s+")
# What follows the field's name, by JSON Schema keyword; the definition fills the braces.
_MESSAGES = {
    "type": "must be of type {}",
    "minLength": "must have at least {} character(s)",
    "maxLength": "must have at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "multipleOf": "must be a multiple of {}",
    "pattern": "must match {}",
    "maxProperties": "must have at most {} entries",
}


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
    return {"prompt": text} if key.lower().endswith(".txt") else _parse_json(text)


def check_suffix(key: str) -> None:
    """Raises InvalidRequest for a file that does not hold one request."""
    suffix = key.rpartition("/")[2].lower().rpartition(".")[2]
    if suffix in {"jsonl", "csv"}:
        raise InvalidRequest(
            "file", "suffix", f"a .{suffix} file holds many prompts: drop it under batches/"
        )
    if suffix not in {"json", "txt"}:
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
    for name in ("prompt", "negative_prompt"):
        if isinstance(request.get(name), str):
            request[name] = _normalised_text(name, request[name])
    try:
        _validator()(request)
    except fastjsonschema.JsonSchemaValueException as broken:
        _refuse(request, broken)
    except RecursionError:
        raise InvalidRequest("request", "depth", "the request is nested too deeply") from None
    for name, value in request.items():
        if isinstance(value, float) and isinstance(DEFAULTS.get(name), int):
            request[name] = int(value)  # JSON Schema counts 512.0 as an integer; models do not
    return DEFAULTS | request


def request_hash(request: dict[str, Any]) -> str:
    """SHA-256 of what was asked for; equal for requests that differ in notation only."""
    asked = {name: value for name, value in request.items() if name != "request_id"}
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _parse_json(text: str) -> object:
    def refuse_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not JSON")

    try:
        return json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise InvalidRequest("file", "json", message) from None
    except (ValueError, RecursionError):
        raise InvalidRequest(
            "file", "json", "not JSON that can be read (a number or the nesting is too large)"
        ) from None


def _normalised_text(name: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidRequest(name, "unicode", f"{name} holds half a surrogate pair") from None
    # NUL and its like draw nothing and break what reads them; white space among them is kept.
    visible = "".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc")
    return _WHITE_SPACE.sub(" ", unicodedata.normalize("NFC", visible)).strip()


@functools.cache
def _validator() -> Callable[[object], object]:
    compiled: Callable[[object], object] = fastjsonschema.compile(
        json.loads(_SCHEMA.read_text("utf-8")), use_default=False
    )
    return compiled


def _refuse(request: dict[str, Any], broken: fastjsonschema.JsonSchemaValueException) -> NoReturn:
    path = [str(part) for part in broken.path[1:]]
    if broken.rule == "required":
        missing = next(name for name in broken.rule_definition if name not in request)
        raise InvalidRequest(missing, "required", f"{missing} is missing") from None
    if broken.rule == "additionalProperties" and not path:
        unknown = sorted(request.keys() - broken.definition["properties"].keys())[0][:64]
        raise InvalidRequest(
            unknown, "unknown_field", f"{unknown} is not a field of a request"
        ) from None
    name = ".".join(path)[:128] or "request"
    rule = str(broken.rule)
    says = _MESSAGES.get(rule, "breaks a rule: {}").format(broken.rule_definition)
    raise InvalidRequest(name, rule, f"{name} {says}") from None
