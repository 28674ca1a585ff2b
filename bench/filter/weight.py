"""What the filter's function weighs with 5,000 terms: its zip, and its start beside a bare one."""

import io
import json
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cold_start.clients import beside
from bench.cold_start.figures import Comparison
from bench.cold_start.measure import bare_module, start_of, task_folder
from bench.cold_start.rounds import compared
from bench.filter.families import cases_of
from bench.filter.ours import OurFilter, compiled
from bench.filter.speed import synthetic_terms


@dataclass(frozen=True)
class Weight:
    """The zip of all functions' own code and compiled parts; the start; what is made later.

    first_odd is the milliseconds of the tables that the first unusual word needs.
    """

    zip_megabytes: float
    start: Comparison
    first_odd: float


def weight(pairs: int) -> Weight:
    """Measured in a folder as it is deployed, with 5,000 terms in the place of the policy's."""
    with tempfile.TemporaryDirectory() as folder:
        task = task_folder(Path(folder))
        part = compiled(synthetic_terms(5_000))
        keywords = json.dumps(part, ensure_ascii=False, separators=(",", ":"))
        (task / "compiled" / "keywords.json").write_text(keywords, "utf-8")
        megabytes = _zipped(task) / 1e6
        start = _start(task, pairs)
    return Weight(megabytes, start, _first_odd(part))


def _start(task: Path, pairs: int) -> Comparison:
    bare = bare_module(task, beside("filter_keywords"))
    ours = "filter_keywords.handler"
    starts = [(start_of(task, ours), start_of(task, bare)) for _ in range(pairs)]
    return compared([mine for mine, _ in starts], [other for _, other in starts])


def _first_odd(part: dict[str, Any]) -> float:
    ours = OurFilter(part)
    odd = [case.text for case in cases_of("dev")[::500]]
    times = []
    for _ in range(2):
        started = time.process_time()
        for text in odd:
            ours.flags(text)
        times.append(time.process_time() - started)
    return (times[0] - times[1]) * 1000


def _zipped(folder: Path) -> int:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return len(packed.getvalue())
