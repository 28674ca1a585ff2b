"""One asynchronous endpoint: a queue, bounded by its instances, results in S3, notices in SNS."""

import json
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from local.ai import notices
from local.ai.container import Container
from local.ai.engine_client import EngineClient, EngineError, split_s3_uri
from local.ai.fleet import Fleet, Scaling
from local.ai.generator import (
    ARRAY_REPLY,
    JSON_REQUEST,
    ModelError,
    generate,
)
from local.ai.jobs import EndpointConfig, Job
from local.ai.wire import Json

PUBLISH_WAITS = (0.1, 0.5)  # seconds before a refused notice is sent again
FAULT = "ClientError: Received {0} error ({1}) from model. "
SEE_LOGS = "See the SageMaker Endpoint logs in your account for more information."
STATUSES = ("Creating", "Updating", "InService", "Failed", "Deleting", "OutOfService")
_LOOK_SECONDS = 0.02


class _Expired(Exception):
    """The job was not begun within RequestTTLSeconds."""


class AsyncEndpoint:
    def __init__(self, name: str, config: EndpointConfig, engine: EngineClient) -> None:
        self.name = name
        self.config = config
        self._engine = engine
        self.created = time.time()
        self._jobs: deque[Job] = deque()
        self._counts: Counter[str] = Counter()
        self._lock = threading.RLock()
        self._fleet = Fleet()
        self._looks = False
        self.update(config)

    def update(self, config: EndpointConfig) -> None:
        """Announce a configuration, as CreateEndpoint and UpdateEndpoint do, then take it;
        EngineError, and nothing taken, where a topic refuses."""
        for topic in (config.success_topic, config.error_topic):
            if topic:
                self._engine.publish(topic, notices.TEST_NOTIFICATION)
        with self._lock:
            self.config = config
            self._container = Container(config.container) if config.container else None
        self.enter("InService")

    def enter(self, status: str) -> None:
        """Say another status; jobs are worked on InService and Updating alone. ValueError."""
        if status not in STATUSES:
            raise ValueError(f"status is one of {', '.join(STATUSES)}")
        with self._lock:
            self._status, self.changed = status, time.time()
            self._begin_jobs()

    def scale(self, scaling: Scaling) -> None:
        """Have as many instances as the backlog asks for, within bounds, from now on."""
        with self._lock:
            self._fleet.scale(scaling, self._now())
            self._begin_jobs()
            if not self._looks:
                self._looks = True
                threading.Thread(target=self._look, daemon=True).start()

    def bound(self, minimum: int, maximum: int) -> None:
        """Change the bounds of the scaling alone."""
        with self._lock:
            known = self._fleet.scaling or Scaling(minimum, maximum)
        self.scale(replace(known, minimum=minimum, maximum=maximum))

    def submit(self, job: Job) -> None:
        with self._lock:
            self._jobs.append(job)
            self._begin_jobs()

    def _now(self) -> float:
        """Seconds of the endpoint's own time."""
        return time.monotonic() * self.config.time_scale

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                self._begin_jobs()

    def _begin_jobs(self) -> None:
        """Begin as many as the instances have room for."""
        open_jobs = len(self._jobs) + self._counts["running"]
        instances = self._fleet.look(open_jobs, self.config.workers, self._now())
        room = instances * self.config.workers if self._status in ("InService", "Updating") else 0
        while self._jobs and self._counts["running"] < room:
            self._counts["running"] += 1
            job = self._jobs.popleft()
            threading.Thread(target=self._work, args=(job,), daemon=True).start()

    def output_location(self, inference_id: str) -> str:
        return f"{self.config.output_path.rstrip('/')}/{quote(inference_id, safe='')}.out"

    def failure_location(self, inference_id: str) -> str | None:
        path = self.config.failure_path
        return path and f"{path.rstrip('/')}/{quote(inference_id, safe='')}-error.out"

    def state(self) -> Json:
        """`backlog` waits, `running` is being worked on; the rest counts what has ended."""
        names = ("running", "completed", "failed", "expired", "notification_failures")
        with self._lock:
            return {
                "name": self.name,
                "status": self.status,
                "instances": self._fleet.current,
                "workers": self.config.workers,
                "backlog": len(self._jobs),
                **{name: self._counts[name] for name in names},
            }

    @property
    def status(self) -> str:
        """EndpointStatus; Updating while instances are on their way, as SageMaker says then."""
        changing = self._status == "InService" and self._fleet.current != self._fleet.desired
        return "Updating" if changing else self._status

    def variant(self) -> Json:
        """The production variant as DescribeEndpoint tells it."""
        with self._lock:
            self._begin_jobs()
            return {
                "VariantName": "AllTraffic",
                "CurrentWeight": 1.0,
                "DesiredWeight": 1.0,
                "CurrentInstanceCount": self._fleet.current,
                "DesiredInstanceCount": self._fleet.desired,
            }

    def _work(self, job: Job) -> None:
        try:
            self._run(job)
        except EngineError as lost:
            self._say(lost)
        finally:
            with self._lock:
                self._counts["running"] -= 1
                self._begin_jobs()

    def _run(self, job: Job) -> None:
        try:
            if self._left(job) < 0:
                raise _Expired
            location, content_type = self._deliver(job)
        except _Expired:
            self._count("expired")
            reason = "Request expired: it was in the queue for longer than RequestTTLSeconds."
            return self._notify_failure(job, reason, "Expired")
        except ModelError as broken:
            self._count("failed")
            return self._fail(job, broken)
        except EngineError:
            self._count("failed")
            reason = "ClientError: Unable to read the input from S3 or to write the output."
            return self._notify_failure(job, reason)
        self._count("completed")
        message = notices.completed(job.invocation, location, content_type)
        return self._notify(self.config.success_topic, message, job)

    def _deliver(self, job: Job) -> tuple[str, str]:
        """Infer and store; (location, content type) of the output."""
        body, content_type = self._infer(job)
        location = self.output_location(job.invocation.inference_id)
        if job.direction.output:
            put = partial(self._engine.put_object, *split_s3_uri(location), body, content_type)
            self._after(job.direction.output_after, put)
        return location, content_type

    def _left(self, job: Job) -> float:
        """The seconds within which the job must begin."""
        if job.direction.expire:
            return -1.0
        return job.invocation.received + job.invocation.ttl / self.config.time_scale - time.time()

    def _infer(self, job: Job) -> tuple[bytes, str]:
        """(reply, content type); ModelError for what the container answers, a time-out included."""
        call, direction = job.invocation, job.direction
        body = job.body
        if body is None:
            body = self._engine.get_object(*split_s3_uri(call.input_location))
        if self._container and not self._container.wait(self._left(job)):
            raise _Expired
        limit = call.timeout / self.config.time_scale
        started = time.monotonic()
        time.sleep(min(direction.slow, limit))
        if direction.fault:
            raise ModelError(direction.fault, "told to fail")
        if direction.slow >= limit or time.monotonic() - started > limit:
            raise ModelError(500, "the model took longer than InvocationTimeoutSeconds")
        try:
            content_type, accept = call.content_type or JSON_REQUEST, call.accept or ARRAY_REPLY
            if self._container:
                left = limit - (time.monotonic() - started)
                reply, kind = self._container.invoke(body, content_type, accept, left)
            else:
                reply, kind = generate(body, content_type, accept, direction.painter)
        except ModelError:
            raise
        except Exception as crash:  # a container answers 500 to whatever breaks in it
            raise ModelError(500, type(crash).__name__) from crash
        return (direction.spoil(reply) if direction.spoil else reply), kind

    def _fail(self, job: Job, error: ModelError) -> None:
        location = self.failure_location(job.invocation.inference_id)
        if location and job.direction.output:
            text = json.dumps({"code": error.status, "message": str(error)})
            self._engine.put_object(*split_s3_uri(location), text.encode(), "application/json")
        fault = FAULT.format("client" if error.status < 500 else "server", error.status)
        self._notify_failure(job, fault + SEE_LOGS)

    def _notify_failure(self, job: Job, reason: str, status: str = "Failed") -> None:
        message = notices.failed(job.invocation, reason, status)
        self._notify(self.config.error_topic, message, job)

    def _notify(self, topic: str | None, message: str, job: Job) -> None:
        for _ in range(job.direction.notices if topic else 0):
            self._after(job.direction.notice_after, partial(self._publish, str(topic), message))

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        """Now, or later while the worker takes its next job."""
        if not seconds:
            return act()
        timer = threading.Timer(seconds, self._act_late, (act,))
        timer.daemon = True
        return timer.start()

    def _act_late(self, act: Callable[[], None]) -> None:
        try:
            act()
        except EngineError as lost:
            self._say(lost)

    def _publish(self, topic: str, message: str) -> None:
        for wait in PUBLISH_WAITS:
            try:
                return self._engine.publish(topic, message)
            except EngineError:
                time.sleep(wait)
        try:
            return self._engine.publish(topic, message)
        except EngineError:
            self._count("notification_failures")
            raise

    def _say(self, lost: EngineError) -> None:
        print(f"endpoint {self.name}: {lost}", file=sys.stderr, flush=True)

    def _count(self, what: str, by: int = 1) -> None:
        with self._lock:
            self._counts[what] += by
