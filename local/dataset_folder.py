"""A folder of this machine as a data set in JumpStart's layout, and its way into the bucket."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.deployed_stack import DeployedStack
from local.jobs import DATASETS_FOLDER

INFO = "dataset_info.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_AT_ONCE = 8


class NotADataset(ValueError):
    """The folder cannot be sent as it is; says what is missing."""


@dataclass(frozen=True)
class Sent:
    """What uploading did; `others` lie under the prefix and not in the folder."""

    uploaded: int
    unchanged: int
    others: tuple[str, ...]


def prefix_of(folder: Path, name: str = "") -> str:
    """Where a folder's files go. Raises NotADataset for a name that is none."""
    name = name or folder.resolve().name
    if not _NAME.fullmatch(name):
        raise NotADataset(
            f"{name!r} cannot name a data set (letters, digits, . _ -): give another with --name"
        )
    return f"{DATASETS_FOLDER}{name}/"


def files_of(folder: Path) -> dict[str, Path]:
    """Its files by their place in it; hidden ones are left out. Raises NotADataset."""
    if not (folder / INFO).is_file():
        raise NotADataset(
            f"{folder} has no {INFO}. It holds the prompt that the images are to teach, as in "
            '{"instance_prompt": "a photo of a zxw cat", "class_prompt": "a photo of a cat"}'
        )
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    return {
        name: path
        for name, path in found.items()
        if path.is_file() and not any(part.startswith(".") for part in name.split("/"))
    }


def send(
    stack: DeployedStack,
    files: dict[str, Path],
    prefix: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Sent:
    """Upload what is not there yet, or is other; nothing is deleted."""
    bucket = stack.outputs["DatasetsBucket"]
    there = dict(_listed(stack, bucket, prefix))
    changed = {
        name: path for name, path in files.items() if there.get(prefix + name) != _etag(path)
    }
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        uploads = pool.map(
            lambda one: stack.upload(one[1], bucket, prefix + one[0]), changed.items()
        )
        for number, _ in enumerate(uploads, start=1):
            progress(number)
    others = sorted(there.keys() - {prefix + name for name in files})
    return Sent(len(changed), len(files) - len(changed), tuple(others))


def _listed(stack: DeployedStack, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    pages = stack.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", ()):
            yield found["Key"], found["ETag"].strip('"')


def _etag(path: Path) -> str:
    """Of a single PUT without a KMS key; with one, every file is taken to be another."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "md5").hexdigest()
