"""The server's settings: environment variables, read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from server.job import Shape

_SIDE_STEP = 8


class SettingsError(Exception):
    """A variable is malformed; the message names it."""


@dataclass(frozen=True)
class Limits:
    """What a request may ask for, and what it gets where it does not say."""

    side: int = 512
    least_side: int = 64
    most_side: int = 1024
    steps: int = 25
    most_steps: int = 150
    most_images: int = 8
    most_prompt_characters: int = 4000
    most_request_bytes: int = 256 * 1024


@dataclass(frozen=True)
class Bucket:
    """A size that is compiled, and the numbers of pictures that it is compiled for."""

    width: int
    height: int
    counts: tuple[int, ...]

    def count_for(self, shape: Shape, pictures: int) -> int | None:
        """To how many a batch is filled up; None where nothing compiled fits."""
        if (self.width, self.height) != (shape.width, shape.height) or not shape.guidance:
            return None
        return min((count for count in self.counts if count >= pictures), default=None)


@dataclass(frozen=True)
class Settings:
    """Everything that the server reads from its environment."""

    model_dir: Path
    host: str = "0.0.0.0"  # noqa: S104 - a container is reached from outside
    port: int = 8080
    limits: Limits = Limits()
    max_batch: int = 8
    batch_wait_seconds: float = 0.03
    queue_images: int = 256
    shutdown_seconds: float = 25.0
    failure_seconds: float = 10.0
    model_version: str = ""
    dtype: str = "auto"
    scheduler: str = "dpm++"
    threads: int = 0
    compiled: bool = False
    buckets: tuple[Bucket, ...] = ()

    @classmethod
    def from_env(cls, variables: Mapping[str, str] | None = None) -> "Settings":
        """Raises SettingsError naming the variable."""
        env = _Environment(os.environ if variables is None else variables)
        most_side = env.number("MAX_SIDE", 1024, 64, 4096)
        side = env.number("SIDE", min(512, most_side), 64, most_side)
        if side % _SIDE_STEP:
            raise SettingsError(f"SIDE must be a multiple of {_SIDE_STEP}")
        most_steps = env.number("MAX_STEPS", 150, 1, 500)
        most_images = env.number("MAX_IMAGES", 8, 1, 64)
        max_batch = env.number("MAX_BATCH", 8, 1, 256)
        compiled = env.choice("COMPILE", "0", "1") == "1"
        buckets = env.text("BUCKETS", f"{side}x{side}:1,4,8,16") if compiled else ""
        return cls(
            model_dir=Path(env.text("SM_MODEL_DIR", "/opt/ml/model")),
            host=env.text("HOST", "0.0.0.0"),  # noqa: S104
            port=env.number("SAGEMAKER_BIND_TO_PORT", 8080, 0, 65535),
            limits=Limits(
                side=side,
                most_side=most_side,
                steps=env.number("STEPS", min(25, most_steps), 1, most_steps),
                most_steps=most_steps,
                most_images=most_images,
                most_prompt_characters=env.number("MAX_PROMPT_CHARACTERS", 4000, 1, 100_000),
                most_request_bytes=env.number("MAX_REQUEST_BYTES", 256 * 1024, 1, 2**26),
            ),
            max_batch=max_batch,
            batch_wait_seconds=env.number("BATCH_WAIT_MS", 30, 0, 10_000) / 1000,
            queue_images=env.number("QUEUE_IMAGES", 256, most_images, 100_000),
            shutdown_seconds=env.number("SHUTDOWN_SECONDS", 25, 0, 3600),
            failure_seconds=env.number("FAILURE_SECONDS", 10, 0, 3600),
            model_version=env.text("MODEL_VERSION", ""),
            dtype=env.choice("DTYPE", "auto", "bf16", "fp16", "fp32"),
            scheduler=env.choice("SCHEDULER", "dpm++", "model"),
            threads=env.number("THREADS", 0, 0, 1024),
            compiled=compiled,
            buckets=_buckets(buckets, max_batch),
        )

    def bucket_for(self, shape: Shape, pictures: int) -> int | None:
        """To how many pictures a batch of this shape is filled up; None: it runs uncompiled."""
        found = (bucket.count_for(shape, pictures) for bucket in self.buckets)
        return next((count for count in found if count), None)


class _Environment:
    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str) -> str:
        return self._variables.get(name, "") or default

    def choice(self, name: str, *allowed: str) -> str:
        """The first is the default."""
        value = self.text(name, allowed[0])
        if value not in allowed:
            raise SettingsError(f"{name} must be one of {', '.join(allowed)}")
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdecimal() and least <= int(value) <= most):
            raise SettingsError(f"{name} must be a whole number from {least} to {most}")
        return int(value)


def _buckets(text: str, max_batch: int) -> tuple[Bucket, ...]:
    """`512x512:1,4,8 768x768:1,4`; a full batch is compiled too, whether it is named or not."""
    try:
        return tuple(_bucket(one, max_batch) for one in text.split())
    except ValueError:
        raise SettingsError(
            "BUCKETS must look like 512x512:1,4,8 768x768:1,4 (sides are multiples of 8)"
        ) from None


def _bucket(text: str, max_batch: int) -> Bucket:
    size, counts = text.split(":")
    width, height = (int(side) for side in size.split("x"))
    numbers = {int(count) for count in counts.split(",")}
    if min(width, height, *numbers) < 1 or width % _SIDE_STEP or height % _SIDE_STEP:
        raise ValueError(text)
    kept = {number for number in numbers if number <= max_batch}
    return Bucket(width, height, tuple(sorted({*kept, max_batch})))
