"""The page's files, as they are on disk at this moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from local.page.headers import CONTENT_TYPES


@dataclass(frozen=True)
class File:
    """One file as it is served. `tag` is its ETag."""

    content: bytes
    content_type: str
    tag: str


def find(folder: Path, path: str) -> File | None:
    """What a URL's path names, `/` being /index.html; None for nothing that is served.

    A path is looked up among the files that there are, never joined to the folder's.
    """
    wanted = "/index.html" if path == "/" else unquote(path)
    for file in folder.rglob("*"):
        if wanted == f"/{file.relative_to(folder).as_posix()}" and file.is_file():
            kind = CONTENT_TYPES.get(file.suffix)
            return _read(file, kind) if kind else None
    return None


def _read(file: Path, content_type: str) -> File:
    content = file.read_bytes()
    return File(content, content_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
