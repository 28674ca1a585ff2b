"""Bad input ends as INVALID with the field and the rule, recorded and announced."""

from typing import Any

import pytest
from workflow.running_system import Stack

pytestmark = pytest.mark.engine

FILES: dict[str, tuple[bytes | str, str, str]] = {
    "not-json.json": (b"{prompt: a cat}", "file", "json"),
    "wrong-type.json": (b'{"prompt": 5}', "prompt", "type"),
    "unknown-field.json": (b'{"prompt": "a cat", "sampler": "k"}', "sampler", "unknown_field"),
    "empty-prompt.json": (b'{"prompt": " \\n "}', "prompt", "minLength"),
    "too-long.json": (b'{"prompt": "%s"}' % (b"cat " * 501), "prompt", "maxLength"),
    "too-long.txt": ("dog " * 501, "prompt", "maxLength"),
    "not-utf-8.txt": (b"caf\xe9 at night", "file", "utf-8"),
    "utf-16.json": ('{"prompt": "a cat"}'.encode("utf-16"), "file", "utf-8"),
    "twenty-megabytes.json": (b" " * (20 * 1024 * 1024), "file", "max_bytes"),
    "picture.png": (b"\x89PNG", "file", "suffix"),
    "no-suffix": (b"a cat", "file", "suffix"),
    "many.jsonl": (b'{"prompt": "a cat"}\n', "file", "suffix"),
    "many.csv": (b"prompt\na cat\n", "file", "suffix"),
    "zero.json": (b"", "file", "not_empty"),
    "zero.txt": (b"", "file", "not_empty"),
    "list.json": (b"[]", "request", "type"),
    "null.json": (b"null", "request", "type"),
    "no-prompt.json": (b"{}", "prompt", "required"),
    "nan.json": (b'{"prompt": "a cat", "guidance_scale": NaN}', "file", "json"),
    "huge-number.json": (b'{"prompt": "a cat", "seed": %s}' % (b"9" * 5000), "file", "json"),
    "deep.json": (b'{"prompt": ' + b"[" * 20000 + b"]" * 20000 + b"}", "file", "json"),
    "surrogate.json": (b'{"prompt": "a \\ud800 cat"}', "prompt", "unicode"),
    "odd size+%2F.json": (b'{"prompt": "a cat", "width": 513}', "width", "multipleOf"),
    "grün.json": (b'{"prompt": "a cat", "num_images": 9}', "num_images", "maximum"),
    "true.json": (b'{"prompt": "a cat", "num_images": true}', "num_images", "type"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_told_what_is_wrong_and_stays(stack: Stack, check: Any, name: str) -> None:
    content, field, rule = FILES[name]
    body = content.encode() if isinstance(content, str) else content

    run = stack.drop(f"prompts/bad/{name}", body)

    check(run, "INVALID")
    assert run.status == "SUCCEEDED"
    (reason,) = run.record["reasons"]
    assert (reason["field"], reason["rule"]) == (field, rule)
    assert reason["message"]
    s3 = stack.client("s3")
    kept = s3.get_object(Bucket=stack.outputs["PromptsBucket"], Key=f"prompts/bad/{name}")
    assert kept["Body"].read() == body


def test_the_error_of_a_batch_file_says_where_it_belongs(stack: Stack) -> None:
    run = stack.drop("prompts/other.jsonl", b"{}\n")
    assert "batches/" in run.record["reasons"][0]["message"]


@pytest.mark.parametrize("detail", [{}, {"prompt": ""}, {"prompt": "a cat", "width": "512"}])
def test_a_bad_event_is_recorded_under_its_id(stack: Stack, check: Any, detail: Any) -> None:
    run = stack.put_event(detail)
    check(run, "INVALID")
    assert run.record["request_id"].startswith("event-")


@pytest.mark.parametrize(
    "request_", [{}, [], "a cat", None, 7, {"detail": {}}, {"source": "aws.s3"}]
)
def test_a_bad_direct_start_is_recorded_under_its_execution(
    stack: Stack, check: Any, request_: Any
) -> None:
    run = stack.run(request_)
    check(run, "INVALID")
    assert run.record["request_id"] == f"execution-{run.name}"
