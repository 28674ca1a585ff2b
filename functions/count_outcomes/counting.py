"""What the event of an outcome, a request's or a job's, adds to the metrics."""

from dataclasses import dataclass, field
from typing import Any

from shared import errors
from shared.policy import policy_part
from shared.statuses import BLOCKED, ENDS, RETRYABLE

OTHER = "other"
STAGES = frozenset(
    {"AcceptRequest", "FilterKeywords", "ClassifyPrompt", "GenerateImages", "StoreImages"}
    | {"ModerateImages", "PublishImages", "ReviewRequest", "UnknownVerdict"}
    | {"CloseExecution", "SweepRequests", "RecordUnstarted"}
)
UNITS = frozenset(
    {"comprehend_units", "generated_images", "rekognition_images", "rekognition_text_images"}
    | {"guardrail_content_units", "guardrail_topic_units"}
    | {"guardrail_sensitive_information_units"}
)
# Beside our own errors: AWS's that a Task may fail with, and what those give as a reason's rule who
# close requests in the machine's place.
_RULES = frozenset(
    {"UnknownVerdict", "deadline", "FAILED", "TIMED_OUT", "ABORTED", "Safelight.NotRecorded"}
    | {"States.Timeout", "States.Runtime", "States.DataLimitExceeded", "States.TaskFailed"}
    | {"Lambda.AWSLambdaException", "Lambda.ClientExecutionTimeoutException"}
    | {"Lambda.SdkClientException", "Lambda.ServiceException", "Lambda.TooManyRequestsException"}
    | {"Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"}
)
KINDS = frozenset({"batch", "dataset", "classifier"})
JOB_ENDS = frozenset({"COMPLETED", "INVALID", "REFUSED", "FAILED"})
VERDICTS = frozenset({"clean", "flagged", "unusable", "not_judged"})
# Reasons to refuse a picture that are in no policy.
_CATEGORIES = frozenset({"model_filtered", "blocked_picture", "unknown_model_version"})


@dataclass(frozen=True)
class Value:
    """One value of a metric."""

    metric: str
    value: float = 1
    dimensions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """The names that may become values of dimensions; any other is counted as `other`.

    Who may put events on the bus, or publish a policy, must not be able to make metrics: each is
    paid for.
    """

    rules: frozenset[str]
    categories: frozenset[str]
    labels: frozenset[str]

    @classmethod
    def from_policy(cls) -> "Known":
        """Of the policy that shipped with the functions."""
        keywords, classifier, images = map(policy_part, ("keywords", "classifier", "images"))
        backends = [classifier[name] for name in ("custom", "toxicity", "guardrail")]
        rules = [
            *(rule for backend in backends for rule in backend.values()),
            *(classifier["unread_language"], images["unknown_label"], *images["labels"].values()),
        ]
        terms = (keywords, keywords["negative"])
        return cls(
            rules=_RULES | {error.__name__ for error in _subclasses(errors.SafelightError)},
            categories=_CATEGORIES
            | {rule["category"] for rule in rules if "category" in rule}
            | {category for part in terms for category in part["actions"]}
            | {combination["name"] for part in terms for combination in part["combinations"]},
            labels=frozenset({label for part in (*backends, images["labels"]) for label in part}),
        )


def values_of(outcome: dict[str, Any], known: Known) -> list[Value]:
    """The values that an event's detail gives. What an event lacks is not counted."""
    if "job_id" in outcome:
        return _of_job(outcome)
    status, stage = outcome["status"], _one_of(STAGES, outcome["stage"])
    reasons, attempts = outcome["reasons"], outcome["attempts"]
    values = [Value("Outcomes", dimensions={"Status": _one_of(ENDS, status)})]
    if status in BLOCKED or status == "COMPLETED":
        values.append(Value("BlockRate", 100 if status in BLOCKED else 0))
    if status in BLOCKED:
        values.append(Value("Blocked", dimensions={"Stage": stage}))
        values += _each("BlockedCategories", "Category", "category", reasons, known.categories)
        values += _each("BlockedLabels", "Label", "label", reasons, known.labels)
    if status in RETRYABLE:
        rule = _one_of(known.rules, next((reason.get("rule") for reason in reasons), None))
        values.append(Value("Failures", dimensions={"Stage": stage, "Rule": rule}))
    if attempts:
        values.append(Value("Attempts", attempts))
        values.append(Value("Regenerations", attempts - 1))
    return values + _durations(outcome.get("timings", {})) + _usage(outcome.get("usage", {}))


def _of_job(job: dict[str, Any]) -> list[Value]:
    """The values that the detail of a job's end gives."""
    kind = _one_of(KINDS, job["kind"])
    ended = {"Kind": kind, "Status": _one_of(JOB_ENDS, job["status"])}
    values = [Value("JobsEnded", dimensions=ended)]
    if job["invalid"]:
        values.append(Value("RowsRefused", job["invalid"]))
    if kind == "dataset":
        values += [
            Value("DatasetImages", number, {"Verdict": _one_of(VERDICTS, verdict)})
            for verdict, number in job["counts"].items()
            if number
        ]
    return values


def _each(
    metric: str, dimension: str, name: str, reasons: list[dict[str, Any]], known: frozenset[str]
) -> list[Value]:
    """One for each different name that the reasons give, however often they give it."""
    found = {_one_of(known, reason[name]) for reason in reasons if name in reason}
    return [Value(metric, dimensions={dimension: one}) for one in sorted(found)]


def _durations(timings: dict[str, float]) -> list[Value]:
    stages = [
        Value("StageDuration", milliseconds, {"Stage": stage})
        for stage, milliseconds in timings.items()
        if stage in STAGES
    ]
    # A person may take a day: how long requests take would not be told any more.
    total = sum(stage.value for stage in stages if stage.dimensions["Stage"] != "ReviewRequest")
    return [*stages, Value("RequestDuration", total)] if stages else []


def _usage(usage: dict[str, float]) -> list[Value]:
    return [
        Value("Usage", number, {"Unit": unit})
        for unit, number in usage.items()
        if unit in UNITS and number
    ]


def _one_of(known: frozenset[str], name: object) -> str:
    return name if isinstance(name, str) and name in known else OTHER


def _subclasses(error: type[Exception]) -> set[type[Exception]]:
    below = set(error.__subclasses__())
    return below.union(*map(_subclasses, below))
