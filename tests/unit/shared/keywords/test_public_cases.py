"""Cases that another hand made, with the vocabulary that they assume; not in the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.keywords.matching import find

from .conftest import MakeLists

DATA = Path(__file__).parents[5] / "shared" / "data"
APART = ("stretch_", "homonym_")


@pytest.mark.skipif(
    not (DATA / "keyword_cases_public.jsonl").is_file(),
    reason="the public keyword cases (../shared/data) are not here",
)
def test_the_public_cases(make_lists: MakeLists) -> None:
    words = json.loads((DATA / "keyword_vocab.json").read_text("utf-8"))["words"]
    lists = make_lists(terms=[word["word"] for word in words]).prompt
    lines = (DATA / "keyword_cases_public.jsonl").read_text("utf-8").splitlines()
    cases: list[dict[str, Any]] = [
        case for line in lines if not (case := json.loads(line))["why"].startswith(APART)
    ]
    flagged = [bool(find(case["text"], lists)) for case in cases]
    forbidden = [found for case, found in zip(cases, flagged, strict=True) if case["forbidden"]]
    innocent = [found for case, found in zip(cases, flagged, strict=True) if not case["forbidden"]]
    assert sum(forbidden) / len(forbidden) >= 0.96
    assert sum(innocent) <= 2
