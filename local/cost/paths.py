"""Every way that a request can go, with its share of a workload."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from local.cost.workflow import facts, walk
from local.cost.workload import Workload

ACCEPTED, INVALID, KEYWORD, CLASSIFIER, IMAGE = (
    "accepted",
    "invalid",
    "blocked by keyword",
    "blocked by classifier",
    "image blocked",
)


@dataclass(frozen=True)
class Path:
    """How a request ends, after how many attempts, and whether a person approved its prompt."""

    end: str
    attempts: int = 0
    reviewed: bool = False

    @property
    def states(self) -> tuple[str, ...]:
        """The states that it enters, from the state machine."""
        return _states(self)

    @property
    def name(self) -> str:
        """For people."""
        tried = f", {self.attempts} attempts" if self.attempts > 1 else ""
        return f"{self.end}{tried}{', reviewed' if self.reviewed else ''}"


@functools.cache
def _states(path: Path) -> tuple[str, ...]:
    passed = path.end in (ACCEPTED, IMAGE)
    again = ["PlanNextAttempt"] * (path.attempts - 1)
    ways: dict[str, list[str]] = {
        "IsNew": ["RecordOutcome" if path.end == INVALID else "FilterKeywords"],
        "HowDidItEnd": [_END_STATES[path.end]],
    }
    if path.end != INVALID:
        ways["IsPromptClean"] = ["RecordOutcome" if path.end == KEYWORD else "ClassifyPrompt"]
    if path.end == CLASSIFIER:
        ways["IsPromptSafe"] = ["RecordOutcome"]
    if passed:
        ways["IsPromptSafe"] = ["ReviewRequest" if path.reviewed else "GenerateImages"]
        ways["IsApproved"] = ["GenerateImages"] if path.reviewed else []
        blocked = path.end == IMAGE
        ways["AreImagesSafe"] = [*again, "AreWithheldShown" if blocked else "PublishImages"]
        ways["AreWithheldShown"] = ["PublishImages"] if blocked else []
    return walk(ways)


_END_STATES = {
    ACCEPTED: "Completed",
    INVALID: "Invalid",
    KEYWORD: "BlockedPrompt",
    CLASSIFIER: "BlockedPrompt",
    IMAGE: "BlockedImage",
}


def most_attempts(workload: Workload) -> int:
    """By the stack's two limits: of attempts, and of pictures painted for a request."""
    painted = facts().max_generated_images // workload.images_per_request
    return max(1, min(workload.max_attempts, painted))


def shares(workload: Workload) -> Iterator[tuple[Path, float]]:
    """Each path that some request takes, and its share of all.

    An attempt is repeated where none of its pictures is safe, as the policy that ships has it; the
    pictures of one attempt are taken to be unsafe independently of each other.
    """
    passed = 1 - workload.invalid - workload.keyword - workload.classifier
    failed = workload.unsafe**workload.images_per_request
    most = most_attempts(workload)
    ways = [
        (INVALID, 0, workload.invalid),
        (KEYWORD, 0, workload.keyword),
        (CLASSIFIER, 0, workload.classifier),
        *((ACCEPTED, n, passed * failed ** (n - 1) * (1 - failed)) for n in range(1, most + 1)),
        (IMAGE, most, passed * failed**most),
    ]
    for end, attempts, share in ways:
        reviewed = workload.reviewed if attempts else 0.0
        for by_person, part in ((False, share * (1 - reviewed)), (True, share * reviewed)):
            if part > 0:
                yield Path(end, attempts, by_person), part


def delivered(workload: Workload) -> float:
    """Pictures delivered of each picture asked for."""
    failed = workload.unsafe**workload.images_per_request
    if failed == 1:
        return 0.0
    accepted = sum(share for path, share in shares(workload) if path.end == ACCEPTED)
    return accepted * (1 - workload.unsafe) / (1 - failed)
