"""Which pictures are painted together, and whom an error reaches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from PIL import Image

from server.batching import Batcher, QueueFull, Stopping, Ticket
from server.job import DeviceLost, Job, OutOfMemory, Picture, Shape

SMALL, LARGE = Shape(64, 64, 8, 7.5), Shape(128, 64, 8, 7.5)
PATIENCE = 30.0


def jobs(count: int, shape: Shape = SMALL, prompt: str = "a lake") -> list[Job]:
    return [Job(shape, prompt, "", seed) for seed in range(count)]


class Painter:
    """Paints the seed's colour; notes what each batch held. Waits at `gate`."""

    def __init__(self, fails: Callable[[Sequence[Job]], None] = lambda _: None) -> None:
        self.batches: list[list[Job]] = []
        self.gate = threading.Event()
        self.gate.set()
        self._fails = fails

    def paint(self, batch: Sequence[Job]) -> list[Picture]:
        self.batches.append(list(batch))
        self.gate.wait(PATIENCE)
        self._fails(batch)
        return [Picture(Image.new("RGB", (1, 1), (job.seed, 0, 0))) for job in batch]

    @property
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.batches]


@contextmanager
def running(batcher: Batcher, painter: Painter) -> Iterator[None]:
    """The queue is filled first, where a test does so: then what is batched does not depend on
    time."""
    thread = threading.Thread(target=batcher.run, args=(painter.paint,))
    thread.start()
    try:
        yield
    finally:
        batcher.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def batcher(most: int = 4, wait: float = 0.0, queue: int = 100) -> Batcher:
    return Batcher(most, wait, queue)


def seeds(ticket: Ticket) -> list[int]:
    assert ticket.wait(PATIENCE)
    return [picture.image.getpixel((0, 0))[0] for picture in ticket.result()]  # type: ignore[index]


def test_requests_of_a_shape_are_painted_together() -> None:
    queue, painter = batcher(), Painter()
    tickets = [queue.submit(jobs(1)), queue.submit(jobs(1, LARGE)), queue.submit(jobs(2))]
    with running(queue, painter):
        assert [seeds(ticket) for ticket in tickets] == [[0], [0], [0, 1]]
    assert painter.sizes == [3, 1]
    assert [ticket.batches for ticket in tickets] == [[3], [1], [3]]


def test_a_large_request_is_split_and_the_rest_of_its_last_batch_given_to_others() -> None:
    queue, painter = batcher(), Painter()
    large, other = queue.submit(jobs(6)), queue.submit(jobs(2))
    with running(queue, painter):
        assert seeds(large) == [0, 1, 2, 3, 4, 5]
        assert seeds(other) == [0, 1]
    assert painter.sizes == [4, 4]


def test_the_oldest_picture_is_next_whatever_the_shape() -> None:
    queue, painter = batcher(most=2), Painter()
    for _ in range(3):
        queue.submit(jobs(2))
    last = queue.submit(jobs(1, LARGE))
    more = queue.submit(jobs(4))
    with running(queue, painter):
        assert seeds(last) == [0]
        assert seeds(more) == [0, 1, 2, 3]
    assert [batch[0].shape for batch in painter.batches[:5]] == [SMALL] * 3 + [LARGE, SMALL]


def test_a_batch_that_is_not_full_waits_for_more() -> None:
    queue, painter = batcher(most=2, wait=PATIENCE), Painter()
    with running(queue, painter):
        first = queue.submit(jobs(1))
        assert not first.wait(0.05)
        second = queue.submit(jobs(1))
        assert seeds(first) == seeds(second) == [0]
    assert painter.sizes == [2]


def test_it_waits_no_longer_than_it_may() -> None:
    queue, painter = batcher(most=2, wait=0.01), Painter()
    with running(queue, painter):
        assert seeds(queue.submit(jobs(1))) == [0]


def out_of_memory_over(most: int) -> Callable[[Sequence[Job]], None]:
    def fail(batch: Sequence[Job]) -> None:
        if len(batch) > most:
            raise OutOfMemory

    return fail


