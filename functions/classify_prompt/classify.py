"""ClassifyPrompt's work: what is asked about a prompt, and what a policy makes of the answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from classify_prompt.language import Language, is_read, language_of, worth_detecting
from classify_prompt.verdict import decide, decide_unread
from shared.comprehend import LanguageDetection, Scores, Usage


class Backend(Protocol):
    """One way to have a prompt classified."""

    name: str
    """Of the policy's part that knows this backend's labels."""

    def model(self) -> str:
        """Who answers, with the address that does: a stand-in cannot pass for AWS."""

    def scores(self, text: str) -> tuple[Scores, Usage]:
        """The score of each label, 0 to 1, and what was paid, by the record's names of units."""


@dataclass(frozen=True)
class Answers:
    """What the services said of one prompt: no languages, or None, where nobody was asked."""

    languages: Scores
    scores: Scores | None
    usage: Usage


def ask(
    request: dict[str, Any],
    backend: Backend,
    detector: LanguageDetection,
    policies: Iterable[dict[str, Any]],
) -> Answers:
    """Asks each service at most once, if one of the policies needs its answer.

    Raises what the adapters raise.
    """
    policies = list(policies)
    prompt, declared = request["prompt"], request["language"]
    usage: Usage = {"comprehend_units": 0}
    languages: Scores = {}
    if any(
        worth_detecting(prompt, declared, rules, rules["read"][backend.name])
        for rules in (policy["languages"] for policy in policies)
    ):
        languages, paid = detector.languages(prompt)
        _add(usage, paid)
    scores: Scores | None = None
    if any(_reads(backend, policy, taken_for(request, languages, policy)) for policy in policies):
        scores, paid = backend.scores(prompt)
        _add(usage, paid)
    return Answers(languages, scores, usage)


def taken_for(request: dict[str, Any], languages: Scores, policy: dict[str, Any]) -> Language:
    """The prompt's language under one policy."""
    return language_of(request["prompt"], request["language"], languages, policy["languages"])


def judge(
    request: dict[str, Any],
    answers: Answers,
    backend: Backend,
    policy: dict[str, Any],
    warn: bool,
) -> dict[str, Any]:
    """{verdict, reasons, warnings} under one policy. Raises UnusableVerdict."""
    language = taken_for(request, answers.languages, policy)
    if answers.scores is None or not _reads(backend, policy, language):
        return decide_unread(language.code, language.source, policy["unread_language"], warn)
    return decide(answers.scores, policy[backend.name], warn, policy["without_review"])


def _reads(backend: Backend, policy: dict[str, Any], language: Language) -> bool:
    return is_read(language.code, policy["languages"]["read"][backend.name])


def _add(usage: Usage, paid: Usage) -> None:
    for unit, number in paid.items():
        usage[unit] = usage.get(unit, 0) + number
