"""Trainings of the classifier on a stack, as the workflow and the fault tests see them."""

import hashlib
import json
from typing import Any

import boto3
from workflow.running_jobs import Ended, ended
from workflow.running_system import Stack

Json = dict[str, Any]
# The labels of the policy, and of what it has nothing against.
UNSAFE, SAFE = "unsafe", "safe"
DRAGONS, LAKES = "two dragons in a fight", "a lake at sunrise"
# All phases of the stand-ins' trainings and endpoints; below, they end at once.
SECONDS = 0.05


def rows(label: str, text: str, number: int = 60) -> list[str]:
    """Lines of a training file: as many different texts of a label."""
    return [f'{label},"{text}, number {n}"' for n in range(number)]


def file_of(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def learnable() -> bytes:
    """A file whose labels can be told apart."""
    return file_of(*rows(UNSAFE, DRAGONS), *rows(SAFE, LAKES))


def not_learnable() -> bytes:
    """A file whose labels mean nothing: no model of it gets far."""
    texts = [(hashlib.sha256(str(n).encode()).hexdigest(), n) for n in range(120)]
    return file_of(*(f"{(UNSAFE, SAFE)[n % 2]},{text[:16]} {text[16:]}" for text, n in texts))


def put_texts(stack: Stack, name: str, content: bytes) -> str:
    """Puts a training file; its key."""
    key = f"classifiers/{name}.csv"
    stack.client("s3").put_object(Bucket=stack.outputs["DatasetsBucket"], Key=key, Body=content)
    return key


def begin(stack: Stack, name: str = "", machine: str = "", **asked: Any) -> str:
    """Starts TrainClassifier, or a machine like it; the execution's ARN."""
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=machine or stack.outputs["TrainClassifierArn"],
        input=json.dumps(asked),
        **({"name": name} if name else {}),
    )
    return str(started["executionArn"])


def train(stack: Stack, **asked: Any) -> Ended:
    """Starts TrainClassifier, and waits for its end."""
    return ended(stack, begin(stack, **asked))


def stand_in(stack: Stack, service: str) -> Any:
    """A service's stand-in, as a client of tests: no rule breaks its calls."""
    return boto3.client(
        service,
        endpoint_url=stack.stand_ins.endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def classifier_name(stack: Stack) -> str:
    """What Comprehend knows the stack's classifier and its endpoint by."""
    return stack.outputs["ClassifierEndpoint"].rpartition("/")[2]


def classifiers(stack: Stack) -> dict[str, Json]:
    """What the stack had Comprehend train, by the version's name."""
    listed = stand_in(stack, "comprehend").list_document_classifiers(
        Filter={"DocumentClassifierName": classifier_name(stack)}
    )["DocumentClassifierPropertiesList"]
    return {each["VersionName"]: each for each in listed}


def version_of(arn: str) -> str:
    """What an execution calls its version of the classifier."""
    name = arn.rpartition(":")[2]
    return f"v-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def endpoint_of(stack: Stack) -> Json | None:
    """The stack's endpoint of its classifier, or None."""
    listed = stand_in(stack, "comprehend").list_endpoints()["EndpointPropertiesList"]
    arn = stack.outputs["ClassifierEndpoint"]
    return next((each for each in listed if each["EndpointArn"] == arn), None)


def best_label(stack: Stack, endpoint: str, text: str) -> str:
    """What a classifier in service thinks of a text."""
    found = stand_in(stack, "comprehend").classify_document(EndpointArn=endpoint, Text=text)[
        "Classes"
    ]
    return str(max(found, key=lambda each: each["Score"])["Name"])
