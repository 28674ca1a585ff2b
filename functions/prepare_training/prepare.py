"""What PrepareTraining decides: ready, invalid or closed; and the job that it claims."""

import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from prepare_training.asked import Asked, read_asked
from prepare_training.check import Checked, Problem, check_test, check_training
from shared.dynamodb import Item
from shared.jobs import Jobs, training_id
from shared.pinning import Pinning, PolicySettings
from shared.policy import Policies
from shared.request import InvalidRequest
from shared.s3 import ObjectMissing, ObjectVersion, Storage
from shared.settings import Environment

STAGE = "PrepareTraining"
# As in the state machine: no job is deleted while it runs.
LONGEST = timedelta(hours=48)
# Of an endpoint (Amazon Comprehend API Reference, CreateEndpoint): it is made after the training.
_LONGEST_NAME = 40
_NAMED = ("key", "version_id", "test_key", "test_version_id", "model_arn")


@dataclass(frozen=True)
class Settings:
    """PrepareTraining's variables."""

    classifier_name: str
    jobs_table: str
    datasets_bucket: str
    work_bucket: str
    retention_days: int
    policy: PolicySettings

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            classifier_name=env.text("CLASSIFIER_NAME"),
            jobs_table=env.text("JOBS_TABLE"),
            datasets_bucket=env.text("DATASETS_BUCKET"),
            work_bucket=env.text("WORK_BUCKET"),
            retention_days=env.number("RETENTION_DAYS"),
            policy=PolicySettings.from_env(env),
        )


@dataclass(frozen=True)
class Desk:
    """What preparing needs."""

    settings: Settings
    jobs: Jobs
    storage: Storage
    pinning: Pinning
    policies: Policies[dict[str, Any]]


class _Unsound(Exception):
    """A file that nothing can be learned from; args[0] is its Checked."""


def prepare(desk: Desk, body: object, execution: dict[str, str]) -> dict[str, Any]:
    """{verdict, job, reasons, first, training} for one execution's input.

    verdict is ready; invalid (reasons say why, 20 of them at most); or closed (first says how):
    somebody has ended the job while this was tried again. training is empty unless it is ready:
    `labels` and `texts` are the file's, and `policy_labels` those that the policy in force asks a
    classifier for.
    """
    mine, job = desk.jobs.claim(_record(desk.settings, body, execution))
    if not mine:
        return _answer("closed", job)
    try:
        asked = read_asked(body)
        _check_name(desk.settings.classifier_name)
        return _answer("ready", job) | {"training": _training(desk, asked, execution["name"])}
    except InvalidRequest as invalid:
        problem = Problem(invalid.field, None, invalid.rule, invalid.message)
        return _answer("invalid", job) | {"reasons": [_reason(problem)]}
    except _Unsound as unsound:
        return _answer("invalid", job) | {"reasons": _reasons(unsound.args[0])}


def _check_name(name: str) -> None:
    if len(name) > _LONGEST_NAME:
        message = (
            f"{name}, after the stack's name, has {len(name)} characters; {_LONGEST_NAME} may be"
        )
        raise InvalidRequest("stack", "max_length", message)


def _training(desk: Desk, asked: Asked, execution_name: str) -> dict[str, Any]:
    """What the machine and JudgeClassifier are told. Raises InvalidRequest and _Unsound."""
    version = f"v-{hashlib.sha256(execution_name.encode()).hexdigest()[:16]}"
    policy = desk.policies.active(desk.pinning.pins()[0])
    told = {
        "version": version,
        "token": version,
        "train": None,
        "test": None,
        "output": None,
        "language": asked.language,
        "labels": [],
        "texts": {},
        "left_out": {"duplicates": 0},
        "policy_labels": sorted(policy["custom"]),
        "gates": asdict(asked.gates),
        "deploy": asked.deploy,
        "model_arn": asked.model_arn or None,
    }
    return told if asked.model_arn else told | _files(desk, asked, version, policy["custom"])


