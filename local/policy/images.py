"""Compiles the rules on pictures: every label gets a row of its own, inherited or not."""

from typing import Any

from local.policy.source import taxonomy

# Bits of 64 in which a picture's perceptual hash may differ from a listed one.
_MAX_DISTANCE = 6
# Words that Rekognition reads with less are left out.
_TEXT_THRESHOLD = 0.8


def compile_images(images: dict[str, Any]) -> dict[str, Any]:
    """The rules spread over the taxonomy, and every optional setting with its value."""
    blocked = images.get("blocked_hashes", {})
    return {
        "deliver": images.get("deliver", "each"),
        "labels": _rows(_rules(images), images["unknown_label"]),
        "unknown_label": images["unknown_label"],
        "known_model_versions": images["known_model_versions"],
        "unknown_model_version": images["unknown_model_version"],
        "text": images.get("text", {"threshold": _TEXT_THRESHOLD}),
        "blocked_hashes": {
            "max_distance": blocked.get("max_distance", _MAX_DISTANCE),
            "hashes": [listed["hash"] for listed in blocked.get("hashes", [])],
        },
    }


def _rules(images: dict[str, Any]) -> list[dict[str, Any]]:
    """Each rule with what follows from its uncertain band where nobody is asked."""
    otherwise = {"without_review": images.get("without_review", "block")}
    return [
        {**rule, "uncertain": rule["uncertain"] | otherwise} if "uncertain" in rule else rule
        for rule in images["rules"]
    ]


def _rows(rules: list[dict[str, Any]], unknown: dict[str, Any]) -> dict[str, Any]:
    """Label to its own rule, else that of the nearest parent with one, else the unknown label's."""
    by_label = {rule["label"]: rule for rule in rules}
    labels = taxonomy()
    parents = {label["name"]: label["parent"] for label in labels}
    rows: dict[str, Any] = {}
    for label in labels:
        name = label["name"]
        while name and name not in by_label:
            name = parents[name]
        rule = by_label[name] if name else unknown
        rows[label["name"]] = {key: value for key, value in rule.items() if key != "label"} | {
            "rule": name or "unknown_label"
        }
    return rows


def compile_generation(generation: dict[str, Any]) -> dict[str, Any]:
    """Negative prompts by label, inherited downwards."""
    by_label = generation["negative_prompt_by_label"]
    parents = {label["name"]: label["parent"] for label in taxonomy()}
    rows: dict[str, list[str]] = {}
    for label in parents:
        name = label
        while name and name not in by_label:
            name = parents[name]
        if name:
            rows[label] = by_label[name]
    return {**generation, "negative_prompt_by_label": rows}
