"""S3: exact object versions in, exact object versions out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from shared import aws
from shared.errors import ServiceUnavailable

# Of HeadObject, which has no error body and so only bare HTTP statuses, and of GetObject.
_GONE = frozenset(
    {
        "404",
        "NoSuchKey",
        "NoSuchVersion",
        "412",
        "PreconditionFailed",
        "405",
        "MethodNotAllowed",
    }
)
# Of one object (S3 User Guide, Categorizing your storage using tags).
_MOST_TAGS = 10


class ObjectMissing(Exception):
    """The object, or this version of it, is not there (or no longer the one that was named)."""


class ObjectTooLarge(Exception):
    """The object is larger than its reader accepts; args[0] is its size in bytes."""


@dataclass(frozen=True)
class ObjectVersion:
    """One version of one object. Without a version id (unversioned bucket), what lies there."""

    bucket: str
    key: str
    version_id: str = ""
    etag: str = ""

    def arguments(self) -> dict[str, str]:
        """Bucket, Key and, if known, VersionId, as the API names them."""
        named = {"Bucket": self.bucket, "Key": self.key}
        return named | ({"VersionId": self.version_id} if self.version_id else {})


@dataclass(frozen=True)
class Listed:
    """An object as a listing shows it: size in bytes, etag without quotes."""

    key: str
    etag: str
    size: int
    modified: datetime


class Storage:
    """All buckets that the function's role lets it use."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.client("s3")

    def read(self, version: ObjectVersion, max_bytes: int) -> bytes:
        """The object's bytes, its size checked before anything is read.

        Raises ObjectMissing and ObjectTooLarge, and ServiceUnavailable for an answer cut short.
        Without a version id, the etag must still match.
        """
        extra = _if_match(version)
        try:
            with aws.translated():
                size = self._client.head_object(**version.arguments(), **extra)["ContentLength"]
                if size > max_bytes:
                    raise ObjectTooLarge(size)
                body: bytes = self._client.get_object(**version.arguments(), **extra)["Body"].read()
        except ClientError as error:
            if aws.error_code(error) in _GONE:
                raise ObjectMissing(version.key) from error
            raise
        if len(body) != size:
            # Taken for the whole, it would be its sender's fault that it cannot be read.
            raise ServiceUnavailable("GetObject: not as many bytes as HeadObject said")
        return body

    def stream(
        self, version: ObjectVersion, offset: int = 0, block: int = 1024 * 1024
    ) -> Iterator[bytes]:
        """The object's bytes from an offset on, in blocks of so many bytes, each a call of its own.

        However long their reader takes between them, no connection waits. Raises as `read` does.
        Without a version id, the etag must still match: that given, else the first block's.
        """
        extra, size = _if_match(version), offset + 1
        while offset < size:
            asked = {"Range": f"bytes={offset}-{offset + block - 1}", **extra}
            try:
                with aws.translated():
                    reply = self._client.get_object(**version.arguments(), **asked)
                    body: bytes = reply["Body"].read()
            except ClientError as error:
                code = aws.error_code(error)
                # Nothing lies at or behind the offset: the object is empty, or was read before.
                if code in {"416", "InvalidRange"}:
                    return
                if code in _GONE:
                    raise ObjectMissing(version.key) from error
                raise
            size = _whole_size(reply)
            if len(body) != min(block, size - offset):
                raise ServiceUnavailable("GetObject: not as many bytes as were asked for")
            if not version.version_id:
                extra = {"IfMatch": reply["ETag"]}
            yield body
            offset += len(body)

    def list_page(
        self, bucket: str, prefix: str, after: str = "", most: int = 1000
    ) -> tuple[list[Listed], bool]:
        """A page of the objects under a prefix whose keys come after this one, and if more follow.

        In the order of the keys' UTF-8 bytes.
        """
        start = {"StartAfter": after} if after else {}
        with aws.translated():
            reply = self._client.list_objects_v2(
                Bucket=bucket, Prefix=prefix, MaxKeys=most, **start
            )
        # Every answer has it: without, a listing might be taken for empty.
        if "IsTruncated" not in reply:
            raise ServiceUnavailable("ListObjectsV2: an answer without content")
        page = [
            Listed(one["Key"], one["ETag"].strip('"'), one["Size"], one["LastModified"])
            for one in reply.get("Contents", ())
        ]
        more: bool = reply["IsTruncated"]
        if more and not page:
            raise ServiceUnavailable("ListObjectsV2: a page of nothing, and more behind it")
        return page, more

    def list_all(self, bucket: str, prefix: str) -> Iterator[Listed]:
        """Every object under a prefix, page after page."""
        page, more = self.list_page(bucket, prefix)
        yield from page
        while more:
            page, more = self.list_page(bucket, prefix, page[-1].key)
            yield from page

    def exists(self, version: ObjectVersion) -> bool:
        """Whether the object lies there. Needs s3:ListBucket: without, S3 answers 403 for both."""
        try:
            with aws.translated():
                self._client.head_object(**version.arguments())
        except ClientError as error:
            if aws.error_code(error) == "404":
                return False
            raise
        return True

    def read_newest(
        self, bucket: str, key: str, known_etag: str, max_bytes: int
    ) -> tuple[bytes, ObjectVersion] | None:
        """The newest version and its bytes; None if it has the etag that is known already.

        Raises ObjectMissing and ObjectTooLarge.
        """
        known = {"IfNoneMatch": known_etag} if known_etag else {}
        try:
            with aws.translated():
                reply = self._client.get_object(Bucket=bucket, Key=key, **known)
                if reply["ContentLength"] > max_bytes:
                    reply["Body"].close()
                    raise ObjectTooLarge(reply["ContentLength"])
                body: bytes = reply["Body"].read()
        except ClientError as error:
            code = aws.error_code(error)
            if code in {"304", "NotModified"}:
                return None
            if code in {"404", "NoSuchKey"}:
                raise ObjectMissing(key) from error
            raise
        return body, ObjectVersion(bucket, key, reply.get("VersionId", ""), reply["ETag"])

    def versions(self, bucket: str, key: str, most: int) -> list[ObjectVersion]:
        """The object's versions, newest first."""
        with aws.translated():
            reply = self._client.list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=most)
        # The prefix finds longer keys too.
        return [
            ObjectVersion(bucket, key, version["VersionId"], version["ETag"])
            for version in reply.get("Versions", ())
            if version["Key"] == key
        ]

    def write(
        self, bucket: str, key: str, body: bytes | BinaryIO, content_type: str
    ) -> ObjectVersion:
        """Puts the object, of a file from where it stands; returns the version written."""
        with aws.translated():
            reply = self._client.put_object(
                Bucket=bucket, Key=key, Body=body, ContentType=content_type
            )
        # Every answer has one: without, it says nothing of the version either.
        if "ETag" not in reply:
            raise ServiceUnavailable("PutObject: an answer without content")
        return ObjectVersion(bucket, key, reply.get("VersionId", ""), reply["ETag"])

    def newest(self, bucket: str, key: str) -> ObjectVersion:
        """The version that lies there now. Raises ObjectMissing."""
        try:
            with aws.translated():
                reply = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if aws.error_code(error) in _GONE:
                raise ObjectMissing(key) from error
            raise
        return ObjectVersion(bucket, key, reply.get("VersionId", ""), reply["ETag"])

    def link(self, version: ObjectVersion, seconds: int, cached: bool = True) -> str:
        """A link that lets anybody read this version for so many seconds; S3 is not asked.

        It works no longer than the credentials that sign it: a function's own last for hours (S3
        User Guide, Download and upload objects with presigned URLs). What must not be `cached` is
        sent with a Cache-Control that says so.
        """
        given = version.arguments() | ({} if cached else {"ResponseCacheControl": "no-store"})
        link: str = self._client.generate_presigned_url(
            "get_object", Params=given, ExpiresIn=seconds
        )
        return link

    def copy(self, source: ObjectVersion, bucket: str, key: str) -> ObjectVersion:
        """Copies this very version, metadata included; returns the version written.

        Raises ObjectMissing.
        """
        try:
            with aws.translated():
                reply = self._client.copy_object(
                    Bucket=bucket, Key=key, CopySource=source.arguments()
                )
        except ClientError as error:
            if aws.error_code(error) in _GONE:
                raise ObjectMissing(source.key) from error
            raise
        return ObjectVersion(bucket, key, reply.get("VersionId", ""))

    def hide(self, version: ObjectVersion) -> bool:
        """Deletes an object if this version is still its newest; False if it is not, or is gone.

        In a versioned bucket its versions stay, and older ones do not come back into sight.
        """
        try:
            with aws.translated():
                self._client.delete_object(
                    Bucket=version.bucket, Key=version.key, IfMatch=version.etag
                )
        except ClientError as error:
            if aws.error_code(error) in _GONE:
                return False
            raise
        return True

    def tag(self, version: ObjectVersion, name: str, value: str) -> bool:
        """Sets one tag beside those that are there; False if ten others leave no room for it.

        Raises ObjectMissing.
        """
        try:
            with aws.translated():
                reply = self._client.get_object_tagging(**version.arguments())
                others = [one for one in reply["TagSet"] if one["Key"] != name]
                if len(others) >= _MOST_TAGS:
                    return False
                tags = [*others, {"Key": name, "Value": value}]
                self._client.put_object_tagging(**version.arguments(), Tagging={"TagSet": tags})
        except ClientError as error:
            if aws.error_code(error) in _GONE:
                raise ObjectMissing(version.key) from error
            raise
        return True


def _if_match(version: ObjectVersion) -> dict[str, str]:
    """Where no version id says which bytes are meant, the etag must."""
    # The API quotes an etag, EventBridge does not.
    etag = version.etag.strip('"')
    return {"IfMatch": f'"{etag}"'} if etag and not version.version_id else {}


def _whole_size(reply: dict[str, Any]) -> int:
    """Of the object that the reply holds a range of. Raises ServiceUnavailable."""
    try:
        return int(reply["ContentRange"].rpartition("/")[2])
    except (KeyError, ValueError):
        raise ServiceUnavailable("GetObject: an answer that is no range") from None
