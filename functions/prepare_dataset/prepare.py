"""What PrepareDataset decides: ready, invalid or duplicate; and the job that it claims."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prepare_dataset import info as dataset_info
from prepare_dataset.asked import Asked, body_of, named_prefix, read_asked
from prepare_dataset.fine_tuning import check_cost, plan
from prepare_dataset.info import Info, read_info
from prepare_dataset.listing import Item, check_images, check_size, item_of
from shared import dynamodb
from shared.jobs import Jobs, dataset_id
from shared.pinning import Pinning, PolicySettings
from shared.policy import Pins
from shared.request import InvalidRequest
from shared.s3 import ObjectMissing, ObjectTooLarge, ObjectVersion, Storage
from shared.settings import Environment

STAGE = "PrepareDataset"
# As in the state machine: no job is deleted while it runs.
LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class Settings:
    """PrepareDataset's variables."""

    jobs_table: str
    datasets_bucket: str
    work_bucket: str
    retention_days: int
    policy: PolicySettings
    fine_tuning_image: str
    fine_tuning_instance_type: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            jobs_table=env.text("JOBS_TABLE"),
            datasets_bucket=env.text("DATASETS_BUCKET"),
            work_bucket=env.text("WORK_BUCKET"),
            retention_days=env.number("RETENTION_DAYS"),
            policy=PolicySettings.from_env(env),
            fine_tuning_image=env.optional("FINE_TUNING_IMAGE"),
            fine_tuning_instance_type=env.text("FINE_TUNING_INSTANCE_TYPE"),
        )


@dataclass(frozen=True)
class Desk:
    """What preparing needs."""

    settings: Settings
    jobs: Jobs
    storage: Storage
    pinning: Pinning


@dataclass(frozen=True)
class Plan:
    """A set that may be judged. `digest` is of the whole listing; `training` may be empty.

    `token` names what belongs to this listing alone.
    """

    asked: Asked
    info: Info
    info_version: ObjectVersion
    training: dict[str, Any]
    token: str
    total: int
    problems: int
    digest: str


def prepare(desk: Desk, event: object, execution: dict[str, str]) -> dict[str, Any]:
    """{verdict, job, reasons, first, prompts, policy} for one execution's input.

    verdict is ready; invalid (reasons say why); or duplicate (first says of what). prompts are
    {field, text} of dataset_info.json, policy what they and the images are judged by. A set is
    judged by the policy in force alone: a second one is on trial for requests. The largest set is
    listed in one call.
    """
    body = body_of(event)
    prefix = named_prefix(body)
    record = _record(desk.settings, prefix, execution)
    try:
        found = _look(desk, body, str(record["job_id"]))
    except InvalidRequest as invalid:
        return _refused(desk.jobs, record, body, invalid)
    pins: Pins = {"active": desk.pinning.pins()[0]["active"]}
    record |= {
        "fingerprint": _digest(found.digest, pins["active"]["hash"], vars(found.asked)),
        "total": found.total,
        "invalid": found.problems,
    }
    mine, job = _claim(desk.jobs, record)
    if not mine:
        return _answer("duplicate", record, first=job)
    return _answer("ready", job) | {
        "job": _told(job) | _places(desk.settings, found, job, pins["active"]["hash"]),
        "prompts": found.info.prompts,
        "policy": pins,
    }


def may_run_again(earlier: dynamodb.Item, fingerprint: object) -> bool:
    """Whether a job has ended in a way that leaves something to do: failed, or on another set."""
    if earlier["status"] == "RUNNING":
        return False
    return earlier["status"] == "FAILED" or earlier.get("fingerprint") != fingerprint


def _look(desk: Desk, body: object, job_id: str) -> Plan:
    """Everything that can be wrong with a set, looked at before anything of it is paid for."""
    asked = read_asked(body)
    content, version = _read_info(desk, asked.prefix)
    info = read_info(content)
    training: dict[str, Any] = {}
    if asked.fine_tune is not None:
        training = plan(
            asked.fine_tune,
            bool(desk.settings.fine_tuning_image),
            desk.settings.fine_tuning_instance_type,
            info.fields(),
        )
    # Of this call alone: what an interrupted one has left is never read.
    token = secrets.token_hex(4)
    counts, digest = _list(desk, asked.prefix, _items(job_id, token))
    check_images(counts["instance"], counts["class"])
    if training:
        check_cost(training["hyperparameters"], counts["instance"])
    return Plan(asked, info, version, training, token, counts["total"], counts["problem"], digest)


def _read_info(desk: Desk, prefix: str) -> tuple[bytes, ObjectVersion]:
    bucket, key, name = desk.settings.datasets_bucket, prefix + dataset_info.NAME, dataset_info.NAME
    try:
        found = desk.storage.read_newest(bucket, key, "", dataset_info.MOST_BYTES)
    except ObjectMissing:
        raise InvalidRequest(name, "exists", f"the set has no {name}") from None
    except ObjectTooLarge as too_large:
        message = (
            f"{name} has {too_large.args[0]} bytes; at most {dataset_info.MOST_BYTES} are read"
        )
        raise InvalidRequest(name, "max_bytes", message) from None
    if found is None:
        raise ValueError("nothing was known of the file that could be unchanged")
    return found


