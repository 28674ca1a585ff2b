"""Runs one peer from PyPI: a JSON request per line in, a JSON answer per line out.

Started by running.py with the Python of .venv-peers. The first line out is {"version": ...}. Then
{"terms": [...] or null for the peer's own list, "texts": [...]} is answered by {"flags": [...],
"cpu_seconds": of the checks alone}.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

Check = Callable[[str], bool]


def main() -> None:
    package, build = PEERS[sys.argv[1]]
    say = sys.stdout
    sys.stdout = sys.stderr  # What a peer prints is no answer.
    known: list[str] | None = None
    check = build(known)
    print(json.dumps({"version": version(package)}), file=say, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request["terms"] != known:
            known = request["terms"]
            check = build(known)
        started = time.process_time()
        flags = [bool(check(text)) for text in request["texts"]]
        spent = time.process_time() - started
        print(json.dumps({"flags": flags, "cpu_seconds": spent}), file=say, flush=True)


def _better_profanity(terms: list[str] | None) -> Check:
    profanity: Any = importlib.import_module("better_profanity").Profanity(terms)
    return lambda text: profanity.contains_profanity(text)


def _glin_profanity(terms: list[str] | None, **options: object) -> Check:
    # It adds its own English list to any other; there is no option against it.
    module: Any = importlib.import_module("glin_profanity")
    found = module.Filter({"custom_words": terms, "detect_leetspeak": True, **options})
    return lambda text: found.is_profane(text)


def _glin_profanity_strict(terms: list[str] | None) -> Check:
    return _glin_profanity(terms, leetspeak_level="aggressive", obfuscation="strict")


def _alt_profanity_check(_: list[str] | None) -> Check:
    module: Any = importlib.import_module("profanity_check")
    return lambda text: module.predict([text])[0]


PEERS: dict[str, tuple[str, Callable[[list[str] | None], Check]]] = {
    "alt-profanity-check": ("alt-profanity-check", _alt_profanity_check),
    "better-profanity": ("better-profanity", _better_profanity),
    "glin-profanity": ("glin-profanity", _glin_profanity),
    "glin-profanity strict": ("glin-profanity", _glin_profanity_strict),
}


if __name__ == "__main__":
    main()
