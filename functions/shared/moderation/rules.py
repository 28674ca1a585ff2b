"""The policy's rules on moderation labels: what those found in one picture mean."""

from typing import Any

from shared.rekognition import Label, Moderation
from shared.uncertain import uncertain

STAGE = "ModerateImages"


def judge_labels(
    moderation: Moderation, policy: dict[str, Any], index: int, reviews: bool = False
) -> list[dict[str, Any]]:
    """What speaks against a picture, each a reason with the rule's action (block, warn, review).

    A rule's uncertain band has an action of its own: where that asks for a review and there are no
    `reviews`, what the policy says for that case.
    """
    parents = {label.name: label.parent for label in moderation.labels}
    found = []
    for label in _telling(moderation.labels):
        rule = _rule(label.name, parents, policy)
        if rule["action"] == "allow":
            continue
        threshold = rule["threshold"]
        if moderation.illustrated:
            threshold = rule.get("illustrated_threshold", threshold)
        band = rule.get("uncertain")
        if label.score >= threshold:
            reached = {"rule": rule["rule"], "action": rule["action"], "threshold": threshold}
        elif band and label.score >= band["from"]:
            reached = uncertain(band, threshold)
            if reached["action"] == "review" and not reviews:
                reached["action"] = band["without_review"]
        else:
            continue
        found.append(
            reason(rule["category"], reached["rule"], reached["action"], index)
            | {"label": label.name, "parent": label.parent, "score": round(label.score, 4)}
            | {"illustrated": moderation.illustrated}
            | reached
        )
    if not is_known(moderation.model_version, policy):
        rule_name = "unknown_model_version"
        action = {"alarm": "warn"}.get(policy[rule_name], policy[rule_name])
        message = f"model version {moderation.model_version}"
        found.append(reason(rule_name, rule_name, action, index) | {"message": message})
    return found


def is_known(model_version: str, policy: dict[str, Any]) -> bool:
    """Whether the rules were written for this version of the moderator's model."""
    return model_version.startswith(tuple(policy["known_model_versions"]))


def reason(category: str, rule: str, action: str, index: int) -> dict[str, Any]:
    """What every reason of this stage holds; `index` is the picture's."""
    return {
        "stage": STAGE,
        "category": category,
        "rule": rule,
        "action": action,
        "image": index,
    }


def _telling(labels: list[Label]) -> list[Label]:
    """Labels that say more than the more exact ones below them.

    Rekognition repeats a label's confidence in its parents, so that a parent speaks for itself only
    when it is surer than all its children: without this, no rule on a child could exempt anything.
    """
    surest: dict[str, float] = {}
    for label in labels:
        if label.parent != label.name:
            surest[label.parent] = max(label.score, surest.get(label.parent, 0.0))
    telling = [label for label in labels if label.score > surest.get(label.name, 0.0)]
    # An answer whose labels are each other's parents is no reason to hear none of them.
    return telling or labels


def _rule(name: str, parents: dict[str, str], policy: dict[str, Any]) -> dict[str, Any]:
    """The compiled rule of a label, or of its nearest parent that the taxonomy has."""
    rules = policy["labels"]
    seen: set[str] = set()
    while name not in rules:
        seen.add(name)
        name = parents.get(name, "")
        if not name or name in seen:
            return {**policy["unknown_label"], "rule": "unknown_label"}
    rule: dict[str, Any] = rules[name]
    return rule
