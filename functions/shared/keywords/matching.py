"""Which of the policy's terms a text holds, where, and how they were disguised."""

from dataclasses import dataclass
from typing import Any

from shared.keywords.words import Word, words_of


@dataclass(frozen=True)
class Match:
    """A term found: whose category, where, and how it was written."""

    category: str
    term: str
    start: int
    end: int
    disguise: str


def find(text: str, lists: dict[str, Any]) -> list[Match]:
    """Every term of the compiled lists in the text, allowed phrases left out."""
    words = words_of(text)
    matches = [match for word in words for match in _match_word(word, lists)]
    matches += _match_phrases(words, lists["phrases"])
    allowed = _match_phrases(words, lists["allow"])
    found: dict[tuple[str, str, int, int], Match] = {}
    for match in matches:
        if not any(_inside(match, area) for area in allowed):
            # The same place may be read in two ways; the first is the plainer one.
            found.setdefault((match.category, match.term, match.start, match.end), match)
    return list(found.values())


def _match_word(word: Word, lists: dict[str, Any]) -> list[Match]:
    for form, disguise in word.forms.items():
        entry = lists["words"].get(form) or next(
            (lists["stems"][stem] for stem in lists["stems"] if form.startswith(stem)), None
        )
        if entry:
            return [Match(entry[0], entry[1], word.start, word.end, disguise)]
    return []


def _match_phrases(words: list[Word], phrases: dict[str, Any]) -> list[Match]:
    matches = []
    for index, word in enumerate(words):
        for form in word.forms:
            for rest, category in phrases.get(form, ()):
                following = words[index + 1 : index + 1 + len(rest)]
                if len(following) == len(rest) and all(
                    part in follower.forms for part, follower in zip(rest, following, strict=True)
                ):
                    disguise = word.forms[form]
                    last = following[-1] if following else word
                    term = " ".join([form, *rest])
                    matches.append(Match(category, term, word.start, last.end, disguise))
    return matches


def _inside(match: Match, area: Match) -> bool:
    return match.category == area.category and area.start <= match.start and match.end <= area.end
