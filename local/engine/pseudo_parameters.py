"""AWS::AccountId and its like in a template's Conditions.

ministack knows them everywhere else; there, each stands for its own name. Private name:
_evaluate_conditions of cloudformation.engine, which its other modules import by name.
"""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, stacks

from local.engine.seams import replace
from local.engine.settings import ACCOUNT, REGION

_VALUES = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws"}


def install() -> None:
    """Have conditions see them."""
    evaluate = engine._evaluate_conditions

    def with_pseudo_parameters(template: Any, parameters: dict[str, Any]) -> dict[str, bool]:
        pseudo = {name: {"Value": value} for name, value in _VALUES.items()}
        evaluated: dict[str, bool] = evaluate(template, pseudo | parameters)
        return evaluated

    for module in (changesets, engine, handlers, stacks):
        replace(module, "_evaluate_conditions", with_pseudo_parameters)
