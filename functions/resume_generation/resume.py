"""How a finished inference finds the Task that waits for it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from resume_generation.notice import Notice
from shared.inferences import OUTPUTS, Inferences, answer, location
from shared.log import log
from shared.queue_look import Queue
from shared.records import utc_text
from shared.settings import Environment
from shared.stepfunctions import StepFunctions


@dataclass(frozen=True)
class Settings:
    """ResumeGeneration's variables."""

    inferences_table: str
    work_bucket: str
    metrics_namespace: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(
            inferences_table=env.text("INFERENCES_TABLE"),
            work_bucket=env.text("WORK_BUCKET"),
            metrics_namespace=env.text("METRICS_NAMESPACE"),
        )


@dataclass(frozen=True)
class Callback:
    """What resuming needs."""

    settings: Settings
    inferences: Inferences
    queue: Queue
    step_functions: StepFunctions


def resume(callback: Callback, notice: Notice) -> str:
    """Stores the result on the inference's row, then answers the Task; says what came of it.

    resumed, or one of the benign ends: unknown (an inference of nobody we know), foreign (an output
    that is not where the endpoint said it would be), repeated, and late (nobody waits any more: the
    result is noted and not used). A second notice answers again: the first may have died between
    its two writes.
    """
    stored, row = _store(callback, notice)
    if "status" not in row:
        return "unknown"
    if row["status"] in {"PENDING", "INVOKED"}:
        return "foreign"
    was_answered = answer(callback.step_functions, row)
    if stored and not notice.expired:
        _count(callback.queue)
    if was_answered:
        return "resumed"
    if stored or notice.completed != (row["status"] == "COMPLETED"):
        callback.inferences.note_late(notice.inference_id, utc_text(datetime.now(UTC)))
        return "late"
    return "repeated"


def _count(queue: Queue) -> None:
    """Once for each inference that the endpoint has worked on, well or not."""
    try:
        queue.count_finished()
    except Exception:  # noqa: BLE001 - a count must not have a notice delivered again
        log.exception("finished inference not counted")


def _store(callback: Callback, notice: Notice) -> tuple[bool, dict[str, str | int]]:
    output = location(notice.output, OUTPUTS)
    if notice.completed and output and output["bucket"] == callback.settings.work_bucket:
        return callback.inferences.complete(notice.inference_id, output)
    status = "EXPIRED" if notice.expired else "FAILED"
    reason = notice.reason or f"notice {notice.status} without an output in the work bucket"
    return callback.inferences.fail(notice.inference_id, status, reason)
