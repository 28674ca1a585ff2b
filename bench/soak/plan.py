"""What is asked for: requests of every kind by every door, and how each ends if nothing breaks.

A request's name is its file's, its execution's or stands in its event, so that every execution can
be traced to what was sent.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from shared.inferences import inference_id

Json = dict[str, Any]
TECHNICAL = frozenset({"FAILED", "EXPIRED"})
FOLDER = "prompts/soak"
SOURCE = "bench.soak"
NAMESPACES = {"s3": f"s3:{FOLDER}", "event": f"event:{SOURCE}", "direct": "direct"}
NAME = re.compile(r"soak-\d{6}")
FLAGGED = "as the scripted classifier flags it"
KEYWORD = "a nude man"
_SCENES = (
    "a lighthouse on a cliff at sunset",
    "a wooden boat on a quiet lake",
    "an old mill by a river",
    "a red barn in the snow",
    "a fox in a birch forest",
    "a market square in the rain",
)
# The door refuses it before it looks at the prompt; bytes are a file's whole content.
_INVALID: tuple[Json | bytes, ...] = (
    {"width": 100},
    {"colour": "red"},
    {"prompt": ""},
    {"prompt": "a" * 2001},
    b'{"prompt": "a boat',
    b"\xff\xfe not UTF-8",
)


@dataclass(frozen=True)
class Submission:
    """One request as it is sent. `ends` are the statuses that it may have if nothing breaks."""

    name: str
    kind: str
    door: str
    body: Json | bytes
    ends: frozenset[str]
    scripts: tuple[Json, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class ModelFault:
    """What a model does wrong; without `ends` another try makes up for it."""

    name: str
    generation: tuple[tuple[object, ...], ...] = ()
    comprehend: tuple[tuple[object, ...], ...] = ()
    rekognition: tuple[tuple[object, ...], ...] = ()
    ends: str = ""


_LABEL = {"labels": [{"name": "Something New", "parent": "", "level": 1}]}
MODEL_FAULTS = (
    ModelFault(
        "generator: unusable output",
        generation=(
            ("malformed",), ("empty",), ("truncated",), ("corrupt-image",), ("no-output",),
            ("no-images",),
        ),
        ends="FAILED",
    ),
    ModelFault("generator: fails once", generation=(("fail", "usual"),)),
    ModelFault("generator: refuses", generation=(("client-error",),), ends="FAILED"),
    ModelFault("generator: gives up in its queue", generation=(("expire",),), ends="EXPIRED"),
    ModelFault(
        "classifier: unknown labels or no answer, once",
        comprehend=(("unknown-label", "usual"), ("empty", "usual"), ("malformed", "usual")),
    ),
    ModelFault("moderator: unknown label", rekognition=((_LABEL, "usual"),)),
    ModelFault("moderator: unknown version", rekognition=(({"model_version": "99.0"},),)),
    ModelFault(
        "moderator: no answer, once",
        rekognition=(("empty", "usual"), ("malformed", "usual")),
    ),
)  # fmt: skip


@dataclass
class _Planner:
    """Makes submissions in order; every choice is drawn from one seed."""

    chance: random.Random
    faults: float
    made: int = 0
    kinds: dict[str, Callable[[], list[Submission]]] = field(default_factory=dict)

    def name(self) -> str:
        self.made += 1
        return f"soak-{self.made:06}"

    def door(self) -> str:
        return self.chance.choice(("s3", "event", "direct"))

    def prompt(self, name: str) -> str:
        return f"{self.chance.choice(_SCENES)}, {name}"

    def pictured(self, kind: str, steps: tuple[object, ...], ends: str, **more: Any) -> Submission:
        """One that comes to the generator, and may meet a model that misbehaves."""
        name, door = self.name(), self.door()
        body = {"prompt": self.prompt(name), "request_id": name, "width": 256, "height": 256}
        body |= {"language": "en"} if self.chance.random() < 0.5 else {}
        script = {"prompt": name, "generation": list(steps)} if steps else None
        made = Submission(
            name, kind, door, body | more, frozenset({ends}), (script,) if script else ()
        )
        drawn = int(self.chance.random() / self.faults) if self.faults else len(MODEL_FAULTS)
        return self.misled(made, MODEL_FAULTS[drawn]) if drawn < len(MODEL_FAULTS) else made

    def misled(self, made: Submission, fault: ModelFault) -> Submission:
        scripts = list(made.scripts)
        if fault.generation:
            steps = self.chance.choice(fault.generation)
            if len(steps) > 1 and made.scripts:  # then it goes on as it would have
                steps = (steps[0], *made.scripts[0]["generation"])
            scripts = [{"prompt": made.name, "generation": list(steps)}]
        if fault.comprehend:
            steps = self.chance.choice(fault.comprehend)
            scripts.append({"prompt": made.name, "comprehend": list(steps)})
        if fault.rekognition:
            steps = self.chance.choice(fault.rekognition)
            first = inference_id(f"{NAMESPACES[made.door]}/{made.name}", 1, 1, 1)
            scripts.append({"key": first, "rekognition": list(steps)})
        ends = frozenset({fault.ends}) if fault.ends else made.ends
        return replace(made, scripts=tuple(scripts), fault=fault.name, ends=ends)

    def words(self, kind: str, prompt: str) -> Submission:
        name = self.name()
        return Submission(
            name, kind, self.door(), {"prompt": f"{prompt}, {name}"}, frozenset({"BLOCKED_PROMPT"})
        )

    def invalid(self) -> Submission:
        name, broken = self.name(), self.chance.choice(_INVALID)
        if isinstance(broken, bytes):
            return Submission(name, "invalid", "s3", broken, frozenset({"INVALID"}))
        body = {"prompt": "a boat", "metadata": {"name": name}, **broken}
        return Submission(name, "invalid", self.door(), body, frozenset({"INVALID"}))

    def pair(self, kind: str, ends: frozenset[str]) -> list[Submission]:
        """The same id twice at once: for the same, for something else, or by two doors."""
        names = (self.name(), self.name())
        doors = self.chance.sample(("s3", "direct"), 2)
        if kind != "two doors":
            doors[1] = doors[0]
        prompts = [self.prompt(name) for name in names]
        if kind == "twins":
            prompts[1] = prompts[0]
        size = {"request_id": names[0], "width": 256, "height": 256}
        return [
            Submission(name, kind, door, {"prompt": prompt, **size}, ends)
            for name, door, prompt in zip(names, doors, prompts, strict=True)
        ]


def plan(count: int, seed: int, faults: float) -> list[Submission]:
    """So many submissions; the same for the same numbers."""
    made = _Planner(random.Random(seed), faults)
    completed = frozenset({"COMPLETED"})
    kinds: list[tuple[int, Callable[[], list[Submission]]]] = [
        (42, lambda: [made.pictured("safe", (), "COMPLETED")]),
        (5, lambda: [made.pictured("two pictures", (), "COMPLETED", num_images=2)]),
        (8, lambda: [made.pictured("unsafe, then safe", ("unsafe", "safe"), "COMPLETED")]),
        (5, lambda: [made.pictured("unsafe", ("unsafe",), "BLOCKED_IMAGE")]),
        (3, lambda: [made.pictured("blotted out", ("black",), "MODEL_FILTERED")]),
        (12, lambda: [made.words("keyword", KEYWORD)]),
        (8, lambda: [made.words("classifier", f"{_SCENES[0]}, {FLAGGED}")]),
        (7, lambda: [made.invalid()]),
        (3, lambda: made.pair("twins", completed)),
        (1, lambda: made.pair("two doors", completed)),
        (1, lambda: made.pair("clash", completed | {"INVALID"})),
    ]
    weights = [weight for weight, _ in kinds]
    planned: list[Submission] = []
    while len(planned) < count:
        ((_, make),) = made.chance.choices(kinds, weights)
        planned += make()
    return planned[:count]


def scripts(planned: list[Submission]) -> Iterator[Json]:
    """What the stand-ins are told beforehand."""
    yield {"prompt": FLAGGED, "comprehend": ["unsafe"]}
    for submission in planned:
        yield from submission.scripts


def content(submission: Submission) -> bytes:
    """The prompt file's."""
    body = submission.body
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def name_in(execution_name: str, given: str) -> str:
    """Of the submission that an execution was started for, by its name and input; empty if none."""
    if NAME.fullmatch(execution_name):
        return execution_name
    key = re.search(rf"{FOLDER}/({NAME.pattern})", given)
    found = key[1] if key else next(iter(NAME.findall(given)), "")
    return str(found)
