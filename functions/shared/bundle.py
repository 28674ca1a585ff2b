"""A published policy as one JSON document, whole and unchanged or not at all."""

import hashlib
import json
from typing import Any

from shared.errors import PolicyUnavailable
from shared.policy import FORMAT

# What the functions look up in each part; with another set comes another format.
SHAPE = {
    "keywords": {
        *("actions", "severities", "combinations", "words", "phrases", "stems", "allow"),
        *("ordinary", "negative"),
    },
    "classifier": {
        *("custom", "toxicity", "guardrail", "without_review", "languages", "unread_language"),
    },
    "images": {
        *("deliver", "labels", "unknown_label", "known_model_versions", "unknown_model_version"),
        *("text", "blocked_hashes"),
    },
    "generation": {"negative_prompt", "negative_prompt_by_label", "max_tokens"},
}


def read_bundle(content: bytes) -> dict[str, Any]:
    """{format, hash, version, parts, digest}, whole and unchanged. Raises PolicyUnavailable."""
    try:
        bundle = json.loads(content)
    except (ValueError, RecursionError):
        raise PolicyUnavailable("the bundle is not JSON") from None
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        raise PolicyUnavailable(f"the bundle is not of format {FORMAT}")
    parts = bundle.get("parts")
    for name, keys in SHAPE.items():
        part = parts.get(name) if isinstance(parts, dict) else None
        if not isinstance(part, dict) or not keys <= part.keys():
            raise PolicyUnavailable(f"the bundle lacks {name}, or has it in another shape")
    if not isinstance(bundle.get("hash"), str) or bundle.get("digest") != _digest(bundle):
        raise PolicyUnavailable("the bundle's digest is not that of its content")
    return bundle


def _digest(bundle: dict[str, Any]) -> str:
    try:
        return digest(bundle)
    except RecursionError:
        raise PolicyUnavailable("the bundle is nested too deeply") from None


def digest(bundle: dict[str, Any]) -> str:
    """SHA-256 of everything in a bundle but the digest itself."""
    content = {name: value for name, value in bundle.items() if name != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
