"""Which of the policy's terms a text holds, and what follows from them."""

from dataclasses import dataclass
from typing import Any

from filter_keywords.words import Word, words_of

STAGE = "FilterKeywords"
# A record holds 400 KB; more matches than this say nothing new.
_MAX_REASONS = 20


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


def decide(prompt: str, negative_prompt: str, lists: dict[str, Any], warn: bool) -> dict[str, Any]:
    """{verdict, reasons, warnings}: block with its reasons, or clean with warnings.

    `warn` turns block into warn, but never what the policy says always holds.
    """
    reasons: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    for text, part in ((prompt, lists), (negative_prompt, lists["negative"])):
        matches = find(text, part)
        # Combinations first: what always holds must not fall behind the bound on reasons.
        found = _combined(matches, part["combinations"])
        found += [(part["actions"][match.category], _reason(match)) for match in matches]
        for action, reason in found:
            if action == "count":
                continue
            if action == "always" or (action == "block" and not warn):
                reasons.append({**reason, "action": action})
            else:
                warnings.append({**reason, "action": "warn"})
    return {
        "verdict": "block" if reasons else "clean",
        "reasons": reasons[:_MAX_REASONS],
        "warnings": warnings[:_MAX_REASONS],
    }


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


def _combined(
    matches: list[Match], combinations: list[dict[str, Any]]
) -> list[tuple[str, dict[str, Any]]]:
    categories = {match.category for match in matches}
    return [
        (rule["action"], {"stage": STAGE, "category": rule["name"], "rule": "combination"})
        for rule in combinations
        if all(categories.intersection(group) for group in rule["every"])
    ]


def _reason(match: Match) -> dict[str, Any]:
    reason = {
        "stage": STAGE,
        "category": match.category,
        "rule": "keyword",
        "term": match.term,
        "span": [match.start, match.end],
    }
    return reason | ({"disguise": match.disguise} if match.disguise else {})
