"""What a training may be told, and how long it may be."""

from typing import Any

import pytest

from prepare_dataset.fine_tuning import DEFAULTS, MOST_PASSES, check_cost, plan
from shared.request import InvalidRequest

BOTH = ["instance_prompt", "class_prompt"]
G5 = "ml.g5.2xlarge"


def planned(prompts: list[str] = BOTH, default: str = G5, **asked: Any) -> dict[str, Any]:
    return plan(asked, configured=True, default_instance=default, prompts=prompts)


def refused(prompts: list[str] = BOTH, **asked: Any) -> tuple[str, str]:
    with pytest.raises(InvalidRequest) as raised:
        planned(prompts, **asked)
    return raised.value.field, raised.value.rule


def test_what_is_not_asked_for_has_a_default() -> None:
    assert planned() == {"instance_type": G5, "hyperparameters": DEFAULTS}
    told = planned(hyperparameters={"max_steps": "400"}, instance_type="ml.g4dn.2xlarge")
    assert told["instance_type"] == "ml.g4dn.2xlarge"
    assert told["hyperparameters"] == {**DEFAULTS, "max_steps": "400"}


def test_every_default_keeps_its_rule() -> None:
    assert planned(hyperparameters=DEFAULTS)["hyperparameters"] == DEFAULTS


def test_a_stack_without_a_training_image_cannot_train() -> None:
    with pytest.raises(InvalidRequest, match="FineTuningImage") as raised:
        plan({}, configured=False, default_instance=G5, prompts=BOTH)
    assert raised.value.rule == "not_configured"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("epochs", "0"),
        ("epochs", "1001"),
        ("epochs", "2.0"),
        ("epochs", "١"),
        ("epochs", "9" * 64),
        ("max_steps", "0"),
        ("max_steps", "none"),
        ("batch_size", "64"),
        ("with_prior_preservation", "true"),
        ("num_class_images", "100000"),
        ("learning_rate", "1"),
        ("learning_rate", "0"),
        ("learning_rate", "nan"),
        ("learning_rate", "1e999"),
        ("learning_rate", "2e-06 "),
        ("learning_rate", "1_0e-5"),
        ("lr_scheduler", "magic"),
        ("seed", "-1"),
        ("seed", ""),
    ],
)
def test_a_value_that_cannot_be_meant(name: str, text: str) -> None:
    field, rule = refused(hyperparameters={name: text})
    assert (field, rule) == (f"fine_tune.hyperparameters.{name}", "value")


def test_an_unknown_hyperparameter_is_an_error() -> None:
    assert refused(hyperparameters={"max_step": "400"}) == (
        "fine_tune.hyperparameters.max_step",
        "unknown_field",
    )


@pytest.mark.parametrize("instance", ["ml.p4d.24xlarge", "ml.g5.48xlarge", "g5.2xlarge", ""])
def test_an_instance_that_costs_more_and_does_no_more(instance: str) -> None:
    assert refused(instance_type=instance) == ("fine_tune.instance_type", "instance_type")


def test_the_stacks_own_instance_is_always_right() -> None:
    told = plan({}, configured=True, default_instance="ml.g6.2xlarge", prompts=BOTH)
    assert told["instance_type"] == "ml.g6.2xlarge"


def test_prior_preservation_needs_a_prompt_and_memory() -> None:
    prior = {"with_prior_preservation": "True"}
    assert planned(hyperparameters=prior)["hyperparameters"]["with_prior_preservation"] == "True"
    assert refused(["instance_prompt"], hyperparameters=prior) == ("class_prompt", "required")
    assert refused(hyperparameters=prior, instance_type="ml.g4dn.2xlarge") == (
        "fine_tune.instance_type",
        "memory",
    )


@pytest.mark.parametrize(
    ("given", "instances", "allowed"),
    [
        ({}, 5, True),
        ({}, 1000, True),
        ({}, 1001, False),
        ({"batch_size": "8"}, 1001, True),
        ({"max_steps": str(MOST_PASSES)}, 100_000, True),
        ({"max_steps": str(MOST_PASSES), "gradient_accumulation_steps": "2"}, 5, False),
        ({"epochs": "200", "with_prior_preservation": "True"}, 5, True),
        ({"epochs": "201", "with_prior_preservation": "True"}, 5, False),
    ],
)
def test_a_training_has_an_end(given: dict[str, str], instances: int, allowed: bool) -> None:
    if allowed:
        check_cost(DEFAULTS | given, instances)
        return
    with pytest.raises(InvalidRequest, match="max_steps") as raised:
        check_cost(DEFAULTS | given, instances)
    assert raised.value.rule == "max_passes"
