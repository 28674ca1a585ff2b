"""Rekognition's DetectModerationLabels and DetectText, on a picture in the request or in S3."""

from local.ai.detected_text import NAME as TEXT_NAME
from local.ai.detected_text import detected_text, least_confidence
from local.ai.engine_client import EngineClient
from local.ai.given_image import given_image
from local.ai.moderation import (
    DEFAULT_MIN_CONFIDENCE,
    MARKER_ONLY_NAME,
    NETWORK_NAME,
    moderation,
)
from local.ai.vision.network import Network
from local.ai.wire import Json, ServiceError, percent


class Moderator:
    """Answers from several threads at once; without a network, by the painter's markers alone."""

    def __init__(self, engine: EngineClient, network: Network | None) -> None:
        self.name = NETWORK_NAME if network else MARKER_ONLY_NAME
        self._engine, self._network = engine, network

    def answer(self, operation: str, body: Json) -> Json:
        if operation != "DetectModerationLabels":
            raise ServiceError("UnknownOperationException", f"{operation} is not served here")
        least = percent(body.get("MinConfidence", DEFAULT_MIN_CONFIDENCE), "MinConfidence")
        _refuse_what_is_not_here(body)
        return moderation(given_image(body.get("Image"), self._engine), self._network, least)


class TextReader:
    """Knows the text that our painter wrote, and no other: it cannot read."""

    name = TEXT_NAME

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine

    def answer(self, operation: str, body: Json) -> Json:
        least = least_confidence(body.get("Filters"))
        return detected_text(given_image(body.get("Image"), self._engine), least)


def _refuse_what_is_not_here(body: Json) -> None:
    if body.get("ProjectVersion"):
        raise ServiceError("ResourceNotFoundException", "there are no adapters here")
    if body.get("HumanLoopConfig"):
        raise ServiceError("InvalidParameterException", "there are no human loops here")