def _files(
    desk: Desk, asked: Asked, version: str, policy_labels: Collection[str]
) -> dict[str, Any]:
    """Checks the files, and writes the copies that Comprehend reads: a retry writes the same."""
    work, folder = desk.settings.work_bucket, f"jobs/classifier/{version}/"
    datasets = desk.settings.datasets_bucket
    training = _copied(
        desk.storage,
        "key",
        ObjectVersion(datasets, asked.key, asked.version_id),
        ObjectVersion(work, f"{folder}train.csv"),
        lambda blocks, clean: check_training(blocks, policy_labels, clean),
    )
    duplicates = training.duplicates
    if asked.test_key:
        test = _copied(
            desk.storage,
            "test_key",
            ObjectVersion(datasets, asked.test_key, asked.test_version_id),
            ObjectVersion(work, f"{folder}test.csv"),
            lambda blocks, clean: check_test(blocks, training, clean),
        )
        duplicates += test.duplicates
    return {
        "train": f"s3://{work}/{folder}train.csv",
        "test": f"s3://{work}/{folder}test.csv" if asked.test_key else None,
        "output": f"s3://{work}/{folder}output/",
        "labels": sorted(training.labels),
        "texts": training.texts,
        "left_out": {"duplicates": duplicates},
    }


def _copied(
    storage: Storage,
    field: str,
    file: ObjectVersion,
    copy: ObjectVersion,
    check: Callable[[Iterator[bytes], BinaryIO], Checked],
) -> Checked:
    """The file as it was found sound; its copy is written whole or not at all."""
    clean = io.BytesIO()
    try:
        checked = check(storage.stream(file), clean)
    except ObjectMissing:
        message = "the file, or this version of it, is not there"
        raise InvalidRequest(field, "exists", message) from None
    if checked.problems:
        raise _Unsound(checked)
    clean.seek(0)
    storage.write(copy.bucket, copy.key, clean, "text/csv")
    return checked


def _record(settings: Settings, body: object, execution: dict[str, str]) -> Item:
    started = datetime.fromisoformat(execution["started_at"])
    expires = started + LONGEST + timedelta(days=settings.retention_days)
    asked = body if isinstance(body, dict) else {}
    source = {
        "type": "classifier",
        "bucket": settings.datasets_bucket,
        **{name: str(asked[name])[:1024] for name in _NAMED if name in asked},
    }
    return {
        "job_id": training_id(execution["name"]),
        "kind": "classifier",
        "run": 1,
        "stage": STAGE,
        "execution_arn": execution["arn"],
        "created_at": execution["started_at"],
        "updated_at": execution["started_at"],
        "expires_at": int(expires.timestamp()),
        "source": json.dumps(source),
        "fingerprint": execution["name"],
    }


def _reasons(checked: Checked) -> list[dict[str, Any]]:
    """At most as many as `check` keeps; the last of them says how many there are beyond."""
    reasons = [_reason(problem) for problem in checked.problems]
    unsaid = checked.found - len(reasons)
    if unsaid:
        reasons[-1]["message"] += f" ({unsaid} more problems are not listed)"
    return reasons


def _reason(problem: Problem) -> dict[str, Any]:
    """An event does not hold a reason's line, and people read the message."""
    at = {} if problem.line is None else {"line": problem.line}
    where = "" if problem.line is None else f"line {problem.line}: "
    return {
        "stage": STAGE,
        "category": "invalid_request",
        "field": problem.field,
        **at,
        "rule": problem.rule,
        "message": where + problem.message,
        "action": "reject",
    }


def _answer(verdict: str, job: Item) -> dict[str, Any]:
    first = {name: job[name] for name in ("job_id", "run", "status", "execution_arn")}
    return {
        "verdict": verdict,
        "job": {name: job[name] for name in ("job_id", "run", "created_at", "expires_at")},
        "reasons": [],
        "first": first if verdict == "closed" else {},
        "training": {},
    }
