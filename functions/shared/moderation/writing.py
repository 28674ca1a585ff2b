"""The words that are written in a picture, judged by the lists that judge prompts."""

from typing import Any

from shared.keywords.lists import KeywordLists
from shared.keywords.matching import combined, find
from shared.moderation.rules import reason


def judge_writing(text: str, lists: KeywordLists, index: int) -> list[dict[str, Any]]:
    """What speaks against a picture's text, each a reason with its category's action.

    What always holds blocks here as anywhere; categories that only count beside others do not.
    """
    matches = find(text, lists.prompt)
    return [
        reason(rule["name"], "combination", rule["action"], index)
        for rule in combined(matches, lists.prompt)
    ] + [
        reason(match.category, "text_in_image", action, index)
        | {"severity": lists.prompt.severities[match.category], "term": match.term}
        for match in matches
        if (action := lists.prompt.actions[match.category]) != "count"
    ]
