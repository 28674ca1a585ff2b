"""The chain as one Lambda is a fair one: it comes to the same end, with the same picture."""

import json
from collections.abc import Iterator

import pytest

from bench.latency.both_designs import BothDesigns
from bench.latency.measure import ONE, OURS, PATH, Bench
from local.deployed_stack import Record

pytestmark = pytest.mark.engine

FINE, SWEARING = {"prompt": "a lighthouse on a cliff at sunset"}, {"prompt": "a nude man"}


@pytest.fixture(scope="module")
def both() -> Iterator[BothDesigns]:
    with BothDesigns() as started:
        yield started


def test_both_deliver_the_same_picture(both: BothDesigns) -> None:
    bench = Bench(both)

    ours, one = bench.one_by_one(FINE)

    assert (ours.status, one.status) == ("COMPLETED", "COMPLETED")
    assert set(ours.cpu) == set(PATH)
    assert min(ours.cpu.values()) > 0
    assert sum(ours.states.values()) == 16
    assert (ours.design, one.design) == (OURS, ONE)
    assert _looks(_newest(both)) == _looks(_of_one_lambda(both, FINE))


def test_both_stop_at_the_same_words(both: BothDesigns) -> None:
    ours, one = Bench(both).one_by_one(SWEARING)

    assert (ours.status, one.status) == ("BLOCKED_PROMPT", "BLOCKED_PROMPT")
    assert "GenerateImages" not in one.cpu
    assert "GenerateImages" not in ours.states


def _newest(both: BothDesigns) -> Record:
    return both.records_of("direct", limit=1)[0]


def _of_one_lambda(both: BothDesigns, request: dict[str, str]) -> Record:
    reply = both.client("lambda").invoke(FunctionName=both.one_lambda, Payload=json.dumps(request))
    answer: Record = json.loads(reply["Payload"].read())
    return answer


def _looks(record: Record) -> list[tuple[object, ...]]:
    told = ("index", "verdict", "width", "height", "format", "phash", "delivered")
    return [tuple(image[name] for name in told) for image in record["images"]]
