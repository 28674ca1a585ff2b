"""How a finished inference finds the Task that waits for it."""

from dataclasses import dataclass

from resume_generation.notice import Notice
from shared.errors import GenerationExpired, GenerationFailed
from shared.inferences import Inferences, result_of
from shared.settings import Environment
from shared.stepfunctions import StepFunctions


@dataclass(frozen=True)
class Settings:
    """ResumeGeneration's variables."""

    inferences_table: str
    work_bucket: str

    @classmethod
    def from_env(cls) -> "Settings":
        """Raises SettingsError."""
        env = Environment()
        return cls(env.text("INFERENCES_TABLE"), env.text("WORK_BUCKET"))


@dataclass(frozen=True)
class Callback:
    """What resuming needs."""

    settings: Settings
    inferences: Inferences
    step_functions: StepFunctions


def resume(callback: Callback, notice: Notice) -> str:
    """Stores the result on the inference's row, then answers the Task; says what came of it.

    resumed, or one of the benign ends: unknown (an inference of nobody we know) and late (nobody
    waits any more). A second notice answers again: the first may have died between its two writes.
    """
    output = _location(notice.output)
    if notice.completed and output and output["bucket"] == callback.settings.work_bucket:
        _, row = callback.inferences.complete(notice.inference_id, output)
    else:
        status = "EXPIRED" if notice.expired else "FAILED"
        reason = notice.reason or f"notice {notice.status} without an output in the work bucket"
        _, row = callback.inferences.fail(notice.inference_id, status, reason)
    if not row:
        return "unknown"
    token = str(row["task_token"])
    if row["status"] == "COMPLETED":
        answered = callback.step_functions.succeed(token, result_of(row))
    else:
        error = GenerationExpired if row["status"] == "EXPIRED" else GenerationFailed
        answered = callback.step_functions.fail(token, error.__name__, str(row["failure_reason"]))
    return "resumed" if answered else "late"


def _location(uri: str) -> dict[str, str] | None:
    # Not a URL: a key may hold a question mark or a number sign.
    scheme, _, place = uri.partition("://")
    bucket, _, key = place.partition("/")
    return {"bucket": bucket, "key": key} if scheme == "s3" and bucket and key else None
