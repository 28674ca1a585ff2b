"""What a Distributed Map says of itself, read from the definition beside moto's grammar.

The grammar knows neither ItemBatcher, WriterConfig, Transformation nor whole numbers as
percentages. So `taken_out` leaves it an empty Map state (with its Retry, Catch, Output, Assign and
transitions) and hands out the rest as one MapDefinition per state. JSONata and STANDARD children
only; what is not understood is refused, as AWS refuses it when the state machine is created
(fields: docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html and the pages on
ItemReader, ItemBatcher and ResultWriter).
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_OWN_FIELDS = (
    "ItemProcessor", "ItemReader", "Items", "ItemSelector", "ItemBatcher", "ResultWriter", "Label",
    "MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage",
)  # fmt: skip
# A Map state that the grammar takes for a distributed one, and that nobody runs.
_EMPTY: Json = {
    "Items": [],
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Nothing",
        "States": {"Nothing": {"Type": "Pass", "End": True}},
    },
}
_LIST, _GET, _PUT = (
    f"arn:aws:states:::s3:{action}" for action in ("listObjectsV2", "getObject", "putObject")
)
_LABEL = re.compile(r"[^\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]{1,40}")


@dataclass(frozen=True)
class Reader:
    """`arguments` and `max_items` may hold expressions; `flatten` is LOAD_AND_FLATTEN;
    `input_type` is JSON or JSONL, empty for a list of objects."""

    lists: bool
    flatten: bool
    input_type: str
    arguments: Json
    max_items: Any


@dataclass(frozen=True)
class Batcher:
    """Any of these may be an expression, or be None."""

    most_items: Any
    most_bytes: Any
    batch_input: Any


@dataclass(frozen=True)
class Writer:
    """`arguments` is None where the results stay in the state's output."""

    arguments: Json | None
    transformation: str
    lines: bool


@dataclass(frozen=True)
class MapDefinition:
    """`definition` is the children's own state machine, as text; the rest as written."""

    definition: str
    label: str
    items: Any
    reader: Reader | None
    selector: Any
    batcher: Batcher | None
    writer: Writer | None
    max_concurrency: Any
    tolerated_count: Any
    tolerated_percentage: Any


# Those of the definition that the grammar reads at the moment, by the state's name.
being_parsed: ContextVar[dict[str, MapDefinition]] = ContextVar("maps_being_parsed")


def taken_out(document: Json) -> tuple[Json, dict[str, MapDefinition]]:
    """The definition without what the grammar does not know, and that by the state's name."""
    found: dict[str, MapDefinition] = {}
    return _scope(document, document.get("QueryLanguage", "JSONPath"), found), found


def processor_of(state: Any) -> Json | None:
    """The ItemProcessor of a Distributed Map; None of any other state."""
    processor = state.get("ItemProcessor") if isinstance(state, dict) else None
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    distributed = isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
    return processor if distributed else None


def _scope(scope: Json, language: str, found: dict[str, MapDefinition]) -> Json:
    states = scope.get("States")
    if not isinstance(states, dict):
        return scope
    kept = {name: _state(name, state, language, found) for name, state in states.items()}
    return {**scope, "States": kept}


def _state(name: str, state: Any, language: str, found: dict[str, MapDefinition]) -> Any:
    if not isinstance(state, dict):
        return state
    if processor_of(state):
        found[name] = _map(state, language)
        rest = {field: value for field, value in state.items() if field not in _OWN_FIELDS}
        return {**rest, **_EMPTY}
    kept = dict(state)
    if isinstance(state.get("ItemProcessor"), dict):
        kept["ItemProcessor"] = _scope(state["ItemProcessor"], language, found)
    if isinstance(state.get("Branches"), list):
        kept["Branches"] = [_scope(branch, language, found) for branch in state["Branches"]]
    return kept


