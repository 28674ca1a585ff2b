"""An account that answers as it is told; requests and answers have the shapes botocore knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

Json = dict[str, Any]
Answer = Json | Exception | Callable[[Json], Json]
_session = botocore.session.get_session()


def refusal(method: str, message: str, code: str = "ValidationException") -> ClientError:
    """What boto3 raises for an error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, method)


class Account:
    """Clients by service; `answers` by method, `{}` for others. Keeps what was called."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, Json]] = []

    def __call__(self, service: str) -> Any:
        return _Client(self, service)

    def called(self, *prefixes: str) -> list[str]:
        """The methods that were called and begin so, in their order."""
        return [method for method, _ in self.calls if method.startswith(prefixes)]

    def request(self, method: str) -> Json:
        """The last request to this method."""
        return [request for name, request in self.calls if name == method][-1]

    def answer(self, method: str, request: Json) -> Json:
        told = self.answers.get(method, {})
        self.calls.append((method, request))
        if isinstance(told, Exception):
            raise told
        return told(request) if callable(told) else told


class _Client:
    def __init__(self, account: Account, service: str) -> None:
        self._account = account
        model = _session.get_service_model(service)
        self._operations = {
            xform_name(name): model.operation_model(name) for name in model.operation_names
        }

    def __getattr__(self, method: str) -> Callable[..., Json]:
        operation = self._operations[method]

        def call(**request: Any) -> Json:
            _check(request, operation.input_shape)
            answer = self._account.answer(method, request)
            if operation.output_shape and answer:
                _check(answer, operation.output_shape)
            return answer

        return call

    def get_waiter(self, name: str) -> _Waiter:
        return _Waiter(self._account, name)


class _Waiter:
    def __init__(self, account: Account, name: str) -> None:
        self._account, self._name = account, name

    def wait(self, **request: Any) -> None:
        self._account.answer(f"wait_{self._name}", request)


def _check(value: Json, shape: Any) -> None:
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()
