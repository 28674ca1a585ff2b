"""Which language a prompt is taken for, and when a detection is paid for."""

from typing import Any

import pytest

from shared.classification.language import Language, is_read, language_of, worth_detecting

RULES: dict[str, Any] = {"detect": "always", "letters": 20, "confidence": 0.8, "assume": "en"}
ENGLISH = "a lighthouse on a cliff at dusk"
GERMAN = "ein Leuchtturm auf einer Klippe"
RUSSIAN = "маяк на скале в сумерках у моря"
SURE, UNSURE = {"de": 0.99, "en": 0.2}, {"de": 0.5, "en": 0.4}


@pytest.mark.parametrize(
    ("prompt", "declared", "detected", "expected"),
    [
        (ENGLISH, "en", {}, ("en", "declared")),
        (GERMAN, "de-AT", {}, ("de-AT", "declared")),
        (GERMAN, "en", SURE, ("de", "detected")),
        (GERMAN, "en", UNSURE, ("en", "declared")),
        (GERMAN, "und-Latn", SURE, ("de", "detected")),
        (GERMAN, "UND-Latn", {}, ("en", "assumed")),
        ("a lighthouse at night, маяк в тёмной ночи", "en", {"en": 0.9}, ("und", "script")),
        (GERMAN, "und", SURE, ("de", "detected")),
        (GERMAN, "und", UNSURE, ("en", "assumed")),
        (GERMAN, "und", {}, ("en", "assumed")),
        (RUSSIAN, "en", {}, ("und", "script")),
        (RUSSIAN, "und", {}, ("und", "script")),
        (RUSSIAN, "ru", {}, ("ru", "declared")),
        (RUSSIAN, "sr-Cyrl", {}, ("sr-Cyrl", "declared")),
        (ENGLISH, "ru", {}, ("und", "script")),
        ("黄昏的灯塔", "zh-Hant", {}, ("zh-Hant", "declared")),
        ("夕暮れの灯台", "ja", {}, ("ja", "declared")),
        ("ラーメン", "ja", {}, ("ja", "declared")),
        ("黄昏的灯塔", "ko", {}, ("ko", "declared")),
        ("the Москва river at night", "en", {}, ("en", "declared")),
        ("the Москва река at night", "en", {}, ("und", "script")),
        ("𝖆 𝖑𝖎𝖌𝖍𝖙𝖍𝖔𝖚𝖘𝖊", "en", {}, ("und", "script")),
        ("1234 !?", "und", {}, ("en", "assumed")),
        ("", "en", {}, ("en", "declared")),
    ],
)
def test_a_language_is_never_taken_for_granted(
    prompt: str, declared: str, detected: Any, expected: tuple[str, str]
) -> None:
    assert language_of(prompt, declared, detected, RULES) == Language(*expected)


def test_a_policy_may_assume_nothing() -> None:
    rules = RULES | {"assume": "und"}
    assert language_of(GERMAN, "und", UNSURE, rules) == Language("und", "assumed")


def test_without_confidence_nothing_is_detected() -> None:
    rules = RULES | {"confidence": 0}
    assert language_of(GERMAN, "und", {}, rules) == Language("en", "assumed")
    assert language_of(GERMAN, "und", UNSURE, rules) == Language("de", "detected")


@pytest.mark.parametrize(
    ("prompt", "declared", "detect", "asked"),
    [
        (ENGLISH, "und", "always", True),
        (ENGLISH, "en", "always", True),
        (ENGLISH, "de", "always", True),
        (ENGLISH, "und", "undeclared", True),
        (ENGLISH, "en", "undeclared", False),
        (ENGLISH, "und", "never", False),
        ("a red fox, 2 hens", "und", "always", False),
        (RUSSIAN, "und", "always", False),
        (RUSSIAN, "ru", "always", False),
    ],
)
def test_a_detection_is_paid_only_where_it_is_of_use(
    prompt: str, declared: str, detect: str, asked: bool
) -> None:
    assert worth_detecting(prompt, declared, RULES | {"detect": detect}, ["en", "fr"]) is asked


def test_a_backend_that_reads_a_script_has_its_language_detected() -> None:
    assert worth_detecting(RUSSIAN, "und", RULES, ["en", "ru"])


@pytest.mark.parametrize(
    ("language", "read"),
    [("en", True), ("EN-gb", True), ("de", False), ("eng", False), ("und", False), ("", False)],
)
def test_a_region_changes_nothing(language: str, read: bool) -> None:
    assert is_read(language, ["en", "es"]) is read
