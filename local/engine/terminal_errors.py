"""States.ALL does not catch or retry States.Runtime and States.DataLimitExceeded, as on AWS.

moto's matcher takes States.ALL for every name, so a machine would recover locally from what ends
it on AWS. Private name: ErrorEqualsDecl._eval_body (wrapped); the interpreter has no other place
where names are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)

from local.engine.seams import replace

_TERMINAL = {"States.Runtime", "States.DataLimitExceeded"}


def install() -> None:
    """Narrow what States.ALL matches."""

    def narrowed(declared: Any, env: Any) -> None:
        error = env.stack[-1]
        match(declared, env)
        named = error in declared.error_names
        if error.error_name in _TERMINAL and not named:
            env.stack[-1] = False

    match: Callable[[Any, Any], None] = replace(ErrorEqualsDecl, "_eval_body", narrowed)
