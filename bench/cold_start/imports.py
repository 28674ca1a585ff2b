"""What the imports of a start cost, module by module, in CPU time.

As `python -X importtime` shows it, but for the clock: that one goes on while others compute. Of
some starts each module's best is taken.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.cold_start.clients import beside
from bench.cold_start.graph import file_of, loaded_in_vain
from bench.cold_start.measure import RUNTIME, bare_module, run_in, task_folder

_SCRIPT = """
import sys, time
began_all = time.process_time()
{runtime}
runtime = time.process_time() - began_all
spent, inside = [], [0.0]

class Clock:
    def find_spec(self, name, path=None, target=None):
        began = time.process_time()
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path[1:])
        spec = next(filter(None, found), None)
        if spec is None:
            return None
        finding, run = time.process_time() - began, getattr(spec.loader, "exec_module", None)

        def timed(module):
            inside.append(0.0)
            began = time.process_time()
            try:
                run(module)
            finally:
                note(name, finding + time.process_time() - began, inside.pop())

        if hasattr(spec.loader, "path"):
            spec.loader.exec_module = timed
        else:
            note(name, finding, 0.0)
        return spec

def note(name, whole, others):
    inside[-1] += whole
    spent.append((name, whole - others, whole))

sys.meta_path.insert(0, Clock())
import {module} as handler
handler.build()
print(json.dumps([spent, runtime * 1000, (time.process_time() - began_all) * 1000]))
"""
_BOTO3 = frozenset({"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"})
Timed = tuple[str, float, float]
"""(module, own and whole milliseconds)."""
_PACKAGES = frozenset({"compiled", "shared"})
GROUPS = ("ours", "boto3", "Pillow", "standard library")


@dataclass(frozen=True)
class Import:
    """A module's own milliseconds, and those with all that it was the first to import.

    `more` if the bare handler does not load it; `in_vain` if only annotations name it.
    """

    module: str
    own: float
    whole: float
    group: str
    more: bool
    in_vain: bool


@dataclass(frozen=True)
class Spent:
    """A function's imports, dearest first: CPU milliseconds.

    `runtime` is what Lambda's runtime has imported before, `ms` the whole start, with clients.
    """

    imports: list[Import]
    runtime: float
    ms: float

    @property
    def more(self) -> list[Import]:
        """Others' modules that the bare handler does not load."""
        return [one for one in self.imports if one.more and one.group != "ours"]

    def of(self, group: str) -> tuple[int, float]:
        """(how many modules, milliseconds) of a group."""
        found = [one.own for one in self.imports if one.group == group]
        return len(found), sum(found)


def measure(functions: Iterable[str], rounds: int, tell: Callable[[str], None]) -> dict[str, Spent]:
    """Of each function, the best of some starts."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        task = task_folder(Path(folder))
        for name in functions:
            tell(f"imports of {name}")
            bare = {one for one, _, _ in _started(task, bare_module(task, beside(name)))[0]}
            starts = [_started(task, f"{name}.handler") for _ in range(rounds)]
            imports = best([one for one, _, _ in starts], bare, loaded_in_vain(f"{name}.handler"))
            runtime, ms = min(one[1] for one in starts), min(one[2] for one in starts)
            found[name] = Spent(imports, runtime, ms)
    return found


def best(starts: list[list[Timed]], bare: set[str], in_vain: set[str]) -> list[Import]:
    """Each module's best of these starts, dearest first."""
    own: dict[str, float] = {}
    whole: dict[str, float] = {}
    for start in starts:
        for module, alone, together in start:
            own[module] = min(alone, own.get(module, alone))
            whole[module] = min(together, whole.get(module, together))
    found = [
        Import(name, own[name], whole[name], group_of(name), name not in bare, name in in_vain)
        for name in own
    ]
    return sorted(found, key=lambda one: -one.own)


def group_of(module: str) -> str:
    """Whose a module is."""
    top = module.partition(".")[0]
    if top in _BOTO3:
        return "boto3"
    if top == "PIL":
        return "Pillow"
    return "ours" if _is_ours(module) else "standard library"


def _started(task: Path, module: str) -> tuple[list[Timed], float, float]:
    done = run_in(task, ["-c", _SCRIPT.format(runtime=RUNTIME, module=module)])
    spent, runtime, whole = json.loads(done.stdout)
    return [(name, own * 1000, together * 1000) for name, own, together in spent], runtime, whole


def _is_ours(module: str) -> bool:
    top = module.partition(".")[0]
    return file_of(module) is not None or file_of(f"{top}.handler") is not None or top in _PACKAGES
