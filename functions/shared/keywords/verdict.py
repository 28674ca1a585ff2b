"""What follows from the terms found in a prompt and its negative prompt."""

from typing import Any

from shared.keywords.lists import KeywordLists, Lists
from shared.keywords.matching import Match, combined, find

STAGE = "FilterKeywords"
# A record holds 400 KB; more matches than this say nothing new.
_MAX_REASONS = 20


def decide(prompt: str, negative_prompt: str, lists: KeywordLists, warn: bool) -> dict[str, Any]:
    """{verdict, reasons, warnings}: block with its reasons, or clean with warnings.

    `warn` turns block into warn, but never what the policy says always holds.
    """
    reasons: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    for text, part in ((prompt, lists.prompt), (negative_prompt, lists.negative)):
        matches = find(text, part)
        found = [
            (rule["action"], {"stage": STAGE, "category": rule["name"], "rule": "combination"})
            for rule in combined(matches, part)
        ]
        found += [(part.actions[match.category], _reason(match, part)) for match in matches]
        for action, reason in found:
            if action == "count":
                continue
            if action == "warn" or (action == "block" and warn):
                warnings.append({**reason, "action": "warn"})
            else:
                reasons.append({**reason, "action": action})
    # What always holds must not fall behind the bound: it decides whether people may be asked.
    reasons.sort(key=lambda one: one["action"] != "always")
    return {
        "verdict": "block" if reasons else "clean",
        "reasons": reasons[:_MAX_REASONS],
        "warnings": warnings[:_MAX_REASONS],
    }


def _reason(match: Match, lists: Lists) -> dict[str, Any]:
    reason = {
        "stage": STAGE,
        "category": match.category,
        "severity": lists.severities[match.category],
        "rule": "keyword",
        "term": match.term,
        "span": [match.start, match.end],
    }
    return reason | ({"disguise": match.disguise} if match.disguise else {})
