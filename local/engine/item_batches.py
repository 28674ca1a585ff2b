"""Groups a Distributed Map's items by number and by bytes, as ItemBatcher asks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any


def batched(items: Iterable[Any], most_items: float, most_bytes: float) -> Iterator[list[Any]]:
    """Lists of items within both limits; an item that is too large by itself is a list alone."""
    batch: list[Any] = []
    held = 0
    for item in items:
        more = size(item) + bool(batch)
        if batch and (len(batch) >= most_items or held + more > most_bytes):
            yield batch
            batch, held, more = [], 0, size(item)
        batch.append(item)
        held += more
    if batch:
        yield batch


def size(value: Any) -> int:
    """The bytes of its JSON."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
