"""What may be asked for a data set, and what is wrong with what may not."""

from typing import Any

import pytest

from prepare_dataset.asked import Asked, body_of, named_prefix, read_asked
from shared.request import InvalidRequest


def refused(body: object) -> tuple[str, str]:
    with pytest.raises(InvalidRequest) as raised:
        read_asked(body)
    return raised.value.field, raised.value.rule


def test_a_prefix_is_enough() -> None:
    assert read_asked({"prefix": "datasets/cats/"}) == Asked("datasets/cats/")


def test_everything_that_can_be_asked() -> None:
    body = {
        "prefix": "datasets/pets/cats & dogs/",
        "flagged": "quarantine",
        "clean_copy": True,
        "fine_tune": {"instance_type": "ml.g5.2xlarge", "hyperparameters": {"seed": "7"}},
    }
    asked = read_asked(body)
    assert (asked.flagged, asked.clean_copy) == ("quarantine", True)
    assert asked.fine_tune == body["fine_tune"]


@pytest.mark.parametrize(
    ("prefix", "rule"),
    [
        ("", "root"),
        ("cats/", "root"),
        ("/datasets/cats/", "root"),
        ("Datasets/cats/", "root"),
        ("datasets", "root"),
        ("datasets/cats", "trailing_slash"),
        ("datasets/cats/dataset_info.json", "trailing_slash"),
        ("datasets/", "folders"),
        ("datasets//", "folders"),
        ("datasets/cats//", "folders"),
        ("datasets/../clean/", "folders"),
        ("datasets/./", "folders"),
        ("datasets/ca\nts/", "characters"),
        ("datasets/\x00/", "characters"),
        ("datasets/\ud83d/", "characters"),
        ("datasets/\u202etac/", "characters"),
        (f"datasets/{'ä' * 300}/", "max_bytes"),
    ],
)
def test_a_prefix_is_a_folder_of_its_own(prefix: str, rule: str) -> None:
    assert refused({"prefix": prefix}) == ("prefix", rule)


@pytest.mark.parametrize("prefix", ["datasets/猫/", "datasets/a+b %2F/", "datasets/a/b/c/"])
def test_a_folder_may_have_any_name_that_can_be_shown(prefix: str) -> None:
    assert read_asked({"prefix": prefix}).prefix == prefix


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        (None, "request", "type"),
        ("datasets/cats/", "request", "type"),
        ({}, "prefix", "required"),
        ({"prefix": 7}, "prefix", "type"),
        ({"prefix": "datasets/cats/", "flaged": "tag"}, "flaged", "unknown_field"),
        ({"prefix": "datasets/cats/", "flagged": "delete"}, "flagged", "pattern"),
        ({"prefix": "datasets/cats/", "clean_copy": "yes"}, "clean_copy", "type"),
        ({"prefix": "datasets/cats/", "fine_tune": True}, "fine_tune", "type"),
        ({"prefix": "datasets/cats/", "fine_tune": None}, "fine_tune", "type"),
        (
            {"prefix": "datasets/cats/", "fine_tune": {"hyperparameters": {"epochs": 20}}},
            "fine_tune.hyperparameters.epochs",
            "type",
        ),
        (
            {"prefix": "datasets/cats/", "fine_tune": {"steps": "400"}},
            "fine_tune.steps",
            "unknown_field",
        ),
    ],
)
def test_anything_else_is_named(body: Any, field: str, rule: str) -> None:
    assert refused(body) == (field, rule)


def test_an_event_holds_what_is_asked_for() -> None:
    asked = {"prefix": "datasets/cats/"}
    assert body_of({"detail-type": "DatasetSubmitted", "detail": asked}) == asked
    assert body_of(asked) == asked
    assert body_of({"detail-type": "DatasetSubmitted"}) is None


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"prefix": "datasets/cats/"}, "datasets/cats/"),
        ({"prefix": 7}, "7"),
        ({"prefix": "\ud83d"}, "?"),
        ({}, ""),
        ([1, 2], "[1, 2]"),
        (None, "null"),
    ],
)
def test_a_job_has_a_name_whatever_was_asked(body: object, name: str) -> None:
    assert named_prefix(body) == name
