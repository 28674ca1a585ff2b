"""Which policy new requests are judged by, when what lies in the bucket changes, breaks or goes."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from compiled import POLICY_HASH
from shared.bundle import SHAPE, digest
from shared.errors import PolicyUnavailable, ServiceUnavailable
from shared.metrics import Metrics
from shared.pinning import Pinning, Published
from shared.policy import ACTIVE_KEY
from shared.s3 import Storage

Lines = list[tuple[str, dict[str, Any]]]
METRICS = Metrics("Safelight/example")


def bundle(name: str) -> bytes:
    made: dict[str, Any] = {"format": 1, "hash": name, "version": "1"}
    made["parts"] = {part: dict.fromkeys(keys, "") for part, keys in SHAPE.items()}
    return json.dumps(made | {"digest": digest(made)}).encode()


class Bucket:
    """One object of a versioned bucket, as S3's client shows it."""

    def __init__(self) -> None:
        self.versions: list[tuple[str, bytes]] = []
        self.calls: list[str] = []
        self.fails: ClientError | None = None
        self.deleted = False
        self.keeps_versions = True

    def put(self, content: bytes) -> str:
        self.versions.insert(0, (f"v{len(self.versions) + 1}", content))
        self.deleted = False
        return self.versions[0][0]

    def get_object(self, Key: str, VersionId: str = "", **given: str) -> dict[str, Any]:  # noqa: N803
        self.calls.append(VersionId or "newest")
        if self.fails:
            raise self.fails
        if not VersionId and (self.deleted or not self.versions):
            raise error("NoSuchKey", 404)
        version_id, body = self._version(VersionId)
        etag = f'"{hash(body)}"'
        if given.get("IfNoneMatch") == etag:
            raise error("304", 304)
        return {
            "Body": io.BytesIO(body),
            "ContentLength": len(body),
            "ETag": etag,
            "VersionId": version_id if self.keeps_versions else "null",
        }

    def head_object(self, VersionId: str, **_: str) -> dict[str, Any]:  # noqa: N803
        return {"ContentLength": len(self._version(VersionId)[1])}

    def list_object_versions(self, **_: object) -> dict[str, Any]:
        self.calls.append("list")
        listed = [{"Key": ACTIVE_KEY, "VersionId": v, "ETag": ""} for v, _ in self.versions]
        return {"Versions": [*listed, {"Key": f"{ACTIVE_KEY}.old", "VersionId": "x", "ETag": ""}]}

    def _version(self, version_id: str) -> tuple[str, bytes]:
        return next(v for v in self.versions if not version_id or v[0] == version_id)


