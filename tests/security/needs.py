"""Which IAM permissions a call needs, from the services' authorization references."""

from collections.abc import Callable
from typing import Any

from security.iam import Need

_HERE = "us-east-1:000000000000"
Facts = dict[str, str]


def needs_of(call: dict[str, Any]) -> list[Need]:
    """The permissions that a recorded call needs; KeyError for an operation not known here."""
    return _NEEDS[call["service"], call["operation"]](call["operation"], call["facts"])


def _object(bucket: str, key: str) -> str:
    return f"arn:aws:s3:::{bucket}/{key}"


def _read(bucket: str, key: str, version: str) -> Need:
    return Need("s3:GetObjectVersion" if version else "s3:GetObject", _object(bucket, key))


def _read_object(_: str, facts: Facts) -> list[Need]:
    """GetObject and HeadObject: of a version only GetObjectVersion is asked for."""
    return [_read(facts["bucket"], facts["key"], facts.get("version", ""))]


def _put_object(_: str, facts: Facts) -> list[Need]:
    return [Need("s3:PutObject", _object(facts["bucket"], facts["key"]))]


def _copy_object(operation: str, facts: Facts) -> list[Need]:
    source = _read(facts["source_bucket"], facts["source_key"], facts.get("source_version", ""))
    return [source, *_put_object(operation, facts)]


def _delete_object(_: str, facts: Facts) -> list[Need]:
    action = "s3:DeleteObjectVersion" if facts.get("version") else "s3:DeleteObject"
    return [Need(action, _object(facts["bucket"], facts["key"]))]


def _tagging(operation: str, facts: Facts) -> list[Need]:
    """GetObjectTagging and PutObjectTagging have actions of their own for a version."""
    verb = operation.removesuffix("ObjectTagging")
    of = "ObjectVersionTagging" if facts.get("version") else "ObjectTagging"
    return [Need(f"s3:{verb}{of}", _object(facts["bucket"], facts["key"]))]


def _list(action: str) -> Callable[[str, Facts], list[Need]]:
    return lambda _, facts: [Need(action, f"arn:aws:s3:::{facts['bucket']}")]


def _table(operation: str, facts: Facts) -> list[Need]:
    table = f"arn:aws:dynamodb:{_HERE}:table/{facts['table']}"
    index = f"/index/{facts['index']}" if facts.get("index") else ""
    return [Need(f"dynamodb:{operation}", table + index)]


def _put_events(_: str, facts: Facts) -> list[Need]:
    buses = facts["bus"].split(",")
    return [Need("events:PutEvents", f"arn:aws:events:{_HERE}:event-bus/{bus}") for bus in buses]


def _execution(operation: str, facts: Facts) -> list[Need]:
    return [Need(f"states:{operation}", facts["execution"])]


def _map_run(operation: str, facts: Facts) -> list[Need]:
    return [Need(f"states:{operation}", facts["map_run"])]


def _start(operation: str, facts: Facts) -> list[Need]:
    return [Need(f"states:{operation}", facts["state_machine"])]


def _training(operation: str, facts: Facts) -> list[Need]:
    """Who starts a job hands it a role, if the call names one."""
    job = f"arn:aws:sagemaker:{_HERE}:training-job/{facts['training_job']}"
    handed = [Need("iam:PassRole", facts["role"])] if facts.get("role") else []
    return [Need(f"sagemaker:{operation}", job), *handed]


def _invoke(_: str, facts: Facts) -> list[Need]:
    name = facts["function"].removeprefix(f"arn:aws:lambda:{_HERE}:function:")
    return [Need("lambda:InvokeFunction", f"arn:aws:lambda:{_HERE}:function:{name}")]


def _endpoint(operation: str, facts: Facts) -> list[Need]:
    name = facts["endpoint"]
    return [Need(f"sagemaker:{operation}", f"arn:aws:sagemaker:{_HERE}:endpoint/{name}")]


def _classify(_: str, facts: Facts) -> list[Need]:
    return [Need("comprehend:ClassifyDocument", facts["endpoint"])]


def _classifier(operation: str, facts: Facts) -> list[Need]:
    """By its name and version where it is made, with the role that it is handed."""
    version = f"/version/{facts['version']}" if facts.get("version") else ""
    handed = [Need("iam:PassRole", facts["role"])] if facts.get("role") else []
    arn = _comprehend("document-classifier", facts["classifier"] + version)
    return [Need(f"comprehend:{operation}", arn), *handed]


