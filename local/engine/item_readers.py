"""Reads a Distributed Map's items from S3, one at a time.

    s3:listObjectsV2                     each object's Etag, Key, LastModified, Size, StorageClass
    the same with LOAD_AND_FLATTEN       what the objects hold, in the order of their keys
    s3:getObject                         what one object holds

An object holds JSON (an array) or JSONL. A line or an object that cannot be read is
States.ItemReaderFailed for the whole state. A list's LastModified is in seconds since the epoch and
its Etag keeps its quotes, as seen on AWS (github.com/floci-io/floci/pull/3460). No object, no item,
no error.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.engine.map_definitions import Reader

_BLOCK = 64 * 1024


class ItemReaderError(Exception):
    """The items cannot be read."""


def items(reader: Reader, arguments: Any, most: int | None, s3: Any) -> Iterator[Any]:
    """At most `most` items; `arguments` are the reader's, evaluated."""
    try:
        yield from itertools.islice(_items(reader, arguments, s3), most)
    except (ClientError, BotoCoreError) as error:
        raise ItemReaderError(str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ItemReaderError(f"{type(error).__name__}: {error}") from error


def _items(reader: Reader, arguments: Any, s3: Any) -> Iterator[Any]:
    if not reader.lists:
        yield from _content(reader, s3.get_object(**arguments)["Body"])
        return
    for found in _objects(arguments, s3):
        if reader.flatten:
            place = {"Bucket": arguments["Bucket"], "Key": found["Key"]}
            yield from _content(reader, s3.get_object(**place)["Body"])
        else:
            yield {
                "Etag": found["ETag"],
                "Key": found["Key"],
                "LastModified": found["LastModified"].timestamp(),
                "Size": found["Size"],
                "StorageClass": found.get("StorageClass", "STANDARD"),
            }


def _objects(arguments: Any, s3: Any) -> Iterator[Any]:
    for page in s3.get_paginator("list_objects_v2").paginate(**arguments):
        yield from page.get("Contents", ())


def _content(reader: Reader, body: Any) -> Iterator[Any]:
    if reader.input_type == "JSON":
        held = json.loads(body.read() or b"[]")
        if not isinstance(held, list):
            raise ValueError("the object holds no JSON array")
        yield from held
        return
    for line in body.iter_lines(_BLOCK):
        if text := line.decode().strip("\ufeff\r\n\t "):
            yield json.loads(text)
