"""What kills a process before or after one of its writes."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

# How many writes pass before the process is killed, and on which side of the next one.
FUSES = st.one_of(st.none(), st.tuples(st.integers(0, 4), st.sampled_from(["before", "after"])))


class KilledError(BaseException):
    """The process is gone: nothing of ours may catch it."""


class Fuse:
    """Lets some writes pass, then kills whoever writes."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._side = ""

    def set(self, fuse: tuple[int, str] | None) -> None:
        self._left, self._side = fuse or (None, "")

    def guarded(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def guard(*args: Any, **kwargs: Any) -> Any:
            blown = self._left == 0
            if self._left is not None:
                self._left -= 1
            if blown and self._side == "before":
                raise KilledError
            answer = write(*args, **kwargs)
            if blown:
                raise KilledError
            return answer

        return guard
