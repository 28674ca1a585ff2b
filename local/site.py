"""The page's files, and what a site that web/site.yaml made lacks of them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.page.headers import CONTENT_TYPES

if TYPE_CHECKING:
    from local.deployed_stack import Clients

PUBLIC = Path(__file__).parents[1] / "web" / "public"
CONFIG, _START = "config.json", "index.html"
# CloudFront keeps a file until it is told otherwise; browsers ask each time, and are told that
# nothing changed: files keep their names, and must fit each other.
CACHE = "max-age=0, s-maxage=86400, must-revalidate"


class SiteError(Exception):
    """The page cannot be published as it is; the message says why."""


@dataclass(frozen=True)
class File:
    """One file of the page, as it is served."""

    key: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Changes:
    """What makes the bucket hold the page and nothing else."""

    put: Sequence[File]
    delete: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.put or self.delete)


def files(folder: Path, config: str) -> list[File]:
    """The folder's files and what config.json says. The start page is last: it names the others.

    SiteError for a folder without a start page, or with a file of a kind that no page has.
    """
    found = {CONFIG: File(CONFIG, config.encode(), "application/json")}
    for path in folder.rglob("*"):
        key = path.relative_to(folder).as_posix()
        if path.is_file() and key != CONFIG:
            if path.suffix not in CONTENT_TYPES:
                raise SiteError(f"{path}: a page has no such files")
            found[key] = File(key, path.read_bytes(), CONTENT_TYPES[path.suffix])
    if _START not in found:
        raise SiteError(f"{folder} has no {_START}")
    return sorted(found.values(), key=lambda file: (file.key == _START, file.key))


def changes(clients: Clients, bucket: str, wanted: Sequence[File]) -> Changes:
    """Compares with what lies in the bucket, by content and by how it is served."""
    s3 = clients("s3")
    stored = {key: s3.head_object(Bucket=bucket, Key=key) for key in _keys(s3, bucket)}
    put = [file for file in wanted if not _is_served(file, stored.get(file.key))]
    return Changes(put, sorted(stored.keys() - {file.key for file in wanted}))


def perform(clients: Clients, bucket: str, wished: Changes, tell: Callable[[str], None]) -> None:
    """Puts the new before it deletes the old, telling of each."""
    s3 = clients("s3")
    for file in wished.put:
        tell(f"put {file.key}")
        s3.put_object(
            Bucket=bucket,
            Key=file.key,
            Body=file.content,
            ContentType=file.content_type,
            CacheControl=CACHE,
        )
    for key in wished.delete:
        tell(f"delete {key}")
        s3.delete_object(Bucket=bucket, Key=key)


def invalidate(clients: Clients, distribution: str) -> None:
    """Has CloudFront forget the page; within minutes it has, everywhere."""
    clients("cloudfront").create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": f"safelight-{time.time_ns()}",
        },
    )


def pending(clients: Clients, distribution: str) -> list[str]:
    """What CloudFront has not yet taken to all its locations."""
    now = clients("cloudfront").get_distribution(Id=distribution)["Distribution"]
    settings = ["the distribution's settings"] if now["Status"] != "Deployed" else []
    page = ["the page as last published"] if now["InProgressInvalidationBatches"] else []
    return settings + page


def _keys(s3: Any, bucket: str) -> Iterator[str]:
    more: dict[str, str] = {}
    while True:
        page = s3.list_objects_v2(Bucket=bucket, **more)
        yield from (found["Key"] for found in page.get("Contents", ()))
        if not page.get("IsTruncated"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _is_served(file: File, stored: dict[str, Any] | None) -> bool:
    """An ETag is the content's MD5 where S3 encrypts with its own keys, as this bucket does."""
    if stored is None:
        return False
    digest = hashlib.md5(file.content, usedforsecurity=False).hexdigest()
    served = (stored["ETag"].strip('"'), stored.get("ContentType"), stored.get("CacheControl"))
    return served == (digest, file.content_type, CACHE)
