"""Storage: exact versions in, exact versions out, nothing larger than its reader accepts."""

import io
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from shared.errors import ServiceUnavailable
from shared.s3 import ObjectMissing, ObjectTooLarge, ObjectVersion, Storage


@pytest.fixture
def storage(client: Any) -> Storage:
    return Storage(client)


def test_a_version_is_read_though_a_later_one_is_there(storage: Storage) -> None:
    first = storage.write("here", "ä b+c%2F.txt", b"first", "text/plain")
    storage.write("here", "ä b+c%2F.txt", b"second", "text/plain")
    assert storage.read(first, 100) == b"first"
    assert storage.read(ObjectVersion("here", first.key), 100) == b"second"


def test_size_is_checked_before_anything_is_read(storage: Storage) -> None:
    written = storage.write("here", "k", b"12345", "text/plain")
    assert storage.read(written, 5) == b"12345"
    with pytest.raises(ObjectTooLarge) as raised:
        storage.read(written, 4)
    assert raised.value.args == (5,)


def test_an_answer_cut_short_is_not_taken_for_the_whole() -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as answers:
        answers.add_response("head_object", {"ContentLength": 5})
        answers.add_response("get_object", {"Body": io.BytesIO(b"123")})
        with pytest.raises(ServiceUnavailable):
            Storage(client).read(ObjectVersion("here", "k"), 10)


@pytest.mark.parametrize("etag", ["0" * 32, f'"{"0" * 32}"'])
def test_without_a_version_the_etag_must_match(etag: str, storage: Storage) -> None:
    written = storage.write("here", "k", b"1", "text/plain")
    for right in (written.etag, written.etag.strip('"')):
        assert storage.read(ObjectVersion("here", "k", etag=right), 5) == b"1"
    with pytest.raises(ObjectMissing):
        storage.read(ObjectVersion("here", "k", etag=etag), 5)


def test_what_is_gone_is_missing(storage: Storage, client: Any) -> None:
    written = storage.write("here", "k", b"1", "text/plain")
    client.delete_object(Bucket="here", Key="k", VersionId=written.version_id)
    with pytest.raises(ObjectMissing):
        storage.read(written, 5)
    with pytest.raises(ObjectMissing):
        storage.read(ObjectVersion("here", "never"), 5)


def test_a_copy_is_of_the_version_named(storage: Storage, client: Any) -> None:
    first = storage.write("here", "k.jpg", b"judged", "image/jpeg")
    storage.write("here", "k.jpg", b"later", "image/jpeg")

    copied = storage.copy(first, "there", "d.jpg")

    stored = client.get_object(Bucket="there", Key="d.jpg", VersionId=copied.version_id)
    assert (stored["Body"].read(), stored["ContentType"]) == (b"judged", "image/jpeg")


def test_the_newest_version_is_read_once(storage: Storage) -> None:
    storage.write("here", "k", b"first", "text/plain")
    newest = storage.write("here", "k", b"second", "text/plain")
    found = storage.read_newest("here", "k", "", 100)
    assert found == (b"second", newest)
    assert storage.read_newest("here", "k", newest.etag, 100) is None
    with pytest.raises(ObjectTooLarge):
        storage.read_newest("here", "k", "", 5)
    with pytest.raises(ObjectMissing):
        storage.read_newest("here", "never", "", 5)


def test_versions_are_listed_newest_first_and_of_this_key_alone(storage: Storage) -> None:
    put = [storage.write("here", "k", body, "text/plain") for body in (b"1", b"2", b"3")]
    storage.write("here", "k.old", b"4", "text/plain")
    listed = storage.versions("here", "k", 20)
    assert [one.version_id for one in listed] == [one.version_id for one in reversed(put)]


def test_an_answer_without_content_says_nothing_of_the_version(
    storage: Storage, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "put_object", lambda **_: {"ResponseMetadata": {}})
    with pytest.raises(ServiceUnavailable):
        storage.write("here", "k", b"1", "text/plain")
