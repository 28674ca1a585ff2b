"""The small sets, read and judged once."""

import copy
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from unit.bench_evaluate.small_sets import CASES, PROMPTS, PurpleClassifier, write_sets

from bench.evaluate.evaluation import Evaluation, evaluate
from bench.evaluate.panel import Panel
from bench.evaluate.progress import Steps
from bench.evaluate.reading import read_sets
from bench.evaluate.report.conditions import Conditions, conditions, policy_file
from bench.evaluate.sets import Sets
from local.policy import keywords
from local.policy.source import POLICY, read_policy


@pytest.fixture(scope="session")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    return read_sets(write_sets(tmp_path_factory.mktemp("sets")), {})


@pytest.fixture(scope="session")
def policy() -> dict[str, Any]:
    return read_policy()


@pytest.fixture(scope="session")
def evaluation(sets: Sets, policy: dict[str, Any]) -> Evaluation:
    """Compared with a policy that stops nothing purple."""
    lenient = copy.deepcopy(policy)
    for label in lenient["classifier"]["toxicity"].values():
        label["threshold"] = 0.97
        label.pop("uncertain", None)
    steps = Steps(Console(quiet=True))
    with pytest.MonkeyPatch.context() as patch:
        _know_few_words(patch)
        return evaluate(sets, policy, lenient, PurpleClassifier(), Panel(()), steps)


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    _know_few_words(monkeypatch)


def _know_few_words(patch: pytest.MonkeyPatch) -> None:
    """To look at every English word takes seconds for each list that is compiled."""
    texts = [str(row["text"]) for row in CASES] + [row[0] for row in PROMPTS]
    patch.setattr(keywords, "english", lambda: (" ".join(texts).split(), []))


@pytest.fixture(scope="session")
def made_with(sets: Sets, policy: dict[str, Any]) -> Conditions:
    panel = Panel((), {"a-peer": "1.0"}, {"another": "no .venv-peers"})
    judge = policy_file(Path(POLICY), policy["version"])
    return conditions(sets, judge, None, "purple-1, a local stand-in", panel, 1.0)
