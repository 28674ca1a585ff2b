"""The HTTP server: one port for all services, told apart by target header and path."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import unquote

from local.ai import guardrail
from local.ai.auto_scaling import AutoScaling
from local.ai.classifier.model import shipped
from local.ai.comprehend import Classifier
from local.ai.control import PREFIX as CONTROL_PREFIX
from local.ai.control import Control, Directed
from local.ai.custom_classification.service import CustomClassification
from local.ai.engine_client import EngineClient
from local.ai.languages import LanguageDetector
from local.ai.rekognition import Moderator, TextReader
from local.ai.sagemaker import Endpoints
from local.ai.scripting.answers import (
    comprehend_step,
    detect_text_step,
    guardrail_step,
    language_step,
    rekognition_step,
)
from local.ai.scripting.book import ScriptBook
from local.ai.scripting.calls import Calls
from local.ai.scripting.directed import DirectedService, director, picture_of, text_of
from local.ai.scripting.generation import generation_step
from local.ai.training.jobs import TrainingJobs
from local.ai.vision.network import Network
from local.ai.watched import Unanswered, Watcher
from local.ai.wire import Json, Reply, Request, ServiceError, json_reply, new_request_id

MOST_BODY_BYTES = 16 * 1024 * 1024
IDLE_SECONDS = 300


class Service(Protocol):
    """One that the target header, or a part of it, names."""

    name: str

    def handle(self, operation: str, request: Json) -> Reply:
        """The reply; ServiceError."""


class StandInServer(ThreadingHTTPServer):
    """Serves until shutdown(); `server_address` tells the port where 0 was asked for."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        engine: EngineClient,
        classes: tuple[str, str],
        network: Network | None = None,
    ) -> None:
        custom = CustomClassification(engine)
        classifier = Classifier(classes, custom.model)
        book = ScriptBook({
            "generation": generation_step,
            "comprehend": lambda step: comprehend_step(step, classifier),
            "language": language_step,
            "guardrail": guardrail_step,
            "rekognition": rekognition_step,
            "detect_text": detect_text_step,
        })  # fmt: skip
        calls = Calls()
        self._endpoints = Endpoints(engine, director(book, calls))
        trainings = TrainingJobs(engine)
        scaling = AutoScaling(self._endpoints.bound)
        self._services: dict[str, Service] = {
            "AnyScaleFrontendService": scaling,
            "SageMaker": trainings,
            "Comprehend_20171127": DirectedService("comprehend", classifier, text_of, book, calls),
            "Comprehend_20171127.DetectDominantLanguage": DirectedService(
                "language", LanguageDetector(), text_of, book, calls
            ),
            "BedrockRuntime": DirectedService(
                "guardrail", guardrail.Guardrail(shipped().scores), guardrail.text_of, book, calls
            ),
            "RekognitionService": DirectedService(
                "rekognition", Moderator(engine, network), picture_of, book, calls
            ),
            "RekognitionService.DetectText": DirectedService(
                "detect_text", TextReader(engine), picture_of, book, calls
            ),
        }
        names = {target: service.name for target, service in self._services.items()}
        names["SageMakerRuntime"] = self._endpoints.name
        names["CustomClassification"] = custom.name
        self._services["SageMaker.DescribeEndpoint"] = self._endpoints
        for operation in custom.operations:
            self._services[f"Comprehend_20171127.{operation}"] = custom
        self._watcher = Watcher(engine)
        directed = Directed(self._endpoints, trainings, custom.plan, scaling)
        self._control = Control(engine, directed, book, calls, names)
        super().__init__(address, _Handler)

    def answer(self, request: Request) -> Reply:
        """The reply; Unanswered where the connection is to end without one."""
        if request.path.startswith(CONTROL_PREFIX):
            return self._watcher.control(request) or self._control.handle(request)
        return self._watcher.around(request, self._answer)

    def _answer(self, request: Request) -> Reply:
        name = self._endpoints.name
        try:
            if _is_cbor(request):
                raise ServiceError("UnsupportedMediaType", "CBOR is not spoken here: JSON is", 415)
            if request.path.startswith("/endpoints/"):
                return _named(self._endpoints.invoke(request), name)
            service, operation, members = self._called(request)
            name = service.name
            return _named(service.handle(operation, {**request.json(), **members}), name)
        except ServiceError as error:
            return _named(error.reply(), name)

    def _called(self, request: Request) -> tuple[Service, str, Json]:
        """The service, its operation, and the members of the request that are in the path."""
        if applied := guardrail.PATH.fullmatch(request.path):
            members = {
                "guardrailIdentifier": unquote(applied[1]),
                "guardrailVersion": unquote(applied[2]),
            }
            return self._services["BedrockRuntime"], "ApplyGuardrail", members
        header = request.headers.get("X-Amz-Target", "")
        target, _, operation = header.partition(".")
        service = self._services.get(header) or self._services.get(target)
        if service is None:
            raise ServiceError("UnknownOperationException", "no such service here", 404)
        return service, operation, {}

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def _is_cbor(request: Request) -> bool:
    kind = request.headers.get("Content-Type", "")
    return "cbor" in kind or "cbor" in request.headers.get("smithy-protocol", "")


def _named(reply: Reply, name: str) -> Reply:
    headers = {**reply.headers, "x-safelight-stand-in": name}
    return Reply(reply.body, reply.status, reply.content_type, headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "safelight-local-ai"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: StandInServer

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            self.close_connection = True
            return self._send(json_reply({"Message": "Content-Length is needed"}, 411))
        if int(length) > MOST_BODY_BYTES:
            self.close_connection = True
            return self._send(json_reply({"Message": "the body is too large"}, 413))
        body = self.rfile.read(int(length))
        request = Request(self.command, self.path.partition("?")[0], self.headers, body)
        try:
            return self._send(self.server.answer(request))
        except Unanswered:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _send(self, reply: Reply) -> None:
        """Head and body in one write: two would wait for each other's acknowledgement."""
        self.send_response_only(reply.status)
        headers = {
            "Content-Type": reply.content_type,
            "Content-Length": str(len(reply.body)),
            "x-amzn-RequestId": new_request_id(),
            **reply.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        buffer: list[bytes] = self._headers_buffer  # type: ignore[attr-defined]
        buffer.append(b"\r\n" + reply.body)
        self.flush_headers()

    def log_message(self, *args: object) -> None:
        """No access log: its lines would be the prompts' and pictures' names."""
