"""A published policy as one JSON document, whole and unchanged or not at all."""

import hashlib
import json
from typing import Any

from shared.errors import PolicyUnavailable
from shared.policy import FORMAT, PARTS


def read_bundle(content: bytes) -> dict[str, Any]:
    """{format, hash, version, parts, digest}, whole and unchanged. Raises PolicyUnavailable."""
    try:
        bundle = json.loads(content)
    except (ValueError, RecursionError):
        raise PolicyUnavailable("the bundle is not JSON") from None
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        raise PolicyUnavailable(f"the bundle is not of format {FORMAT}")
    parts = bundle.get("parts")
    if not isinstance(parts, dict) or not all(isinstance(parts.get(name), dict) for name in PARTS):
        raise PolicyUnavailable("the bundle lacks a part")
    if not isinstance(bundle.get("hash"), str) or bundle.get("digest") != digest(bundle):
        raise PolicyUnavailable("the bundle's digest is not that of its content")
    return bundle


def digest(bundle: dict[str, Any]) -> str:
    """SHA-256 of everything in a bundle but the digest itself."""
    content = {name: value for name, value in bundle.items() if name != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
