"""Disguises of terms of several words, and two disguises at once."""

from random import Random
from string import ascii_lowercase

from bench.filter.family import (
    Disguise,
    Family,
    after_each,
    between,
    every,
    inside,
    into,
    one,
    some,
    then,
)
from bench.filter.letters import BOLD, CYRILLIC, FULL_WIDTH
from bench.filter.spellings import LEET, LEET_SYMBOLS, stretched_vowels, two_halves

_SIGNS = {letter: LEET_SYMBOLS[letter] for letter in "ais"}


def _joined(*marks: str) -> Disguise:
    def disguise(phrase: str, random: Random) -> str | None:
        return random.choice(marks).join(phrase.split())

    return disguise


def _per_word(disguise: Disguise) -> Disguise:
    """The disguise on each word that it can be done to."""

    def disguised(phrase: str, random: Random) -> str | None:
        written = " ".join(disguise(word, random) or word for word in phrase.split())
        return None if written == phrase else written

    return disguised


def _upper(text: str, _: Random) -> str | None:
    return text.upper()


def _title(text: str, _: Random) -> str | None:
    return text.title()


def _camel(phrase: str, _: Random) -> str | None:
    return phrase.title().replace(" ", "")


def _small_camel(phrase: str, random: Random) -> str | None:
    camel = phrase.title().replace(" ", "")
    return camel[0].lower() + camel[1:]


def _plural(phrase: str, _: Random) -> str | None:
    return None if phrase.endswith("s") else f"{phrase}s"


def _camel_tag(word: str, _: Random) -> str | None:
    return f"Dark{word[0].upper()}{word[1:]}Scene"


_PHRASES: dict[str, Disguise] = {
    "plain": lambda phrase, _: phrase,
    "capitals": _upper,
    "title": _title,
    "one word": _joined(""),
    "camel case": _camel,
    "small camel case": _small_camel,
    "hashtag": then(_camel, into("#{}")),
    "hyphen": _joined("-"),
    "underscore": _joined("_"),
    "dot": _joined(".", ". "),
    "slash": _joined("/"),
    "plus": _joined("+"),
    "star": _joined("*"),
    "comma": _joined(", ", ","),
    "colon": _joined(": ", " : ", ":"),
    "spaces": _joined("  ", "   ", "\t"),
    "newline": _joined("\n", "\r\n", " \n "),
    "other spaces": _joined("\u00a0", "\u2003", "\u3000", "\u2028"),
    "dashes": _joined("—", " – ", " - "),
    "ellipsis": _joined("...", "… ", " ... "),
    "zero width space": _joined("\u200b", "\u200b ", " \u200b"),
    "emoji": _joined(" 🔥 ", "🔥", "❤️"),
    "quotes": lambda phrase, _: " ".join(f'"{word}"' for word in phrase.split()),
    "brackets": lambda phrase, _: " ".join(f"({word})" for word in phrase.split()),
    "weight": into("({}:1.3)", "(({}))", "[{}]"),
    "two weights": lambda phrase, _: " ".join(f"({word}:1.2)" for word in phrase.split()),
    "snake case tag": then(_joined("_"), into("dark_{}_scene", "{}_01")),
    "LoRA": then(_joined("_"), into("<lora:{}:0.8>")),
    "element between": _joined("<br>", " <b> ", "</i> <i>"),
    "digits": some(LEET),
    "symbols": every(_SIGNS),
    "one Cyrillic letter": one(CYRILLIC),
    "full-width": every(FULL_WIDTH),
    "bold": every(BOLD),
    "accents": after_each("\u0301", "\u0308", "\u0327"),
    "stretched": _per_word(stretched_vowels),
    "letters apart": lambda phrase, _: " ".join(phrase.replace(" ", "")),
    "letters apart, wider between": lambda phrase, _: "   ".join(map(" ".join, phrase.split())),
    "letters by hyphens": lambda phrase, _: " ".join(map("-".join, phrase.split())),
    "one word, digits": then(_joined(""), some(LEET)),
    "zero width inside words": _per_word(inside("\u200b", "\u00ad", "\u2060")),
}
_HARD_PHRASES: dict[str, Disguise] = {
    "URL": _joined("%20"),
    "plural": _plural,
    "masked": _per_word(every(dict.fromkeys("aeiou", "*"))),
}

_COMBINED: dict[str, Disguise] = {
    "digits, dots": then(some(LEET), between(".")),
    "digits, hyphens": then(some(LEET), between("-")),
    "digits, spaces": then(some(LEET), between(" ")),
    "symbols, underscores": then(some(_SIGNS), between("_")),
    "digits, capitals": then(some(LEET), _upper),
    "digits, snake case": then(some(LEET), into("dark_{}_scene", "{}_art")),
    "digits, camel case": then(some(LEET), _camel_tag),
    "digits, stretched": then(stretched_vowels, some(LEET)),
    "digits, weight": then(some(LEET), into("({}:1.3)", "(({}))")),
    "digits, zero width": then(some(LEET), inside("\u200b", "\u200d", "\u00ad")),
    "digits, marks": then(some(LEET), after_each("\u0301", "\u0336")),
    "digits, halves": then(two_halves, some(LEET)),
    "digits, possessive": then(some(LEET), into("{}'s")),
    "Cyrillic, zero width": then(some(CYRILLIC), between("\u200b")),
    "Cyrillic, hyphens": then(some(CYRILLIC), between("-")),
    "Cyrillic, digits": then(one(CYRILLIC), some(LEET)),
    "Cyrillic, LoRA": then(some(CYRILLIC), into("<lora:{}:0.8>")),
    "Cyrillic, stretched": then(stretched_vowels, some(CYRILLIC)),
    "Cyrillic capitals": then(some(CYRILLIC), _upper),
    "full-width, spaces": then(every(FULL_WIDTH), between(" ", "\u3000")),
    "full-width, capitals": then(every(FULL_WIDTH), _upper),
    "full-width, digits": then(some(LEET), every(FULL_WIDTH)),
    "bold, stretched": then(stretched_vowels, every(BOLD)),
    "bold, marks": then(every(BOLD), after_each("\u0336")),
    "bold, dots": then(every(BOLD), between(".")),
    "marks, spaces": then(
        between(" "), every({letter: f"{letter}\u0301" for letter in ascii_lowercase})
    ),
    "stretched, capitals": then(stretched_vowels, _upper),
    "stretched, hyphens": then(stretched_vowels, between("-")),
    "spaces, capitals, punctuation": then(then(_upper, between(" ")), into("{}!!", "{}.")),
    "entities of capitals": lambda word, _: "".join(f"&#{ord(letter)};" for letter in word.upper()),
    "entity between dots": then(between("."), lambda text, _: text.replace(".", "&#46;")),
    "soft hyphens, weight": then(between("\u00ad"), into("({}:1.2)")),
    "zero width, tags": then(inside("\u200b"), into("dark_{}_scene", "#{}")),
    "camel case, look-alikes": then(one(CYRILLIC), _camel_tag),
}

PHRASES = (
    *(Family(f"phrase, {name}", "phrases", act, True) for name, act in _PHRASES.items()),
    *(Family(f"phrase, {name}", "phrases", act, True, True) for name, act in _HARD_PHRASES.items()),
)
COMBINED = tuple(Family(name, "combined", act) for name, act in _COMBINED.items())
