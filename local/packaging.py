"""Uploads the local paths of a SAM template and names the uploads in a copy of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

_FOLDERS = ("CodeUri", "ContentUri")
_FILES = ("DefinitionUri",)


class DeployError(RuntimeError):
    """The stack could not be deployed; names the resource and the reason."""


def package(template: Path, upload: Callable[[bytes, str], str]) -> dict[str, Any]:
    """The template with every local path replaced by what `upload` made of its content."""
    try:
        document: dict[str, Any] = yaml_parse(template.read_text())
    except OSError as error:
        raise DeployError(f"cannot read the template {template}: {error}") from error
    uploaded: dict[Path, str] = {}
    for holder in _holders(document):
        for name in (*_FOLDERS, *_FILES):
            value = holder.get(name)
            if not isinstance(value, str) or value.startswith("s3://"):
                continue
            path = (template.parent / value).resolve()
            if path not in uploaded:
                uploaded[path] = upload(_content(path, value), ".zip" if name in _FOLDERS else "")
            holder[name] = uploaded[path]
    return document


def _holders(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document.get("Globals", {}).get("Function", {})
    for resource in document.get("Resources", {}).values():
        yield resource.get("Properties") or {}


def _content(path: Path, named: str) -> bytes:
    if path.is_dir():
        return _zip(path)
    if not path.is_file():
        raise DeployError(f"the template names {named}, and there is no {path}")
    return path.read_bytes()


def _zip(folder: Path) -> bytes:
    """The folder as a zip that is the same, byte for byte, for the same files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            if path.is_dir() or "__pycache__" in relative.parts or path.suffix == ".pyc":
                continue
            entry = zipfile.ZipInfo(relative.as_posix())
            entry.external_attr = (0o755 if path.stat().st_mode & 0o100 else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()
