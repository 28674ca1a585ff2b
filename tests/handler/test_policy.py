"""Pinned policies, as the handlers see them: one version of the bucket, with a shadow or not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from compiled import POLICY_HASH
from shared.bundle import SHAPE, digest
from shared.policy import ACTIVE_KEY, SHADOW_KEY, policy_part

BUCKET = "safelight-policy-example"
Call = Callable[..., Any]
Event = Callable[[str], Any]


def bundle(name: str, **changes: Any) -> bytes:
    """The shipped policy with some of its parts changed."""
    parts = {part: policy_part(part) for part in SHAPE} | changes
    made: dict[str, Any] = {"format": 1, "hash": name, "version": "1", "parts": parts}
    return json.dumps(made | {"digest": digest(made)}).encode()


def lax_words() -> dict[str, Any]:
    part = policy_part("keywords")
    return part | {"actions": part["actions"] | {"nudity": "warn"}}


def lax_labels() -> dict[str, Any]:
    part = policy_part("images")
    rules = {
        name: rule | {"action": "warn"} if rule["action"] == "block" else rule
        for name, rule in part["labels"].items()
    }
    return part | {"labels": rules}


@pytest.fixture
def put(aws: Any) -> Callable[..., dict[str, str]]:
    """Publishes a bundle; returns its pin."""
    s3 = aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    def put(key: str, content: bytes) -> dict[str, str]:
        written = s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return {"hash": json.loads(content)["hash"], "version_id": written["VersionId"]}

    return put


@pytest.fixture
def words(put: Any, call: Call, event: Event) -> Callable[..., Any]:
    """FilterKeywords on a blocked word, under the pins given."""
    payload = event("filter_keywords/blocked_word")
    return lambda **pins: call("filter_keywords", payload | {"policy": pins}, POLICY_BUCKET=BUCKET)


def test_words_are_judged_by_the_pinned_version(put: Any, words: Any) -> None:
    lax = put(ACTIVE_KEY, bundle("lax", keywords=lax_words()))
    strict = put(ACTIVE_KEY, bundle("strict"))
    assert words(active=lax)["verdict"] == "clean"
    assert words(active=strict)["verdict"] == "block"


def test_words_are_judged_by_a_shadow_too(put: Any, words: Any, logged: Callable[[], str]) -> None:
    shadow = put(SHADOW_KEY, bundle("lax", keywords=lax_words()))
    answer = words(active={"hash": POLICY_HASH, "version_id": ""}, shadow=shadow)
    assert answer["verdict"] == "block"
    expected = {"stage": "FilterKeywords", "verdict": "clean", "reasons": [], "differs": True}
    assert answer["shadow"] == [expected]
    assert "figure" not in logged()


def test_without_the_pinned_version_nothing_is_judged(put: Any, words: Any) -> None:
    put(ACTIVE_KEY, bundle("sound"))
    with pytest.raises(Exception, match="not there") as raised:
        words(active={"hash": "sound", "version_id": "3sL4kqtJlcpXroDTDmJrmSpXd3dIbrHY"})
    assert type(raised.value).__name__ == "PolicyUnavailable"


def test_a_prompt_is_classified_once_for_both_policies(
    put: Any, call: Call, event: Event, answers: Any
) -> None:
    labels = policy_part("classifier")
    scores = [{"Name": name, "Score": 0.3} for name in labels["toxicity"]]
    answers.set("DetectToxicContent", {"ResultList": [{"Labels": scores, "Toxicity": 0.3}]})
    english = {"Languages": [{"LanguageCode": "en", "Score": 0.99}]}
    answers.set("DetectDominantLanguage", english)
    sexual = labels["toxicity"]["SEXUAL"] | {"threshold": 0.2}
    strict = labels | {"toxicity": labels["toxicity"] | {"SEXUAL": sexual}}
    pins = {
        "active": put(ACTIVE_KEY, bundle("usual")),
        "shadow": put(SHADOW_KEY, bundle("strict", classifier=strict)),
    }
    payload = event("classify_prompt/safe") | {"policy": pins}

    answer = call("classify_prompt", payload, POLICY_BUCKET=BUCKET)

    assert answer["verdict"] == "clean"
    (shadow,) = answer["shadow"]
    assert (shadow["verdict"], shadow["reasons"][0]["label"]) == ("block", "SEXUAL")
    assert len(answers.asked("DetectToxicContent")) == 1
    assert answer["classification"]["scores"]["SEXUAL"] == 0.3


def test_what_only_the_shadow_asks_cannot_fail_the_request(
    put: Any, call: Call, event: Event, answers: Any
) -> None:
    labels = policy_part("classifier")
    scores = [{"Name": name, "Score": 0.01} for name in labels["toxicity"]]
    answers.set("DetectToxicContent", {"ResultList": [{"Labels": scores, "Toxicity": 0.01}]})
    answers.set("DetectDominantLanguage", {})
    unasking = labels | {"languages": labels["languages"] | {"detect": "never"}}
    pins = {
        "active": put(ACTIVE_KEY, bundle("usual", classifier=unasking)),
        "shadow": put(SHADOW_KEY, bundle("detecting")),
    }
    payload = event("classify_prompt/safe") | {"policy": pins}

    answer = call("classify_prompt", payload, POLICY_BUCKET=BUCKET)

    assert answer["verdict"] == "clean"
    assert answer["shadow"] == [{"stage": "ClassifyPrompt", "error": "UnusableVerdict"}]


def test_pictures_are_moderated_once_for_both_policies(
    put: Any, call: Call, event: Event, answers: Any
) -> None:
    gore = {"Name": "Violence", "ParentName": "", "Confidence": 90.0, "TaxonomyLevel": 1}
    reply = {"ModerationLabels": [gore], "ModerationModelVersion": "7.0", "ContentTypes": []}
    answers.set("DetectModerationLabels", reply)
    pins = {
        "active": put(ACTIVE_KEY, bundle("usual")),
        "shadow": put(SHADOW_KEY, bundle("lax", images=lax_labels())),
    }
    payload = event("moderate_images/unsafe") | {"policy": pins}

    answer = call("moderate_images", payload, POLICY_BUCKET=BUCKET)

    assert answer["verdict"] == "unsafe"
    assert [(told["verdict"], told["differs"]) for told in answer["shadow"]] == [("safe", True)]
    assert len(answers.asked("DetectModerationLabels")) == 1


def test_pictures_that_only_the_shadow_has_moderated_cannot_fail_the_request(
    put: Any, call: Call, event: Event, answers: Any
) -> None:
    payload = event("moderate_images/blocked_hash")
    hashes = [image["phash"] for image in payload["images"]]
    images = policy_part("images")
    listing = images | {"blocked_hashes": {"max_distance": 0, "hashes": hashes}}
    answers.set("DetectModerationLabels", {})
    pins = {
        "active": put(ACTIVE_KEY, bundle("listing", images=listing)),
        "shadow": put(SHADOW_KEY, bundle("usual")),
    }

    answer = call("moderate_images", payload | {"policy": pins}, POLICY_BUCKET=BUCKET)

    assert answer["verdict"] == "unsafe"
    assert answer["shadow"] == [{"stage": "ModerateImages", "error": "UnusableVerdict"}]


@pytest.mark.parametrize("broken", [{"labels": []}, {"unknown_label": {"threshold": "0.5"}}])
def test_a_shadow_with_broken_rules_cannot_fail_the_request(
    put: Any, call: Call, event: Event, answers: Any, broken: dict[str, Any]
) -> None:
    reply = {"ModerationLabels": [], "ModerationModelVersion": "7.0", "ContentTypes": []}
    answers.set("DetectModerationLabels", reply)
    shadow = put(SHADOW_KEY, bundle("broken", images=policy_part("images") | broken))
    pins = {"active": {"hash": POLICY_HASH, "version_id": ""}, "shadow": shadow}

    payload = event("moderate_images/safe") | {"policy": pins}
    answer = call("moderate_images", payload, POLICY_BUCKET=BUCKET)

    assert answer["verdict"] == "safe"


@pytest.fixture
def accept(call: Call, event: Event) -> Callable[..., Any]:
    payload = event("accept_request/direct_start")
    return lambda **variables: call("accept_request", payload, POLICY_BUCKET=BUCKET, **variables)


def test_a_request_is_pinned_to_what_is_published(put: Any, accept: Any) -> None:
    pin, shadow = put(ACTIVE_KEY, bundle("active")), put(SHADOW_KEY, bundle("shadow"))
    answer = accept(POLICY_SOURCE="bucket", SHADOW_POLICY="true")
    assert answer["policy"] == {"active": pin, "shadow": shadow}
    assert answer["claim"]["policy_hash"] == "active"


def test_a_broken_policy_is_told_and_counted_for_the_alarm(
    put: Any, accept: Any, aws: Any, logged: Callable[[], str], counted: Any
) -> None:
    pin = put(ACTIVE_KEY, bundle("sound"))
    aws("s3").put_object(Bucket=BUCKET, Key=ACTIVE_KEY, Body=b"{}")
    answer = accept(POLICY_SOURCE="bucket")
    assert answer["policy"] == {"active": pin}
    assert "policy_unusable" in logged()
    assert counted("UnusablePolicy") == [1]


def test_a_request_goes_on_without_its_shadow(put: Any, accept: Any) -> None:
    answer = accept(SHADOW_POLICY="true")
    assert answer["policy"] == {"active": {"hash": POLICY_HASH, "version_id": ""}}
    assert answer["shadow"] == [{"stage": "AcceptRequest", "error": "PolicyUnavailable"}]


def test_without_a_sound_policy_no_request_is_claimed(
    put: Any, accept: Any, item: Any, event: Event
) -> None:
    with pytest.raises(Exception, match="sound") as raised:
        accept(POLICY_SOURCE="bucket")
    assert type(raised.value).__name__ == "PolicyUnavailable"
    name = event("accept_request/direct_start")["execution"]["name"]
    assert item("safelight-ResultsTable-1A2B3C4D5E6F", f"execution-{name}") is None
