"""Compiles the rules on moderation labels: every label gets a row of its own, inherited or not."""

from typing import Any

from local.policy.source import taxonomy


def compile_images(images: dict[str, Any]) -> dict[str, Any]:
    """The rules spread over the taxonomy: every label has its own row, inherited or not."""
    rules = {rule["label"]: rule for rule in images["rules"]}
    labels = taxonomy()
    parents = {label["name"]: label["parent"] for label in labels}
    rows: dict[str, Any] = {}
    for label in labels:
        name = label["name"]
        while name and name not in rules:
            name = parents[name]
        rows[label["name"]] = (
            {key: rules[name][key] for key in rules[name] if key != "label"} | {"rule": name}
            if name
            else {**images["unknown_label"], "rule": "unknown_label"}
        )
    return {**{key: value for key, value in images.items() if key != "rules"}, "labels": rows}


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
