"""The services as the server sees them: counted, and directed by the scripts."""

import time
from collections.abc import Callable
from typing import Protocol

from local.ai.jobs import Direction
from local.ai.scripting.answers import AnswerStep
from local.ai.scripting.book import ScriptBook
from local.ai.scripting.calls import Calls
from local.ai.scripting.generation import Refusal
from local.ai.wire import Json, Reply, ServiceError, json_reply


class JsonService(Protocol):
    name: str

    def answer(self, operation: str, body: Json) -> Json: ...


class DirectedService:
    """A JSON service whose answers the scripts for `kind` may change."""

    def __init__(
        self,
        kind: str,
        service: JsonService,
        subject_of: Callable[[Json], str],
        book: ScriptBook,
        calls: Calls,
    ) -> None:
        self.name = service.name
        self._kind, self._service, self._subject_of = kind, service, subject_of
        self._book, self._calls = book, calls

    def handle(self, operation: str, body: Json) -> Reply:
        subject = self._subject_of(body)
        self._calls.count(operation, subject)
        step: AnswerStep = self._book.next(self._kind, subject) or AnswerStep()
        time.sleep(step.slow)
        if step.error:
            raise ServiceError(step.error, "told to answer so")
        answer = self._service.answer(operation, body)
        if step.malformed:
            return Reply(b"<html>no JSON here</html>")
        return json_reply(step.change(operation, answer) if step.change else answer)


def director(book: ScriptBook, calls: Calls) -> Callable[[str], Direction]:
    """Directs and counts the invocations of the generation endpoint by their prompt."""

    def direct(prompt: str) -> Direction:
        calls.count("InvokeEndpointAsync", prompt)
        step: Direction | Refusal = book.next("generation", prompt) or Direction()
        if isinstance(step, Refusal):
            raise step.error()
        return step

    return direct


def text_of(body: Json) -> str:
    """The text of a Comprehend request; of one in segments, all of it."""
    segments = body.get("TextSegments")
    if isinstance(segments, list):
        texts = [segment.get("Text", "") for segment in segments if isinstance(segment, dict)]
        return " ".join(str(text) for text in texts)
    return str(body.get("Text", ""))


def picture_of(body: Json) -> str:
    """`bucket/key` of a Rekognition request, or the empty string for bytes."""
    image = body.get("Image")
    place = image.get("S3Object") if isinstance(image, dict) else None
    return f"{place.get('Bucket')}/{place.get('Name')}" if isinstance(place, dict) else ""
