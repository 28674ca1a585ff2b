"""Nothing that a function is given ends in its log, metrics or error, however the call ends."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EVENTS = Path(__file__).parents[2] / "events"
FOLDERS = {path.parent.name for path in Path(__file__).parents[2].glob("functions/*/handler.py")}
FILES = sorted(path for folder in FOLDERS for path in (EVENTS / folder).glob("*.json"))
SECRET = {"prompt", "negative_prompt", "token", "task_token", "taskToken", "apiKey", "x-api-key"}


def secrets(value: Any, name: str = "") -> Iterator[str]:
    """The prompts and tokens of an event, also those in the JSON texts that it holds."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from secrets(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from secrets(inner, name)
    elif isinstance(value, str) and value.startswith(("{", "[")):
        try:
            yield from secrets(json.loads(value))
        except ValueError:
            return
    elif name in SECRET and isinstance(value, str) and len(value) > 8:
        yield value[:60]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_prompt_and_no_token_leaves_a_function_by_its_log(
    path: Path, call: Any, aws: Any, logged: Any
) -> None:
    """Most of these calls fail, since nothing is prepared for them: that is what is looked at."""
    event = json.loads(path.read_text("utf-8"))
    error = ""
    try:
        call(path.parent.name, event)
    except Exception as raised:  # noqa: BLE001 - whatever it is, Lambda logs its name and message
        error = f"{type(raised).__name__}: {raised}"
    told = logged() + error
    assert told, "nothing was told of this call"
    for secret in secrets(event):
        assert secret not in told
