"""Which language a prompt is taken for, and how that is known.

A classifier that cannot read a prompt finds nothing bad in it. So nothing is taken for English
because nobody said otherwise: a language is declared, detected, or assumed because the policy says
so, and the prompt's letters must fit it.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# BCP 47's word for a language that is not known; a request without a language has it.
UNDETERMINED = "und"
# How many of a prompt's letters must be of its language's script: names and single words may not.
_MOST = 2 / 3
# By the words of Unicode's character names. Languages that are not here are written in Latin.
_SCRIPTS = {
    **dict.fromkeys(["ar", "fa", "ps", "sd", "ug", "ur"], ("ARABIC",)),
    **dict.fromkeys(["be", "bg", "kk", "ky", "mk", "mn", "ru", "tg", "uk"], ("CYRILLIC",)),
    **dict.fromkeys(["hi", "mr", "ne", "sa"], ("DEVANAGARI",)),
    **dict.fromkeys(["as", "bn"], ("BENGALI",)),
    **dict.fromkeys(["he", "yi"], ("HEBREW",)),
    "am": ("ETHIOPIC",),
    "el": ("GREEK",),
    "gu": ("GUJARATI",),
    "hy": ("ARMENIAN",),
    "ja": ("CJK", "HIRAGANA", "KATAKANA", "PROLONGED"),
    "ka": ("GEORGIAN",),
    "km": ("KHMER",),
    "kn": ("KANNADA",),
    "ko": ("HANGUL", "CJK"),
    "lo": ("LAO",),
    "ml": ("MALAYALAM",),
    "my": ("MYANMAR",),
    "or": ("ORIYA",),
    "pa": ("GURMUKHI",),
    "si": ("SINHALA",),
    "sr": ("CYRILLIC", "LATIN"),
    "ta": ("TAMIL",),
    "te": ("TELUGU",),
    "th": ("THAI",),
    "zh": ("CJK",),
}


@dataclass(frozen=True)
class Language:
    """A BCP 47 code; source is declared, detected, assumed, or script if the letters refute it."""

    code: str
    source: str


def is_read(language: str, read: Iterable[str]) -> bool:
    """Whether a language is among those, whatever its region: en-GB is en."""
    return _primary(language) in read


def worth_detecting(prompt: str, declared: str, rules: dict[str, Any], read: Iterable[str]) -> bool:
    """Whether to pay for a detection: by the policy, and only where the answer could be of use.

    `read` are the languages of the backend. Where the letters alone rule all of them out, or are
    too few to tell a language by, there is nothing to ask.
    """
    if rules["detect"] == "never":
        return False
    if rules["detect"] == "undeclared" and _primary(declared) != UNDETERMINED:
        return False
    letters = sum(character.isalpha() for character in prompt)
    return letters >= rules["letters"] and any(_may_be(prompt, language) for language in read)


def language_of(
    prompt: str, declared: str, detected: dict[str, float], rules: dict[str, Any]
) -> Language:
    """`detected` is the confidence by language; empty if nobody was asked.

    What is detected with enough confidence wins over what was declared: a sender has reasons to
    name a language that the classifier reads, or one that it does not.
    """
    code, confidence = max(detected.items(), key=lambda one: one[1], default=(UNDETERMINED, 0.0))
    if confidence and confidence >= rules["confidence"]:
        language = Language(code, "detected")
    elif _primary(declared) != UNDETERMINED:
        language = Language(declared, "declared")
    else:
        language = Language(rules["assume"], "assumed")
    return language if _may_be(prompt, language.code) else Language(UNDETERMINED, "script")


def _may_be(prompt: str, language: str) -> bool:
    """Whether most of the prompt's letters are of the language's script."""
    scripts = _SCRIPTS.get(_primary(language), ("LATIN",))
    letters = Counter(filter(str.isalpha, prompt))
    fitting = sum(
        count
        for letter, count in letters.items()
        if any(script in unicodedata.name(letter, "") for script in scripts)
    )
    return fitting >= _MOST * letters.total()


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
