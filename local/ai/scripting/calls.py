"""How often each operation was called, and about what."""

import threading
from collections import Counter, OrderedDict

from local.ai.wire import Json

MOST_SUBJECTS = 5_000  # the oldest subjects are forgotten; totals never are


class Calls:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._by_subject: OrderedDict[tuple[str, str], int] = OrderedDict()

    def count(self, operation: str, subject: str) -> None:
        """`subject` is the prompt, or the picture's `bucket/key`."""
        with self._lock:
            self._totals[operation] += 1
            key = (operation, subject)
            self._by_subject[key] = self._by_subject.get(key, 0) + 1
            if len(self._by_subject) > MOST_SUBJECTS:
                self._by_subject.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._totals.clear()
            self._by_subject.clear()

    def report(self) -> Json:
        """{operation: {"total": n, "subjects": {subject: n}}}"""
        with self._lock:
            report: Json = {
                name: {"total": total, "subjects": {}} for name, total in self._totals.items()
            }
            for (operation, subject), count in self._by_subject.items():
                report[operation]["subjects"][subject] = count
            return report
