"""Compiles the keyword categories into what FilterKeywords looks words up in."""

from typing import Any


def compile_keywords(keywords: dict[str, Any]) -> dict[str, Any]:
    """The lists for prompts, and under negative those for negative prompts."""
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
