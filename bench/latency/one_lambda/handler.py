"""Filter, classify, generate, moderate and publish in a row, in one function that waits.

A fair one: the same rules, adapters, checks and pictures as the state machine's functions. What it
leaves out is what one function cannot have: retries of a single stage, a record before the end, an
execution that goes on where it stopped, and more than 15 minutes.
"""

import functools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from generate_images.plan import model_request, negative_prompt, seed_for
from publish_images.publish import Settings as PublishSettings
from publish_images.publish import publish
from shared.classification.classify import Answers, judge
from shared.comprehend import CustomClassifier, LanguageDetection
from shared.dynamodb import Table
from shared.eventbridge import Bus
from shared.inferences import OUTPUTS, location
from shared.keywords.lists import KeywordLists, prepare
from shared.keywords.verdict import decide
from shared.log import tell
from shared.moderation.evidence import moderations
from shared.moderation.verdict import judge_attempt, lowest_threshold
from shared.policy import policy_part
from shared.rekognition import Moderator
from shared.request import normalised
from shared.s3 import ObjectVersion, Storage
from shared.sagemaker_runtime import Endpoint
from shared.settings import Environment
from store_images.store import Settings as StoreSettings
from store_images.store import store

_TTL_SECONDS, _TIMEOUT_SECONDS = 600, 300
Part = dict[str, Any]


class Blocked(Exception):
    """A stage refused the request: the end it came to."""


@dataclass(frozen=True)
class Chain:
    """Everything that the stages need, made at the first call."""

    work_bucket: str
    images_bucket: str
    endpoint: Endpoint
    look_seconds: float
    lists: KeywordLists
    policies: dict[str, Part]
    classifier: CustomClassifier
    detector: LanguageDetection
    moderator: Moderator
    storage: Storage
    table: Table
    bus: Bus


@functools.cache
def build() -> Chain:
    """Raises SettingsError."""
    env = Environment()
    return Chain(
        work_bucket=env.text("WORK_BUCKET"),
        images_bucket=env.text("IMAGES_BUCKET"),
        endpoint=Endpoint(env.text("ENDPOINT_NAME")),
        look_seconds=env.number("LOOK_MILLISECONDS") / 1000,
        lists=prepare(policy_part("keywords")),
        policies={name: policy_part(name) for name in ("classifier", "generation", "images")},
        classifier=CustomClassifier(env.text("CLASSIFIER_ENDPOINT_ARN")),
        detector=LanguageDetection(),
        moderator=Moderator(),
        storage=Storage(),
        table=Table(env.text("RESULTS_TABLE")),
        bus=Bus(env.text("EVENT_BUS")),
    )


class Clock:
    """Milliseconds that each stage took: {stage: [passed, of the processor]}."""

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            ended = time.perf_counter(), time.process_time()
            self.stages[name] = [1000 * (e - b) for b, e in zip(began, ended, strict=True)]


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A request (schemas/request.schema.json) in; {status, images, stages} out."""
    chain, clock, identity = build(), Clock(), uuid.uuid4().hex
    images: list[Part] = []
    try:
        images = _deliver(chain, clock, event, identity)
        status = "COMPLETED"
    except Blocked as blocked:
        status = str(blocked)
    with clock.stage("RecordOutcome"):
        item: dict[str, str | int] = {"request_id": identity, "status": status}
        record = item | {"images": json.dumps(images)}
        chain.table.put_if(record, "attribute_not_exists(request_id)", {}, {})
        event_type = "ImageCompleted" if images else "ImageBlocked"
        chain.bus.announce(event_type, {**item, "images": images})
    tell("request", request_id=identity, status=status)
    return {"status": status, "images": images, "stages": clock.stages}


def _deliver(chain: Chain, clock: Clock, event: Part, identity: str) -> list[Part]:
    with clock.stage("AcceptRequest"):
        request = normalised(event)
    with clock.stage("FilterKeywords"):
        words = decide(request["prompt"], request["negative_prompt"], chain.lists, warn=False)
        _pass(words, "clean", "BLOCKED_PROMPT")
    with clock.stage("ClassifyPrompt"):
        answers = Answers(request, chain.classifier, chain.detector)
        policy = chain.policies["classifier"]
        _pass(judge(answers, "custom", policy, warn=False), "clean", "BLOCKED_PROMPT")
    with clock.stage("GenerateImages"):
        output = _invoke(chain, request, identity)
    with clock.stage("wait"):
        _wait(lambda: chain.storage.exists(output), chain.look_seconds)
    with clock.stage("StoreImages"):
        place = {"bucket": output.bucket, "key": output.key}
        about = {"request_id": identity, "inference_id": identity, "output": place}
        settings = StoreSettings(chain.work_bucket, chain.endpoint.name)
        stored = store(settings, chain.storage, request | about)["images"]
    with clock.stage("ModerateImages"):
        policy = chain.policies["images"]
        least = lowest_threshold(policy)
        found = moderations(chain.moderator, stored, [True] * len(stored), least)
        judged = judge_attempt(stored, found, policy)
        _pass(judged, "safe", "BLOCKED_IMAGE")
    with clock.stage("PublishImages"):
        leaving = {"request_id": identity, "run": 1, "images": judged["images"], "previews": False}
        return publish(PublishSettings(chain.images_bucket), chain.storage, leaving)


def _pass(decision: Part, verdict: str, otherwise: str) -> None:
    if decision["verdict"] != verdict:
        raise Blocked(otherwise)


def _invoke(chain: Chain, request: Part, identity: str) -> ObjectVersion:
    """Where the output will be."""
    negative, _, _ = negative_prompt(chain.policies["generation"], [], request["negative_prompt"])
    asked = model_request(request, negative, seed_for(request, identity, 1, 1))
    key = f"inference/input/{identity}.json"
    content = json.dumps(asked).encode()
    written = chain.storage.write(chain.work_bucket, key, content, "application/json")
    invoked = chain.endpoint.invoke(identity, written, _TTL_SECONDS, _TIMEOUT_SECONDS)
    place = location(invoked.output_location, OUTPUTS)
    if place is None:
        raise ValueError("the endpoint writes somewhere else")
    return ObjectVersion(place["bucket"], place["key"])


def _wait(is_there: Callable[[], bool], look_seconds: float) -> None:
    while not is_there():
        time.sleep(look_seconds)
