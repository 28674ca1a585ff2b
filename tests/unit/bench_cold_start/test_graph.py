"""Who imports whom, and what for."""

import pytest

from bench.cold_start import graph
from bench.cold_start.clients import CLIENTS

SOURCE = """
import json
from typing import TYPE_CHECKING

from shared import aws
from shared.dynamodb import Item, Table
from shared.records import utc_text as text
from shared.stepfunctions import StepFunctions

if TYPE_CHECKING:
    from shared.eventbridge import Bus


class Desk:
    steps: StepFunctions


def build(item: Item, steps: "StepFunctions") -> "Bus":
    from shared.s3 import Storage

    try:
        aws.client("s3")
    except ValueError:
        from shared.metrics import Metrics
    return Storage(text(), Table())
"""


def test_imports_are_for_use_for_annotations_or_for_later() -> None:
    assert graph.imports_in(SOURCE) == graph.Imports(
        used=frozenset({"shared.aws", "shared.dynamodb", "shared.records"}),
        annotating=frozenset({"shared.stepfunctions"}),
        later=frozenset({"shared.metrics", "shared.s3"}),
    )


def test_what_few_calls_need_is_reached_later(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {
        "a": graph.Imports(frozenset({"b"}), frozenset({"named"}), frozenset({"later"})),
        "named": graph.Imports(frozenset({"dragged", "b"}), frozenset(), frozenset()),
    }
    none = graph.Imports(frozenset(), frozenset(), frozenset())
    monkeypatch.setattr(graph, "imports_of", lambda name: modules.get(name, none))
    assert graph.reached("a", later=False) == {"a", "b"}
    assert graph.reached("a", later=True) == {"a", "b", "later"}
    assert graph.loaded_in_vain("a") == {"named", "dragged"}


def test_every_function_has_a_handler_to_begin_with() -> None:
    assert all(len(graph.reached(f"{name}.handler", later=False)) > 1 for name in CLIENTS)
