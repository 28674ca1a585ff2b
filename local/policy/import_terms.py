"""Takes a list of terms into a category of the policy, and says beforehand what it would do."""

import copy
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from local.policy.source import ROOT
from local.policy.term_file import Line
from local.policy.trial import Trial
from shared.keywords.folding import fold

BENIGN = ROOT / "policy" / "benign_prompts.txt"
# Shorter ones stand in too many harmless words.
_SHORTEST = 3
_LINE = 110


@dataclass
class Sorted:
    """The entries of a file, by what becomes of them."""

    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    too_short: list[Line] = field(default_factory=list)
    unusable: list[Line] = field(default_factory=list)
    respelled: list[Line] = field(default_factory=list)
    """Of the new ones, those that the policy's lists hold in other letters."""


def sort_terms(lines: Iterable[Line], policy: dict[str, Any], trial: Trial) -> Sorted:
    """New are those that the policy's filter, on trial, does not already find."""
    schema = json.loads((ROOT / "policy" / "policy.schema.json").read_text("utf-8"))
    pattern = re.compile(schema["definitions"]["words"]["items"]["pattern"])
    result = Sorted()
    categories = policy["keywords"]["categories"].values()
    listed = {term for body in categories for term in [*body["terms"], *body["phrases"]]}
    for line in lines:
        term = " ".join(fold(line.text).lower().replace("_", " ").replace("-", " ").split())
        if len(term.replace(" ", "")) < _SHORTEST:
            result.too_short.append(line)
        elif not pattern.search(term):
            result.unusable.append(line)
        elif term in listed or _found(trial, term):
            result.known.append(term)
        else:
            result.new.append(term)
            listed.add(term)
            if term != line.text.lower():
                result.respelled.append(line)
    return result


def with_terms(
    policy: dict[str, Any], category: str, terms: list[str], made: dict[str, Any]
) -> dict[str, Any]:
    """The policy with the terms in the category; one that it does not have is made from `made`."""
    changed = copy.deepcopy(policy)
    empty: dict[str, Any] = {**made, "terms": [], "stems": [], "phrases": [], "allow": []}
    body = changed["keywords"]["categories"].setdefault(category, empty)
    body["terms"] += [term for term in terms if " " not in term]
    body["phrases"] += [term for term in terms if " " in term]
    return changed


def newly_found(
    before: Trial, after: Trial, prompts: Iterable[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Prompts that only the second has something to say of, with the first of its reasons."""
    found = []
    for prompt in prompts:
        decision = after.words(prompt)
        grounds = decision["reasons"] + decision["warnings"]
        if grounds and not _found(before, prompt):
            found.append((prompt, grounds[0]))
    return found


def written(text: str, old: dict[str, Any], new: dict[str, Any], category: str) -> str:
    """The policy file's text with the new category in it; nothing else of its layout changes."""
    body = new["keywords"]["categories"][category]
    before = old["keywords"]["categories"].get(category)
    if before is None:
        at = _after(text, r'"categories":\s*\{', 0)
        entry = json.dumps({category: body}, ensure_ascii=False)[1:-1]
        changed = f"{text[:at]}\n      {entry},{text[at:]}"
    else:
        changed = text
        start = _after(text, rf'"{re.escape(category)}":\s*\{{', _after(text, '"categories"', 0))
        for name in ("terms", "phrases"):
            added = body[name][len(before[name]) :]
            changed = _extended(changed, _after(changed, rf'"{name}":\s*', start), added)
    try:
        if json.loads(changed) == new:
            return changed
    except ValueError:
        pass
    # A layout that is not as ours: then all of it is laid out anew.
    return json.dumps(new, indent=2, ensure_ascii=False) + "\n"


def _extended(text: str, at: int, added: list[str]) -> str:
    """The text with entries added to the JSON list at `at`, on new lines if it has lines."""
    if not added or text[at] != "[":
        return text
    _, end = json.JSONDecoder().raw_decode(text, at)
    inside = text[at : end - 1].rstrip()
    indent = "\n" + re.findall(r"\n( *)", inside)[-1] if "\n" in inside else ""
    rows = [indent or " "]
    for entry in (json.dumps(term, ensure_ascii=False) for term in added):
        if indent and len(rows[-1]) + len(entry) > _LINE:
            rows.append(indent)
        rows[-1] += f"{entry}, "
    entries = "".join(row.rstrip(" ") for row in rows).removesuffix(",")
    comma = "" if inside == "[" else ","
    return text[:at] + inside + comma + entries + text[at + len(inside) :]


def _after(text: str, pattern: str, start: int) -> int:
    found = re.compile(pattern).search(text, start)
    return found.end() if found else start


def _found(trial: Trial, text: str) -> bool:
    decision = trial.words(text)
    return bool(decision["reasons"] or decision["warnings"])