def error(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetObject")


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What the log was told."""
    told: Lines = []
    monkeypatch.setattr("shared.pinning.tell", lambda line, **facts: told.append((line, facts)))
    return told


@pytest.fixture
def published(bucket: Bucket, now: list[float], lines: Lines) -> Published:
    return Published(Storage(bucket), METRICS, "policies", ACTIVE_KEY, 60, lambda: now[0])


def test_the_newest_version_is_pinned_and_looked_up_once_a_minute(
    bucket: Bucket, published: Published, now: list[float]
) -> None:
    bucket.put(bundle("one"))
    assert published.pin() == {"hash": "one", "version_id": "v1"}
    bucket.put(bundle("two"))
    now[0] = 59
    assert published.pin()["hash"] == "one"
    now[0] = 60
    assert published.pin() == {"hash": "two", "version_id": "v2"}
    now[0] = 120
    assert published.pin()["hash"] == "two"
    assert bucket.calls == ["newest"] * 3


def test_a_broken_version_does_not_replace_a_sound_one_and_is_told_each_time(
    bucket: Bucket, published: Published, now: list[float], lines: Lines
) -> None:
    bucket.put(bundle("good"))
    published.pin()
    bucket.put(bundle("bad")[:-5])
    for now[0] in (60, 120, 180):
        assert published.pin() == {"hash": "good", "version_id": "v1"}
    assert [line for line, _ in lines] == ["policy_unusable"] * 3
    assert lines[0][1] == {"key": ACTIVE_KEY, "problem": "the bundle is not JSON"}
    assert "v2" not in bucket.calls, "what is known to be broken is not read again"

    bucket.put(bundle("repaired"))
    now[0] = 240
    assert published.pin() == {"hash": "repaired", "version_id": "v3"}
    assert len(lines) == 3


def test_a_cold_start_goes_back_to_the_last_sound_version(
    bucket: Bucket, published: Published, lines: Lines
) -> None:
    for content in (bundle("older"), bundle("last"), b"{}", b"half"):
        bucket.put(content)
    assert published.pin() == {"hash": "last", "version_id": "v2"}
    assert [line for line, _ in lines] == ["policy_unusable"]


def test_a_deleted_policy_leaves_its_last_version_in_force(
    bucket: Bucket, published: Published, lines: Lines
) -> None:
    bucket.put(bundle("last"))
    bucket.deleted = True
    assert published.pin() == {"hash": "last", "version_id": "v1"}
    assert lines[0][1]["problem"] == "ObjectMissing"


@pytest.mark.parametrize("contents", [[], [b"{}"], [b""] * 30])
def test_without_a_sound_version_nothing_is_judged(
    contents: list[bytes], bucket: Bucket, published: Published, lines: Lines
) -> None:
    for content in contents:
        bucket.put(content)
    for _ in range(2):
        with pytest.raises(PolicyUnavailable):
            published.pin()
    assert len(lines) == 2

    bucket.put(bundle("first"))
    assert published.pin()["hash"] == "first", "not only after a minute"


def test_a_bundle_beyond_any_size_is_not_read(
    bucket: Bucket, published: Published, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.pinning.MAX_BUNDLE_BYTES", 1000)
    bucket.put(bundle("good"))
    bucket.put(bundle("good") + b" " * 1000)
    assert published.pin()["version_id"] == "v1"
    assert lines[0][1]["problem"] == "ObjectTooLarge"


def test_what_cannot_be_pinned_is_not_taken(
    bucket: Bucket, published: Published, now: list[float], lines: Lines
) -> None:
    bucket.put(bundle("good"))
    published.pin()
    bucket.keeps_versions, now[0] = False, 60
    bucket.put(bundle("later"))
    assert published.pin() == {"hash": "good", "version_id": "v1"}
    assert lines[0][1]["problem"] == "the policy bucket keeps no versions"


def test_when_s3_does_not_answer_what_is_known_holds(
    bucket: Bucket, published: Published, now: list[float], lines: Lines
) -> None:
    bucket.fails = error("InternalError", 500)
    with pytest.raises(ServiceUnavailable):
        published.pin()
    bucket.fails = None
    bucket.put(bundle("good"))
    published.pin()
    bucket.fails, now[0] = error("SlowDown", 503), 60
    assert published.pin()["hash"] == "good"
    assert lines == []


def test_what_is_known_holds_when_the_policy_may_no_longer_be_read(
    bucket: Bucket, published: Published, now: list[float], lines: Lines
) -> None:
    bucket.put(bundle("good"))
    published.pin()
    bucket.fails, now[0] = error("AccessDenied", 403), 60
    assert published.pin()["hash"] == "good"
    assert lines == [("policy_unusable", {"key": ACTIVE_KEY, "problem": "ClientError"})]

    bucket.fails, now[0] = None, 120
    published.pin()
    assert len(lines) == 1


def test_who_may_not_read_the_policy_judges_nothing(bucket: Bucket, published: Published) -> None:
    bucket.fails = error("AccessDenied", 403)
    with pytest.raises(ClientError):
        published.pin()


def test_without_a_published_policy_the_shipped_one_is_pinned() -> None:
    shipped = {"active": {"hash": POLICY_HASH, "version_id": ""}}
    assert Pinning(None, None).pins() == (shipped, "")


def test_both_are_pinned(bucket: Bucket, published: Published) -> None:
    bucket.put(bundle("one"))
    pin = {"hash": "one", "version_id": "v1"}
    assert Pinning(published, published).pins() == ({"active": pin, "shadow": pin}, "")


def test_a_request_does_not_fail_with_its_shadow(published: Published) -> None:
    pins, missing = Pinning(None, published).pins()
    assert (list(pins), missing) == (["active"], "PolicyUnavailable")
