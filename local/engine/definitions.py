"""Checks a state machine's definition before it is accepted, and parses it once.

ministack accepts any text as a definition; AWS refuses what does not parse. CloudFormation writes
the state machine's record without going through CreateStateMachine, so the check stands where a
template's definition is resolved as well. moto's grammar does not follow transitions: that every
target exists is checked here, and what a Distributed Map holds in map_definitions. Parsing takes
longer than running a short execution, and neither a parsed program nor a parsed path keeps state,
so both are kept.

Private names: stepfunctions._create_state_machine, _update_state_machine,
_validate_state_machine_definition; provisioners._sfn_definition, _sfn_handler_error; `parse` in
moto's json_path and result_path.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path

from local.engine import map_definitions
from local.engine.seams import replace

Request = dict[str, Any]


def install() -> None:
    """Refuse a definition that is wrong, wherever it comes from."""
    for name in ("_create_state_machine", "_update_state_machine"):
        replace(stepfunctions, name, _checked(getattr(stepfunctions, name)))
    replace(stepfunctions, "_validate_state_machine_definition", _validate)
    for module in (json_path, result_path):
        replace(module, "parse", lru_cache(maxsize=1024)(vars(module)["parse"]))

    def resolve_and_check(properties: Request) -> str:
        definition = resolve(properties)
        if fault := fault_in(definition):
            raise provisioners._sfn_handler_error(f"Invalid State Machine Definition: '{fault}'")
        return definition

    resolve: Callable[[Request], str] = replace(provisioners, "_sfn_definition", resolve_and_check)


@lru_cache(maxsize=64)
def parse(definition: str) -> Any:
    """The runnable program of a definition."""
    document, maps = map_definitions.taken_out(json.loads(definition))
    for found in maps.values():
        parse(found.definition)
    token = map_definitions.being_parsed.set(maps)
    try:
        text = json.dumps(document) if maps else definition
        return AmazonStateLanguageParser.parse(text)[0]
    finally:
        map_definitions.being_parsed.reset(token)


def fault_in(definition: str) -> str | None:
    """What is wrong with a definition, or None."""
    try:
        document = json.loads(definition)
        parse(definition)
    except Exception as error:  # noqa: BLE001 - the parser raises what its components raise
        return f"{type(error).__name__}: {error}"[:1000]
    return next(_missing_targets(document, "/"), None)


def _missing_targets(scope: Request, where: str) -> Iterator[str]:
    states = scope["States"]
    for source, target in _transitions(scope):
        if target not in states:
            yield f"MISSING_TRANSITION_TARGET: {where}{source} names {target!r}, which is no state"
    for name, state in states.items():
        for inner in _inner_scopes(state):
            yield from _missing_targets(inner, f"{where}States/{name}/")


def _inner_scopes(state: Request) -> list[Request]:
    return [
        *state.get("Branches", []),
        *(state[key] for key in ("ItemProcessor", "Iterator") if key in state),
    ]


def _transitions(scope: Request) -> Iterator[tuple[str, str]]:
    yield "StartAt", scope["StartAt"]
    for name, state in scope["States"].items():
        for holder in (state, *state.get("Choices", []), *state.get("Catch", [])):
            for field in ("Next", "Default"):
                if field in holder:
                    yield f"States/{name}", holder[field]


def _checked(accept: Callable[[Request], Any]) -> Callable[[Request], Any]:
    def check_first(request: Request) -> Any:
        definition = request.get("definition")
        if definition and (fault := fault_in(definition)):
            message = f"Invalid State Machine Definition: '{fault}'"
            return error_response_json("InvalidDefinition", message, 400)
        return accept(request)

    return check_first


def _validate(request: Request) -> Any:
    fault = fault_in(request["definition"])
    diagnostics = [{"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": fault}]
    return json_response(
        {
            "result": "FAIL" if fault else "OK",
            "diagnostics": diagnostics if fault else [],
            "truncated": False,
        }
    )
