"""What is asked about a prompt, and what a policy makes of the answers."""

import functools
from dataclasses import asdict
from typing import Any, Protocol

from shared.classification.language import Language, is_read, language_of, worth_detecting
from shared.classification.verdict import decide, decide_unread
from shared.comprehend import Scores, Usage


class Backend(Protocol):
    """One way to have a prompt classified."""

    name: str
    """Of the policy's part that knows this backend's labels."""

    def model(self) -> str:
        """Who answers, with the address that does: a stand-in cannot pass for AWS."""

    def scores(self, text: str) -> tuple[Scores, Usage]:
        """The score of each label, 0 to 1, and what was paid, by the record's names of units."""


class Detector(Protocol):
    """Who tells a prompt's language."""

    def languages(self, text: str) -> tuple[Scores, Usage]:
        """How sure it is of each language (BCP 47), 0 to 1, and what was paid."""


class Answers:
    """What the services say of one prompt: each is asked at most once, when a policy needs it."""

    def __init__(self, request: dict[str, Any], backend: Backend, detector: Detector) -> None:
        self._request, self._backend, self._detector = request, backend, detector
        self.usage: Usage = {"comprehend_units": 0}

    @functools.cached_property
    def _languages(self) -> Scores:
        languages, paid = self._detector.languages(self._request["prompt"])
        self._add(paid)
        return languages

    @functools.cached_property
    def _scores(self) -> Scores:
        scores, paid = self._backend.scores(self._request["prompt"])
        self._add(paid)
        return scores

    def language(self, policy: dict[str, Any]) -> Language:
        """What the prompt is taken for under a policy. Raises what the detector raises.

        What was detected for another policy says nothing to one that does not ask.
        """
        prompt, declared = self._request["prompt"], self._request["language"]
        rules = policy["languages"]
        asks = worth_detecting(prompt, declared, rules, rules["read"][self._backend.name])
        return language_of(prompt, declared, self._languages if asks else {}, rules)

    def scores(self, policy: dict[str, Any]) -> Scores | None:
        """None if the backend cannot read the prompt's language. Raises what the backend raises."""
        read = policy["languages"]["read"][self._backend.name]
        return self._scores if is_read(self.language(policy).code, read) else None

    def evidence(self, policy: dict[str, Any]) -> dict[str, Any]:
        """{model, usage, classification: {backend, language: {code, source}, scores}}.

        What a verdict under this policy rests on; scores are null where nobody was asked for them.
        """
        return {
            "model": self._backend.model(),
            "usage": self.usage,
            "classification": {
                "backend": self._backend.name,
                "language": asdict(self.language(policy)),
                "scores": self.scores(policy),
            },
        }

    def _add(self, paid: Usage) -> None:
        for unit, number in paid.items():
            self.usage[unit] = self.usage.get(unit, 0) + number


def judge(
    answers: Answers, backend: str, policy: dict[str, Any], warn: bool, reviews: bool = False
) -> dict[str, Any]:
    """{verdict, reasons, warnings} under one policy; `reviews` as decide has it.

    Raises UnusableVerdict, and what the services raise if this policy is the first that asks them.
    """
    scores, language = answers.scores(policy), answers.language(policy)
    if scores is None:
        return decide_unread(language.code, language.source, policy["unread_language"], warn)
    return decide(scores, policy[backend], warn, policy["without_review"], reviews)
