"""What a DreamBooth training of JumpStart may be told, and what it may cost at most.

Names and defaults are those of model-txt2img-stabilityai-stable-diffusion-v2-1-base. SageMaker
takes every value as a text. JumpStart's notebook was tested on ml.g4dn.2xlarge and ml.g5.2xlarge;
the first has too little memory for prior preservation.
"""

import math
import re
from collections.abc import Callable
from typing import Any

from shared.request import InvalidRequest

DEFAULTS = {
    "epochs": "20",
    "max_steps": "None",
    "batch_size": "1",
    "with_prior_preservation": "False",
    "num_class_images": "100",
    "learning_rate": "2e-06",
    "prior_loss_weight": "1.0",
    "center_crop": "False",
    "lr_scheduler": "constant",
    "adam_weight_decay": "0.01",
    "adam_beta1": "0.9",
    "adam_beta2": "0.999",
    "adam_epsilon": "1e-08",
    "gradient_accumulation_steps": "1",
    "max_grad_norm": "1.0",
    "seed": "0",
}
# Of the families that have one GPU: the script uses no more.
INSTANCE_TYPES = frozenset(
    f"ml.{family}.{size}xlarge" for family in ("g4dn", "g5") for size in (2, 4, 8, 16)
)
# Batches of images that pass through the model: some hours of an ml.g5.2xlarge.
MOST_PASSES = 20_000
_SCHEDULERS = frozenset(
    {"constant", "constant_with_warmup", "cosine", "cosine_with_restarts", "linear", "polynomial"}
)
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?")
Check = tuple[Callable[[str], bool], str]


def _whole(least: int, most: int) -> Check:
    def keeps(text: str) -> bool:
        # As long as `most` at most: Python refuses to read texts of thousands of digits.
        short = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
        return short and least <= int(text) <= most

    return keeps, f"a whole number from {least} to {most}"


def _number(least: float, most: float) -> Check:
    def keeps(text: str) -> bool:
        return _NUMBER.fullmatch(text) is not None and least <= float(text) <= most

    return keeps, f"a number from {least:g} to {most:g}"


def _one_of(*allowed: str) -> Check:
    return lambda text: text in allowed, f"one of {', '.join(sorted(allowed))}"


_STEPS = _whole(1, MOST_PASSES)
_CHECKS: dict[str, Check] = {
    "epochs": _whole(1, 1000),
    "max_steps": (lambda text: text == "None" or _STEPS[0](text), f"None, or {_STEPS[1]}"),
    "batch_size": _whole(1, 8),
    "with_prior_preservation": _one_of("True", "False"),
    "num_class_images": _whole(1, 1000),
    "learning_rate": _number(1e-9, 1e-2),
    "prior_loss_weight": _number(0, 10),
    "center_crop": _one_of("True", "False"),
    "compute_fid": _one_of("True", "False"),
    "lr_scheduler": _one_of(*_SCHEDULERS),
    "adam_weight_decay": _number(0, 1),
    "adam_beta1": _number(0, 0.9999),
    "adam_beta2": _number(0, 0.99999),
    "adam_epsilon": _number(1e-12, 1e-2),
    "gradient_accumulation_steps": _whole(1, 32),
    "max_grad_norm": _number(0.01, 100),
    "seed": _whole(0, 2**32 - 1),
}


def plan(
    asked: dict[str, Any], configured: bool, default_instance: str, prompts: list[str]
) -> dict[str, Any]:
    """{instance_type, hyperparameters}: what is asked for, with the defaults filled in.

    `prompts` are the fields of dataset_info.json. Raises InvalidRequest.
    """
    if not configured:
        message = "this stack has no training image: its parameter FineTuningImage is empty"
        raise InvalidRequest("fine_tune", "not_configured", message)
    given = asked.get("hyperparameters", {})
    for name, text in given.items():
        _check(name, text)
    instance = asked.get("instance_type", default_instance)
    if instance not in INSTANCE_TYPES | {default_instance}:
        named = ", ".join(sorted(INSTANCE_TYPES))
        message = f"instance_type must be one of {named}"
        raise InvalidRequest("fine_tune.instance_type", "instance_type", message)
    hyperparameters = DEFAULTS | given
    if hyperparameters["with_prior_preservation"] == "True":
        _check_prior(instance, prompts)
    return {"instance_type": instance, "hyperparameters": hyperparameters}


def check_cost(hyperparameters: dict[str, str], instances: int) -> None:
    """Raises InvalidRequest for a training that is longer than anybody can mean it to be."""
    passes = _passes(hyperparameters, instances)
    if passes > MOST_PASSES:
        message = (
            f"the training would take {passes} passes of a batch through the model, more than"
            f" {MOST_PASSES}: lower epochs, or set max_steps"
        )
        raise InvalidRequest("fine_tune.hyperparameters", "max_passes", message)


def _passes(given: dict[str, str], instances: int) -> int:
    if given["max_steps"] != "None":
        return int(given["max_steps"]) * int(given["gradient_accumulation_steps"])
    images = instances
    if given["with_prior_preservation"] == "True":
        # Each epoch goes through the longer of the two lists.
        images = max(instances, int(given["num_class_images"]))
    return int(given["epochs"]) * math.ceil(images / int(given["batch_size"]))


def _check(name: str, text: str) -> None:
    field = f"fine_tune.hyperparameters.{name[:64]}"
    if name not in _CHECKS:
        raise InvalidRequest(
            field, "unknown_field", f"{name[:64]} is not a hyperparameter of the training"
        )
    keeps, says = _CHECKS[name]
    if not keeps(text):
        raise InvalidRequest(field, "value", f"{name} must be {says}")


def _check_prior(instance: str, prompts: list[str]) -> None:
    if "class_prompt" not in prompts:
        message = "prior preservation needs a class_prompt in dataset_info.json"
        raise InvalidRequest("class_prompt", "required", message)
    if instance.startswith("ml.g4dn."):
        message = f"{instance} has too little memory for prior preservation: take an ml.g5"
        raise InvalidRequest("fine_tune.instance_type", "memory", message)
