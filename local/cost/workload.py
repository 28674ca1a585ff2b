"""What is asked of a stack: how many pictures, how they end, and how the stack is set."""

from __future__ import annotations

import math
from dataclasses import dataclass

BACKENDS = ("toxicity", "custom", "guardrail")
SOURCES = ("file", "event", "api")
LOG_LEVELS = ("INFO", "WARN")
STANDARD = "standard"
DESIGNS = {
    STANDARD: "Standard, a Lambda a stage",
    "express": "Express children before and after painting",
    "one-lambda": "one Lambda for the whole chain",
    "polling": "polling instead of a callback",
    "lambda-a-picture": "one Lambda a picture",
    "catch": "Catch instead of Choice",
}
# Published for Stable Diffusion on an A100 with diffusers' pull request 2764; docs/container.md.
BATCH_SPEEDUPS = {1: 1.0, 8: 1.14 / 0.51, 16: 1.18 / 0.51}
MOST_PROMPT_CHARS, MOST_IMAGES = 2000, 4


class WorkloadError(ValueError):
    """A workload that cannot be; `option` is the field that breaks the rule."""

    def __init__(self, option: str, rule: str) -> None:
        super().__init__(rule)
        self.option = option


@dataclass(frozen=True)
class Workload:
    """Shares and probabilities are 0 to 1. Checked when it is made: WorkloadError.

    images_per_day are asked for; `unsafe` is the chance that a picture is not safe. `retries` is
    the chance that a task is tried again. `batch_size` pictures are painted together where there
    are as many, `batch_speedup` times as fast. An endpoint that is `always_on` never sleeps; one
    that sleeps stays up for `idle_minutes` after its last picture and takes `start_minutes` to
    wake. Requests come evenly over `active_hours` of a day; instances are used to `utilisation`.
    """

    images_per_day: float = 1000
    images_per_request: int = 1
    prompt_chars: int = 200
    seconds_per_image: float = 4.0
    instance_type: str = "ml.g5.2xlarge"
    batch_size: int = 1
    batch_speedup: float = 1.0
    invalid: float = 0.01
    keyword: float = 0.02
    classifier: float = 0.01
    unsafe: float = 0.02
    reviewed: float = 0.0
    retries: float = 0.001
    max_attempts: int = 3
    backend: str = "toxicity"
    detect_language: bool = True
    always_on: bool = False
    idle_minutes: float = 20.0
    start_minutes: float = 5.0
    active_hours: float = 24.0
    utilisation: float = 0.7
    text_in_images: bool = False
    source: str = "file"
    looks: float = 3.0
    shadow_policy: bool = False
    log_level: str = "INFO"
    own_key: bool = False
    picture_kb: float = 150.0
    keep_images_days: float = 90.0
    design: str = STANDARD

    def __post_init__(self) -> None:
        shares = ("invalid", "keyword", "classifier", "unsafe", "reviewed", "retries")
        for name in shares:
            self._between(name, 0, 1)
        for name in ("images_per_day", "seconds_per_image", "batch_speedup", "active_hours"):
            if not 0 < getattr(self, name) < math.inf:
                raise WorkloadError(name, "must be a number above 0")
        for name in ("idle_minutes", "start_minutes", "looks", "picture_kb", "keep_images_days"):
            self._between(name, 0, math.inf)
        self._between("active_hours", 0, 24)
        self._between("images_per_request", 1, MOST_IMAGES)
        self._between("prompt_chars", 1, MOST_PROMPT_CHARS)
        self._between("max_attempts", 1, 5)
        self._between("batch_size", 1, 64)
        if not 0 < self.utilisation <= 1:
            raise WorkloadError("utilisation", "must be above 0 and at most 1")
        if self.keyword + self.classifier + self.invalid > 1:
            blocked = self.keyword + self.classifier + self.invalid
            rule = f"with classifier and invalid must be at most 1, and is {blocked:g}"
            raise WorkloadError("keyword", rule)
        for name, known in (
            ("backend", BACKENDS),
            ("source", SOURCES),
            ("log_level", LOG_LEVELS),
            ("design", tuple(DESIGNS)),
        ):
            if getattr(self, name) not in known:
                raise WorkloadError(name, f"must be one of {', '.join(known)}")

    def _between(self, name: str, least: float, most: float) -> None:
        value = getattr(self, name)
        if not least <= value <= most or math.isinf(value):
            rule = f"at least {least:g}" if math.isinf(most) else f"from {least:g} to {most:g}"
            raise WorkloadError(name, f"must be {rule}")

    @property
    def requests_per_day(self) -> float:
        return self.images_per_day / self.images_per_request
