"""dataset_info.json: two prompts, or what is wrong with it."""

import json

import pytest

from prepare_dataset.info import read_info
from shared.request import InvalidRequest

INFO = {"instance_prompt": "a photo of a  Doppler dog ", "class_prompt": "a photo of a dog"}


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidRequest) as raised:
        read_info(content)
    assert raised.value.message
    return raised.value.field, raised.value.rule


def test_prompts_are_normalised_as_a_requests_are() -> None:
    info = read_info(json.dumps(INFO).encode())
    assert info.prompts == [
        {"field": "instance_prompt", "text": "a photo of a Doppler dog"},
        {"field": "class_prompt", "text": "a photo of a dog"},
    ]
    assert (info.fields(), info.unread) == (["instance_prompt", "class_prompt"], [])


def test_a_class_prompt_may_be_missing() -> None:
    info = read_info(b'{"instance_prompt": "a dog"}\r\n')
    assert info.fields() == ["instance_prompt"]


def test_what_no_training_reads_is_named() -> None:
    assert read_info(b'{"instance_prompt": "a dog", "z": 1, "author": "me"}').unread == [
        "author",
        "z",
    ]
    many = {"instance_prompt": "a dog"} | {f"field{number}": 1 for number in range(1000)}
    assert len(read_info(json.dumps(many).encode()).unread) == 10


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "not_empty"),
        (b" \n", "not_empty"),
        (b"\xef\xbb\xbf" + json.dumps(INFO).encode(), "bom"),
        (b"\xff\xfe{", "utf-8"),
        (b'{"instance_prompt": "caf\xe9"}', "utf-8"),
        (b"instance_prompt: a dog", "json"),
        (b"{'instance_prompt': 'a dog'}", "json"),
        (b"[" * 100_000, "json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json"),
        (b'["a photo of a dog"]', "type"),
        (b"null", "type"),
    ],
)
def test_a_file_that_the_training_could_not_read(content: bytes, rule: str) -> None:
    assert refused(content) == ("dataset_info.json", rule)


@pytest.mark.parametrize(
    ("info", "field", "rule"),
    [
        ({}, "instance_prompt", "required"),
        ({"prompt": "a dog"}, "instance_prompt", "required"),
        ({"instance_prompt": None}, "instance_prompt", "type"),
        ({"instance_prompt": ["a dog"]}, "instance_prompt", "type"),
        ({"instance_prompt": ""}, "instance_prompt", "minLength"),
        ({"instance_prompt": " \n"}, "instance_prompt", "minLength"),
        ({"instance_prompt": "a" * 2001}, "instance_prompt", "maxLength"),
        ({"instance_prompt": "\ud83d"}, "instance_prompt", "unicode"),
        ({"instance_prompt": "a dog", "class_prompt": None}, "class_prompt", "type"),
        ({"instance_prompt": "a dog", "class_prompt": ""}, "class_prompt", "minLength"),
    ],
)
def test_a_prompt_is_as_a_requests(info: object, field: str, rule: str) -> None:
    assert refused(json.dumps(info).encode()) == (field, rule)


def test_the_message_names_the_field() -> None:
    with pytest.raises(InvalidRequest, match="class_prompt must have at most 2000 characters"):
        read_info(json.dumps({**INFO, "class_prompt": "a" * 2001}).encode())