def _classifier_endpoint(operation: str, facts: Facts) -> list[Need]:
    """The endpoint, and the model and the role that it is given."""
    arns = [_comprehend("document-classifier-endpoint", facts["endpoint"])]
    arns += [facts["classifier"]] if facts.get("classifier") else []
    handed = [Need("iam:PassRole", facts["role"])] if facts.get("role") else []
    return [*(Need(f"comprehend:{operation}", arn) for arn in arns), *handed]


def _comprehend(kind: str, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:comprehend:{_HERE}:{kind}/{name}"


def _scaling(operation: str, _: Facts) -> list[Need]:
    """A target's ARN is made with it, and unlike its resource's."""
    target = f"arn:aws:application-autoscaling:{_HERE}:scalable-target/made-with-it"
    return [Need(f"application-autoscaling:{operation}", target)]


def _scalable(operation: str, facts: Facts) -> list[Need]:
    """With what the service tries in its caller's name before it makes a target: Application Auto
    Scaling User Guide, Permissions validation for API calls on target resources."""
    endpoint = ("comprehend:DescribeEndpoint", "comprehend:UpdateEndpoint")
    alarms = ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms")
    return [
        *_scaling(operation, facts),
        *(Need(action, facts["resource"]) for action in endpoint),
        *(Need(f"cloudwatch:{action}") for action in alarms),
    ]


def _guardrail(_: str, facts: Facts) -> list[Need]:
    return [Need("bedrock:ApplyGuardrail", facts["guardrail"])]


def _rekognition(operation: str, facts: Facts) -> list[Need]:
    """A picture in S3 is read with its caller's permissions; one may be in the call itself."""
    read = _read_object(operation, facts) if facts.get("bucket") else []
    return [Need(f"rekognition:{operation}"), *read]


def _everywhere(service: str) -> Callable[[str, Facts], list[Need]]:
    """Operations for which AWS knows no resource."""
    return lambda operation, _: [Need(f"{service}:{operation}")]


_NEEDS: dict[tuple[str, str], Callable[[str, Facts], list[Need]]] = {
    ("s3", "GetObject"): _read_object,
    ("s3", "HeadObject"): _read_object,
    ("s3", "PutObject"): _put_object,
    ("s3", "CopyObject"): _copy_object,
    ("s3", "DeleteObject"): _delete_object,
    ("s3", "GetObjectTagging"): _tagging,
    ("s3", "PutObjectTagging"): _tagging,
    ("s3", "ListObjectsV2"): _list("s3:ListBucket"),
    ("s3", "ListObjectVersions"): _list("s3:ListBucketVersions"),
    ("dynamodb", "GetItem"): _table,
    ("dynamodb", "PutItem"): _table,
    ("dynamodb", "UpdateItem"): _table,
    ("dynamodb", "Query"): _table,
    ("events", "PutEvents"): _put_events,
    ("states", "DescribeExecution"): _execution,
    ("states", "GetExecutionHistory"): _execution,
    ("states", "StopExecution"): _execution,
    ("states", "StartExecution"): _start,
    ("states", "ListMapRuns"): _execution,
    ("states", "DescribeMapRun"): _map_run,
    ("states", "UpdateMapRun"): _map_run,
    ("states", "SendTaskSuccess"): _everywhere("states"),
    ("states", "SendTaskFailure"): _everywhere("states"),
    ("lambda", "Invoke"): _invoke,
    ("sagemaker", "InvokeEndpointAsync"): _endpoint,
    ("sagemaker", "DescribeEndpoint"): _endpoint,
    ("application-autoscaling", "DescribeScalableTargets"): _everywhere("application-autoscaling"),
    ("sagemaker", "CreateTrainingJob"): _training,
    ("sagemaker", "DescribeTrainingJob"): _training,
    ("sagemaker", "StopTrainingJob"): _training,
    ("application-autoscaling", "RegisterScalableTarget"): _scalable,
    ("application-autoscaling", "PutScalingPolicy"): _scaling,
    ("comprehend", "ClassifyDocument"): _classify,
    ("comprehend", "CreateDocumentClassifier"): _classifier,
    ("comprehend", "DescribeDocumentClassifier"): _classifier,
    ("comprehend", "StopTrainingDocumentClassifier"): _classifier,
    ("comprehend", "CreateEndpoint"): _classifier_endpoint,
    ("comprehend", "DescribeEndpoint"): _classifier_endpoint,
    ("comprehend", "UpdateEndpoint"): _classifier_endpoint,
    ("comprehend", "DetectDominantLanguage"): _everywhere("comprehend"),
    ("comprehend", "DetectToxicContent"): _everywhere("comprehend"),
    ("bedrock", "ApplyGuardrail"): _guardrail,
    ("rekognition", "DetectModerationLabels"): _rekognition,
    ("rekognition", "DetectText"): _rekognition,
}
