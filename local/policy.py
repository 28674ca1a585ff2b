"""Compiles the policy and the request's schema into what the functions ship with.

An operator edits `policy/default.json`; the functions read `functions/compiled/`, where each finds
its own part without loading the rest. Compiled files are committed, so that `sam build` needs no
step before it; a test fails when they are not what this module makes of their sources.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema

ROOT = Path(__file__).parents[1]
POLICY = ROOT / "policy" / "default.json"
COMPILED = ROOT / "functions" / "compiled"


class PolicyError(Exception):
    """The policy file is broken; the message names the place and the rule."""


def read_policy(path: Path = POLICY) -> dict[str, Any]:
    """The policy, checked against its schema and the taxonomy. Raises PolicyError."""
    try:
        policy: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise PolicyError(f"{path}: not JSON: {error}") from None
    schema = json.loads((ROOT / "policy" / "policy.schema.json").read_text("utf-8"))
    broken = jsonschema.exceptions.best_match(
        jsonschema.Draft7Validator(schema).iter_errors(policy)
    )
    if broken is not None:
        raise PolicyError(f"{path}: {broken.json_path}: {broken.message}")
    _check_names(policy, path)
    return policy


def compiled(policy: dict[str, Any]) -> dict[str, str]:
    """File name to content, of everything in functions/compiled/."""
    digest = hashlib.sha256(_compact(policy).encode()).hexdigest()
    request = json.loads((ROOT / "schemas" / "request.schema.json").read_text("utf-8"))
    return {
        "__init__.py": '"""Made by `safelight policy compile` from policy/ and schemas/."""\n\n'
        f'POLICY_HASH = "{digest}"\n',
        "keywords.json": _compact(_keywords(policy["keywords"])),
        "classifier.json": _compact(policy["classifier"]),
        "images.json": _compact(_images(policy["images"])),
        "generation.json": _compact(_generation(policy["generation"])),
        "request.schema.json": _compact(_without_prose(request)),
    }


def write_compiled(policy: dict[str, Any]) -> None:
    """Writes functions/compiled/."""
    for name, content in compiled(policy).items():
        (COMPILED / name).write_text(content, "utf-8")


def _check_names(policy: dict[str, Any], path: Path) -> None:
    categories = policy["keywords"]["categories"]
    for rule in policy["keywords"]["combinations"]:
        for name in (name for group in rule["every"] for name in group):
            if name not in categories:
                raise PolicyError(
                    f"{path}: keywords.combinations: {rule['name']} names {name}, "
                    "which is no category"
                )
    labels = {label["name"] for label in _taxonomy()}
    for place, names in (
        ("images.rules", [rule["label"] for rule in policy["images"]["rules"]]),
        ("generation.negative_prompt_by_label", policy["generation"]["negative_prompt_by_label"]),
    ):
        for name in names:
            if name not in labels:
                raise PolicyError(f"{path}: {place}: {name!r} is no label of the taxonomy")


def _keywords(keywords: dict[str, Any]) -> dict[str, Any]:
    part = {
        "actions": {name: body["action"] for name, body in keywords["categories"].items()},
        "combinations": keywords["combinations"],
        **_terms(keywords["categories"]),
    }
    negative = {**keywords["negative_prompt"], "stems": [], "allow": []}
    part["negative"] = {
        "actions": {"negative_prompt": negative["action"]},
        "combinations": [],
        **_terms({"negative_prompt": negative}),
    }
    return part


def _terms(categories: dict[str, Any]) -> dict[str, Any]:
    """words, stems: word to [category, term]; phrases, allow: first word to [rest, category]."""
    words: dict[str, list[str]] = {}
    stems: dict[str, list[str]] = {}
    phrases: dict[str, list[list[Any]]] = {}
    allow: dict[str, list[list[Any]]] = {}
    for name, category in categories.items():
        for term in category["terms"] + category["phrases"]:
            if " " in term:
                first, *rest = term.split()
                phrases.setdefault(first, []).append([rest, name])
            else:
                words.setdefault(term, [name, term])
        for term in category["terms"]:
            for plural in (f"{term}s", f"{term}es") if " " not in term else ():
                words.setdefault(plural, [name, term])
        for stem in category["stems"]:
            stems[stem] = [name, stem]
        for phrase in category["allow"]:
            first, *rest = phrase.split()
            allow.setdefault(first, []).append([rest, name])
    return {"words": words, "stems": stems, "phrases": phrases, "allow": allow}


def _images(images: dict[str, Any]) -> dict[str, Any]:
    """The rules spread over the taxonomy: every label has its own row, inherited or not."""
    rules = {rule["label"]: rule for rule in images["rules"]}
    taxonomy = _taxonomy()
    parents = {label["name"]: label["parent"] for label in taxonomy}
    rows: dict[str, Any] = {}
    for label in taxonomy:
        name = label["name"]
        while name and name not in rules:
            name = parents[name]
        rows[label["name"]] = (
            {key: rules[name][key] for key in rules[name] if key != "label"} | {"rule": name}
            if name
            else {**images["unknown_label"], "rule": "unknown_label"}
        )
    return {**{key: value for key, value in images.items() if key != "rules"}, "labels": rows}


def _generation(generation: dict[str, Any]) -> dict[str, Any]:
    by_label = generation["negative_prompt_by_label"]
    parents = {label["name"]: label["parent"] for label in _taxonomy()}
    rows: dict[str, list[str]] = {}
    for label in parents:
        name = label
        while name and name not in by_label:
            name = parents[name]
        if name:
            rows[label] = by_label[name]
    return {**generation, "negative_prompt_by_label": rows}


def _taxonomy() -> list[dict[str, str]]:
    path = ROOT / "policy" / "moderation_taxonomy_v7.json"
    labels: list[dict[str, str]] = json.loads(path.read_text("utf-8"))["labels"]
    return labels


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