def _map(state: Json, language: str) -> MapDefinition:
    processor = dict(state["ItemProcessor"])
    config = processor.pop("ProcessorConfig")
    if state.get("QueryLanguage", language) != "JSONata":
        raise ValueError("a Distributed Map is run here with QueryLanguage JSONata only")
    if config.get("ExecutionType") != "STANDARD":
        raise ValueError("a Distributed Map is run here with ExecutionType STANDARD only")
    if "Items" in state and "ItemReader" in state:
        raise ValueError("Items and ItemReader exclude each other")
    label = state.get("Label", "")
    if label and not _LABEL.fullmatch(label):
        raise ValueError(f"Label {label!r} is not 1 to 40 of the characters that it may have")
    processor.setdefault("QueryLanguage", language)
    return MapDefinition(
        definition=json.dumps(processor),
        label=label,
        items=state.get("Items"),
        reader=_reader(state["ItemReader"]) if "ItemReader" in state else None,
        selector=state.get("ItemSelector"),
        batcher=_batcher(state["ItemBatcher"]) if "ItemBatcher" in state else None,
        writer=_writer(state["ResultWriter"]) if "ResultWriter" in state else None,
        max_concurrency=state.get("MaxConcurrency", 0),
        tolerated_count=state.get("ToleratedFailureCount"),
        tolerated_percentage=state.get("ToleratedFailurePercentage"),
    )


def _reader(told: Json) -> Reader:
    _only(told, "ItemReader", "Resource", "Arguments", "ReaderConfig")
    config = told.get("ReaderConfig", {})
    _only(config, "ReaderConfig", "InputType", "Transformation", "MaxItems")
    resource = _one_of(told, "Resource", _LIST, _GET)
    transformation = {"Transformation": "NONE", **config}
    flatten = _one_of(transformation, "Transformation", "NONE", "LOAD_AND_FLATTEN") != "NONE"
    if flatten and resource != _LIST:
        raise ValueError("LOAD_AND_FLATTEN is for s3:listObjectsV2")
    loads = flatten or resource == _GET
    return Reader(
        lists=resource == _LIST,
        flatten=flatten,
        input_type=_one_of(config, "InputType", "JSON", "JSONL") if loads else "",
        arguments=told.get("Arguments", {}),
        max_items=config.get("MaxItems"),
    )


def _batcher(told: Json) -> Batcher:
    _only(told, "ItemBatcher", "MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput")
    most_items, most_bytes = told.get("MaxItemsPerBatch"), told.get("MaxInputBytesPerBatch")
    if most_items is None and most_bytes is None:
        raise ValueError("ItemBatcher has MaxItemsPerBatch or MaxInputBytesPerBatch")
    return Batcher(most_items, most_bytes, told.get("BatchInput"))


def _writer(told: Json) -> Writer:
    _only(told, "ResultWriter", "Resource", "Arguments", "WriterConfig")
    config = told.get("WriterConfig", {})
    _only(config, "WriterConfig", "Transformation", "OutputType")
    if not told or ("Resource" in told) != ("Arguments" in told):
        raise ValueError("ResultWriter has Resource and Arguments, WriterConfig, or all three")
    if "Resource" in told:
        _one_of(told, "Resource", _PUT)
    named = {"Transformation": "NONE" if "Resource" in told else "COMPACT", "OutputType": "JSON"}
    named.update(config)
    return Writer(
        arguments=told.get("Arguments"),
        transformation=_one_of(named, "Transformation", "NONE", "COMPACT", "FLATTEN"),
        lines=_one_of(named, "OutputType", "JSON", "JSONL") == "JSONL",
    )


def _only(told: Any, where: str, *names: str) -> None:
    if not isinstance(told, dict):
        raise ValueError(f"{where} is an object")
    if unknown := sorted(told.keys() - {*names}):
        raise ValueError(f"{where} has no field {', '.join(unknown)} here")


def _one_of(told: Json, field: str, *values: str) -> str:
    value = told.get(field)
    if value not in values:
        raise ValueError(f"{field} is one of {', '.join(values)}, not {value!r}")
    return str(value)
