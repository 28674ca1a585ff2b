"""The Map state in distributed mode: reads its items, runs its children, writes their results.

moto runs the items of a Distributed Map as branches of the parent, on a thread for each, knows no
batches, no JSON Lines, no tolerated failures, and writes a manifest of nothing. Here its state
class keeps what all states have in common (Retry, Catch, Output, Assign, history); what it does is
in map_definitions, item_readers, item_batches, map_runs and result_writers.

The items are read to their end before the first child starts. By our reading AWS reads on while
children run, so that there some may have run when a later line turns out to be unreadable.

Private names: preprocessor.StateMap (replaced by a subclass), its from_state_props and
_eval_execution; the environment's event_manager and event_history_context.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.parse import preprocessor
from moto.stepfunctions.parser.asl.utils import boto_client

from local.engine import item_readers, map_definitions, result_writers, watching
from local.engine.item_batches import batched, size
from local.engine.jsonata_expressions import bindings, filled
from local.engine.map_definitions import MapDefinition, Reader
from local.engine.map_runs import LARGEST_INPUT, Child, Children, MapRun, TooLargeError
from local.engine.seams import replace

Json = dict[str, Any]


def install() -> None:
    """Take over Map states in distributed mode."""
    replace(preprocessor, "StateMap", _Map)


class _Map(StateMap):
    """A Map state of either mode."""

    distributed: MapDefinition | None

    def from_state_props(self, state_props: Any) -> None:
        super().from_state_props(state_props)
        self.distributed = map_definitions.being_parsed.get({}).get(self.name)

    def _eval_execution(self, env: Any) -> None:
        if self.distributed is None:
            super()._eval_execution(env)
            return
        with watching.calling_for(env):
            output = _Evaluation(self.distributed, env).output()
        env.stack.append(output)
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.MapStateSucceeded,
            update_source_event_id=False,
        )


class _Evaluation:
    """One attempt at a state."""

    def __init__(self, definition: MapDefinition, env: Any) -> None:
        self._definition, self._env = definition, env
        self._names = bindings(env)
        self._s3 = boto_client.boto_client_for(env.aws_execution_details.region, "s3")
        writer = definition.writer
        exported = writer is not None and writer.arguments is not None
        self._results = result_writers.Results(writer) if writer and exported else None
        self._outputs: dict[int, list[Any]] = {}

    def output(self) -> Any:
        """The state's result; raises what a Catch can see."""
        limits, reader = self._limits(), self._definition.reader
        given = [] if reader else self._given()
        details = {"length": len(given)}
        _tell(self._env, HistoryEventType.MapStateStarted, {"mapStateStartedEventDetails": details})
        run = MapRun(*self._parent(), self._definition.label, limits, self._keep)
        started = {"mapRunStartedEventDetails": {"mapRunArn": run.arn}}
        _tell(self._env, HistoryEventType.MapRunStarted, started)
        try:
            return self._run(run, self._read(reader) if reader else iter(given))
        except FailureEventException as failure:
            error, cause = failure.extract_error_cause_pair() or (None, None)
            told = {"error": error, "cause": cause}
            run.close("FAILED")
            _tell(self._env, HistoryEventType.MapRunFailed, {"mapRunFailedEventDetails": told})
            raise
        except BaseException:
            run.close("FAILED")
            raise
        finally:
            if self._results:
                self._results.close()

    def _run(self, run: MapRun, items: Iterator[Any]) -> Any:
        children = self._children(items)
        try:
            for child in run.run(children, self._env):
                self._keep(child, {"status": "PENDING", "input": child.input})
        finally:
            children.close()
        output = self._write(run)
        if not self._env.is_running():
            run.close("ABORTED")
            return output
        if run.exceeded:
            cause = "The specified tolerated failure threshold was exceeded"
            raise self._failure(StatesErrorNameType.StatesExceedToleratedFailureThreshold, cause)
        run.close("SUCCEEDED")
        _tell(self._env, HistoryEventType.MapRunSucceeded, None)
        return output

    def _parent(self) -> tuple[Json, Json]:
        """The record of the execution whose state this is, and the machine of its children."""
        context = self._names["states"]["context"]
        parent = stepfunctions._executions[context["Execution"]["Id"]]
        machine = {
            "name": context["StateMachine"]["Name"],
            "definition": self._definition.definition,
            "roleArn": self._env.aws_execution_details.role_arn,
            "type": "STANDARD",
        }
        return parent, machine

    def _limits(self) -> Json:
        definition = self._definition
        return {
            "maxConcurrency": int(self._filled(definition.max_concurrency)),
            "toleratedFailureCount": int(self._filled(definition.tolerated_count) or 0),
            "toleratedFailurePercentage": float(self._filled(definition.tolerated_percentage) or 0),
        }

    def _given(self) -> list[Any]:
        """The items that come in the state's input, or that Items makes of it."""
        written = self._definition.items
        items = self._names["states"]["input"] if written is None else self._filled(written)
        if not isinstance(items, list):
            cause = f"Map state input must be an array but was: {type(items).__name__}"
            raise self._failure(StatesErrorNameType.StatesQueryEvaluationError, cause)
        return items

    def _children(self, items: Iterator[Any]) -> Children:
        try:
            return Children(self._payloads(self._selected(items)))
        except item_readers.ItemReaderError as error:
            name = StatesErrorNameType.StatesItemReaderFailed
            raise self._failure(name, str(error)) from error
        except TooLargeError as error:
            name = StatesErrorNameType.StatesStatesDataLimitExceeded
            raise self._failure(name, str(error)) from error

    def _read(self, reader: Reader) -> Iterator[Any]:
        most = self._filled(reader.max_items)
        arguments = self._filled(reader.arguments)
        yield from item_readers.items(reader, arguments, most and int(most), self._s3)

    def _selected(self, items: Iterator[Any]) -> Iterator[Any]:
        for index, item in enumerate(items):
            if self._definition.selector is None:
                yield item
                continue
            states = self._names["states"]
            context = {**states["context"], "Map": {"Item": {"Index": index, "Value": item}}}
            names = {**self._names, "states": {**states, "context": context}}
            yield filled(self._definition.selector, names, self._env)

    def _payloads(self, items: Iterator[Any]) -> Iterator[tuple[int, Any]]:
        """Each child's input with the number of items in it."""
        batcher = self._definition.batcher
        if batcher is None:
            return ((1, item) for item in items)
        head = {}
        if batcher.batch_input is not None:
            head = {"BatchInput": self._filled(batcher.batch_input)}
        most_items = self._filled(batcher.most_items) or float("inf")
        most_bytes = min(self._filled(batcher.most_bytes) or LARGEST_INPUT, LARGEST_INPUT)
        most_bytes -= size({**head, "Items": []})
        batches = batched(items, most_items, most_bytes)
        return ((len(batch), {**head, "Items": batch}) for batch in batches)

    def _keep(self, child: Child, record: Json) -> None:
        """A child has ended, or will never begin."""
        if self._results:
            self._results.add(record)
        elif record["status"] == "SUCCEEDED":
            writer = self._definition.writer or _AS_IT_IS
            self._outputs[child.index] = result_writers.transformed(writer, record)

    def _write(self, run: MapRun) -> Any:
        writer = self._definition.writer
        if self._results is None or writer is None:
            return [entry for index in sorted(self._outputs) for entry in self._outputs[index]]
        try:
            output = self._results.write(self._s3, self._filled(writer.arguments), run.arn)
        except result_writers.ResultWriterError as error:
            name = StatesErrorNameType.StatesResultWriterFailed
            raise self._failure(name, str(error)) from error
        run.written()
        return output

    def _filled(self, template: Any) -> Any:
        return filled(template, self._names, self._env)

    def _failure(self, kind: StatesErrorNameType, cause: str) -> FailureEventException:
        name = StatesErrorName(typ=kind)
        details: Any = {"mapRunFailedEventDetails": {"error": name.error_name, "cause": cause}}
        return FailureEventException(
            FailureEvent(
                env=self._env,
                error_name=name,
                event_type=HistoryEventType.MapRunFailed,
                event_details=details,
            )
        )


_AS_IT_IS = map_definitions.Writer(None, "COMPACT", lines=False)


def _tell(env: Any, event: HistoryEventType, details: Any) -> None:
    env.event_manager.add_event(
        context=env.event_history_context, event_type=event, event_details=details
    )
