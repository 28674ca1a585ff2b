"""How the stages' own code grows: with the prompt, the pictures of a request, and the policy."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bench.filter.ours import compiled
from bench.filter.speed import Texts, synthetic_terms
from bench.latency.measure import OURS, Bench, Request, check
from shared.keywords.lists import KeywordLists, prepare
from shared.keywords.verdict import decide

LENGTHS = (10, 100, 500, 1000, 2000)
IMAGES = (1, 2, 3, 4)
TERMS = (50, 500, 5_000, 50_000)
_JUDGED_CHARACTERS = 400
_NEW_WORDS = 0.05
_BATCH = 20


@dataclass(frozen=True)
class Growth:
    """Median milliseconds of the processor of each stage, in the order of `sizes`."""

    of: str
    sizes: tuple[int, ...]
    stages: dict[str, list[float]]
    n: int


def with_prompts(bench: Bench, rounds: int) -> Growth:
    """The stages that read the prompt."""
    stages = ("AcceptRequest", "FilterKeywords", "ClassifyPrompt", "GenerateImages")
    texts = Texts("latency")
    requests: list[Request] = [{"prompt": texts.of(length)} for length in LENGTHS]
    return _measured(bench, "characters of the prompt", LENGTHS, requests, stages, rounds)


def with_images(bench: Bench, rounds: int) -> Growth:
    """The stages that handle pictures."""
    stages = ("StoreImages", "ModerateImages", "PublishImages")
    prompt = Texts("latency").of(100)
    requests: list[Request] = [{"prompt": prompt, "num_images": n} for n in IMAGES]
    return _measured(bench, "pictures of a request", IMAGES, requests, stages, rounds)


def _measured(
    bench: Bench,
    of: str,
    sizes: tuple[int, ...],
    requests: Sequence[Request],
    stages: Sequence[str],
    rounds: int,
) -> Growth:
    """In turns, so that what else the machine does falls on all sizes alike."""
    found: dict[str, list[list[float]]] = {stage: [[] for _ in sizes] for stage in stages}
    for _ in range(rounds):
        for index, request in enumerate(requests):
            (sample,) = bench.one_by_one(request, (OURS,))
            check(sample)
            for stage in stages:
                found[stage][index].append(sample.cpu[stage])
    medians = {stage: [statistics.median(one) for one in found[stage]] for stage in stages}
    return Growth(of, sizes, medians, rounds)


def with_policy(terms: tuple[int, ...], rounds: int) -> Growth:
    """FilterKeywords' rule and the loading of its lists, in this process: nothing else reads them.

    The lists' part of the policy is compiled before. No prompt, of 400 characters, comes twice, and
    one word in twenty is new.
    """
    parts = [compiled(synthetic_terms(count)) for count in terms]
    lists = [prepare(part) for part in parts]
    texts = Texts("latency")
    judged: list[list[float]] = [[] for _ in terms]
    loaded: list[list[float]] = [[] for _ in terms]
    for _ in range(rounds):
        prompts = [texts.of(_JUDGED_CHARACTERS, _NEW_WORDS) for _ in range(_BATCH)]
        for index, part in enumerate(parts):
            judged[index].append(_timed(partial(_judge, prompts, lists[index])) / _BATCH)
            loaded[index].append(_timed(partial(prepare, part)))
    stages = {
        "FilterKeywords, a prompt judged": [statistics.median(one) for one in judged],
        "FilterKeywords, the lists prepared at its start": [
            statistics.median(one) for one in loaded
        ],
    }
    return Growth("terms of the policy", terms, stages, rounds)


def _judge(prompts: Sequence[str], lists: KeywordLists) -> None:
    for prompt in prompts:
        decide(prompt, "", lists, warn=False)


def _timed(act: Callable[[], object]) -> float:
    """Milliseconds of this process' processor."""
    started = time.process_time()
    act()
    return 1000 * (time.process_time() - started)
