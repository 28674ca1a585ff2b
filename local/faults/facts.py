"""What a call on each service is about: what a policy would judge, never a body or a token."""

from __future__ import annotations

from collections.abc import Callable

from local.faults.requests import INPUT_LOCATION, Request

Facts = dict[str, str]


def _s3_facts(request: Request) -> Facts:
    bucket, _, key = request.path.lstrip("/").partition("/")
    facts = {"bucket": bucket, "key": key}
    facts["version"] = request.query.get("versionId", [""])[0]
    facts["prefix"] = request.query.get("prefix", [""])[0]
    source, _, version = request.header("x-amz-copy-source").lstrip("/").partition("?versionId=")
    facts["source_bucket"], _, facts["source_key"] = source.partition("/")
    facts["source_version"] = version
    return facts


def _dynamodb_facts(request: Request) -> Facts:
    body = request.json()
    return {"table": str(body.get("TableName", "")), "index": str(body.get("IndexName", ""))}


def _events_facts(request: Request) -> Facts:
    entries = [entry for entry in request.json().get("Entries", ()) if isinstance(entry, dict)]
    return {"bus": ",".join(sorted({str(e.get("EventBusName", "default")) for e in entries}))}


def _states_facts(request: Request) -> Facts:
    body = request.json()
    return {
        "state_machine": str(body.get("stateMachineArn", "")),
        "execution": str(body.get("executionArn", "")),
        "map_run": str(body.get("mapRunArn", "")),
    }


def _rekognition_facts(request: Request) -> Facts:
    image = request.json().get("Image")
    place = image.get("S3Object") if isinstance(image, dict) else None
    if not isinstance(place, dict):
        return {}
    names = {"bucket": "Bucket", "key": "Name", "version": "Version"}
    return {fact: str(place.get(name, "")) for fact, name in names.items()}


def _comprehend_facts(request: Request) -> Facts:
    """Endpoints and classifiers by their ARNs, or by their names where they are created."""
    body = request.json()
    names = {"role": "DataAccessRoleArn", "version": "VersionName"}
    return {
        "endpoint": str(body.get("EndpointArn") or body.get("EndpointName") or ""),
        "classifier": str(
            body.get("DocumentClassifierArn")
            or body.get("DocumentClassifierName")
            or body.get("ModelArn")
            or body.get("DesiredModelArn")
            or ""
        ),
        **_members(request, names),
    }


def _members(request: Request, names: dict[str, str]) -> Facts:
    """Facts from the members of a body in JSON."""
    body = request.json()
    return {fact: str(body.get(name, "")) for fact, name in names.items()}


def _sagemaker_facts(request: Request) -> Facts:
    if "/endpoints/" not in request.path:
        names = {"training_job": "TrainingJobName", "role": "RoleArn", "endpoint": "EndpointName"}
        return _members(request, names)
    place = request.header(INPUT_LOCATION).removeprefix("s3://")
    bucket, _, key = place.partition("/")
    return {"endpoint": _segment(request.path, "endpoints"), "bucket": bucket, "key": key}


def _bedrock_facts(request: Request) -> Facts:
    # A guardrail may be named by its ARN, which holds a slash.
    guardrail = request.path.removeprefix("/guardrail/").partition("/version/")
    return {
        "guardrail": guardrail[0] if guardrail[1] else "",
        "model": _segment(request.path, "model"),
    }


def _segment(path: str, after: str) -> str:
    """The part of a path after the part of that name."""
    parts = path.split("/")
    following = parts[parts.index(after) + 1 :] if after in parts else []
    return following[0] if following else ""


def _body_fact(fact: str, member: str) -> Callable[[Request], Facts]:
    """The one member of a body, in JSON or as a form."""

    def read(request: Request) -> Facts:
        form = request.form().get(member, [""])[0]
        return {fact: form or str(request.json().get(member, ""))}

    return read


FACTS: dict[str, Callable[[Request], Facts]] = {
    "bedrock": _bedrock_facts,
    "application-autoscaling": _body_fact("resource", "ResourceId"),
    "comprehend": _comprehend_facts,
    "dynamodb": _dynamodb_facts,
    "events": _events_facts,
    "kms": _body_fact("kms_key", "KeyId"),
    "lambda": lambda request: {"function": _segment(request.path, "functions")},
    "rekognition": _rekognition_facts,
    "s3": _s3_facts,
    "sagemaker": _sagemaker_facts,
    "sns": _body_fact("topic", "TopicArn"),
    "sqs": _body_fact("queue", "QueueUrl"),
    "states": _states_facts,
}
