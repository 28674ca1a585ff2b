"""The server's environment variables."""

import pytest

from server.job import Shape
from server.settings import Bucket, Settings, SettingsError


def test_without_variables_it_is_what_sagemaker_expects() -> None:
    settings = Settings.from_env({})
    assert (settings.port, str(settings.model_dir)) == (8080, "/opt/ml/model")
    assert settings == Settings(model_dir=settings.model_dir)


def test_sagemaker_names_the_port_and_the_model() -> None:
    settings = Settings.from_env({"SAGEMAKER_BIND_TO_PORT": "9000", "SM_MODEL_DIR": "/m"})
    assert (settings.port, str(settings.model_dir)) == (9000, "/m")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_BATCH", "0"), ("MAX_BATCH", "many"), ("MAX_BATCH", "-1"), ("BATCH_WAIT_MS", "1.5"),
        ("DTYPE", "int8"), ("COMPILE", "yes"), ("SIDE", "100"), ("STEPS", "151"), ("SIDE", "1032"),
        ("QUEUE_IMAGES", "7"), ("SCHEDULER", "euler"),
    ],
)  # fmt: skip
def test_a_malformed_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


@pytest.mark.parametrize("text", ["512:1", "512x512", "512x512:0", "512x500:1", "a", "512x512:1;2"])
def test_malformed_buckets_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="BUCKETS"):
        Settings.from_env({"COMPILE": "1", "BUCKETS": text})


def test_a_full_batch_is_always_compiled_and_nothing_larger() -> None:
    variables = {"COMPILE": "1", "BUCKETS": "512x512:1,4,32 64x64:2", "MAX_BATCH": "16"}
    assert Settings.from_env(variables).buckets == (
        Bucket(512, 512, (1, 4, 16)),
        Bucket(64, 64, (2, 16)),
    )


@pytest.mark.parametrize(
    ("shape", "pictures", "expected"),
    [
        (Shape(512, 512, 20, 7.5), 1, 1),
        (Shape(512, 512, 50, 2.0), 3, 4),
        (Shape(512, 512, 20, 7.5), 9, None),
        (Shape(512, 768, 20, 7.5), 1, None),
        (Shape(512, 512, 20, 0.0), 1, None),
    ],
)
def test_a_batch_is_filled_up_to_the_next_bucket(
    shape: Shape, pictures: int, expected: int | None
) -> None:
    settings = Settings.from_env({"COMPILE": "1", "BUCKETS": "512x512:1,4,8"})
    assert settings.bucket_for(shape, pictures) == expected


def test_without_compile_there_are_no_buckets() -> None:
    assert Settings.from_env({"BUCKETS": "512x512:1"}).buckets == ()
