"""What is painted: the words between the door, the batches and the model."""

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True)
class Shape:
    """What pictures must have in common to be painted in one batch."""

    width: int
    height: int
    steps: int
    # Classifier-free guidance; 0.0 is without, which takes half the work and no negative prompt.
    guidance: float


@dataclass(frozen=True)
class Job:
    """One picture to paint."""

    shape: Shape
    prompt: str
    negative_prompt: str
    seed: int


@dataclass(frozen=True)
class Picture:
    """One painted picture, RGB. `flagged` is the model's own safety checker's word (the picture is
    black then), None for a model without one."""

    image: Image.Image
    flagged: bool | None = None


class OutOfMemory(Exception):
    """The accelerator has too little memory for a batch; a smaller one may fit."""


class DeviceLost(Exception):
    """The accelerator answers no more: only a new process can help."""
