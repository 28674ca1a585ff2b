"""One asynchronous endpoint: a queue, a bounded pool of workers, results in S3, notices in SNS."""

import json
import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from local.ai import notices
from local.ai.engine_client import EngineClient, EngineError, split_s3_uri
from local.ai.generator import (
    ARRAY_REPLY,
    JSON_REQUEST,
    ModelError,
    generate,
)
from local.ai.jobs import EndpointConfig, Job
from local.ai.wire import Json

PUBLISH_WAITS = (0.1, 0.5)  # seconds before a refused notice is sent again
CLIENT_FAULT = "ClientError: Received client error (400) from model. "
SERVER_FAULT = "ClientError: Received server error (500) from model. "
SEE_LOGS = "See the SageMaker Endpoint logs in your account for more information."


class AsyncEndpoint:
    def __init__(self, name: str, config: EndpointConfig, engine: EngineClient) -> None:
        self.name = name
        self.config = config
        self._engine = engine
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._threads = 0
        self.update(config)

    def update(self, config: EndpointConfig) -> None:
        """Announce a configuration, as CreateEndpoint and UpdateEndpoint do, then take it;
        EngineError, and nothing taken, where a topic refuses."""
        for topic in (config.success_topic, config.error_topic):
            if topic:
                self._engine.publish(topic, notices.TEST_NOTIFICATION)
        self.config = config
        while self._threads < config.workers:
            self._threads += 1
            threading.Thread(target=self._work, daemon=True, name=f"endpoint-{self.name}").start()
        while self._threads > config.workers:
            self._threads -= 1
            self._jobs.put(None)

    def submit(self, job: Job) -> None:
        self._jobs.put(job)

    def output_location(self, inference_id: str) -> str:
        return f"{self.config.output_path.rstrip('/')}/{quote(inference_id, safe='')}.out"

    def failure_location(self, inference_id: str) -> str | None:
        path = self.config.failure_path
        return path and f"{path.rstrip('/')}/{quote(inference_id, safe='')}-error.out"

    def state(self) -> Json:
        """`backlog` waits, `running` is being worked on; the rest counts what has ended."""
        names = ("running", "completed", "failed", "expired", "notification_failures")
        with self._lock:
            counts = {name: self._counts[name] for name in names}
        return {
            "name": self.name,
            "workers": self.config.workers,
            "backlog": self._jobs.qsize(),
            **counts,
        }

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._count("running")
            try:
                self._run(job)
            except EngineError as lost:
                self._say(lost)
            finally:
                self._count("running", -1)

    def _run(self, job: Job) -> None:
        if self._has_expired(job):
            self._count("expired")
            reason = "Request expired: it was in the queue for longer than RequestTTLSeconds."
            return self._notify_failure(job, reason, "Expired")
        try:
            location, content_type = self._deliver(job)
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

    def _has_expired(self, job: Job) -> bool:
        age = time.time() - job.invocation.received
        return job.direction.expire or age > job.invocation.ttl / self.config.time_scale

    def _infer(self, job: Job) -> tuple[bytes, str]:
        """(reply, content type); ModelError for what the container answers, a time-out included."""
        call, direction = job.invocation, job.direction
        body = job.body
        if body is None:
            body = self._engine.get_object(*split_s3_uri(call.input_location))
        limit = call.timeout / self.config.time_scale
        started = time.monotonic()
        time.sleep(min(direction.slow, limit))
        if direction.fault:
            raise ModelError(direction.fault, "told to fail")
        if direction.slow >= limit or time.monotonic() - started > limit:
            raise ModelError(500, "the model took longer than InvocationTimeoutSeconds")
        try:
            content_type, accept = call.content_type or JSON_REQUEST, call.accept or ARRAY_REPLY
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
        fault = CLIENT_FAULT if error.status < 500 else SERVER_FAULT
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
