"""Writes what was found in a data set: for people, for spreadsheets and for machines."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from report_dataset.decision import flagged_prompts, refusal_of
from report_dataset.rows import (
    COLUMNS,
    VERDICTS,
    Row,
    cells,
    clean_line,
    counts,
    csv_line,
    json_line,
    row_of,
)
from report_dataset.sheet import MOST_PICTURES, reason_names, sheet
from shared.lines import Place, Window, lines
from shared.map_results import result_files
from shared.records import utc_text
from shared.s3 import ObjectMissing, ObjectVersion, Storage

# A verdict with its reasons is far below, and so is an item.
_MOST_LINE_BYTES = 256 * 1024

Json = dict[str, Any]


@dataclass
class Findings:
    """What is counted, and written, of all rows."""

    ranks: list[tuple[int, int]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    models: set[str] = field(default_factory=set)
    clean_instances: int = 0
    table: io.StringIO = field(default_factory=io.StringIO)
    whole: io.StringIO = field(default_factory=io.StringIO)
    manifest: io.StringIO = field(default_factory=io.StringIO)

    def add(self, row: Row, job: Json) -> None:
        """One more row, in the order of the listing."""
        self.ranks.append((VERDICTS.index(row["verdict"]), row["index"]))
        self.reasons.update(reason_names(row))
        self.models.update({row["model"]} if row.get("model") else ())
        self.table.write(csv_line(cells(row)))
        self.whole.write(json_line(row))
        if row["verdict"] == "clean":
            self.manifest.write(clean_line(row, job["prefix"], job["clean"]))
            self.clean_instances += row["role"] == "instance"

    def counts(self) -> dict[str, int]:
        """How many rows there are of each verdict."""
        return counts(VERDICTS[rank] for rank, _ in self.ranks)


def report(storage: Storage, job: Json, judged: list[Json], status: str) -> Json:
    """{verdict: done, report} of a job as PrepareDataset told it.

    `judged` are {field, verdict, reasons} of the prompts, `status` is how judging the images ended.
    The largest set is reported in one call.
    """
    verdicts, found = _verdicts(storage, job), Findings()
    found.table.write(csv_line(COLUMNS))
    for row in _rows(storage, job, verdicts):
        found.add(row, job)
    told = {
        "counts": found.counts(),
        "models": sorted(found.models),
        "fine_tuning": _finish(storage, job, judged, status, found),
    }
    page = _page(storage, job, judged, verdicts, found, told)
    keys = {
        name: storage.write(job["datasets"], job["reports"] + file, text.encode(), kind).key
        for name, file, text, kind in (
            ("key", "report.html", page, "text/html; charset=utf-8"),
            ("csv_key", "report.csv", found.table.getvalue(), "text/csv; charset=utf-8"),
            ("jsonl_key", "report.jsonl", found.whole.getvalue(), "application/jsonl"),
            ("clean_key", "clean.jsonl", found.manifest.getvalue(), "application/jsonl"),
        )
    }
    places = {"bucket": job["datasets"], **keys, "clean": job["clean"]}
    prompts = {prompt["field"]: prompt["verdict"] for prompt in judged}
    return {"verdict": "done", "report": {**places, **told, "prompts": prompts}}


def _page(
    storage: Storage,
    job: Json,
    judged: list[Json],
    verdicts: dict[int, bytes],
    found: Findings,
    told: Json,
) -> str:
    """The contact sheet, of what has to be looked at first."""
    shown = {index for _, index in sorted(found.ranks)[:MOST_PICTURES]}
    pictures = sorted(
        (row for row in _rows(storage, job, verdicts) if row["index"] in shown),
        key=lambda row: VERDICTS.index(row["verdict"]),
    )
    facts = {
        **{name: job[name] for name in ("prefix", "job_id", "run", "policy_hash", "unread_fields")},
        **told,
        "ended_at": utc_text(datetime.now(UTC)),
        "reasons": found.reasons,
        "prompts": judged,
    }
    return sheet(facts, pictures, len(found.ranks) - len(pictures))


def _finish(
    storage: Storage, job: Json, judged: list[Json], status: str, found: Findings
) -> dict[str, str]:
    """Whether the set may be trained on; if so, its copy gets its dataset_info.json at last.

    Without it no training can begin, whoever starts one on the copy.
    """
    flagged = flagged_prompts(job["prompts"], judged)
    refusal = refusal_of(status, found.counts(), flagged, found.clean_instances)
    if job["clean"] and not refusal:
        info = ObjectVersion(job["datasets"], job["info"]["key"], job["info"]["version_id"])
        copy = job["clean"] + info.key.removeprefix(job["prefix"])
        try:
            storage.copy(info, job["datasets"], copy)
        except ObjectMissing:
            refusal = "the dataset_info.json that was judged is gone"
    if not job["fine_tune"]:
        return {"status": "NOT_ASKED", "reason": ""}
    return {"status": "REFUSED" if refusal else "ALLOWED", "reason": refusal}


def _verdicts(storage: Storage, job: Json) -> dict[int, bytes]:
    """The line of each image that was judged, by index."""
    found: dict[int, bytes] = {}
    for key in result_files(storage, job["bucket"], job["verdicts"], "SUCCEEDED"):
        for line in _lines(storage, job["bucket"], key):
            found[json.loads(line)["index"]] = line
    return found


def _rows(storage: Storage, job: Json, verdicts: dict[int, bytes]) -> Iterator[Row]:
    """A row of everything that was listed, in that order."""
    for listed in storage.list_all(job["bucket"], job["items"]):
        for line in _lines(storage, job["bucket"], listed.key):
            item = json.loads(line)
            yield row_of(item, verdicts.get(item["index"]))


def _lines(storage: Storage, bucket: str, key: str) -> Iterator[bytes]:
    stream = storage.stream(ObjectVersion(bucket, key))
    for line in lines(Window(stream, Place()), _MOST_LINE_BYTES):
        # Of our own functions, that write none longer.
        if line.content is None:
            raise ValueError(f"a line of {key} is too long")
        if line.content:
            yield line.content
