"""The policy file as an operator writes it, checked against its schema and the taxonomy."""

import json
from pathlib import Path
from typing import Any, NoReturn

import jsonschema

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "policy" / "default.json"
# Of the taxonomy. AWS advises to moderate by them and to use the third for exemptions only
# (Rekognition Developer Guide, Moderating content).
_LEVELS_WITH_RULES = 2


class PolicyError(Exception):
    """The policy file is broken; the message names the place and the rule."""


def read_policy(path: Path = POLICY) -> dict[str, Any]:
    """The policy, checked against its schema and the taxonomy. Raises PolicyError."""
    try:
        # No score reaches a threshold that is NaN.
        policy: dict[str, Any] = json.loads(path.read_text("utf-8"), parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{path}: not JSON: {error}") from None
    schema = json.loads((ROOT / "policy" / "policy.schema.json").read_text("utf-8"))
    broken = jsonschema.exceptions.best_match(
        jsonschema.Draft7Validator(schema).iter_errors(policy)
    )
    if broken is not None:
        raise PolicyError(f"{path}: {broken.json_path}: {broken.message}")
    _check_names(policy, path)
    _check_minors(policy["keywords"], path)
    _check_rules(policy["images"]["rules"], path)
    _check_bands(policy["classifier"], path)
    return policy


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def taxonomy() -> list[dict[str, str]]:
    """The moderation labels: [{name, parent, ...}], parents first."""
    path = ROOT / "policy" / "moderation_taxonomy_v7.json"
    labels: list[dict[str, str]] = json.loads(path.read_text("utf-8"))["labels"]
    return labels


def _check_minors(keywords: dict[str, Any], path: Path) -> None:
    """Words for minors beside words for sex or nudity block, whatever else a policy says."""
    for name in ("minors", "sexual", "nudity"):
        if not keywords["categories"].get(name, {}).get("terms"):
            raise PolicyError(f"{path}: keywords.categories: {name} is missing or has no terms")
    for other in ("sexual", "nudity"):
        if not any(
            rule["action"] == "always"
            and all("minors" in group or other in group for group in rule["every"])
            for rule in keywords["combinations"]
        ):
            raise PolicyError(
                f"{path}: keywords.combinations: minors together with {other} must always block"
            )


def _check_names(policy: dict[str, Any], path: Path) -> None:
    categories = policy["keywords"]["categories"]
    for rule in policy["keywords"]["combinations"]:
        for name in (name for group in rule["every"] for name in group):
            if name not in categories:
                raise PolicyError(
                    f"{path}: keywords.combinations: {rule['name']} names {name}, "
                    "which is no category"
                )
    labels = {label["name"] for label in taxonomy()}
    for place, names in (
        ("images.rules", [rule["label"] for rule in policy["images"]["rules"]]),
        ("generation.negative_prompt_by_label", policy["generation"]["negative_prompt_by_label"]),
    ):
        for name in names:
            if name not in labels:
                raise PolicyError(f"{path}: {place}: {name!r} is no label of the taxonomy")


def _check_rules(rules: list[dict[str, Any]], path: Path) -> None:
    exact = {label["name"] for label in taxonomy() if int(label["level"]) > _LEVELS_WITH_RULES}
    ruled: set[str] = set()
    for rule in rules:
        name = rule["label"]
        if name in ruled:
            raise PolicyError(f"{path}: images.rules: {name!r} has two rules")
        ruled.add(name)
        if name in exact and rule["action"] != "allow":
            raise PolicyError(
                f"{path}: images.rules: {name!r} is a label of level 3, which can only be exempted "
                "(allow): put the rule on its parent"
            )
        lowest = min(rule.get("threshold", 1), rule.get("illustrated_threshold", 1))
        if rule.get("uncertain", {"from": -1})["from"] >= lowest:
            raise PolicyError(
                f"{path}: images.rules: {name!r}: uncertain.from must be less than the thresholds"
            )


def _check_bands(classifier: dict[str, Any], path: Path) -> None:
    for backend in ("custom", "toxicity", "guardrail"):
        for label, rule in classifier[backend].items():
            if rule.get("uncertain", {"from": -1})["from"] >= rule["threshold"]:
                raise PolicyError(
                    f"{path}: classifier.{backend}.{label}: uncertain.from must be less than the "
                    "threshold"
                )
