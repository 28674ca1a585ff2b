"""Policies by their pins: exact versions, whole bundles, and a shadow that can do no harm."""

import json
from operator import itemgetter
from typing import Any

import pytest

from shared import policy as policy_module
from shared.bundle import SHAPE, digest, read_bundle
from shared.errors import PolicyUnavailable
from shared.policy import ACTIVE_KEY, FORMAT, SHADOW_KEY, Policies, policy_part
from shared.s3 import Storage

BLOCK = {"verdict": "block", "reasons": [{"rule": "new"}], "warnings": []}
NAME = itemgetter("of")
CLEAN: dict[str, Any] = {"verdict": "clean", "reasons": [], "warnings": []}


def refuse(_: str) -> dict[str, Any]:
    return BLOCK


def bundle(name: str, **changes: Any) -> dict[str, Any]:
    parts = {part: dict.fromkeys(keys, "") | {"of": name} for part, keys in SHAPE.items()}
    made = {"format": FORMAT, "hash": name, "version": "1", "parts": parts}
    made["digest"] = digest(made)
    return made | changes


ANOTHER_SHAPE = {**bundle("a")["parts"], "images": {"rules": []}}


@pytest.fixture
def publish(client: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a bundle into the bucket `here`; returns its pin."""
    monkeypatch.setattr("shared.s3.aws.client", lambda *_: client)

    def publish(made: dict[str, Any], key: str = ACTIVE_KEY) -> dict[str, str]:
        written = Storage(client).write("here", key, json.dumps(made).encode(), "application/json")
        return {"hash": made["hash"], "version_id": written.version_id}

    return publish


def test_a_whole_bundle_is_read() -> None:
    assert read_bundle(json.dumps(bundle("a")).encode())["parts"]["images"]["of"] == "a"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "format"),
        (json.dumps(bundle("a", format=2)).encode(), "format"),
        (json.dumps(bundle("a", parts=[])).encode(), "lacks keywords"),
        (json.dumps(bundle("a", parts={})).encode(), "lacks keywords"),
        (json.dumps(bundle("a", parts=ANOTHER_SHAPE)).encode(), "lacks images"),
        (json.dumps(bundle("a", version="2")).encode(), "digest"),
        (json.dumps(bundle("a", hash=7)).encode(), "digest"),
        (json.dumps({**bundle("a"), "digest": None}).encode(), "digest"),
        (json.dumps(bundle("a")).encode()[:-9], "not JSON"),
    ],
)
def test_a_broken_bundle_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(PolicyUnavailable, match=says):
        read_bundle(content)


def test_without_a_pin_the_shipped_policy_judges() -> None:
    shipped = policy_part("generation")
    policies = Policies("generation", "", dict)
    assert policies.active(None) == shipped
    assert policies.active({"active": {"hash": "h", "version_id": ""}}) == shipped


def test_the_shipped_policy_needs_no_bucket_where_there_is_one() -> None:
    assert Policies("generation", "here", dict).active(None) == policy_part("generation")


def test_the_pinned_version_judges_whatever_came_after(publish: Any) -> None:
    old, new = publish(bundle("old")), publish(bundle("new"))
    policies = Policies("images", "here", NAME)
    assert policies.active({"active": old}) == "old"
    assert policies.active({"active": new}) == "new"
    assert policies.active({"active": old}) == "old"


def test_a_policy_is_prepared_once_and_only_a_few_are_kept(publish: Any) -> None:
    prepared: list[str] = []
    policies = Policies("images", "here", lambda part: prepared.append(part["of"]))
    pins = [publish(bundle(str(n))) for n in range(policy_module._KEPT + 1)]
    for pin in [*pins, *pins[1:], pins[0]]:
        policies.active({"active": pin})
    assert prepared == [*(pin["hash"] for pin in pins), pins[0]["hash"]]


def test_what_cannot_be_had_is_never_replaced(publish: Any, client: Any) -> None:
    gone = publish(bundle("gone"))
    client.delete_object(Bucket="here", Key=ACTIVE_KEY, VersionId=gone["version_id"])
    broken = publish(bundle("broken", digest="0"))
    other = publish(bundle("other")) | {"hash": "another"}
    policies = Policies("images", "here", NAME)
    for pin in (gone, broken, other):
        with pytest.raises(PolicyUnavailable):
            policies.active({"active": pin})


def test_a_shadow_is_told_beside_the_decision(publish: Any) -> None:
    pins = {"active": publish(bundle("a")), "shadow": publish(bundle("b"), SHADOW_KEY)}
    policies = Policies("keywords", "here", NAME)

    answer = policies.shadowed(pins, "FilterKeywords", CLEAN, lambda _: BLOCK)

    told = {"stage": "FilterKeywords", "verdict": "block", "differs": True}
    assert answer == {**CLEAN, "shadow": [{**told, "reasons": BLOCK["reasons"]}]}
    assert policies.each(pins, str) == ["a", "b"]


def test_without_a_shadow_nothing_is_added(publish: Any) -> None:
    pins = {"active": publish(bundle("a"))}
    policies = Policies("keywords", "here", NAME)
    assert policies.shadowed(pins, "FilterKeywords", CLEAN, refuse) is CLEAN
    assert policies.shadowed(None, "FilterKeywords", CLEAN, refuse) is CLEAN
    assert policies.each(pins, str) == ["a"]


def test_a_shadow_that_fails_is_told_and_does_no_harm(publish: Any) -> None:
    pins = {"active": publish(bundle("a")), "shadow": {"hash": "b", "version_id": "none"}}
    policies = Policies("keywords", "here", NAME)
    answer = policies.shadowed(pins, "FilterKeywords", CLEAN, refuse)
    assert answer["shadow"] == [{"stage": "FilterKeywords", "error": "PolicyUnavailable"}]
    assert policies.each(pins, str) == ["a"]

    pins["shadow"] = publish(bundle("b"), SHADOW_KEY)
    assert policies.each(pins, {"a": 0.5}.__getitem__) == [0.5]
    answer = policies.shadowed(pins, "FilterKeywords", CLEAN, lambda _: {})
    assert answer["shadow"] == [{"stage": "FilterKeywords", "error": "KeyError"}]


def test_the_digest_is_of_the_content_however_it_is_written() -> None:
    made = bundle("ü")
    assert digest(json.loads(json.dumps(made, indent=2))) == made["digest"]
