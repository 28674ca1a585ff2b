"""Settings: every error names its variable, nothing has a default that could mislead."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from shared.settings import Environment, SettingsError

VARIABLES = {
    "accept_request.accept": {
        "RESULTS_TABLE": "t",
        "WORK_BUCKET": "b",
        "STORE_PROMPTS": "false",
        "RETENTION_DAYS": "90",
        "MAX_ATTEMPTS": "3",
        "REQUEST_TTL_SECONDS": "3600",
        "INVOCATION_TIMEOUT_SECONDS": "600",
        "POLICY_SOURCE": "shipped",
        "SHADOW_POLICY": "false",
        "POLICY_REFRESH_SECONDS": "60",
        "METRICS_NAMESPACE": "n",
    },
    "filter_keywords.handler": {"ON_FLAGGED_PROMPT": "reject"},
    "classify_prompt.handler": {
        "ON_FLAGGED_PROMPT": "warn",
        "CLASSIFIER_BACKEND": "toxicity",
        "METRICS_NAMESPACE": "n",
    },
    "generate_images.generate": {
        "INFERENCES_TABLE": "t",
        "WORK_BUCKET": "b",
        "ENDPOINT_NAME": "e",
        "REQUEST_TTL_SECONDS": "3600",
        "INVOCATION_TIMEOUT_SECONDS": "600",
        "RETENTION_DAYS": "7",
        "EVENT_BUS": "b",
    },
    "resume_generation.resume": {
        "INFERENCES_TABLE": "t",
        "WORK_BUCKET": "b",
        "METRICS_NAMESPACE": "n",
    },
    "store_images.store": {"WORK_BUCKET": "b", "ENDPOINT_NAME": "e"},
    "publish_images.publish": {"IMAGES_BUCKET": "b"},
    "sweep_requests.sweep": {
        "RESULTS_TABLE": "t",
        "INFERENCES_TABLE": "t",
        "WORK_BUCKET": "b",
        "EVENT_BUS": "b",
        "METRICS_NAMESPACE": "n",
        "REVIEWS_TABLE": "t",
        "REVIEW_SECONDS": "86400",
        "STORE_PROMPTS": "false",
    },
    "review_request.opening": {
        "REVIEWS_TABLE": "t",
        "RESULTS_TABLE": "t",
        "EVENT_BUS": "b",
        "REVIEW_SECONDS": "86400",
        "METRICS_NAMESPACE": "n",
    },
    "appeal_request.post": {
        "API_AUTH": "iam",
        "REVIEWS": "true",
        "STATE_MACHINE_ARN": "m",
        "RESULTS_TABLE": "t",
        "METRICS_NAMESPACE": "n",
    },
    "read_reviews.read": {
        "API_AUTH": "iam",
        "REVIEWS": "true",
        "REVIEWS_TABLE": "t",
        "RESULTS_TABLE": "t",
        "WORK_BUCKET": "b",
        "IMAGES_BUCKET": "b",
        "LINK_SECONDS": "300",
        "METRICS_NAMESPACE": "n",
    },
    "decide_review.decide": {
        "API_AUTH": "iam",
        "REVIEWS": "true",
        "REVIEWS_TABLE": "t",
        "RESULTS_TABLE": "t",
        "REVIEW_CLAIM_SECONDS": "600",
        "STORE_PROMPTS": "false",
        "METRICS_NAMESPACE": "n",
    },
    "close_execution.close": {
        "RESULTS_TABLE": "t",
        "EVENT_BUS": "b",
        "RETENTION_DAYS": "90",
        "METRICS_NAMESPACE": "n",
    },
    "record_unstarted.record": {
        "RESULTS_TABLE": "t",
        "JOBS_TABLE": "t",
        "EVENT_BUS": "b",
        "WORK_BUCKET": "b",
        "DATASETS_BUCKET": "b",
        "RETENTION_DAYS": "90",
        "METRICS_NAMESPACE": "Safelight/safelight",
    },
    "follow_jobs.follow": {
        "JOBS_TABLE": "t",
        "INFERENCES_TABLE": "t",
        "EVENT_BUS": "b",
        "BATCH_CONCURRENCY": "20",
        "REQUEST_TTL_SECONDS": "3600",
        "METRICS_NAMESPACE": "n",
    },
    "watch_endpoint.watch": {
        "INFERENCES_TABLE": "t",
        "ENDPOINT_NAME": "e",
        "METRICS_NAMESPACE": "n",
    },
    "prepare_batch.prepare": {
        "JOBS_TABLE": "t",
        "RESULTS_TABLE": "t",
        "EVENT_BUS": "b",
        "WORK_BUCKET": "b",
        "RETENTION_DAYS": "90",
        "BATCH_CONCURRENCY": "20",
    },
    "summarize_batch.summarize": {"IMAGES_BUCKET": "b"},
    "prepare_dataset.prepare": {
        "JOBS_TABLE": "t",
        "DATASETS_BUCKET": "b",
        "WORK_BUCKET": "b",
        "RETENTION_DAYS": "90",
        "POLICY_SOURCE": "shipped",
        "POLICY_REFRESH_SECONDS": "60",
        "FINE_TUNING_INSTANCE_TYPE": "ml.g5.2xlarge",
        "METRICS_NAMESPACE": "n",
    },
    "check_prompt.handler": {
        "API_AUTH": "iam",
        "QUOTAS_TABLE": "t",
        "CHECKS_PER_DAY": "1000",
        "POLICY_SOURCE": "shipped",
        "POLICY_REFRESH_SECONDS": "60",
        "ON_FLAGGED_PROMPT": "reject",
        "CLASSIFIER_BACKEND": "toxicity",
        "METRICS_NAMESPACE": "n",
    },
    "check_image.handler": {
        "API_AUTH": "iam",
        "QUOTAS_TABLE": "t",
        "CHECKS_PER_DAY": "1000",
        "POLICY_SOURCE": "shipped",
        "POLICY_REFRESH_SECONDS": "60",
        "CHECK_TEXT_IN_IMAGES": "false",
        "METRICS_NAMESPACE": "n",
    },
    "moderate_dataset_images.handler": {
        "CHECK_TEXT_IN_IMAGES": "false",
        "METRICS_NAMESPACE": "n",
    },
}
EACH = [(module, name) for module, variables in VARIABLES.items() for name in variables]


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def settings_of(module: str, **changes: str) -> Any:
        for name, value in (VARIABLES[module] | changes).items():
            monkeypatch.setenv(name, value)
        return importlib.import_module(module).Settings.from_env()

    return settings_of


@pytest.mark.parametrize("module", VARIABLES)
def test_settings_are_read_and_frozen(module: str, settings_of: Any) -> None:
    settings = settings_of(module)
    with pytest.raises(AttributeError):
        settings.table = "another"


@pytest.mark.parametrize(("module", "name"), EACH)
def test_a_missing_variable_is_named(module: str, name: str, settings_of: Any) -> None:
    with pytest.raises(SettingsError, match=f"environment variable {name} is missing"):
        settings_of(module, **{name: ""})


@pytest.mark.parametrize(("module", "name"), [(m, n) for m, n in EACH if VARIABLES[m][n].isdigit()])
@pytest.mark.parametrize("value", ["-1", "1.5", "ten", " 1", "0x1"])
def test_a_number_must_be_one(module: str, name: str, value: str, settings_of: Any) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be a whole number"):
        settings_of(module, **{name: value})


@pytest.mark.parametrize("value", ["True", "yes", "1", "false "])
def test_a_flag_is_true_or_false(value: str, settings_of: Any) -> None:
    with pytest.raises(SettingsError, match="STORE_PROMPTS must be one of true, false"):
        settings_of("accept_request.accept", STORE_PROMPTS=value)


def test_a_choice_is_one_of_those_allowed(settings_of: Any) -> None:
    with pytest.raises(SettingsError, match="ON_FLAGGED_PROMPT must be one of reject, warn"):
        settings_of("filter_keywords.handler", ON_FLAGGED_PROMPT="Warn")


@pytest.mark.parametrize("choice", [{"POLICY_SOURCE": "bucket"}, {"SHADOW_POLICY": "true"}])
def test_published_policies_need_their_bucket(choice: dict[str, str], settings_of: Any) -> None:
    with pytest.raises(SettingsError, match="POLICY_BUCKET is missing"):
        settings_of("accept_request.accept", POLICY_BUCKET="", **choice)


def test_only_what_is_optional_may_be_missing() -> None:
    assert Environment({}).optional("CLASSIFIER_ENDPOINT_ARN") == ""


@pytest.mark.parametrize(("value", "names"), [("", set()), (" ,", set()), ("a, b,,c", {*"abc"})])
def test_names_are_never_empty(value: str, names: set[str]) -> None:
    assert Environment({"REVIEWERS": value}).names("REVIEWERS") == names
    assert Environment({}).names("REVIEWERS") == set()
