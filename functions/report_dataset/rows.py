"""The report's rows: what is told of each image, to machines and to spreadsheets."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

# From what has to be looked at to what has not.
VERDICTS = ("flagged", "not_judged", "unusable", "clean")
COLUMNS = (
    *("key", "role", "verdict", "reasons", "labels", "warnings", "message"),
    *("format", "width", "height", "model", "version_id", "etag", "moved_to"),
)
# A cell that begins so is a formula to a spreadsheet (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, Any]


def row_of(item: dict[str, Any], judged: bytes | None) -> Row:
    """A listed item's row: as it was judged, or not_judged."""
    if judged is not None:
        row: Row = json.loads(judged)
        return row
    told = {name: item[name] for name in ("index", "key", "etag", "role")}
    return told | {"verdict": "not_judged", "reasons": [], "warnings": [], "labels": []}


def counts(verdicts: Iterable[str]) -> dict[str, int]:
    """How many there are of each verdict, 0 included."""
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in sorted(VERDICTS)}


def json_line(row: Row) -> str:
    """The whole row but its preview, which the contact sheet has."""
    return json.dumps({name: row[name] for name in row if name != "preview"}) + "\n"


def clean_line(row: Row, prefix: str, clean: str) -> str:
    """A line of the manifest of what is clean; `copy` says where the version was copied to."""
    told = {name: row[name] for name in ("key", "version_id", "etag", "role")}
    copy = {"copy": clean + row["key"].removeprefix(prefix)} if clean else {}
    return json.dumps(told | copy) + "\n"


def csv_line(cells: Iterable[object]) -> str:
    """One line of a CSV file (RFC 4180) that no spreadsheet takes for a formula."""
    out = io.StringIO()
    csv.writer(out).writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def cells(row: Row) -> list[object]:
    """The row's cells, by COLUMNS."""
    told = {
        **row,
        "reasons": "; ".join(short(reason) for reason in row["reasons"]),
        "labels": "; ".join(row["labels"]),
        "warnings": "; ".join(short(warning) for warning in row["warnings"]),
        "message": "; ".join(one["message"] for one in row["reasons"] if "message" in one),
    }
    return [told.get(column, "") for column in COLUMNS]


def short(reason: dict[str, Any]) -> str:
    """A reason in a few words: its category, and the label or rule that speaks for it."""
    found = reason.get("label") or reason["rule"]
    score = f" {reason['score']:.0%}" if "score" in reason else ""
    return f"{reason['category']}: {found}{score}"


def _cell(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
