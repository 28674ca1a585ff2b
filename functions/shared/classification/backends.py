"""Which text classifier judges prompts, as the stack's parameters choose it."""

from typing import Protocol

from shared.bedrock_runtime import Guardrail
from shared.classification.classify import Backend
from shared.comprehend import CustomClassifier, ToxicityDetection
from shared.settings import SettingsError


class BackendSettings(Protocol):
    """What a function's settings say of the backend, and of the one resource that belongs to it."""

    @property
    def backend(self) -> str: ...

    @property
    def classifier_endpoint_arn(self) -> str: ...

    @property
    def guardrail_arn(self) -> str: ...

    @property
    def guardrail_version(self) -> str: ...


def check_backend(settings: BackendSettings) -> None:
    """Raises SettingsError, also for a resource without its backend: it would stand idle."""
    for owner, name, value in (
        ("custom", "CLASSIFIER_ENDPOINT_ARN", settings.classifier_endpoint_arn),
        ("guardrail", "GUARDRAIL_ARN", settings.guardrail_arn),
        ("guardrail", "GUARDRAIL_VERSION", settings.guardrail_version),
    ):
        if (settings.backend == owner) != bool(value):
            state = "given" if value else "missing"
            raise SettingsError(f"CLASSIFIER_BACKEND is {settings.backend}, and {name} is {state}")


def backend_of(settings: BackendSettings) -> Backend:
    """The classifier that the settings choose."""
    if settings.backend == "custom":
        return CustomClassifier(settings.classifier_endpoint_arn)
    if settings.backend == "guardrail":
        return Guardrail(settings.guardrail_arn, settings.guardrail_version)
    return ToxicityDetection()
