"""Storage: exact versions in, exact versions out, nothing larger than its reader accepts."""

import io
import urllib.parse
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from shared import aws
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


CONTENT = bytes(range(256)) * 5


@pytest.mark.parametrize("block", [1, 7, 1279, 1280, 1281, 1024 * 1024])
@pytest.mark.parametrize("offset", [0, 1, 1279, 1280])
def test_a_version_is_streamed_from_any_offset(storage: Storage, block: int, offset: int) -> None:
    if block == 1:
        offset = max(offset, 1270)
    written = storage.write("here", "k", CONTENT, "text/plain")
    storage.write("here", "k", b"later", "text/plain")
    blocks = list(storage.stream(written, offset, block))
    assert b"".join(blocks) == CONTENT[offset:]
    assert all(len(one) == block for one in blocks[:-1])


def test_an_empty_object_has_no_blocks(storage: Storage) -> None:
    assert list(storage.stream(storage.write("here", "k", b"", "text/plain"))) == []


def test_without_a_version_a_stream_is_of_one_object(storage: Storage) -> None:
    written = storage.write("here", "k", CONTENT, "text/plain")
    for version in (ObjectVersion("here", "k"), ObjectVersion("here", "k", etag=written.etag)):
        blocks = storage.stream(version, 0, 1000)
        assert next(blocks) == CONTENT[:1000]
        storage.write("here", "k", CONTENT * 2, "text/plain")
        with pytest.raises(ObjectMissing):
            next(blocks)
        storage.write("here", "k", CONTENT, "text/plain")


def test_what_is_gone_cannot_be_streamed(storage: Storage, client: Any) -> None:
    written = storage.write("here", "k", b"1", "text/plain")
    client.delete_object(Bucket="here", Key="k", VersionId=written.version_id)
    for version in (written, ObjectVersion("here", "never")):
        with pytest.raises(ObjectMissing):
            list(storage.stream(version))


@pytest.mark.parametrize(
    "reply",
    [
        {"Body": io.BytesIO(b"12"), "ContentRange": "bytes 0-2/3"},
        {"Body": io.BytesIO(b"123")},
        {"Body": io.BytesIO(b"123"), "ContentRange": "bytes 0-2/*"},
    ],
)
def test_a_block_cut_short_is_not_taken_for_the_end(reply: dict[str, Any]) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as answers:
        answers.add_response("get_object", reply)
        with pytest.raises(ServiceUnavailable):
            list(Storage(client).stream(ObjectVersion("here", "k", "v")))


def test_objects_are_listed_page_by_page(storage: Storage) -> None:
    for key in ("p/b", "p/a", "p/ä b+%2F", "p/c/d", "q"):
        storage.write("here", key, key.encode(), "text/plain")
    first, more = storage.list_page("here", "p/", most=2)
    assert ([one.key for one in first], more) == (["p/a", "p/b"], True)
    rest, more = storage.list_page("here", "p/", first[-1].key, most=2)
    assert ([one.key for one in rest], more) == (["p/c/d", "p/ä b+%2F"], False)
    assert rest[1].size == len("p/ä b+%2F".encode())
    assert storage.read(ObjectVersion("here", "p/a", etag=first[0].etag), 9) == b"p/a"
    assert first[0].modified.tzinfo
    assert storage.list_page("here", "none/") == ([], False)


def test_an_answer_without_content_is_no_empty_list(
    storage: Storage, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "list_objects_v2", lambda **_: {"ResponseMetadata": {}})
    with pytest.raises(ServiceUnavailable):
        storage.list_page("here", "")


def test_what_lies_there_now_is_named(storage: Storage, client: Any) -> None:
    storage.write("here", "k", b"first", "text/plain")
    second = storage.write("here", "k", b"second", "text/plain")
    assert storage.newest("here", "k") == second
    client.delete_object(Bucket="here", Key="k")
    with pytest.raises(ObjectMissing):
        storage.newest("here", "k")


def test_a_version_that_is_gone_is_not_copied(storage: Storage, client: Any) -> None:
    written = storage.write("here", "k", b"1", "text/plain")
    client.delete_object(Bucket="here", Key="k", VersionId=written.version_id)
    for gone in (written, ObjectVersion("here", "never")):
        with pytest.raises(ObjectMissing):
            storage.copy(gone, "there", "k")


def test_what_is_hidden_can_still_be_read(storage: Storage) -> None:
    older = storage.write("here", "k", b"older", "text/plain")
    newest = storage.write("here", "k", b"newest", "text/plain")
    assert storage.hide(newest)
    assert not storage.exists(ObjectVersion("here", "k"))
    assert [storage.read(one, 10) for one in (older, newest)] == [b"older", b"newest"]


@pytest.mark.parametrize("code", ["PreconditionFailed", "NoSuchKey"])
def test_what_is_no_longer_the_newest_is_not_hidden(code: str) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as answers:
        wanted = {"Bucket": "here", "Key": "k", "IfMatch": '"0"'}
        answers.add_client_error("delete_object", code, expected_params=wanted)
        assert not Storage(client).hide(ObjectVersion("here", "k", "v1", '"0"'))


def test_a_tag_stands_beside_the_others(storage: Storage, client: Any) -> None:
    written = storage.write("here", "k", b"1", "text/plain")
    others = [{"Key": str(number), "Value": "x"} for number in range(9)]
    client.put_object_tagging(Bucket="here", Key="k", Tagging={"TagSet": others})
    assert storage.tag(written, "ours", "1")
    assert storage.tag(written, "ours", "2")
    tags = client.get_object_tagging(Bucket="here", Key="k")["TagSet"]
    assert tags == [*others, {"Key": "ours", "Value": "2"}]
    assert not storage.tag(written, "another", "1")


def test_what_is_gone_is_not_tagged(storage: Storage) -> None:
    with pytest.raises(ObjectMissing):
        storage.tag(ObjectVersion("here", "never"), "ours", "1")


@pytest.mark.parametrize(
    ("region", "endpoint", "place"),
    [
        ("us-east-1", "", "https://pictures.s3.us-east-1.amazonaws.com"),
        ("eu-central-1", "", "https://pictures.s3.eu-central-1.amazonaws.com"),
        ("eu-central-1", "http://127.0.0.1:4566", "http://127.0.0.1:4566/pictures"),
    ],
)
def test_a_link_is_for_one_version_in_its_region(
    region: str, endpoint: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of a role")
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    storage = Storage(aws.client("s3"))

    link = storage.link(ObjectVersion("pictures", "f/1/0 a.jpg", "v1"), 300)

    address, _, query = link.partition("?")
    given = urllib.parse.parse_qs(query)
    assert address == f"{place}/f/1/0%20a.jpg"
    assert given["versionId"] == ["v1"]
    assert given["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert given["X-Amz-Expires"] == ["300"]
    assert given["X-Amz-Security-Token"] == ["of a role"]
    assert f"/{region}/s3/aws4_request" in given["X-Amz-Credential"][0]
