"""One version in the package and in what the API says of itself."""

import tomllib
from pathlib import Path

from shared.version import VERSION


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == VERSION
