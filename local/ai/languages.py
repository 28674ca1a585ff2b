"""A small language detector: seven languages of Latin script, and the commonest one of each other.

It compares a text's groups of three letters with those of languages.json, a page of our own for
each language. It knows no other language of Latin script, and takes one for its nearest relative.
"""

import json
import math
import unicodedata
from collections import Counter
from pathlib import Path

from local.ai.wire import Json, ServiceError

NAME = "local-trigram-language-detector-1"
# The language that most texts in a script are in, by the first word of its letters' names.
_OF_SCRIPT = {
    "ARABIC": "ar",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "DEVANAGARI": "hi",
    "GREEK": "el",
    "HANGUL": "ko",
    "HEBREW": "he",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "THAI": "th",
}
# Prompts are mostly English: so many times likelier than another language before a letter is read.
_ENGLISH = 5
# Groups of letters overlap, so that each says less than its own share.
_WEIGHT = 0.35
_UNSEEN = 0.3
_GROUP = 3
MOST_BYTES = 100 * 1024


class LanguageDetector:
    """Comprehend's DetectDominantLanguage: at most 100 KB of UTF-8."""

    name = NAME

    def answer(self, operation: str, body: Json) -> Json:
        text = body.get("Text")
        if not isinstance(text, str) or not text:
            raise ServiceError("InvalidRequestException", "Text is missing or empty")
        if len(text.encode("utf-8", "replace")) > MOST_BYTES:
            raise ServiceError("TextSizeLimitExceededException", "Text has more than 100 KB")
        return detected(languages(text))


def detected(confidences: dict[str, float]) -> Json:
    """The answer for a confidence 0..1 per language."""
    return {
        "Languages": [
            {"LanguageCode": code, "Score": confidence} for code, confidence in confidences.items()
        ]
    }


def _groups(text: str) -> Counter[str]:
    words = "".join(c if c.isalpha() else " " for c in unicodedata.normalize("NFC", text).lower())
    spaced = f" {' '.join(words.split())} "
    return Counter(spaced[at : at + _GROUP] for at in range(len(spaced) - _GROUP + 1))


_PAGES = {
    language: _groups(page)
    for language, page in json.loads(Path(__file__).with_name("languages.json").read_text()).items()
}
_KNOWN = len(set().union(*_PAGES.values()))


def languages(text: str) -> dict[str, float]:
    """Confidence 0..1 by language, the surest first; empty for a text without letters."""
    scripts = Counter(unicodedata.name(c, "").partition(" ")[0] for c in text if c.isalpha())
    if not scripts:
        return {}
    if scripts["HIRAGANA"] + scripts["KATAKANA"]:
        return {"ja": 0.99}
    script, count = scripts.most_common(1)[0]
    if script in _OF_SCRIPT:
        return {_OF_SCRIPT[script]: round(count / scripts.total(), 4)}
    return _by_groups(text)


def _by_groups(text: str) -> dict[str, float]:
    found = _groups(text)
    logs = {
        language: _WEIGHT
        * sum(
            count * math.log((page[group] + _UNSEEN) / (page.total() + _UNSEEN * _KNOWN))
            for group, count in found.items()
        )
        for language, page in _PAGES.items()
    }
    logs["en"] += math.log(_ENGLISH)
    best = max(logs.values())
    shares = {language: math.exp(log - best) for language, log in logs.items()}
    total = sum(shares.values())
    ranked = sorted(shares.items(), key=lambda one: -one[1])
    return {language: round(share / total, 4) for language, share in ranked if share / total > 0.01}
