"""Compiles the policy and the request's schema into what the functions ship with.

An operator edits `policy/default.json`; the functions read `functions/compiled/`, where each finds
its own part without loading the rest. Compiled files are committed, so that `sam build` needs no
step before it; a test fails when they are not what this module makes of their sources.
"""

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any

from local.policy.images import compile_generation, compile_images
from local.policy.keywords import compile_keywords
from local.policy.source import ROOT

COMPILED = ROOT / "functions" / "compiled"


_PARTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "keywords": compile_keywords,
    "classifier": dict,
    "images": compile_images,
    "generation": compile_generation,
}


def compiled(policy: dict[str, Any]) -> dict[str, str]:
    """File name to content, of everything in functions/compiled/."""
    request = json.loads((ROOT / "schemas" / "request.schema.json").read_text("utf-8"))
    return {
        "__init__.py": '"""Made by `safelight policy compile` from policy/ and schemas/."""\n\n'
        f'POLICY_HASH = "{policy_hash(policy)}"\n',
        **{f"{name}.json": _compact(compiled_part(policy, name)) for name in _PARTS},
        "request.schema.json": _compact(_without_prose(request)),
        # Of the ordinary words in keywords.json: it goes with every copy, and so with the package.
        "COPYRIGHT": (ROOT / "policy" / "english" / "COPYRIGHT").read_text("utf-8"),
    }


def compiled_part(policy: dict[str, Any], name: str) -> dict[str, Any]:
    """What one function reads: keywords, classifier, images or generation."""
    return _part(name, _compact(policy[name]))


@functools.lru_cache(maxsize=16)
def _part(name: str, source: str) -> dict[str, Any]:
    # Keywords take seconds, and policies that are compared often share theirs.
    return _PARTS[name](json.loads(source))


def policy_hash(policy: dict[str, Any]) -> str:
    """SHA-256 of the policy, however its file is laid out; what records name it by."""
    return hashlib.sha256(_compact(policy).encode()).hexdigest()


def write_compiled(policy: dict[str, Any]) -> None:
    """Writes functions/compiled/."""
    for name, content in compiled(policy).items():
        (COMPILED / name).write_text(content, "utf-8")


def _without_prose(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: _without_prose(value)
            for key, value in schema.items()
            if not (key in {"title", "description"} and isinstance(value, str))
        }
    return schema


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
