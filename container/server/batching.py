"""Pictures that are asked for at the same time are painted together.

The unit is the picture: a request with many is split over batches, and what is left of a batch is
filled from other requests. The oldest picture's shape is always next, so no shape starves.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.job import DeviceLost, Job, OutOfMemory, Picture, Shape
from server.log import tell, where

Paint = Callable[[Sequence[Job]], list[Picture]]


class QueueFull(Exception):
    """As many pictures wait as may; `seconds` until there is room, as things go."""

    def __init__(self, seconds: int) -> None:
        super().__init__("the queue is full")
        self.seconds = seconds


class Stopping(Exception):
    """The server ends: what has not been painted will not be."""


class Ticket:
    """One request's place in the queue."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.pictures: list[Picture | None] = [None] * len(jobs)
        self.error: Exception | None = None
        # How many pictures there were in each batch that painted some of these.
        self.batches: list[int] = []
        self._over = threading.Event()
        self._missing = len(jobs)

    @property
    def over(self) -> bool:
        """Painted, failed or given up."""
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether it was over in time."""
        return self._over.wait(seconds)

    def give_up(self) -> None:
        """Nobody waits for it any more; what runs for it runs on, the rest is left out."""
        self._over.set()

    def result(self) -> list[Picture]:
        """The pictures, or raises what went wrong."""
        if self.error is not None:
            raise self.error
        return [picture for picture in self.pictures if picture is not None]

    def deliver(self, index: int, picture: Picture) -> None:
        """Called by the painting thread alone."""
        self.pictures[index] = picture
        self._missing -= 1
        if not self._missing:
            self._over.set()

    def fail(self, error: Exception) -> None:
        """Called for the first picture that fails; the others need not be painted."""
        if not self.over:
            self.error = error
            self._over.set()


@dataclass(frozen=True)
class _Waiting:
    job: Job
    ticket: Ticket
    index: int
    since: float


class Batcher:
    """A queue of pictures, and the one thread that paints them, which calls run()."""

    def __init__(self, max_batch: int, wait_seconds: float, queue_images: int) -> None:
        self._max_batch, self._wait_seconds = max_batch, wait_seconds
        self._queue_images = queue_images
        self._waiting: deque[_Waiting] = deque()
        self._under_way: list[_Waiting] = []
        self._changed = threading.Condition()
        self._stopping = False
        # The largest batches that had enough memory, where a larger one had not.
        self._fitting: dict[tuple[int, int, bool], int] = {}
        self._seconds_a_picture = 1.0

    @property
    def waiting(self) -> int:
        """Pictures that no batch has taken yet."""
        return len(self._waiting)

    def submit(self, jobs: Sequence[Job]) -> Ticket:
        """Raises QueueFull and Stopping."""
        with self._changed:
            if self._stopping:
                raise Stopping
            if len(self._waiting) + len(jobs) > self._queue_images:
                raise QueueFull(max(1, round(self._seconds_a_picture * len(self._waiting))))
            ticket, now = Ticket(jobs), time.monotonic()
            self._waiting.extend(_Waiting(job, ticket, n, now) for n, job in enumerate(jobs))
            self._changed.notify_all()
        return ticket

    def run(self, paint: Paint) -> None:
        """Paints until stop(). Raises DeviceLost, once every request has been told so."""
        while batch := self._next():
            try:
                self._paint(paint, batch)
            except Exception as error:
                self.abandon(error)
                raise

    def stop(self) -> None:
        """No more is taken; run() returns when the queue is empty."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def abandon(self, error: Exception) -> None:
        """Whatever waits fails, and what is being painted: nobody waits for that any more."""
        self.stop()
        with self._changed:
            self._fail([*self._under_way, *self._waiting], error)
            self._waiting.clear()

    def _next(self) -> list[_Waiting]:
        """The next batch, waited for; empty when there will be none."""
        with self._changed:
            while True:
                # Who has gone away, or has failed already, is left out.
                self._waiting = deque(one for one in self._waiting if not one.ticket.over)
                if not self._waiting:
                    if self._stopping:
                        return []
                    self._changed.wait()
                    continue
                batch, full = self._group()
                left = self._waiting[0].since + self._wait_seconds - time.monotonic()
                if full or self._stopping or left <= 0:
                    taken = set(map(id, batch))
                    self._waiting = deque(one for one in self._waiting if id(one) not in taken)
                    self._under_way = batch
                    return batch
                self._changed.wait(left)

    def _group(self) -> tuple[list[_Waiting], bool]:
        """The oldest picture and those of its shape, in their order; whether no more fit."""
        shape = self._waiting[0].job.shape
        most = min(self._max_batch, self._fitting.get(_memory_key(shape), self._max_batch))
        alike = [one for one in self._waiting if one.job.shape == shape]
        return alike[:most], len(alike) >= most

    def _paint(self, paint: Paint, batch: list[_Waiting]) -> None:
        started = time.monotonic()
        try:
            pictures = _painted(paint, batch)
        except DeviceLost:
            raise
        except OutOfMemory as error:
            self._paint_halves(paint, batch, error)
        except Exception as error:  # noqa: BLE001 - whatever a model raises is one request's
            self._paint_singly(paint, batch, error)
        else:
            self._deliver(batch, pictures, time.monotonic() - started)

    def _paint_halves(self, paint: Paint, batch: list[_Waiting], error: OutOfMemory) -> None:
        shape, half = batch[0].job.shape, (len(batch) + 1) // 2
        tell("out_of_memory", images=len(batch), width=shape.width, height=shape.height)
        if len(batch) == 1:
            return self._fail(batch, error)
        self._fitting[_memory_key(shape)] = half
        self._paint(paint, batch[:half])
        return self._paint(paint, batch[half:])

    def _paint_singly(self, paint: Paint, batch: list[_Waiting], error: Exception) -> None:
        """One of them may be to blame: its mates shall not fail with it."""
        tell("batch_failed", images=len(batch), error=type(error).__name__, where=where(error))
        if len(batch) == 1:
            return self._fail(batch, error)
        for one in batch:
            if not one.ticket.over:
                self._paint(paint, [one])
        return None

    def _deliver(self, batch: list[_Waiting], pictures: list[Picture], seconds: float) -> None:
        self._seconds_a_picture = seconds / len(batch)
        shape = batch[0].job.shape
        of = Counter(one.ticket for one in batch)
        tell(
            "batch", images=len(batch), requests=len(of), width=shape.width, height=shape.height,
            steps=shape.steps, seconds=round(seconds, 3), waiting=self.waiting,
        )  # fmt: skip
        for ticket in of:
            ticket.batches.append(len(batch))
        for one, picture in zip(batch, pictures, strict=True):
            one.ticket.deliver(one.index, picture)

    def _fail(self, these: Sequence[_Waiting], error: Exception) -> None:
        for one in these:
            one.ticket.fail(error)


def _memory_key(shape: Shape) -> tuple[int, int, bool]:
    """What a picture's memory depends on."""
    return shape.width, shape.height, bool(shape.guidance)


def _painted(paint: Paint, batch: list[_Waiting]) -> list[Picture]:
    pictures = paint([one.job for one in batch])
    if len(pictures) != len(batch):
        raise ValueError(f"{len(pictures)} pictures for {len(batch)} jobs")
    return pictures
