"""What CreateTrainingJob refuses: by names, lengths, patterns and types of botocore's model.

Only what a training on one channel of files in S3 needs is looked at; the rest is kept as given.
"""

from collections.abc import Iterator
from typing import Any

from local.ai.constraints import ROLE, choice, fault, number, refuse, structure, text, type_fault
from local.ai.wire import Json

_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
_S3 = r"(https|s3)://([^/]+)/?(.*)"
_CHANNEL = r"[A-Za-z0-9\.\-_]+"
_INSTANCE = r"ml\.[a-z0-9-]+\.[a-z0-9]+"
_MOST_PARAMETERS, _MOST_CHANNELS = 100, 20


def checked(request: Json) -> Json:
    """The request; ServiceError (ValidationException, SerializationException) for a wrong one."""
    refuse(_faults(request), "ValidationException")
    return request


def _faults(request: Json) -> Iterator[str]:
    yield from text(request, "TrainingJobName", "trainingJobName", _NAME, 63)
    yield from text(request, "RoleArn", "roleArn", ROLE, 2048)
    algorithm = structure(request, "AlgorithmSpecification")
    yield from choice(algorithm, "TrainingInputMode", ("Pipe", "File", "FastFile"))
    if not algorithm.get("TrainingImage") and not algorithm.get("AlgorithmName"):
        yield "Either TrainingImage or AlgorithmName must be specified in AlgorithmSpecification"
    output = structure(request, "OutputDataConfig")
    yield from text(output, "S3OutputPath", "outputDataConfig.s3OutputPath", _S3, 1024)
    resources = structure(request, "ResourceConfig")
    yield from text(resources, "InstanceType", "resourceConfig.instanceType", _INSTANCE, 64)
    yield from number(resources, "InstanceCount", "resourceConfig.instanceCount")
    yield from number(resources, "VolumeSizeInGB", "resourceConfig.volumeSizeInGB")
    stopping = structure(request, "StoppingCondition")
    yield from number(stopping, "MaxRuntimeInSeconds", "stoppingCondition.maxRuntimeInSeconds")
    yield from _hyperparameters(request.get("HyperParameters", {}))
    yield from _channels(request.get("InputDataConfig", []))


def _hyperparameters(given: Any) -> Iterator[str]:
    if not isinstance(given, dict):
        raise type_fault("HyperParameters")
    if len(given) > _MOST_PARAMETERS:
        yield fault(len(given), "hyperParameters", f"at most {_MOST_PARAMETERS} entries")
    for name, value in given.items():
        if not isinstance(value, str):
            raise type_fault(f"HyperParameters.{name}")
        if len(name) > 256 or len(value) > 2500:
            yield fault(name, "hyperParameters", "Member must have length less than 2500")


def _channels(given: Any) -> Iterator[str]:
    if not isinstance(given, list):
        raise type_fault("InputDataConfig")
    if not 1 <= len(given) <= _MOST_CHANNELS:
        yield fault(len(given), "inputDataConfig", f"1 to {_MOST_CHANNELS} members")
    names = [channel.get("ChannelName") for channel in given]
    if len({*names}) < len(names):
        yield "Channel names must be unique"
    for at, channel in enumerate(given, 1):
        where = f"inputDataConfig.{at}.member"
        yield from text(channel, "ChannelName", f"{where}.channelName", _CHANNEL, 64)
        source = structure(structure(channel, "DataSource"), "S3DataSource")
        yield from choice(source, "S3DataType", ("ManifestFile", "S3Prefix"))
        yield from text(source, "S3Uri", f"{where}.dataSource.s3DataSource.s3Uri", _S3, 1024)
