"""Looks at a channel as JumpStart's DreamBooth script would find it.

Layout: images (.png, .jpg, .jpeg) beside `dataset_info.json` with `instance_prompt`, and
`class_prompt` where the hyperparameter with_prior_preservation is True; class images, if any, in
`class_data_dir/`. A fault is told as the job's FailureReason, in the forms that SageMaker has for a
channel without objects and for a script that ends with an error.
"""

import json
import posixpath

from local.ai.engine_client import EngineClient, EngineError, ObjectMissing, split_s3_uri
from local.ai.wire import Json

_INFO = "dataset_info.json"
_IMAGES = (".png", ".jpg", ".jpeg")
_MOST_INFO_BYTES = 1024 * 1024


class TrainingFailed(Exception):
    """The job has failed; the text is its FailureReason."""


def check(engine: EngineClient, uri: str, role: str, hyperparameters: Json) -> int:
    """The number of instance images; TrainingFailed for a set that cannot be trained on."""
    names = _names(engine, uri, role)
    info = _info(engine, uri, names)
    if not isinstance(info.get("instance_prompt"), str) or not info["instance_prompt"]:
        raise _script_fault("KeyError: 'instance_prompt'")
    preserving = str(hyperparameters.get("with_prior_preservation", "False")) == "True"
    if preserving and not isinstance(info.get("class_prompt"), str):
        raise _script_fault("KeyError: 'class_prompt'")
    images = [name for name in names if "/" not in name and name.lower().endswith(_IMAGES)]
    if not images:
        raise _script_fault("ValueError: Instance images root has no images")
    return len(images)


def _names(engine: EngineClient, uri: str, role: str) -> list[str]:
    """The objects' names below the prefix, as the instance would have them on its disk."""
    bucket, prefix = split_s3_uri(uri)
    try:
        keys = engine.list_keys(bucket, prefix)
    except ObjectMissing:
        keys = []
    except EngineError as lost:
        raise TrainingFailed(f"InternalServerError: {lost}") from lost
    if not keys:
        raise TrainingFailed(
            f'ClientError: Data download failed:No S3 objects found under S3 URL "{uri}" given in '
            "input data source. Please ensure that the bucket exists in the selected region "
            f'(us-east-1), that objects exist under that S3 prefix, and that the role "{role}" has '
            f'"s3:ListBucket" permissions on bucket "{bucket}".'
        )
    folder = prefix if prefix.endswith("/") else posixpath.dirname(prefix) + "/"
    return [key.removeprefix(folder) for key in keys if not key.endswith("/")]


def _info(engine: EngineClient, uri: str, names: list[str]) -> Json:
    if _INFO not in names:
        raise _script_fault(f"FileNotFoundError: [Errno 2] No such file or directory: '{_INFO}'")
    bucket, prefix = split_s3_uri(uri)
    key = posixpath.join(prefix if prefix.endswith("/") else posixpath.dirname(prefix), _INFO)
    try:
        info = json.loads(engine.get_object(bucket, key, limit=_MOST_INFO_BYTES))
    except ValueError as fault:
        raise _script_fault(f"json.decoder.JSONDecodeError: {_INFO} is no JSON") from fault
    except EngineError as lost:
        raise TrainingFailed(f"ClientError: Data download failed: {lost}") from lost
    return info if isinstance(info, dict) else {}


def _script_fault(message: str) -> TrainingFailed:
    return TrainingFailed(
        f'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "{message}"\n'
        'Command "/opt/conda/bin/python3.8 transfer_learning.py", exit code: 1'
    )
