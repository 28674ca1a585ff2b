"""ModerateDatasetImages: has Rekognition judge a group of a data set's images, and acts on it."""

import functools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderate_dataset_images.judge import Judge, Panel, Row
from shared.log import tell
from shared.metrics import Metrics
from shared.moderation.rules import is_known
from shared.moderation.verdict import Reasons
from shared.policy import Pins, Policies
from shared.rekognition import Moderator
from shared.s3 import ObjectVersion, Storage
from shared.settings import Environment

if TYPE_CHECKING:
    from shared.keywords.lists import KeywordLists

# Of Rekognition's calls: its quota is 5 a second in most regions, and groups run beside this one.
_CONCURRENCY = 4
Part = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """ModerateDatasetImages' variables."""

    policy_bucket: str
    check_text: bool
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Without a bucket, the shipped policy judges. Raises SettingsError."""
        env = Environment()
        return cls(
            policy_bucket=env.optional("POLICY_BUCKET"),
            check_text=env.flag("CHECK_TEXT_IN_IMAGES"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@dataclass(frozen=True)
class Bench:
    """What the handler needs, with the keyword lists if text in images is read."""

    metrics: Metrics
    storage: Storage
    moderator: Moderator
    policies: Policies[Part]
    lists: "Policies[KeywordLists] | None"


@functools.cache
def build() -> Bench:
    """Settings and adapters, made at the first call."""
    settings = Settings.from_env()
    lists = None
    if settings.check_text:
        # Lists and matcher cost a quarter of a cold start that others need not pay.
        from shared.keywords.lists import prepare

        lists = Policies("keywords", settings.policy_bucket, prepare)
    metrics = Metrics(settings.metrics_namespace)
    policies = Policies("images", settings.policy_bucket, dict)
    return Bench(metrics, Storage(), Moderator(), policies, lists)


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """{BatchInput: {job, policy}, Items} in, as a Distributed Map's batch; {images} out.

    Each of images is {index, key, etag, role, verdict, reasons, warnings, labels, model, format,
    width, height, preview, version_id?, run?, moved_to?}: verdict is clean, flagged or unusable;
    version_id and run are those that were judged, of images that could be read.
    """
    bench = build()
    job, pins = event["BatchInput"]["job"], event["BatchInput"]["policy"]
    policy = bench.policies.active(pins)
    panel = Panel(
        bench.storage, bench.moderator, policy, pins["active"]["hash"], _reader(bench, pins, policy)
    )
    judge = Judge(panel, job)
    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        judged = [pool.submit(judge.judge, item) for item in event["Items"]]
    # One that fails fails the group, after the verdicts of all others have been kept.
    rows = [one.result() for one in judged]
    _tell(job["job_id"], rows, policy, bench.metrics)
    return {"images": rows}


def _reader(bench: Bench, pins: Pins, policy: Part) -> Callable[[ObjectVersion], Reasons] | None:
    if bench.lists is None:
        return None
    from shared.moderation.writing import judge_writing

    lists = bench.lists.active(pins)

    def read(picture: ObjectVersion) -> Reasons:
        lines = bench.moderator.read(picture, policy["text"]["threshold"])
        return judge_writing("\n".join(lines), lists, 0)

    return read


def _tell(job_id: str, rows: list[Row], policy: Part, metrics: Metrics) -> None:
    tell("images", job_id=job_id, verdicts=dict(Counter(row["verdict"] for row in rows)))
    for row in rows:
        if any(found["rule"] == "unknown_label" for found in row["reasons"] + row["warnings"]):
            metrics.count("UnknownLabel")
    for model in {row["model"] for row in rows if row["model"]}:
        if not is_known(model, policy):
            tell("unknown_model_version", job_id=job_id, model=model)
            metrics.count("UnknownModelVersion")
