"""What CreateTrainingJob refuses: by names, lengths, patterns and types of botocore's model.

Only what a training on one channel of files in S3 needs is looked at; the rest is kept as given.
Messages are in the API's form ("1 validation error detected: Value … at … failed to satisfy
constraint: …"); a value of the wrong type is a SerializationException, as the JSON protocol has it.
"""

import re
from collections.abc import Iterator
from typing import Any

from local.ai.wire import Json, ServiceError

_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
_ROLE = r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
_S3 = r"(https|s3)://([^/]+)/?(.*)"
_CHANNEL = r"[A-Za-z0-9\.\-_]+"
_INSTANCE = r"ml\.[a-z0-9-]+\.[a-z0-9]+"
_MOST_PARAMETERS, _MOST_CHANNELS = 100, 20


def checked(request: Json) -> Json:
    """The request; ServiceError (ValidationException, SerializationException) for a wrong one."""
    faults = list(_faults(request))
    if faults:
        count = "1 validation error" if len(faults) == 1 else f"{len(faults)} validation errors"
        raise ServiceError("ValidationException", f"{count} detected: {'; '.join(faults)}")
    return request


def _faults(request: Json) -> Iterator[str]:
    yield from _text(request, "TrainingJobName", "trainingJobName", _NAME, 63)
    yield from _text(request, "RoleArn", "roleArn", _ROLE, 2048)
    algorithm = _structure(request, "AlgorithmSpecification")
    yield from _choice(algorithm, "TrainingInputMode", ("Pipe", "File", "FastFile"))
    if not algorithm.get("TrainingImage") and not algorithm.get("AlgorithmName"):
        yield "Either TrainingImage or AlgorithmName must be specified in AlgorithmSpecification"
    output = _structure(request, "OutputDataConfig")
    yield from _text(output, "S3OutputPath", "outputDataConfig.s3OutputPath", _S3, 1024)
    resources = _structure(request, "ResourceConfig")
    yield from _text(resources, "InstanceType", "resourceConfig.instanceType", _INSTANCE, 64)
    yield from _number(resources, "InstanceCount", "resourceConfig.instanceCount")
    yield from _number(resources, "VolumeSizeInGB", "resourceConfig.volumeSizeInGB")
    stopping = _structure(request, "StoppingCondition")
    yield from _number(stopping, "MaxRuntimeInSeconds", "stoppingCondition.maxRuntimeInSeconds")
    yield from _hyperparameters(request.get("HyperParameters", {}))
    yield from _channels(request.get("InputDataConfig", []))


def _hyperparameters(given: Any) -> Iterator[str]:
    if not isinstance(given, dict):
        raise _type_fault("HyperParameters")
    if len(given) > _MOST_PARAMETERS:
        yield _constraint(len(given), "hyperParameters", f"at most {_MOST_PARAMETERS} entries")
    for name, value in given.items():
        if not isinstance(value, str):
            raise _type_fault(f"HyperParameters.{name}")
        if len(name) > 256 or len(value) > 2500:
            yield _constraint(name, "hyperParameters", "Member must have length less than 2500")


def _channels(given: Any) -> Iterator[str]:
    if not isinstance(given, list):
        raise _type_fault("InputDataConfig")
    if not 1 <= len(given) <= _MOST_CHANNELS:
        yield _constraint(len(given), "inputDataConfig", f"1 to {_MOST_CHANNELS} members")
    names = [channel.get("ChannelName") for channel in given]
    if len({*names}) < len(names):
        yield "Channel names must be unique"
    for number, channel in enumerate(given, 1):
        where = f"inputDataConfig.{number}.member"
        yield from _text(channel, "ChannelName", f"{where}.channelName", _CHANNEL, 64)
        source = _structure(_structure(channel, "DataSource"), "S3DataSource")
        yield from _choice(source, "S3DataType", ("ManifestFile", "S3Prefix"))
        yield from _text(source, "S3Uri", f"{where}.dataSource.s3DataSource.s3Uri", _S3, 1024)


def _structure(holder: Json, name: str) -> Json:
    held = holder.get(name) or {}
    if not isinstance(held, dict):
        raise _type_fault(name)
    return held


def _text(holder: Json, name: str, where: str, pattern: str, most: int) -> Iterator[str]:
    value = holder.get(name)
    if value is None:
        yield _constraint("null", where, "Member must not be null")
    elif not isinstance(value, str):
        raise _type_fault(name)
    elif len(value) > most:
        yield _constraint(value, where, f"Member must have length less than or equal to {most}")
    elif not re.fullmatch(pattern, value):
        constraint = f"Member must satisfy regular expression pattern: {pattern}"
        yield _constraint(value, where, constraint)


def _choice(holder: Json, name: str, values: tuple[str, ...]) -> Iterator[str]:
    if (value := holder.get(name)) not in values:
        told = f"Member must satisfy enum value set: [{', '.join(values)}]"
        yield _constraint(value, name[0].lower() + name[1:], told)


def _number(holder: Json, name: str, where: str) -> Iterator[str]:
    value = holder.get(name)
    if value is not None and type(value) is not int:
        raise _type_fault(name)
    if value is None or value < 1:
        told = "Member must have value greater than or equal to 1"
        yield _constraint("null" if value is None else value, where, told)


def _constraint(value: object, where: str, constraint: str) -> str:
    return f"Value '{value}' at '{where}' failed to satisfy constraint: {constraint}"


def _type_fault(name: str) -> ServiceError:
    return ServiceError("SerializationException", f"{name} has a value of another type")
