"""The prices of prices.json, or of a file like it: each with its source, date and confidence."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prices.json")
INSTANCE = "sagemaker."
HOURS_A_MONTH = 730.0
CONFIDENCES = ("H", "M", "L")
_TEXTS = ("unit", "service", "source")
_FIELDS = frozenset({*_TEXTS, "usd", "read_on", "confidence", "verified"})


class PriceError(ValueError):
    """A prices file cannot be used; says where and why."""


@dataclass(frozen=True)
class Spent:
    """USD, and whether every price in it was verified."""

    usd: float = 0.0
    verified: bool = True

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.usd + other.usd, self.verified and other.verified)


@dataclass(frozen=True)
class Tier:
    """What each unit of a month costs above the first `above`."""

    above: float
    usd: float
    verified: bool


@dataclass(frozen=True)
class Price:
    """What a unit costs, USD; the first of `tiers` begins at 0."""

    key: str
    unit: str
    service: str
    read_on: date
    source: str
    confidence: str
    tiers: tuple[Tier, ...]

    @property
    def usd(self) -> float:
        return self.tiers[0].usd

    @property
    def verified(self) -> bool:
        return all(tier.verified for tier in self.tiers)

    @property
    def unsure(self) -> str:
        """Which part of it is not verified, in words; "" without one."""
        above = next((tier.above for tier in self.tiers if not tier.verified), None)
        if above is None:
            return ""
        return f"{self.key} beyond {above:,.0f} a month" if above else self.key

    def of(self, quantity: float) -> Spent:
        """What so many units of one month cost."""
        spent = Spent()
        ends = [tier.above for tier in self.tiers[1:]] + [float("inf")]
        for tier, end in zip(self.tiers, ends, strict=True):
            if quantity > tier.above:
                spent += Spent((min(quantity, end) - tier.above) * tier.usd, tier.verified)
        return spent


@dataclass(frozen=True)
class Prices:
    """All prices of one region."""

    region: str
    by_key: dict[str, Price]

    def __getitem__(self, key: str) -> Price:
        return self.by_key[key]

    def __iter__(self) -> Iterator[Price]:
        return iter(self.by_key.values())

    @property
    def read_on(self) -> str:
        """When the youngest was read, for headings."""
        return max(price.read_on for price in self).isoformat()

    @property
    def instances(self) -> tuple[str, ...]:
        """The instance types that have a price."""
        return tuple(key[len(INSTANCE) :] for key in self.by_key if key.startswith(INSTANCE))

    def instance(self, instance_type: str) -> Price:
        """Of an hour; PriceError for a type without one."""
        try:
            return self[INSTANCE + instance_type]
        except KeyError:
            known = ", ".join(self.instances)
            raise PriceError(f"no price for {instance_type}; there are {known}") from None


@functools.cache
def shipped() -> Prices:
    """Those of prices.json."""
    return _read(FILE)


def load(file: Path | None = None) -> Prices:
    """Of a file in the same format, with all the prices that prices.json has but instances.

    Raises PriceError.
    """
    if file is None:
        return shipped()
    prices, ours = _read(file), shipped()
    for key in ours.by_key:
        if key not in prices.by_key and not key.startswith(INSTANCE):
            raise PriceError(f"{file}: {key} has no price")
    for key, price in prices.by_key.items():
        if key not in ours.by_key and not key.startswith(INSTANCE):
            raise PriceError(f"{file}: {key} is no price that is used here")
        if key.startswith(INSTANCE) and not price.usd:
            raise PriceError(f"{file}: {key}: usd must be above 0")
    if not prices.instances:
        raise PriceError(
            f"{file}: there is no price of an instance, such as {INSTANCE}ml.g5.xlarge"
        )
    return prices


def hourly(instance_type: str) -> str:
    """What an instance costs, in words."""
    prices = shipped()
    if instance_type not in prices.instances:
        return f"what {instance_type} costs an hour is not known here"
    price = prices.instance(instance_type)
    return (
        f"{price.usd:g} USD an hour, {price.usd * 24:.0f} a day "
        f"({prices.region}, read {price.read_on})"
    )


def _read(file: Path) -> Prices:
    try:
        document = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise PriceError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise PriceError(f"{file} is not JSON: {error}") from error
    found = document.get("prices") if isinstance(document, dict) else None
    if not isinstance(found, dict) or not found:
        raise PriceError(f"{file}: an object with prices by their keys is missing: prices")
    for name, wanted in (("region", None), ("currency", "USD")):
        value = document.get(name)
        if not isinstance(value, str) or (wanted and value != wanted):
            raise PriceError(f"{file}: {name} must be {wanted or 'a text'}")
    try:
        by_key = {key: _price(key, fields) for key, fields in found.items()}
    except PriceError as error:
        raise PriceError(f"{file}: {error}") from None
    return Prices(document["region"], by_key)


def _price(key: str, fields: Any) -> Price:
    if not isinstance(fields, dict):
        raise PriceError(f"{key} must be an object")
    _check_names(key, fields, _FIELDS, {"beyond"})
    for name in _TEXTS:
        if not isinstance(fields[name], str) or not fields[name].strip():
            raise PriceError(f"{key}: {name} must be a text")
    if fields["confidence"] not in CONFIDENCES:
        raise PriceError(f"{key}: confidence must be one of {', '.join(CONFIDENCES)}")
    try:
        read_on = date.fromisoformat(fields["read_on"])
    except (TypeError, ValueError):
        raise PriceError(f"{key}: read_on must be a date, as in 2026-11-20") from None
    return Price(
        key=key,
        **{name: fields[name] for name in _TEXTS},
        read_on=read_on,
        confidence=fields["confidence"],
        tiers=_tiers(key, fields),
    )


def _tiers(key: str, fields: dict[str, Any]) -> tuple[Tier, ...]:
    beyond = fields.get("beyond", [])
    if not isinstance(beyond, list):
        raise PriceError(f"{key}: beyond must be a list")
    tiers = [_tier(key, {"from": 0, "usd": fields["usd"], "verified": fields["verified"]})]
    for one in beyond:
        tier = _tier(f"{key}: beyond", one)
        if tier.above <= tiers[-1].above:
            raise PriceError(f"{key}: beyond must go up")
        tiers.append(tier)
    return tuple(tiers)


def _tier(where: str, fields: Any) -> Tier:
    if not isinstance(fields, dict):
        raise PriceError(f"{where} must have objects")
    _check_names(where, fields, frozenset({"from", "usd", "verified"}))
    for name in ("from", "usd"):
        value = fields[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e12:
            raise PriceError(f"{where}: {name} must be a number of at least 0")
    if not isinstance(fields["verified"], bool):
        raise PriceError(f"{where}: verified must be true or false")
    return Tier(fields["from"], fields["usd"], fields["verified"])


def _check_names(
    where: str, fields: dict[str, Any], needed: frozenset[str], more: set[str] | None = None
) -> None:
    for name in sorted(needed - fields.keys()):
        raise PriceError(f"{where}: {name} is missing")
    for name in sorted(fields.keys() - needed - (more or set())):
        raise PriceError(f"{where}: {name} is no field of a price")
