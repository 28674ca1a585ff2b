"""One way to break a batch or a data set, and how the job that meets it must end."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from faults.case import EVER, Call, Case, Json, at, bound, name_of
from faults.scene import Scene
from PIL import Image
from workflow.running_system import Stack

from shared.jobs import batch_id, dataset_id

# Whose calls name the file or the folder, and not the job.
_BY_PLACE = {
    ("PrepareBatchFunction", "GetObject"),
    ("PrepareDatasetFunction", "GetObject"),
    ("PrepareDatasetFunction", "ListObjectsV2"),
    ("ModerateDatasetImagesFunction", "GetObject"),
    ("ModerateDatasetImagesFunction", "DeleteObject"),
    ("ModerateDatasetImagesFunction", "DetectModerationLabels"),
    ("FollowJobsFunction", "DescribeExecution"),
    ("/PrepareBatch", "Invoke"),
    ("/PrepareDataset", "Invoke"),
}
DONE, EITHER = ("COMPLETED",), ("COMPLETED", "FAILED")
_ONCE, _ONCE_BY_THE_MACHINE = ("error", "lost", "malformed"), ("error", "throttle", "lost")


@dataclass(frozen=True)
class JobCase(Case):
    """A job of its own. `ends` are those of its first run; a failed one runs again, unbroken."""

    kind: str = "batch"

    @property
    def place(self) -> str:
        """A batch's file, a data set's folder."""
        return f"batches/{self.tag}/rows.jsonl" if self.kind == "batch" else f"datasets/{self.tag}/"

    @property
    def rows(self) -> bytes:
        """A batch of a row that is painted, one that is not, and one that is none."""
        painted = {"prompt": self.prompt, "width": 256, "height": 256}
        lines = (painted, {"prompt": f"a nude man {self.tag}"}, {"promt": self.tag})
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    def job_id(self, stack: Stack) -> str:
        """What the job will be called."""
        if self.kind == "dataset":
            return dataset_id(stack.outputs["DatasetsBucket"], self.place)
        etag = hashlib.md5(self.rows, usedforsecurity=False).hexdigest()
        return batch_id(stack.outputs["PromptsBucket"], self.place, etag)

    def bound_to(self, stack: Stack) -> Iterator[Json]:
        """The rules, each told what only this job's calls contain."""
        for number, unbound in enumerate(self.rules):
            by_place = (unbound["caller"], unbound["operation"]) in _BY_PLACE
            text = self.tag if by_place else self.job_id(stack)
            yield bound({**unbound, "id": self.rule_id(number)}, text)


CLEAN, FLAGGED = ("1.png", "class_data_dir/3.png"), "2.png"
PROMPTS = {"instance_prompt": "a photo of a zxw teapot", "class_prompt": "a photo of a teapot"}


@cache
def pictures() -> dict[str, bytes]:
    """A data set's files: two that are clean, one that Rekognition is told to see something in."""
    files = {}
    for name, shade in ((CLEAN[0], 10), (FLAGGED, 20), (CLEAN[1], 30)):
        out = io.BytesIO()
        Image.linear_gradient("L").resize((96, 96)).point(_brighter(shade)).save(out, "png")
        files[name] = out.getvalue()
    return files


def _brighter(shade: int) -> Any:
    return lambda value: (value + shade) % 256


def broken(kind: str, calls: list[Call], quick: tuple[str, ...] = ()) -> list[JobCase]:
    """Each call broken once, and for good; `quick` are the names of the fast part.

    What is broken once is tried again: only a reply that nobody can read may end the job.
    """
    made = []
    for call in calls:
        once = _ONCE_BY_THE_MACHINE if call[0].startswith("/") else _ONCE
        for how in once:
            ends = EITHER if how == "malformed" else DONE
            made.append(_case(kind, call, how, ends, quick))
        made.append(_case(kind, call, "error", EITHER, quick, **EVER))
    return made


def cut_off(kind: str, writes: list[Call], quick: tuple[str, ...] = ()) -> list[JobCase]:
    """The caller killed before and after each write, once; and for good."""
    return [
        case
        for write in writes
        for case in (
            _case(kind, write, "kill_before", DONE, quick),
            _case(kind, write, "kill_after", DONE, quick),
            _case(kind, write, "kill_after", EITHER, quick, **EVER),
        )
    ]


def _case(
    kind: str, call: Call, how: str, ends: tuple[str, ...], quick: tuple[str, ...], **more: Any
) -> JobCase:
    name = f"{how}-{name_of(call).strip('/')}{'-ever' if more else ''}"
    rule = at(*call[:3], how, skip=call[3], **more)
    return JobCase(f"{kind}-{name}", ends, (rule,), kind=kind, quick=name in quick)


def stopped(kind: str, call: Call, ends: tuple[str, ...], *rules: Json, quick: bool) -> JobCase:
    """The execution stopped while a state's call is under way; then what else is broken."""
    what = "-".join(f"{rule['kind']}-{rule['operation']}-{rule['skip']}" for rule in rules)
    slow = at(*call[:3], "delay", seconds=3)
    name = f"{kind}-stopped-in-{call[0].strip('/')}{'-' * bool(what)}{what}"
    return JobCase(name, ends, (slow, *rules), act=_stop, kind=kind, quick=quick)


def _stop(scene: Scene) -> None:
    scene.await_rule(0)
    scene.stop()
