"""The adapters rely on private names: these are the versions they were written for."""

from importlib.metadata import version

import pytest


@pytest.mark.parametrize(
    ("package", "pinned"),
    [
        ("ministack", "1.5.33"),
        ("moto", "5.2.5"),
        ("awslambdaric", "4.2.2"),
        ("botocore", "1.43.106"),
        ("jsonata-python", "0.7.1"),
    ],
)
def test_a_library_has_the_version_that_the_adapters_know(package: str, pinned: str) -> None:
    assert version(package) == pinned, "read the adapters' docstrings, then change this line"
