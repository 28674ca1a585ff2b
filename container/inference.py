"""The same model behind AWS's own Hugging Face and PyTorch inference containers.

In a model archive it lies in code/, the folder server/ beside it. Their toolkit brings the HTTP
server, which calls these two functions: no batches across requests, one picture's request at a time
in each of its workers.
https://docs.aws.amazon.com/sagemaker/latest/dg/adapt-inference-container.html
"""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from server.pipeline import Pipeline, load
from server.rejection import Rejection
from server.reply import encode, form_of
from server.request import read_order
from server.settings import Settings

try:  # of the PyTorch container's toolkit, which answers with an error's own status
    from sagemaker_inference.errors import BaseInferenceToolkitError as _ToolkitError
except ImportError:
    _ToolkitError = Exception


@dataclass(frozen=True)
class Model:
    """What model_fn hands to transform_fn."""

    settings: Settings
    pipeline: Pipeline
    one_at_a_time: threading.Lock


class Refused(_ToolkitError):  # type: ignore[misc]
    """A Rejection as the toolkits know errors: (status, message, phrase); its text is its body,
    which the Hugging Face container answers with, as 400."""

    def __init__(self, rejection: Rejection) -> None:
        self._body = rejection.body.decode()
        super().__init__(rejection.status, self._body, rejection.kind)

    def __str__(self) -> str:
        return self._body


def model_fn(model_dir: str, context: object = None) -> Model:
    """Loads and warms up; the container's /ping answers when it returns."""
    settings = replace(Settings.from_env(), model_dir=Path(model_dir))
    pipeline = load(settings)
    pipeline.warm_up()
    return Model(settings, pipeline, threading.Lock())


def transform_fn(
    model: Model, data: bytes | str, content_type: str, accept: str, context: object = None
) -> bytes:
    """The reply, which the container sends with the content type that was asked for. Raises
    Refused."""
    body = data.encode() if isinstance(data, str) else data
    try:
        return _transform(model, body, content_type, accept)
    except Rejection as rejection:
        raise Refused(rejection) from None


def _transform(model: Model, body: bytes, content_type: str, accept: str) -> bytes:
    order = read_order(body, content_type, model.settings.limits)
    form = form_of(accept)
    most = model.settings.max_batch
    with model.one_at_a_time:
        parts = [
            model.pipeline.paint(order.jobs[first : first + most])
            for first in range(0, len(order.jobs), most)
        ]
    pictures = [picture for part in parts for picture in part]
    return encode(order, pictures, form, model.settings.model_version)
