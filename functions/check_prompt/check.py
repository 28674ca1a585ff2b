"""What the text layers say of a prompt, each whatever the other says."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from check_prompt.asked import Asked
from shared.classification.classify import Answers, Backend, Detector, judge
from shared.keywords.lists import KeywordLists
from shared.keywords.verdict import decide
from shared.policy import Pins, Policies

Part = dict[str, Any]


@dataclass(frozen=True)
class Layers:
    """Who judges, by what. `backend` is made where it is asked: most checks are of words alone."""

    warn: bool
    lists: Policies[KeywordLists]
    labels: Policies[Part]
    backend: Callable[[], Backend]
    detector: Detector

    def check(self, asked: Asked, pins: Pins) -> dict[str, Any]:
        """{verdict, prompt, negative_prompt, reasons, warnings, layers, usage}.

        A keyword's span is of the prompt as it is here, in characters; of the negative prompt where
        the category is negative_prompt. Raises what the services raise, and UnusableVerdict.
        """
        usage: dict[str, int] = {}
        layers: dict[str, Part] = {}
        if "keywords" in asked.layers:
            lists = self.lists.active(pins)
            layers["keywords"] = decide(asked.prompt, asked.negative_prompt, lists, self.warn)
        if "classifier" in asked.layers:
            layers["classifier"] = self._classified(asked, pins)
            usage = layers["classifier"].pop("usage")
        verdicts = [layer["verdict"] for layer in layers.values()]
        return {
            "verdict": "block" if "block" in verdicts else "clean",
            "prompt": asked.prompt,
            "negative_prompt": asked.negative_prompt,
            "reasons": [found for layer in layers.values() for found in layer["reasons"]],
            "warnings": [found for layer in layers.values() for found in layer["warnings"]],
            "layers": layers,
            "usage": usage,
        }

    def _classified(self, asked: Asked, pins: Pins) -> Part:
        backend, policy = self.backend(), self.labels.active(pins)
        answers = Answers(asdict(asked), backend, self.detector)
        return judge(answers, backend.name, policy, self.warn) | answers.evidence(policy)
