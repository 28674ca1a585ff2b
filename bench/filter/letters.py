"""Disguises of single letters: invisible characters, look-alikes, letter styles, marks."""

import string
import unicodedata
from random import Random

from bench.filter.family import (
    Disguise,
    Family,
    after_each,
    between,
    changed,
    every,
    inside,
    one,
    some,
    then,
)

_INVISIBLE = {
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "zero width non-joiner": "\u200c",
    "word joiner": "\u2060",
    "soft hyphen": "\u00ad",
    "byte order mark": "\ufeff",
    "invisible operators": "\u2061\u2062\u2063\u2064",
    "bidi marks": "\u200e\u200f\u061c",
    "bidi embeddings": "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "variation selectors": "\ufe0e\ufe0f\ufe00\U000e0100",
    "tag characters": "\U000e0061\U000e0062\U000e0020\U000e007f",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "grapheme joiner": "\u034f",
    "Mongolian vowel separator": "\u180e\u180b",
    "control characters": "\x01\x02\x08\x1f\x7f",
}


def _letters(pairs: str) -> dict[str, str]:
    """From "aα bβ": a letter and what stands for it."""
    return {pair[0]: pair[1:] for pair in pairs.split()}


_CYRILLIC_CLOSE = _letters("aа cс dԁ eе hһ iі jј kк lӏ oо pр qԛ sѕ vѵ wԝ xх yу")
_CYRILLIC = _CYRILLIC_CLOSE | _letters("bь gԍ mм nп rг uц")
_GREEK_CLOSE = _letters("aα iι kκ oο pρ tτ uυ vν xχ")
_GREEK = _GREEK_CLOSE | _letters("bβ cϲ dδ eε jϳ nη wω yγ zζ")
_GREEK_CAPITALS = _letters("aΑ bΒ eΕ hΗ iΙ kΚ mΜ nΝ oΟ pΡ tΤ xΧ yΥ zΖ")
_ARMENIAN = _letters("aա gգ hհ jյ lլ nո oօ qզ uս")
_CHEROKEE = _letters("aᎪ bᏴ cᏟ dᎠ eᎬ gᏀ hᎻ iᎥ jᎫ kᏦ lᏞ mᎷ pᏢ rᏒ sᏚ tᎢ vᏙ wᎳ zᏃ")
_LISU = _letters("aꓮ bꓐ cꓚ dꓓ eꓰ fꓝ gꓖ hꓧ iꓲ jꓙ kꓗ lꓡ mꓟ nꓠ oꓳ pꓑ rꓣ sꓢ tꓔ uꓴ vꓦ wꓪ xꓫ yꓬ zꓜ")
_HOOKED = _letters("aɑ bɓ cƈ dɗ eҽ fƒ gɠ hɦ iı jʝ kƙ mɱ nɲ oø pƥ qʠ rɾ sʂ tƭ uʋ vѵ yყ zʐ")
_STROKED = _letters("bƀ cȼ dđ gǥ hħ iɨ jɉ lł oø rɍ tŧ yɏ zƶ")
_LETTERLIKE = _letters("cⅽ dⅾ eℯ gℊ hℎ iⅰ lⅼ mⅿ oℴ vⅴ")
_CURRENCY = _letters("a₳ b฿ c₵ dĐ e€ f₣ g₲ hⱧ ił k₭ lⱠ m₥ n₦ oØ p₱ rⱤ s₴ t₮ uɄ w₩ xӾ yɎ")
_BRUSHED = _letters(
    "a卂 b乃 c匚 dᗪ e乇 f千 gᎶ h卄 i丨 jﾌ kҜ lㄥ m爪 "
    "n几 oㄖ p卩 qɊ r尺 s丂 tㄒ uㄩ vᐯ w山 x乂 yㄚ z乙"
)
_SMALL_CAPITALS = _letters(
    "aᴀ bʙ cᴄ dᴅ eᴇ fꜰ gɢ hʜ iɪ jᴊ kᴋ lʟ mᴍ nɴ oᴏ pᴘ qǫ rʀ sꜱ tᴛ uᴜ vᴠ wᴡ xx yʏ zᴢ"
)
_SUPERSCRIPT = _letters(
    "aᵃ bᵇ cᶜ dᵈ eᵉ fᶠ gᵍ hʰ iⁱ jʲ kᵏ lˡ mᵐ nⁿ oᵒ pᵖ rʳ sˢ tᵗ uᵘ vᵛ wʷ xˣ yʸ zᶻ"
)
_UPSIDE_DOWN = _letters(
    "aɐ bq cɔ dp eǝ fɟ gƃ hɥ iᴉ jɾ kʞ ll mɯ nu oo pd qb rɹ ss tʇ un vʌ wʍ xx yʎ zz"
)
_ACCENTED = _letters("aá cç eé ií kķ lļ nñ oö rř sš tť uü yý zž")
_LATIN_PAIRS = _letters("mrn dcl wvv")

# Where each style has its small a, or where capitals alone exist its capital A.
_STYLES = {
    "full-width": 0xFF41,
    "bold": 0x1D41A,
    "italic": 0x1D44E,
    "bold italic": 0x1D482,
    "script": 0x1D4B6,
    "bold script": 0x1D4EA,
    "fraktur": 0x1D51E,
    "bold fraktur": 0x1D586,
    "double-struck": 0x1D552,
    "sans-serif": 0x1D5BA,
    "sans-serif bold": 0x1D5EE,
    "sans-serif italic": 0x1D622,
    "monospace": 0x1D68A,
    "circled": 0x24D0,
    "negative circled": 0x1F150,
    "squared": 0x1F130,
    "negative squared": 0x1F170,
    "parenthesised": 0x249C,
    "regional indicators": 0x1F1E6,
}
# Letters that Unicode had before it got the mathematical alphabets.
_ELSEWHERE = {0x1D455: "ℎ", 0x1D4BA: "ℯ", 0x1D4BC: "ℊ", 0x1D4C4: "ℴ"}