def test_a_batch_too_large_for_the_memory_is_halved_and_not_tried_again() -> None:
    queue, painter = batcher(most=8), Painter(out_of_memory_over(2))
    with running(queue, painter):
        assert seeds(queue.submit(jobs(7))) == [0, 1, 2, 3, 4, 5, 6]
        first = len(painter.batches)
        assert seeds(queue.submit(jobs(4))) == [0, 1, 2, 3]
        assert painter.sizes[first:] == [2, 2]
        other = queue.submit(jobs(2, LARGE))
        assert seeds(other) == [0, 1]
    assert painter.sizes[-1] == 2


def test_a_picture_too_large_for_the_memory_fails_alone() -> None:
    queue, painter = batcher(), Painter(out_of_memory_over(0))
    with running(queue, painter):
        ticket = queue.submit(jobs(2))
        assert ticket.wait(PATIENCE)
    with pytest.raises(OutOfMemory):
        ticket.result()


def test_a_request_that_breaks_the_model_does_not_fail_its_mates() -> None:
    def fail(batch: Sequence[Job]) -> None:
        if any(job.prompt == "bad" for job in batch):
            raise RuntimeError("bad")

    queue, painter = batcher(), Painter(fail)
    good, bad = queue.submit(jobs(1)), queue.submit(jobs(2, prompt="bad"))
    with running(queue, painter):
        assert seeds(good) == [0]
        assert bad.wait(PATIENCE)
    with pytest.raises(RuntimeError, match="bad"):
        bad.result()
    assert painter.sizes == [3, 1, 1]  # what is left of a request that failed is not painted


def test_a_model_that_paints_too_few_is_an_error_and_not_a_hang() -> None:
    class Short(Painter):
        def paint(self, batch: Sequence[Job]) -> list[Picture]:
            return super().paint(batch)[1:]

    queue = batcher()
    with running(queue, Short()):
        ticket = queue.submit(jobs(1))
        assert ticket.wait(PATIENCE)
    with pytest.raises(ValueError, match="0 pictures for 1 jobs"):
        ticket.result()


def test_who_has_gone_away_is_left_out() -> None:
    queue, painter = batcher(), Painter()
    gone, stays = queue.submit(jobs(2)), queue.submit(jobs(1))
    gone.give_up()
    with running(queue, painter):
        assert seeds(stays) == [0]
    assert painter.sizes == [1]


def test_a_full_queue_refuses_and_says_when_to_come_again() -> None:
    queue = batcher(queue=3)
    queue.submit(jobs(2))
    with pytest.raises(QueueFull) as full:
        queue.submit(jobs(2))
    assert full.value.seconds >= 1
    queue.submit(jobs(1))


def test_what_is_queued_is_painted_before_the_end_and_no_more_is_taken() -> None:
    queue, painter = batcher(most=1, wait=PATIENCE), Painter()
    tickets = [queue.submit(jobs(1)) for _ in range(3)]
    queue.stop()
    with pytest.raises(Stopping):
        queue.submit(jobs(1))
    with running(queue, painter):
        assert [seeds(ticket) for ticket in tickets] == [[0], [0], [0]]


def test_what_waits_when_time_is_up_is_told_so() -> None:
    queue = batcher()
    ticket = queue.submit(jobs(1))
    queue.abandon(Stopping())
    assert ticket.wait(PATIENCE)
    with pytest.raises(Stopping):
        ticket.result()


def test_a_lost_accelerator_fails_everything_and_ends_the_run() -> None:
    def fail(batch: Sequence[Job]) -> None:
        raise DeviceLost

    queue = batcher(most=1)
    tickets = [queue.submit(jobs(1)) for _ in range(3)]
    with pytest.raises(DeviceLost):
        queue.run(Painter(fail).paint)
    for ticket in tickets:
        with pytest.raises(DeviceLost):
            ticket.result()
    with pytest.raises(Stopping):
        queue.submit(jobs(1))


def test_nothing_of_a_prompt_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(batch: Sequence[Job]) -> None:
        if len(batch) > 1:
            raise OutOfMemory
        raise ValueError(batch[0].prompt)

    queue = batcher()
    with running(queue, Painter(fail)):
        assert queue.submit(jobs(2, prompt="a secret lake")).wait(PATIENCE)
    told = capsys.readouterr()
    assert "batch_failed" in told.out
    assert "secret" not in told.out + told.err
