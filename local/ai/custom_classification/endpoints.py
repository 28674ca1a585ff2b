"""Endpoints of custom classification: they take a while to come, to change, and to fail.

Statuses and fields: the API's model in botocore. While an endpoint is UPDATING, its old model
answers.
"""

import threading
import time

from local.ai.custom_classification.classifiers import NAME, Classifiers
from local.ai.custom_classification.learning import Learned
from local.ai.custom_classification.plan import Plan
from local.ai.custom_classification.requests import (
    check_endpoint_creation,
    check_update,
    endpoint_arn,
)
from local.ai.wire import Json, ServiceError

ARN = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/"


class _Endpoint:
    """One endpoint; `told` is what DescribeEndpoint answers."""

    def __init__(self, request: Json, model: Learned, ready_at: float) -> None:
        now = time.time()
        self.request = request
        self.model: Learned | None = None
        self._next_model, self._ready_at = model, ready_at
        self.told: Json = {
            "EndpointArn": ARN + request["EndpointName"],
            "Status": "CREATING",
            "ModelArn": request["ModelArn"],
            "DesiredModelArn": request["ModelArn"],
            "DesiredInferenceUnits": request["DesiredInferenceUnits"],
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def change(self, model: Learned, request: Json, ready_at: float) -> None:
        """Begin to become what UpdateEndpoint asks for."""
        for name in ("DesiredModelArn", "DesiredInferenceUnits"):
            if name in request:
                self.told[name] = request[name]
        self.told.update(Status="UPDATING", LastModifiedTime=time.time())
        self._next_model, self._ready_at = model, ready_at

    def settle(self, fails: bool) -> None:
        """Take what was asked for, when its time has come."""
        told = self.told
        if told["Status"] not in ("CREATING", "UPDATING") or time.monotonic() < self._ready_at:
            return
        told["LastModifiedTime"] = time.time()
        if fails:
            told.update(Status="FAILED", Message=f"{NAME} was told to fail.")
            return
        self.model = self._next_model
        told.update(
            Status="IN_SERVICE",
            ModelArn=told["DesiredModelArn"],
            CurrentInferenceUnits=told["DesiredInferenceUnits"],
        )


class Endpoints:
    """The account's endpoints."""

    def __init__(self, classifiers: Classifiers, plan: Plan) -> None:
        self._classifiers, self._plan = classifiers, plan
        self._lock = threading.Lock()
        self._by_arn: dict[str, _Endpoint] = {}

    def create(self, request: Json) -> Json:
        """CreateEndpoint; the same token and request again name the same endpoint."""
        check_endpoint_creation(request)
        model = self._classifiers.trained(request["ModelArn"])
        arn = ARN + request["EndpointName"]
        with self._lock:
            if known := self._by_arn.get(arn):
                if "ClientRequestToken" not in request or known.request != request:
                    told = f"Endpoint {arn} already exists."
                    raise ServiceError("ResourceInUseException", told)
            else:
                self._by_arn[arn] = _Endpoint(request, model, self._ready_at())
        return {"EndpointArn": arn, "ModelArn": request["ModelArn"]}

    def describe(self, request: Json) -> Json:
        """DescribeEndpoint."""
        with self._lock:
            return {"EndpointProperties": dict(self._get(endpoint_arn(request)).told)}

    def list_all(self, _: Json) -> Json:
        """ListEndpoints, on one page and without filters."""
        with self._lock:
            listed = [dict(self._get(arn).told) for arn in self._by_arn]
        return {"EndpointPropertiesList": listed}

    def update(self, request: Json) -> Json:
        """UpdateEndpoint: another model, other inference units, or both."""
        check_update(request)
        with self._lock:
            endpoint = self._get(request["EndpointArn"])
            if endpoint.told["Status"] not in ("IN_SERVICE", "FAILED"):
                told = f"The endpoint is {endpoint.told['Status']}."
                raise ServiceError("ResourceInUseException", told)
            model = str(request.get("DesiredModelArn") or endpoint.told["ModelArn"])
            endpoint.change(self._classifiers.trained(model), request, self._ready_at())
            return {"DesiredModelArn": model}

    def delete(self, request: Json) -> Json:
        """DeleteEndpoint; it is gone at once."""
        with self._lock:
            self._get(endpoint_arn(request))
            del self._by_arn[request["EndpointArn"]]
        return {}

    def used_models(self) -> set[str]:
        """The ARNs of the models that endpoints have, or will have."""
        with self._lock:
            told = [endpoint.told for endpoint in self._by_arn.values()]
            return {each[name] for each in told for name in ("ModelArn", "DesiredModelArn")}

    def model(self, arn: str) -> Learned | None:
        """The model that answers at an endpoint's ARN; None where nothing is in service."""
        with self._lock:
            return self._get(arn).model if arn in self._by_arn else None

    def _get(self, arn: str) -> _Endpoint:
        if arn not in self._by_arn:
            told = "The specified resource is not found."
            raise ServiceError("ResourceNotFoundException", told)
        endpoint = self._by_arn[arn]
        endpoint.settle(self._plan.endpoint == "fail")
        return endpoint

    def _ready_at(self) -> float:
        return time.monotonic() + self._plan.phase_seconds
