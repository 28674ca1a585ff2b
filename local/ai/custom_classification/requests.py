"""What Comprehend refuses of a request, by botocore's model; and what the stand-in does not do.

Only what a training on CSV files of plain text needs is looked at; the rest is kept as given.
"""

from collections.abc import Iterator

from local.ai.constraints import (
    ROLE,
    choice,
    number,
    optional_text,
    refuse,
    structure,
    text,
)
from local.ai.wire import Json, ServiceError

NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*"
_S3 = r"s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?"
_WORD = r"[a-zA-Z0-9-]+"
_ACCOUNT = r"arn:aws(-[^:]+)?:comprehend:[a-zA-Z0-9-]*:[0-9]{12}:"
_MODEL = rf"{_ACCOUNT}document-classifier/{NAME}(/version/{NAME})?"
_ENDPOINT = rf"{_ACCOUNT}document-classifier-endpoint/{NAME}"
_LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW")
_PLAIN_TEXT_LANGUAGES = ("en", "es", "fr", "de", "it", "pt")
_REFUSED = "InvalidRequestException"
MOST_UNITS = 50


def check_creation(request: Json) -> None:
    """Of CreateDocumentClassifier; ServiceError."""
    refuse(_creation_faults(request), _REFUSED)
    if request["LanguageCode"] not in _PLAIN_TEXT_LANGUAGES:
        told = f"custom classification speaks {', '.join(_PLAIN_TEXT_LANGUAGES)}"
        raise ServiceError("UnsupportedLanguageException", told)
    data = request["InputDataConfig"]
    if request.get("Mode", "MULTI_CLASS") != "MULTI_CLASS" or "AugmentedManifests" in data:
        raise ServiceError(_REFUSED, "the stand-in trains MULTI_CLASS on COMPREHEND_CSV")


def _creation_faults(request: Json) -> Iterator[str]:
    yield from text(request, "DocumentClassifierName", "documentClassifierName", NAME, 63)
    yield from optional_text(request, "VersionName", "versionName", NAME, 63)
    yield from text(request, "DataAccessRoleArn", "dataAccessRoleArn", ROLE, 2048)
    yield from optional_text(request, "ClientRequestToken", "clientRequestToken", _WORD, 64)
    yield from choice(request, "LanguageCode", _LANGUAGES)
    yield from choice({"Mode": "MULTI_CLASS", **request}, "Mode", ("MULTI_CLASS", "MULTI_LABEL"))
    data = structure(request, "InputDataConfig")
    formats = ("COMPREHEND_CSV", "AUGMENTED_MANIFEST")
    yield from choice({"DataFormat": formats[0], **data}, "DataFormat", formats)
    yield from text(data, "S3Uri", "inputDataConfig.s3Uri", _S3, 1024)
    yield from optional_text(data, "TestS3Uri", "inputDataConfig.testS3Uri", _S3, 1024)
    output = structure(request, "OutputDataConfig")
    yield from optional_text(output, "S3Uri", "outputDataConfig.s3Uri", _S3, 1024)


def check_endpoint_creation(request: Json) -> None:
    """Of CreateEndpoint; ServiceError."""
    refuse(_endpoint_faults(request), _REFUSED)
    _check_units(request)


def _endpoint_faults(request: Json) -> Iterator[str]:
    yield from text(request, "EndpointName", "endpointName", NAME, 40)
    yield from text(request, "ModelArn", "modelArn", _MODEL, 256)
    yield from number(request, "DesiredInferenceUnits", "desiredInferenceUnits")
    yield from optional_text(request, "ClientRequestToken", "clientRequestToken", _WORD, 64)


def check_update(request: Json) -> None:
    """Of UpdateEndpoint; ServiceError."""
    refuse(_update_faults(request), _REFUSED)
    _check_units(request)


def _update_faults(request: Json) -> Iterator[str]:
    yield from text(request, "EndpointArn", "endpointArn", _ENDPOINT, 256)
    yield from optional_text(request, "DesiredModelArn", "desiredModelArn", _MODEL, 256)
    if "DesiredInferenceUnits" in request:
        yield from number(request, "DesiredInferenceUnits", "desiredInferenceUnits")


def _check_units(request: Json) -> None:
    if request.get("DesiredInferenceUnits", 1) > MOST_UNITS:
        told = f"an endpoint has at most {MOST_UNITS} inference units"
        raise ServiceError("ResourceLimitExceededException", told)


def model_arn(request: Json) -> str:
    """DocumentClassifierArn; ServiceError."""
    refuse(text(request, "DocumentClassifierArn", "documentClassifierArn", _MODEL, 256), _REFUSED)
    return str(request["DocumentClassifierArn"])


def endpoint_arn(request: Json) -> str:
    """EndpointArn; ServiceError."""
    refuse(text(request, "EndpointArn", "endpointArn", _ENDPOINT, 256), _REFUSED)
    return str(request["EndpointArn"])