def _list(desk: Desk, prefix: str, items: str) -> tuple[dict[str, int], str]:
    """Counts by role, total and problem; a digest of all objects. A page's items are one file."""
    counts = {"total": 0, "instance": 0, "class": 0, "none": 0, "problem": 0}
    digest, after, more, objects = hashlib.sha256(), "", True, 0
    while more:
        page, more = desk.storage.list_page(desk.settings.datasets_bucket, prefix, after)
        objects += len(page)
        check_size(objects)
        found: list[Item] = []
        for listed in page:
            digest.update(json.dumps([listed.key, listed.etag, listed.size]).encode())
            item = item_of(listed, prefix, counts["total"] + len(found))
            if item:
                found.append(item)
                counts["problem" if "problem" in item else item["role"]] += 1
        if found:
            lines = "".join(json.dumps(item) + "\n" for item in found)
            key = f"{items}{counts['total']:09}.jsonl"
            desk.storage.write(desk.settings.work_bucket, key, lines.encode(), "application/jsonl")
        counts["total"] += len(found)
        after = page[-1].key if page else ""
    return counts, digest.hexdigest()


def _refused(
    jobs: Jobs, record: dynamodb.Item, body: object, invalid: InvalidRequest
) -> dict[str, Any]:
    """A set that is refused is a job like any other; refused again for the same, it is not new."""
    reason = {
        "stage": STAGE,
        "category": "invalid_request",
        "field": invalid.field,
        "rule": invalid.rule,
        "message": invalid.message,
        "action": "reject",
    }
    mine, job = _claim(jobs, record | {"fingerprint": _digest(body, reason)})
    if not mine:
        return _answer("duplicate", record, first=job)
    return _answer("invalid", job, [reason])


def _claim(jobs: Jobs, record: dynamodb.Item) -> tuple[bool, dynamodb.Item]:
    mine, job = jobs.claim(record)
    if not mine and may_run_again(job, record["fingerprint"]):
        return jobs.claim_again(record, job)
    return mine, job


def _record(settings: Settings, prefix: str, execution: dict[str, str]) -> dynamodb.Item:
    started = datetime.fromisoformat(execution["started_at"])
    expires = started + LONGEST + timedelta(days=settings.retention_days)
    source = {"type": "dataset", "bucket": settings.datasets_bucket, "prefix": prefix[:1024]}
    return {
        "job_id": dataset_id(settings.datasets_bucket, prefix),
        "kind": "dataset",
        "run": 1,
        "stage": STAGE,
        "execution_arn": execution["arn"],
        "created_at": execution["started_at"],
        "updated_at": execution["started_at"],
        "expires_at": int(expires.timestamp()),
        "source": json.dumps(source, ensure_ascii=False),
        "total": 0,
        "invalid": 0,
        "done": 0,
    }


def _places(
    settings: Settings, found: Plan, job: dynamodb.Item, policy_hash: str
) -> dict[str, Any]:
    """Where everything of this run lies, and what is to be done with it.

    Runs are numbered anew once the table has forgotten a job, and copies outlive it: were its
    folders named by the number alone, a training would read what an earlier set has left there.
    """
    job_id, run = str(job["job_id"]), job["run"]
    own = f"{job_id}/{run}-{found.token}/"
    clean = f"clean/{own}" if found.training or found.asked.clean_copy else ""
    return {
        "total": found.total,
        "invalid": found.problems,
        "bucket": settings.work_bucket,
        "datasets": settings.datasets_bucket,
        "prefix": found.asked.prefix,
        "items": _items(job_id, found.token),
        "verdicts": f"jobs/{own}verdicts/",
        "kept": f"jobs/{job_id}/kept/",
        "quarantine": f"quarantine/{job_id}/",
        "reports": f"reports/{own}",
        "clean": clean,
        "flagged": found.asked.flagged,
        "info": {"key": found.info_version.key, "version_id": found.info_version.version_id},
        "prompts": found.info.fields(),
        "unread_fields": found.info.unread,
        "policy_hash": policy_hash,
        "fine_tune": _fine_tune(settings, found.training, own),
    }


def _items(job_id: str, token: str) -> str:
    return f"jobs/{job_id}/items/{token}/"


def _fine_tune(settings: Settings, training: dict[str, Any], own: str) -> dict[str, Any]:
    """All that StartFineTuning needs, or nothing. SageMaker's names have at most 63 characters."""
    if not training:
        return {}
    bucket = settings.datasets_bucket
    return {
        "job_name": f"safelight-{own.strip('/').replace('/', '-')}",
        **training,
        "training_uri": f"s3://{bucket}/clean/{own}",
        "output_uri": f"s3://{bucket}/models/{own}",
    }


def _answer(
    verdict: str,
    job: dynamodb.Item,
    reasons: list[dict[str, Any]] | None = None,
    first: dynamodb.Item | None = None,
) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "job": _told(job),
        "reasons": reasons or [],
        "first": _first(first) if first else {},
        "prompts": [],
        "policy": {},
    }


def _told(job: dynamodb.Item) -> dict[str, Any]:
    return {name: job[name] for name in ("job_id", "run", "created_at", "expires_at")}


def _first(job: dynamodb.Item) -> dict[str, Any]:
    """What another execution has done with the set, its report included."""
    told = {name: job[name] for name in ("job_id", "run", "status", "execution_arn")}
    return told | ({"report": json.loads(str(job["report"]))} if "report" in job else {})


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