_ABOVE = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0311"
_BELOW = "\u0316\u0317\u0323\u0324\u0325\u0326\u0327\u0328\u032d\u0330\u0331"


def style(first: int) -> dict[str, str]:
    """The small letters in the style whose a, or A, is at that code point."""
    return {
        letter: _ELSEWHERE.get(first + index, chr(first + index))
        for index, letter in enumerate(string.ascii_lowercase)
    }


FULL_WIDTH = style(_STYLES["full-width"])
BOLD = style(_STYLES["bold"])
CYRILLIC = _CYRILLIC_CLOSE
_MIXED = [_CYRILLIC_CLOSE, _GREEK_CLOSE, FULL_WIDTH, BOLD, _SMALL_CAPITALS, style(0x24D0)]


def _mixed_scripts(word: str, random: Random) -> str | None:
    return changed(word, "".join(random.choice(_MIXED).get(letter, letter) for letter in word))


def _mixed_styles(word: str, random: Random) -> str | None:
    return "".join(style(random.choice(list(_STYLES.values()))).get(a, a) for a in word)


def _regional(word: str, _: Random) -> str | None:
    # Neighbours would be drawn as one flag.
    return "\u200b".join(style(_STYLES["regional indicators"])[letter] for letter in word)


def _zalgo(word: str, random: Random) -> str | None:
    marks = _ABOVE + _BELOW + "\u0334\u0335\u0489"
    return "".join(letter + "".join(random.choices(marks, k=6)) for letter in word)


def _accents_composed(word: str, random: Random) -> str | None:
    marked = (letter + random.choice("\u0301\u0300\u0302\u0308\u0303") for letter in word)
    return changed(word, unicodedata.normalize("NFC", "".join(marked)))


def _upside_down(word: str, _: Random) -> str | None:
    return "".join(_UPSIDE_DOWN[letter] for letter in reversed(word))


def _capital(disguise: Disguise) -> Disguise:
    return then(disguise, lambda word, _: word.upper())


def _invisible(name: str, marks: str) -> list[Family]:
    return [
        Family(f"{name} inside", "invisible", inside(*marks)),
        Family(f"{name} between all", "invisible", between(*marks)),
    ]


LETTERS = (
    *(family for name, marks in _INVISIBLE.items() for family in _invisible(name, marks)),
    Family("invisible mixed", "invisible", between(*"\u200b\u200d\u2060\u00ad\u200e\ufe0f\u034f")),
    Family("Cyrillic one", "homoglyphs", one(_CYRILLIC_CLOSE)),
    Family("Cyrillic close", "homoglyphs", every(_CYRILLIC_CLOSE)),
    Family("Cyrillic all", "homoglyphs", every(_CYRILLIC), hard=True),
    Family("Greek one", "homoglyphs", one(_GREEK_CLOSE)),
    Family("Greek close", "homoglyphs", every(_GREEK_CLOSE)),
    Family("Greek all", "homoglyphs", every(_GREEK)),
    Family("Greek capitals", "homoglyphs", _capital(every(_GREEK_CAPITALS))),
    Family("Armenian one", "homoglyphs", one(_ARMENIAN)),
    Family("Armenian all", "homoglyphs", every(_ARMENIAN)),
    Family("Cherokee one", "homoglyphs", one(_CHEROKEE)),
    Family("Cherokee all", "homoglyphs", _capital(every(_CHEROKEE))),
    Family("Lisu", "homoglyphs", _capital(every(_LISU))),
    Family("hooked Latin", "homoglyphs", every(_HOOKED)),
    Family("stroked Latin", "homoglyphs", every(_STROKED)),
    Family("letter-like symbols", "homoglyphs", every(_LETTERLIKE)),
    Family("currency signs", "homoglyphs", every(_CURRENCY)),
    Family("scripts mixed", "homoglyphs", _mixed_scripts),
    Family("Latin pairs (rn, cl, vv)", "homoglyphs", one(_LATIN_PAIRS), hard=True),
    Family("brush letters", "homoglyphs", every(_BRUSHED), hard=True),
    *(
        Family(name, "letter styles", every(style(first)))
        for name, first in _STYLES.items()
        if name != "regional indicators"
    ),
    Family("regional indicators", "letter styles", _regional),
    Family("small capitals", "letter styles", every(_SMALL_CAPITALS)),
    Family("superscript", "letter styles", every(_SUPERSCRIPT)),
    Family("full-width some", "letter styles", some(FULL_WIDTH)),
    Family("styles mixed", "letter styles", _mixed_styles),
    Family("upside down", "letter styles", _upside_down, hard=True),
    Family("acute once", "marks", one({letter: f"{letter}\u0301" for letter in "aeioucnsrzly"})),
    Family("marks above", "marks", after_each(*_ABOVE)),
    Family("marks below", "marks", after_each(*_BELOW)),
    Family("zalgo", "marks", _zalgo),
    Family("struck through", "marks", after_each("\u0336")),
    Family("slashed", "marks", after_each("\u0338")),
    Family("underlined", "marks", after_each("\u0332", "\u0333")),
    Family("enclosed", "marks", after_each("\u20dd", "\u20de", "\u20e3")),
    Family("accented letters", "marks", every(_ACCENTED)),
    Family("accents composed", "marks", _accents_composed),
)
