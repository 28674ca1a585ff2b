"""The prices file: complete, sourced, and told what is wrong with."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from local.cost.prices import FILE, INSTANCE, PriceError, Spent, load, shipped
from local.stack import ROOT

PRICED: dict[str, Any] = json.loads(FILE.read_text("utf-8"))


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """Loads the shipped file with some fields of a price, or a whole price, replaced."""

    def own(key: str, **fields: Any) -> Any:
        document = json.loads(json.dumps(PRICED))
        document["prices"].setdefault(key, dict(document["prices"]["lambda.request"]))
        document["prices"][key].update(fields)
        file = tmp_path / "own.json"
        file.write_text(json.dumps(document), "utf-8")
        return load(file)

    return own


def test_every_price_has_a_source_that_anybody_may_read() -> None:
    for price in shipped():
        assert price.source
        assert "/work" not in price.source
        assert "shared" not in price.source
        assert date(2024, 1, 1) < price.read_on <= datetime.now(UTC).date()
        assert price.verified or price.confidence in ("M", "L"), price.key
    assert shipped()["step-functions.transition"].confidence == "H"


def test_what_was_assumed_says_so() -> None:
    unsure = {price.key for price in shipped() if not price.verified}
    assert unsure == {
        "comprehend.unit", "comprehend.toxicity-unit", "rekognition.image", "eventbridge.s3-event"
    }  # fmt: skip
    assert shipped()["rekognition.image"].unsure == "rekognition.image beyond 1,000,000 a month"


def test_every_price_is_used_somewhere() -> None:
    files = [*(ROOT / "local").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    files += (ROOT / "tests" / "wiring").glob("*.py")
    code = "\n".join(file.read_text("utf-8") for file in files)
    code = code.replace("{kept.architecture}", "x86_64")
    other_architecture = "lambda.gb-second.arm64"
    for price in shipped():
        if not price.key.startswith(INSTANCE) and price.key != other_architecture:
            assert price.key in code


def test_tiers_add_up_and_only_the_dear_end_is_sure() -> None:
    price = shipped()["rekognition.image"]
    assert price.of(1_000_000) == Spent(1000.0, True)
    beyond = price.of(6_000_000)
    assert beyond.usd == pytest.approx(1000 + 4 * 800 + 600)
    assert not beyond.verified
    assert price.of(0) == Spent(0.0, True)


def test_ones_own_prices_are_taken_and_instances_may_be_others(own: Any) -> None:
    prices = own(f"{INSTANCE}ml.own.large", usd=2)
    assert prices.instance("ml.own.large").usd == 2
    with pytest.raises(PriceError, match=r"no price for ml\.x; there are ml\.g4dn\.xlarge"):
        prices.instance("ml.x")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"usd": "cheap"}, "lambda.request: usd must be a number of at least 0"),
        ({"usd": True}, "lambda.request: usd must be a number of at least 0"),
        ({"usd": -1}, "lambda.request: usd must be a number of at least 0"),
        ({"usd": float("nan")}, "lambda.request: usd must be a number of at least 0"),
        ({"unit": ""}, "lambda.request: unit must be a text"),
        ({"read_on": "yesterday"}, "lambda.request: read_on must be a date, as in 2026-11-20"),
        ({"confidence": "X"}, "lambda.request: confidence must be one of H, M, L"),
        ({"verified": "yes"}, "lambda.request: verified must be true or false"),
        ({"discount": 0.1}, "lambda.request: discount is no field of a price"),
        ({"beyond": [{"from": 0, "usd": 1, "verified": True}]}, "beyond must go up"),
        ({"beyond": [{"from": 5, "usd": 1}]}, "lambda.request: beyond: verified is missing"),
        ({"beyond": 5}, "lambda.request: beyond must be a list"),
    ],
)
def test_a_broken_price_is_named(own: Any, fields: dict[str, Any], told: str) -> None:
    with pytest.raises(PriceError, match=told.replace(".", r"\.")):
        own("lambda.request", **fields)


def test_an_instance_is_never_free(own: Any) -> None:
    """Axes are logarithmic, and shares are of a sum."""
    with pytest.raises(PriceError, match=r"ml\.g5\.xlarge: usd must be above 0"):
        own(f"{INSTANCE}ml.g5.xlarge", usd=0)


def test_an_unknown_price_is_a_slip(own: Any) -> None:
    with pytest.raises(PriceError, match=r"lambda\.reqest is no price that is used here"):
        own("lambda.reqest", usd=1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("no json", "is not JSON"),
        ("[]", "prices by their keys is missing"),
        ('{"prices": {}}', "prices by their keys is missing"),
        ('{"prices": {"a": 1}}', "region must be a text"),
        ('{"region": "x", "currency": "EUR", "prices": {"a": 1}}', "currency must be USD"),
        ('{"region": "x", "currency": "USD", "prices": {"a": 1}}', "a must be an object"),
        ('{"region": "x", "currency": "USD", "prices": {"a": {}}}', "a: confidence is missing"),
    ],
)
def test_a_file_that_is_no_prices_file(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "prices.json"
    file.write_text(content, "utf-8")
    with pytest.raises(PriceError, match=told):
        load(file)
    with pytest.raises(PriceError, match="cannot be read: No such file"):
        load(tmp_path / "none.json")


def test_a_price_that_is_missing(tmp_path: Path) -> None:
    document = json.loads(json.dumps(PRICED))
    del document["prices"]["s3.read"]
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(document), "utf-8")
    with pytest.raises(PriceError, match=r"s3\.read has no price"):
        load(file)
