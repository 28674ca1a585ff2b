"""What letters say of a language."""

import pytest

from classify_prompt.language import script_language


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("a lighthouse at dusk", "en"),
        ("ein Leuchtturm in der Dämmerung", "en"),
        ("маяк в сумерках", "und"),
        ("黄昏的灯塔", "und"),
        ("the Москва river at night", "en"),
        ("1234 !?", "en"),
        ("", "en"),
    ],
)
def test_scripts_are_told_apart(prompt: str, language: str) -> None:
    assert script_language(prompt) == language
