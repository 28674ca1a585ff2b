"""`/_local/…`: the engine, endpoints, scripts and call counts.

What is wrong with a call is answered as {"error": text}: 400 for its content, 404 for an unknown
endpoint or call, 502 where the engine refused.
"""

from dataclasses import dataclass
from typing import Any

from local.ai.auto_scaling import AutoScaling
from local.ai.container import check_url
from local.ai.custom_classification.plan import Plan
from local.ai.engine_client import EngineClient, EngineError, split_s3_uri
from local.ai.fleet import Scaling
from local.ai.jobs import EndpointConfig
from local.ai.sagemaker import Endpoints
from local.ai.scripting.book import ScriptBook
from local.ai.scripting.calls import Calls
from local.ai.training.jobs import TrainingJobs
from local.ai.wire import Json, Reply, Request, ServiceError, json_reply

PREFIX = "/_local/"
CONFIG_FIELDS = {
    "output_path", "failure_path", "success_topic", "error_topic", "workers", "time_scale",
    "container",
}  # fmt: skip


@dataclass(frozen=True)
class Directed:
    """The services that control calls tell how to go."""

    endpoints: Endpoints
    trainings: TrainingJobs
    classifiers: Plan
    scaling: AutoScaling


class Control:
    def __init__(
        self, engine: EngineClient, services: Directed, book: ScriptBook, calls: Calls, names: Json
    ) -> None:
        self._engine, self._services, self._names = engine, services, names
        self._book, self._calls = book, calls

    def handle(self, request: Request) -> Reply:
        what, _, name = request.path.removeprefix(PREFIX).partition("/")
        try:
            if what == "endpoints" and name:
                return json_reply(self._endpoint(request, name))
            return json_reply(self._plain(f"{request.method} {what}", request))
        except (ValueError, TypeError, KeyError) as wrong:
            return json_reply({"error": f"{wrong}"}, 400)
        except ServiceError as refused:
            is_content = refused.code == "SerializationException"
            return json_reply({"error": f"{refused}"}, 400 if is_content else 404)
        except EngineError as lost:
            return json_reply({"error": f"the engine: {lost}"}, 502)

    def _plain(self, call: str, request: Request) -> Json:
        if call == "GET health":
            return {"status": "ok", "stand_ins": self._names}
        if call == "GET calls":
            return self._calls.report()
        if call == "DELETE calls":
            self._calls.clear()
        elif call == "DELETE scripts":
            self._book.clear()
        elif call == "POST scripts":
            self._book.add(request.json())
        elif call == "PUT engine":
            self._engine.use(request.json()["url"])
        elif call == "PUT trainings":
            self._services.trainings.phase_seconds = float(request.json()["phase_seconds"])
        elif call == "PUT classifiers":
            self._services.classifiers.change(**request.json())
        else:
            raise ServiceError("NotFound", f"no such control call: {call}")
        return {"status": "ok"}

    def _endpoint(self, request: Request, name: str) -> Json:
        endpoints = self._services.endpoints
        name, _, part = name.partition("/")
        if request.method != "PUT" and (request.method, part) != ("GET", ""):
            raise ValueError("endpoints take PUT and GET")
        if request.method == "PUT" and not part:
            endpoints.register(name, _config(request.json()))
        elif part == "scaling":
            scaling = Scaling(**request.json())
            endpoints.get(name).scale(scaling)
            self._services.scaling.remember(name, scaling.minimum, scaling.maximum)
        elif part == "status":
            endpoints.get(name).enter(request.json()["status"])
        elif part:
            raise ValueError(f"endpoints have scaling and status, not {part}")
        return endpoints.get(name).state()


def _config(fields: dict[str, Any]) -> EndpointConfig:
    if unknown := fields.keys() - CONFIG_FIELDS:
        raise ValueError(f"unknown field: {min(unknown)}")
    config = EndpointConfig(**fields)
    split_s3_uri(config.output_path)
    split_s3_uri(config.failure_path or config.output_path)
    if config.container is not None:
        check_url(config.container)
    for topic in (config.success_topic, config.error_topic):
        if topic is not None and topic.count(":") != 5:
            raise ValueError(f"not a topic's ARN: {topic!r}")
    if not 1 <= config.workers <= 32 or config.time_scale <= 0:
        raise ValueError("workers is 1 to 32, time_scale more than 0")
    return config
