"""JSONata for the state machines, by jsonata-python.

moto ships no JSONata engine: it expects a Java one, and hands it each expression with all variables
written in front of it as text, where a quote or a line break in a value ends the literal. Here an
expression is parsed once and its variables are bound as values. `undefined` is an error and `null`
is not, as on AWS, and every failure is a States.QueryEvaluationError that a Catch can see.

Private names: StringJSONata._eval_body and StringVariableSample._eval_body (replaced), the
attributes of moto's environment they read, ministack's _register_sfn_jsonata_functions (the six
functions Step Functions adds), Jsonata.CURRENT (the instance whose clock $now reads).
"""

from __future__ import annotations

import copy
import re
from functools import lru_cache
from typing import Any

from jsonata import Jsonata
from jsonata.utils import Utils
from ministack.services import stepfunctions
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)

from local.engine.seams import replace

_EXPRESSION = re.compile(r"\{%(.*)%\}", re.DOTALL)


class UndefinedError(Exception):
    """The expression has no value."""


def install() -> None:
    """Evaluate every `{% … %}` here."""
    replace(StringJSONata, "_eval_body", _eval_body)
    replace(StringVariableSample, "_eval_body", _eval_body)


def evaluate(expression: str, variables: dict[str, Any]) -> Any:
    """The value of an expression as plain JSON; raises what the engine raises."""
    instance = copy.copy(_parsed(expression))
    Jsonata.CURRENT.jsonata = instance
    bindings = {
        name: Utils.NULL_VALUE if value is None else value for name, value in variables.items()
    }
    value = instance.evaluate(None, bindings)
    if value is None:
        raise UndefinedError(f"The JSONata expression '{expression}' returned nothing (undefined).")
    return _plain(value)


@lru_cache(maxsize=4096)
def _parsed(expression: str) -> Any:
    parsed = Jsonata(expression)
    parsed.set_output_convert_nulls(False)
    parsed.set_validate_input(False)
    stepfunctions._register_sfn_jsonata_functions(parsed)
    return parsed


def _plain(value: Any) -> Any:
    """Copy a result out of the engine's own types; a function is no JSON."""
    if value is None or value is Utils.NULL_VALUE:
        return None
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | range):
        return [_plain(item) for item in value]
    raise TypeError("the expression returned an unsupported result type")


def _eval_body(component: Any, env: Any) -> None:
    env.stack.append(_value(component.expression, bindings(env), env))


def bindings(env: Any) -> dict[str, Any]:
    """What an expression of the state at hand may name: its variables and `states`."""
    store = env.variable_store
    return {**store._outer_scope, **store._inner_scope, "states": env.states._states_data}


def filled(template: Any, names: dict[str, Any], env: Any) -> Any:
    """A template with every `{% … %}` in it evaluated; raises what a state can catch."""
    if isinstance(template, str) and (found := _EXPRESSION.fullmatch(template)):
        return _value(found[1], names, env)
    if isinstance(template, dict):
        return {name: filled(part, names, env) for name, part in template.items()}
    if isinstance(template, list):
        return [filled(part, names, env) for part in template]
    return template


def _value(expression: str, names: dict[str, Any], env: Any) -> Any:
    try:
        return evaluate(expression, names)
    except UndefinedError as error:
        raise _failure(env, str(error)) from error
    except Exception as error:
        code = getattr(error, "error", None)
        reason = f"{code}: {error}" if code else str(error)
        cause = f"The JSONata expression '{expression}' failed: {reason}"
        raise _failure(env, cause) from error


def _failure(env: Any, cause: str) -> FailureEventException:
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details: Any = {
        "evaluationFailedEventDetails": {
            "error": name.error_name,
            "cause": cause,
            "state": env.next_state_name,
        }
    }
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=details,
    )
    return FailureEventException(
        failure_event=FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=details,
        )
    )
