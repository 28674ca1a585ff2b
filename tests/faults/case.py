"""One way to break the system, and how the request that meets it must end."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from wiring.system import LAMBDA_TASKS

from local.cost.paths import ACCEPTED, Path
from shared.inferences import MAX_INFERENCES, inference_id

if TYPE_CHECKING:
    from faults.scene import Act

Json = dict[str, Any]
# Caller, service, operation, and how many such calls of the caller's come before.
Call = tuple[str, str, str, int]
# The functions' states on the way to a picture.
STATES = [state for state in Path(ACCEPTED, 1).states if state in LAMBDA_TASKS]
KILLS = ("kill_before", "kill_after")
EVER: Json = {"times": None}
# Letters of which no word is made: a prompt's tag must mean nothing to a filter.
_LETTERS = "bcdfghjklmnpqrtv"
# Whose calls name the inference, and not the request: what a rule is bound to, `by`.
_BY_INFERENCE = (
    *("GenerateImagesFunction", "ResumeGenerationFunction", "StoreImagesFunction"),
    *("ModerateImagesFunction", "PublishImagesFunction", "stand-ins"),
)


@dataclass(frozen=True)
class Case:
    """A request of its own, the rules that break its calls, and its possible ends.

    `rules` are those of local/faults; they are bound to this request's calls. `ends` are statuses;
    none means that there is to be no record. `generation`, `comprehend` and `rekognition` are the
    stand-ins' steps. `act` does what else is to be done while the execution runs. `stage` and
    `rule`, where given, are those of the record's first reason.
    """

    name: str
    ends: tuple[str, ...]
    rules: tuple[Json, ...] = ()
    generation: tuple[Any, ...] = ("usual",)
    comprehend: tuple[Any, ...] = ("safe",)
    rekognition: tuple[Any, ...] = ()
    act: "Act | None" = None
    stage: str = ""
    rule: str = ""
    quick: bool = False
    dropped: bool = False
    request: Json = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """Ten letters that no other case has."""
        digest = hashlib.sha256(self.name.encode()).digest()
        return "".join(_LETTERS[byte % 16] for byte in digest[:10])

    @property
    def run_name(self) -> str:
        """The execution's name, and no other's beginning."""
        return f"{self.name}-{self.tag}"

    @property
    def prompt(self) -> str:
        return f"a teapot on a table {self.tag}"

    def inference(self, n: int = 1, attempt: int = 1) -> str:
        """The id of the n-th inference of an attempt."""
        return inference_id(f"execution-{self.run_name}", 1, attempt, n)

    def rule_id(self, number: int) -> str:
        """What a rule is reported by."""
        return f"{self.name} {number}"

    def bound_rules(self) -> Iterator[Json]:
        """The rules, each told what only this request's calls contain."""
        for number, unbound in enumerate(self.rules):
            rule = {**unbound, "id": self.rule_id(number)}
            if rule["by"] == "request":
                yield bound(rule, self.tag)
                continue
            tries = MAX_INFERENCES if rule["times"] is None else 1
            yield from (bound(rule, self.inference(n)) for n in range(1, tries + 1))


def at(caller: str, service: str, operation: str, kind: str, **more: Any) -> Json:
    """A rule for a call. Callers are functions, the machine's "/State", or "stand-ins".

    Once means until the SDK has given up: it tries three times by itself, the machine's own
    calls and paid ones once.
    """
    patient = caller.endswith("Function") and operation != "InvokeEndpointAsync"
    tried_by_sdk = patient and kind in ("error", "throttle", "drop", "lost")
    by = "inference" if caller in _BY_INFERENCE else "request"
    rule = {"caller": caller, "service": service, "operation": operation, "kind": kind, "by": by}
    return {**rule, "times": 3 if tried_by_sdk else 1, **more}


def killed(call: Call, kind: str, **more: Any) -> Json:
    """A rule that kills the caller before or after one of its calls."""
    caller, service, operation, earlier = call
    return at(caller, service, operation, kind, skip=earlier, **more)


def name_of(call: Call) -> str:
    """A call in the name of a case."""
    caller, _, operation, earlier = call
    return f"{caller.removesuffix('Function')}-{operation}-{earlier + 1}"


def delivered(operation: str, kind: str, **more: Any) -> Json:
    """A rule for what one service hands to another."""
    by = "request" if operation.startswith("events:") else "inference"
    rule = {"service": "delivery", "operation": operation, "kind": kind, "by": by}
    return {**rule, "times": 1, **more}


def bound(rule: Json, text: str) -> Json:
    """The rule for calls that contain a text."""
    return {name: value for name, value in rule.items() if name != "by"} | {"contains": text}


def cases(listed: Sequence[Case]) -> pytest.MarkDecorator:
    """One test for each case."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in listed])
