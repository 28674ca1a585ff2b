"""Whether a set may be trained on, and why not."""

from typing import Any


def flagged_prompts(fields: list[str], judged: list[dict[str, Any]]) -> list[str]:
    """The set's prompts that are not known to be clean: a prompt that nobody judged is one."""
    clean = {prompt["field"] for prompt in judged if prompt["verdict"] == "clean"}
    return [field for field in fields if field not in clean]


def refusal_of(
    status: str, counts: dict[str, int], flagged: list[str], clean_instances: int
) -> str:
    """Why nobody may train on the clean part of a set; empty if it may be trained on.

    `status` is how judging the images ended, `flagged` the prompts that are not clean.
    """
    if status != "COMPLETED" or counts["not_judged"]:
        return "not every image was judged"
    if flagged:
        return f"{' and '.join(flagged)} must be clean"
    return "" if clean_instances else "no instance image is clean"
