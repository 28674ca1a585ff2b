"""Ranges of an object's version, which ministack answers with the whole of it.

Private names: s3._get_object (wrapped: its answer for a version is cut), s3._parse_range,
s3._range_error_xml and s3._xml_body (called).
"""

from __future__ import annotations

from typing import Any

from ministack.services import s3

from local.engine.seams import replace


def install() -> None:
    """Answer a GET that names a version and a range with 206, or 416."""

    def get_object(
        bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None
    ) -> Any:
        asked = headers.get("range", "")
        if not asked or not (query or {}).get("versionId"):
            return get(bucket, key, headers, query)
        # A part has no checksum of the whole.
        rest = {name: text for name, text in headers.items() if name != "x-amz-checksum-mode"}
        status, answered, body = get(bucket, key, rest, query)
        if status != 200:
            return status, answered, body
        part = s3._parse_range(asked, len(body))
        if part is None:
            told = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
            return 416, told, s3._xml_body(s3._range_error_xml(bucket, key))
        start, end = part
        found = {
            **answered,
            "Content-Length": str(end + 1 - start),
            "Content-Range": f"bytes {start}-{end}/{len(body)}",
        }
        return 206, found, body[start : end + 1]

    get = replace(s3, "_get_object", get_object)
