"""A policy tried on this machine: the functions' own rules, and the stand-ins in AWS's place."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from compiled import POLICY_HASH
from local.policy.compilation import compiled_part, policy_hash
from shared.classification import classify
from shared.classification.verdict import decide
from shared.comprehend import CustomClassifier, LanguageDetection, ToxicityDetection
from shared.keywords import verdict as keywords
from shared.keywords.lists import KeywordLists, prepare
from shared.keywords.matching import find
from shared.moderation.verdict import judge_attempt, lowest_threshold, needs_moderation
from shared.moderation.writing import judge_writing
from shared.policy import policy_part

if TYPE_CHECKING:
    from shared.rekognition import Moderation

Decision = dict[str, Any]
BACKENDS = ("toxicity", "custom")
_CLASSIFIER_ARN = (
    "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/local-classifier"
)


class Trial:
    """What one policy decides. `warn` is the stack's OnFlaggedPrompt=warn."""

    def __init__(self, policy: dict[str, Any], warn: bool = False) -> None:
        self.warn = warn
        self.classifier = compiled_part(policy, "classifier")
        self.pictures = compiled_part(policy, "images")
        self._policy = policy

    @functools.cached_property
    def _lists(self) -> KeywordLists:
        # Compiling them takes seconds. Not every trial is about words, and many are of what ships.
        shipped = policy_hash(self._policy) == POLICY_HASH
        part = policy_part("keywords") if shipped else compiled_part(self._policy, "keywords")
        return prepare(part)

    def words(self, prompt: str, negative_prompt: str = "") -> Decision:
        """FilterKeywords' decision."""
        return keywords.decide(prompt, negative_prompt, self._lists, self.warn)

    def matches(self, prompt: str, negative_prompt: str = "") -> list[dict[str, Any]]:
        """Every term in either text with the action of its category, also those only counted."""
        texts = ((prompt, self._lists.prompt), (negative_prompt, self._lists.negative))
        return [
            {**match._asdict(), "action": lists.actions[match.category]}
            for text, lists in texts
            for match in find(text, lists)
        ]

    def text(self, reading: Reading) -> Decision:
        """ClassifyPrompt's decision on what a classifier says."""
        return classify.judge(reading.answers, reading.backend, self.classifier, self.warn)

    def scores(self, backend: str, scores: dict[str, float], reviews: bool = False) -> Decision:
        """ClassifyPrompt's decision on scores alone. Raises UnusableVerdict."""
        labels, without_review = self.classifier[backend], self.classifier["without_review"]
        return decide(scores, labels, self.warn, without_review, reviews)

    def lowest_threshold(self) -> float:
        """Below it no moderation label changes anything."""
        return lowest_threshold(self.pictures)

    def images(
        self,
        images: list[dict[str, Any]],
        moderations: list[Moderation | None],
        writing: dict[int, list[dict[str, Any]]] | None = None,
        reviews: bool = False,
    ) -> Decision:
        """ModerateImages' decision on what a moderator found, and on the text in pictures."""
        return judge_attempt(images, moderations, self.pictures, writing, reviews)

    def needs_moderation(self, image: dict[str, Any]) -> bool:
        """Whether a picture's looks alone do not decide."""
        return needs_moderation(image, self.pictures)

    def writing(self, text: str, index: int) -> list[dict[str, Any]]:
        """What speaks against the text in a picture."""
        return judge_writing(text, self._lists, index)


@dataclass(frozen=True)
class Reading:
    """What a classifier says of a prompt, and who it is."""

    backend: str
    model: str
    answers: classify.Answers


def read_text(request: dict[str, Any], name: str) -> Reading:
    """What the local stand-in for one of BACKENDS says of a request's prompt."""
    from local.ai.comprehend import Classifier
    from local.ai.languages import LanguageDetector

    door, languages = Classifier(), LanguageDetector()
    client = SimpleNamespace(
        detect_toxic_content=lambda **body: door.answer("DetectToxicContent", body),
        classify_document=lambda **body: door.answer("ClassifyDocument", body),
        detect_dominant_language=lambda **body: languages.answer("DetectDominantLanguage", body),
    )
    backend: classify.Backend = (
        CustomClassifier(_CLASSIFIER_ARN, client) if name == "custom" else ToxicityDetection(client)
    )
    answers = classify.Answers(request, backend, LanguageDetection(client))
    return Reading(name, door.name, answers)
