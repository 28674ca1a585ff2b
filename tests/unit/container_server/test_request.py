"""JumpStart's request: what is taken, and how the rest is refused."""

import json
from typing import Any

import pytest

from server.job import Job, Shape
from server.rejection import Rejection
from server.request import JSON, TEXT, Order, read_order
from server.settings import Limits

LIMITS = Limits()


def read(**fields: Any) -> Order:
    return read_order(json.dumps(fields).encode(), JSON, LIMITS)


def test_a_whole_request() -> None:
    order = read(
        prompt="a lake", negative_prompt="blurry", width=768, height=640, num_images_per_prompt=2,
        num_inference_steps=20, guidance_scale=5, seed=7,
    )  # fmt: skip
    shape = Shape(768, 640, 20, 5.0)
    assert order.jobs == (Job(shape, "a lake", "blurry", 7), Job(shape, "a lake", "blurry", 8))
    assert (order.prompt, order.as_text) == ("a lake", False)


def test_a_prompt_alone_gets_the_defaults_and_some_seed() -> None:
    first, second = read(prompt="a lake").jobs[0], read(prompt="a lake").jobs[0]
    assert first.shape == Shape(512, 512, 25, 7.5)
    assert first.negative_prompt == ""
    assert first.seed != second.seed


def test_null_is_as_if_it_were_not_there() -> None:
    assert read(prompt="a lake", seed=1, width=None) == read(prompt="a lake", seed=1)


def test_a_list_of_prompts_is_painted_in_its_order() -> None:
    order = read(prompt=["a", "b"], num_images_per_prompt=2, seed=1, negative_prompt=["x", "y"])
    assert [(job.prompt, job.negative_prompt, job.seed) for job in order.jobs] == [
        ("a", "x", 1), ("a", "x", 2), ("b", "y", 3), ("b", "y", 4),
    ]  # fmt: skip
    assert order.prompt == ["a", "b"]


def test_one_negative_prompt_is_for_all_prompts() -> None:
    assert [job.negative_prompt for job in read(prompt=["a", "b"], negative_prompt="x").jobs] == [
        "x",
        "x",
    ]


@pytest.mark.parametrize("scale", [0, 0.5, 1, 1.0])
def test_guidance_of_at_most_one_is_off(scale: float) -> None:
    assert read(prompt="a", guidance_scale=scale).jobs[0].shape.guidance == 0.0


def test_a_text_is_a_prompt() -> None:
    order = read_order(b"ein See", f"{TEXT}; charset=utf-8", LIMITS)
    assert (order.prompt, order.as_text, len(order.jobs)) == ("ein See", True, 1)


def test_without_a_content_type_it_is_json() -> None:
    assert read_order(b'{"prompt": "a"}', "", LIMITS).prompt == "a"


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({}, "prompt", "text"),
        ({"prompt": " "}, "prompt", "empty"),
        ({"prompt": []}, "prompt", "count"),
        ({"prompt": ["a"] * 9}, "prompt", "count"),
        ({"prompt": ["a", 1]}, "prompt", "text"),
        ({"prompt": "a" * 4001}, "prompt", "max_length"),
        ({"prompt": "\ud800"}, "prompt", "unicode"),
        ({"prompt": "a", "negative_prompt": 1}, "negative_prompt", "text"),
        ({"prompt": "a", "negative_prompt": ["b"]}, "negative_prompt", "count"),
        ({"prompt": ["a", "b"], "negative_prompt": ["c"]}, "negative_prompt", "count"),
        ({"prompt": "a", "width": 500}, "width", "multiple_of_8"),
        ({"prompt": "a", "width": 56}, "width", "range"),
        ({"prompt": "a", "height": 1032}, "height", "range"),
        ({"prompt": "a", "height": 512.0}, "height", "integer"),
        ({"prompt": "a", "width": True}, "width", "integer"),
        ({"prompt": "a", "num_images_per_prompt": 9}, "num_images_per_prompt", "range"),
        ({"prompt": ["a"] * 5, "num_images_per_prompt": 2}, "num_images_per_prompt", "maximum"),
        ({"prompt": "a", "num_inference_steps": 0}, "num_inference_steps", "range"),
        ({"prompt": "a", "guidance_scale": "7"}, "guidance_scale", "number"),
        ({"prompt": "a", "guidance_scale": -1}, "guidance_scale", "range"),
        ({"prompt": "a", "guidance_scale": 10**400}, "guidance_scale", "range"),
        ({"prompt": "a", "seed": -1}, "seed", "range"),
        ({"prompt": "a", "seed": 2**63}, "seed", "range"),
        ({"prompt": "a", "strength": 1}, "", "unknown_field"),
    ],
)
def test_what_is_refused_is_named(fields: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(Rejection) as refused:
        read(**fields)
    rejection = refused.value
    assert (rejection.status, rejection.field, rejection.rule) == (400, field, rule)


@pytest.mark.parametrize(
    ("body", "kind", "status", "rule"),
    [
        (b"{", JSON, 400, "json"),
        (b"[" * 100_000, JSON, 400, "json"),
        (b'{"prompt": "a", "guidance_scale": NaN}', JSON, 400, "json"),
        (b'{"seed": 1' + b"0" * 5000 + b"}", JSON, 400, "json"),
        (b"[]", JSON, 400, "object"),
        (b"\xff", TEXT, 400, "utf8"),
        (b"", TEXT, 400, "empty"),
        (b"a", "text/plain", 415, "content_type"),
        (b"a", "application/x-www-form-urlencoded", 415, "content_type"),
    ],
)
def test_what_is_no_request_is_refused(body: bytes, kind: str, status: int, rule: str) -> None:
    with pytest.raises(Rejection) as refused:
        read_order(body, kind, LIMITS)
    assert (refused.value.status, refused.value.rule) == (status, rule)


def test_a_rejection_does_not_quote_the_request() -> None:
    with pytest.raises(Rejection) as refused:
        read(prompt="secret", seed="secret")
    assert json.loads(refused.value.body) == {
        "error": {
            "type": "InvalidRequest",
            "field": "seed",
            "rule": "integer",
            "message": "seed must be a whole number",
        }
    }


def test_seeds_stay_within_what_a_generator_takes() -> None:
    jobs = read(prompt="a", seed=2**63 - 1, num_images_per_prompt=2).jobs
    assert [job.seed for job in jobs] == [2**63 - 1, 0]
