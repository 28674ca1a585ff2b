"""Application Auto Scaling for Comprehend's and SageMaker's endpoints: targets and policies are
checked and remembered. What they would do is done by nobody, except that an asynchronous endpoint
here keeps within its target's bounds (fleet.py).

Fields and errors: the API's model in botocore; resources, dimensions and metrics: the user guide,
"Services that you can use with Application Auto Scaling".
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator

from local.ai.constraints import choice, fault, number, refuse, structure, text, type_fault
from local.ai.wire import Json, Reply, ServiceError, json_reply

NAME = "local-remembers-scaling-1"
_ACCOUNT = "us-east-1:000000000000"
_REFUSED = "ValidationException"
_ANY = r"[^\x00-\x08]+"
_INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_RESOURCES = {
    "comprehend:document-classifier-endpoint:DesiredInferenceUnits": (
        r"arn:aws[a-z-]*:comprehend:[^:]+:\d{12}:document-classifier-endpoint/.+"
    ),
    _INSTANCES: r"endpoint/[^/]+/variant/[^/]+",
}
_METRICS = {
    "comprehend": ("ComprehendInferenceUtilization",),
    "sagemaker": ("SageMakerVariantInvocationsPerInstance",),
}
_LEAST = {"comprehend": 1, "sagemaker": 0}
_POLICIES = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
}
_LINKED_ROLE = (
    "arn:aws:iam::000000000000:role/aws-service-role/{0}.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_{1}"
)
_ROLES = {"comprehend": "ComprehendEndpoint", "sagemaker": "SageMakerEndpoint"}
_Key = tuple[str, str, str]
Bound = Callable[[str, int, int], None]


class AutoScaling:
    """`bound(endpoint, minimum, maximum)` is told of SageMaker's targets; it raises ServiceError
    for an endpoint that is not there."""

    name = NAME

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        self._lock = threading.Lock()
        self._targets: dict[_Key, Json] = {}
        self._policies: dict[tuple[_Key, str], Json] = {}

    def handle(self, operation: str, request: Json) -> Reply:
        """The reply; ServiceError."""
        operations = {
            "RegisterScalableTarget": self._register,
            "DescribeScalableTargets": self._describe_targets,
            "DeregisterScalableTarget": self._deregister,
            "PutScalingPolicy": self._put_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DeleteScalingPolicy": self._delete_policy,
        }
        if operation not in operations:
            raise ServiceError("UnknownOperationException", f"{operation} is not served here", 404)
        with self._lock:
            return json_reply(operations[operation](request))

    def remember(self, endpoint: str, minimum: int, maximum: int) -> None:
        """The target of a SageMaker endpoint whose bounds were told in another way."""
        key = ("sagemaker", f"endpoint/{endpoint}/variant/AllTraffic", _INSTANCES)
        with self._lock:
            self._keep(key, {"MinCapacity": minimum, "MaxCapacity": maximum})

    def _register(self, request: Json) -> Json:
        key = _key(request)
        known = self._targets.get(key, {})
        wanted = {**known, **request}
        refuse(_capacity_faults(wanted, key[0]), _REFUSED)
        bounds = {name: wanted[name] for name in ("MinCapacity", "MaxCapacity")}
        if key[0] == "sagemaker":
            self._bound(key[1].split("/")[1], *bounds.values())
        return {"ScalableTargetARN": self._keep(key, bounds)["ScalableTargetARN"]}

    def _keep(self, key: _Key, change: Json) -> Json:
        namespace, resource, dimension = key
        made = {
            "ServiceNamespace": namespace,
            "ResourceId": resource,
            "ScalableDimension": dimension,
            "RoleARN": _LINKED_ROLE.format(namespace, _ROLES[namespace]),
            "CreationTime": time.time(),
            "ScalableTargetARN": (
                f"arn:aws:application-autoscaling:{_ACCOUNT}:scalable-target/{uuid.uuid4().hex}"
            ),
        }
        target = self._targets[key] = {**made, **self._targets.get(key, {}), **change}
        return target

    def _describe_targets(self, request: Json) -> Json:
        refuse(choice(request, "ServiceNamespace", _METRICS), _REFUSED)
        resources = request.get("ResourceIds") or []
        return {
            "ScalableTargets": [
                target
                for target in _of(self._targets.values(), request)
                if not resources or target["ResourceId"] in resources
            ]
        }

    def _deregister(self, request: Json) -> Json:
        key = self._registered(request)
        del self._targets[key]
        self._policies = {each: told for each, told in self._policies.items() if each[0] != key}
        return {}

    def _put_policy(self, request: Json) -> Json:
        refuse(_policy_faults(request), _REFUSED)
        key = self._registered(request)
        name = request["PolicyName"]
        made = {
            "PolicyARN": (
                f"arn:aws:autoscaling:{_ACCOUNT}:scalingPolicy:{uuid.uuid4()}:resource/"
                f"{key[0]}/{key[1]}:policyName/{name}"
            ),
            "CreationTime": time.time(),
            "Alarms": [],
        }
        known = self._policies.get((key, name), {})
        told = self._policies[key, name] = {**made, **known, **request}
        return {"PolicyARN": told["PolicyARN"], "Alarms": []}

    def _describe_policies(self, request: Json) -> Json:
        refuse(choice(request, "ServiceNamespace", _METRICS), _REFUSED)
        names = request.get("PolicyNames") or []
        return {
            "ScalingPolicies": [
                policy
                for policy in _of(self._policies.values(), request)
                if not names or policy["PolicyName"] in names
            ]
        }

    def _delete_policy(self, request: Json) -> Json:
        key = self._registered(request)
        if (key, request.get("PolicyName")) not in self._policies:
            raise ServiceError("ObjectNotFoundException", "No scaling policy found.")
        del self._policies[key, request["PolicyName"]]
        return {}

    def _registered(self, request: Json) -> _Key:
        key = _key(request)
        if key not in self._targets:
            namespace, resource, dimension = key
            raise ServiceError(
                "ObjectNotFoundException",
                f"No scalable target registered for service namespace: {namespace}, resource ID: "
                f"{resource}, scalable dimension: {dimension}",
            )
        return key


def _key(request: Json) -> _Key:
    """The checked names of a target."""
    refuse(_name_faults(request), _REFUSED)
    return request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"]


def _name_faults(request: Json) -> Iterator[str]:
    yield from choice(request, "ServiceNamespace", _METRICS)
    yield from choice(request, "ScalableDimension", _RESOURCES)
    namespace, dimension = request.get("ServiceNamespace"), str(request.get("ScalableDimension"))
    if dimension in _RESOURCES and dimension.partition(":")[0] != namespace:
        yield "Unsupported service namespace, resource type or scalable dimension"
    yield from text(request, "ResourceId", "resourceId", _RESOURCES.get(dimension, _ANY), 1600)


def _capacity_faults(target: Json, namespace: str) -> Iterator[str]:
    """Of a target's bounds, which must both be there by its first registration."""
    yield from number(target, "MinCapacity", "minCapacity", _LEAST[namespace])
    yield from number(target, "MaxCapacity", "maxCapacity", _LEAST[namespace])
    least, most = target.get("MinCapacity"), target.get("MaxCapacity")
    if least is not None and most is not None and least > most:
        yield "Minimum capacity cannot be greater than maximum capacity"


def _policy_faults(request: Json) -> Iterator[str]:
    yield from text(request, "PolicyName", "policyName", r"[^\x00-\x1f]+", 256)
    yield from choice(request, "PolicyType", _POLICIES)
    configuration = structure(request, _POLICIES.get(str(request.get("PolicyType")), ""))
    if request.get("PolicyType") != "TargetTrackingScaling":
        return
    target = configuration.get("TargetValue")
    if target is not None and (isinstance(target, bool) or not isinstance(target, int | float)):
        raise type_fault("TargetValue")
    if not target or target <= 0:
        yield fault(target, "targetValue", "Member must be greater than 0")
    metric = configuration.get("PredefinedMetricSpecification")
    if (metric is None) == (configuration.get("CustomizedMetricSpecification") is None):
        yield "Exactly one of a predefined and a customized metric must be specified"
    elif metric is not None:
        allowed = _METRICS.get(str(request.get("ServiceNamespace")), ())
        yield from choice(metric, "PredefinedMetricType", allowed)


def _of(told: Iterable[Json], request: Json) -> list[Json]:
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    wanted = {name: request[name] for name in names if request.get(name)}
    return [each for each in told if all(each[name] == wanted[name] for name in wanted)]
