"""The calls that the stand-ins make on the engine: S3, SNS, one to end a function, one to say that
a job's status has changed.

Written on http.client because the AWS SDK would double this process's memory. The requests carry
a credential scope, by which engines find service and region, and no valid signature: engines on
one machine do not check it, and AWS itself would refuse every call made here.
"""

import http.client
import json
import re
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

from local.ai.wire import Json

TIMEOUT_SECONDS = 30


class EngineError(Exception):
    """The engine could not be reached, or answered with an error."""


class ObjectMissing(EngineError):
    """No such bucket, key or version."""


class ObjectTooLarge(EngineError):
    """The object is larger than the caller allows."""


class EngineClient:
    """Without a URL every call is an EngineError until use() tells one: the engine itself needs
    the stand-ins' address, so either may start first."""

    def __init__(self, url: str | None = None, access_key: str = "test") -> None:
        self._address: tuple[str, int] | None = None
        self._access_key = access_key
        if url is not None:
            self.use(url)

    def use(self, url: str) -> None:
        """ValueError for anything but http://HOST:PORT."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"the engine's address must be http://HOST:PORT, not {url!r}")
        self._address = (parts.hostname, parts.port or 80)

    def get_object(
        self, bucket: str, key: str, version: str | None = None, limit: int | None = None
    ) -> bytes:
        """The object's bytes; ObjectMissing, ObjectTooLarge (more than `limit` bytes)."""
        path = _object_path(bucket, key)
        if version:
            path += "?" + urlencode({"versionId": version})
        return self._call("GET", path, "s3", limit=limit)

    def put_object(self, bucket: str, key: str, body: bytes, content_type: str) -> None:
        self._call("PUT", _object_path(bucket, key), "s3", body, content_type)

    def kill(self, access_key: str) -> None:
        """End the process of a function in the middle of its call."""
        body = json.dumps({"key": access_key}).encode()
        self._call("POST", "/_local/kill", "engine", body, "application/json")

    def list_keys(self, bucket: str, prefix: str) -> list[str]:
        """The keys that begin with a prefix; ObjectMissing where there is no such bucket."""
        keys: list[str] = []
        query = {"list-type": "2", "prefix": prefix}
        while True:
            path = f"/{quote(bucket)}?{urlencode(query)}"
            page = ElementTree.fromstring(self._call("GET", path, "s3"))  # noqa: S314 - our own
            keys += [found.text or "" for found in page.iterfind("{*}Contents/{*}Key")]
            token = page.findtext("{*}NextContinuationToken")
            if not token:
                return keys
            query["continuation-token"] = token

    def announce(self, source: str, kind: str, detail: Json, resources: list[str]) -> None:
        """Put an event of a service's own on the default bus."""
        entry = {"Source": source, "DetailType": kind, "Resources": resources}
        body = json.dumps({**entry, "Detail": json.dumps(detail)}).encode()
        self._call("POST", "/_local/events", "engine", body, "application/json")

    def publish(self, topic_arn: str, message: str) -> None:
        region = topic_arn.split(":")[3]
        form = {"Action": "Publish", "Version": "2010-03-31"}
        body = urlencode({**form, "TopicArn": topic_arn, "Message": message}).encode()
        self._call("POST", "/", "sns", body, "application/x-www-form-urlencoded", region)

    def _call(
        self,
        method: str,
        path: str,
        service: str,
        body: bytes | None = None,
        content_type: str = "application/octet-stream",
        region: str = "us-east-1",
        limit: int | None = None,
    ) -> bytes:
        if self._address is None:
            raise EngineError("its address is not known yet")
        connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_SECONDS)
        headers = {"Authorization": self._authorization(service, region)}
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            connection.request(method, path, body, headers)
            return _body_of(connection.getresponse(), f"{service} {method}", limit)
        except (OSError, http.client.HTTPException) as broken:
            raise EngineError(f"{service} {method}: {type(broken).__name__}") from broken
        finally:
            connection.close()

    def _authorization(self, service: str, region: str) -> str:
        scope = f"{self._access_key}/20260101/{region}/{service}/aws4_request"
        return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=unsigned"


def split_s3_uri(uri: str) -> tuple[str, str]:
    """(bucket, key) of `s3://bucket/key`; ValueError for anything else."""
    match = re.fullmatch(r"s3://([^/]+)/?(.*)", uri, re.DOTALL)
    if not match:
        raise ValueError(f"not an s3:// location: {uri!r}")
    return match[1], match[2]


def _object_path(bucket: str, key: str) -> str:
    return f"/{quote(bucket)}/{quote(key, safe='/-_.~')}"


def _body_of(response: http.client.HTTPResponse, call: str, limit: int | None) -> bytes:
    if response.status == 404:
        raise ObjectMissing(f"{call}: 404")
    if response.status >= 300:
        raise EngineError(f"{call}: {response.status}")
    if limit is not None and int(response.headers.get("Content-Length") or 0) > limit:
        raise ObjectTooLarge(f"{call}: more than {limit} bytes")
    return response.read()
