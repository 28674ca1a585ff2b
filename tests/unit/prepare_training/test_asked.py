"""What may be asked for: a training, or that an earlier model is put back."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepare_training.asked import LANGUAGES, Asked, Gates, read_asked
from shared.request import InvalidRequest

KEY = "classifiers/prompts.csv"
ARN = "arn:aws:comprehend:us-east-1:111122223333:document-classifier/safelight-prompts"


def test_what_is_left_out_has_its_default() -> None:
    assert read_asked({"key": KEY}) == Asked(key=KEY)
    asked = read_asked({"model_arn": f"{ARN}/version/v-1", "gates": {"f1": 1}, "deploy": False})
    assert asked.gates == Gates(f1=1, recall=0.8)
    assert (asked.key, asked.language, asked.deploy) == ("", "en", False)
    assert read_asked({"model_arn": ARN.replace("arn:aws:", "arn:aws-us-gov:")}).model_arn


@pytest.mark.parametrize("language", LANGUAGES)
def test_six_languages_can_be_learned(language: str) -> None:
    assert read_asked({"key": KEY, "language": language}).language == language


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ([], "request", "type"),
        ({}, "key", "required"),
        ({"key": 1}, "key", "type"),
        ({"key": "prompts.csv"}, "key", "folder"),
        ({"key": "classifiers/"}, "key", "folder"),
        ({"key": "classifiers/\n.csv"}, "key", "characters"),
        ({"key": "classifiers/\ud83d.csv"}, "key", "characters"),
        ({"key": "classifiers/" + "狐" * 400}, "key", "max_bytes"),
        ({"key": KEY, "test_key": ""}, "test_key", "folder"),
        ({"key": KEY, "test_version_id": "1"}, "test_key", "required"),
        ({"key": KEY, "language": "ja"}, "language", "pattern"),
        ({"key": KEY, "language": "en\n"}, "language", "pattern"),
        ({"key": KEY, "gates": {"f1": 1.1}}, "gates.f1", "maximum"),
        ({"key": KEY, "gates": {"f1": True}}, "gates.f1", "type"),
        ({"key": KEY, "gates": {"recall": float("nan")}}, "gates.recall", "type"),
        ({"key": KEY, "gates": {"precision": 1}}, "gates.precision", "unknown_field"),
        ({"key": KEY, "deploy": 1}, "deploy", "type"),
        ({"key": KEY, "epochs": 3}, "epochs", "unknown_field"),
        ({"key": KEY, "model_arn": ARN}, "key", "unknown_field"),
        ({"model_arn": ARN + "/version/"}, "model_arn", "pattern"),
        (
            {"model_arn": "arn:aws:comprehend:us-east-1:1:entity-recognizer/x"},
            "model_arn",
            "pattern",
        ),
        ({"model_arn": ARN, "language": "en"}, "language", "unknown_field"),
    ],
)
def test_what_is_asked_wrongly(body: Any, field: str, rule: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_asked(body)
    assert (refused.value.field, refused.value.rule) == (field, rule)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    *("key", "version_id", "test_key", "test_version_id", "language", "model_arn"),
    *("gates", "deploy"),
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: JSON | st.sampled_from([KEY, ARN, "en", True, {"f1": 0.5}]) for name in NAMES
        },
    )
    | JSON
)
def test_anything_may_be_asked(body: object) -> None:
    with contextlib.suppress(InvalidRequest):
        asked = read_asked(body)
        assert bool(asked.key) != bool(asked.model_arn)
