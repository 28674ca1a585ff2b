"""The contact sheet: one HTML file without scripts, which needs nothing but itself.

It shows blurred previews alone: who looks through thousands of images need not see one of them.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

from report_dataset.rows import VERDICTS, Row, short

# More than can be looked at, and a file of about 2 MB.
MOST_PICTURES = 1000
_SAYS = {
    "flagged": "Flagged",
    "not_judged": "Not judged",
    "unusable": "Not usable",
    "clean": "Clean",
}
# What passes for a moderator on one machine names itself so.
_STAND_IN = "local-"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 75rem; padding: 1rem }
table { border-collapse: collapse; margin: 0 0 1rem }
caption { font-weight: 600; text-align: left }
th, td { border: 1px solid; padding: .2rem .6rem; text-align: left; vertical-align: top }
td.n { text-align: right; font-variant-numeric: tabular-nums }
ul.sheet { display: grid; gap: 1rem; list-style: none; padding: 0;
  grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)) }
li figure { border: 1px solid; margin: 0; padding: .5rem; break-inside: avoid }
li img, li .none { display: block; width: 100%; height: 8rem; object-fit: contain }
li .none { display: grid; place-items: center }
figcaption { overflow-wrap: anywhere; font-size: .85rem }
.flagged figure, .not_judged figure, .unusable figure { border-width: 3px }
@media print { body { max-width: none } }
"""


def sheet(facts: dict[str, Any], shown: list[Row], left_out: int) -> str:
    """The whole document; `shown` are the rows of the pictures, in their order.

    `facts` are {prefix, job_id, run, ended_at, policy_hash, counts, models, reasons, prompts,
    unread_fields, fine_tuning}.
    """
    title = f"Data set {_shown(facts['prefix'])}"
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
            f"<h1>{title}</h1>",
            *_summary(facts),
            "<h2>Images</h2>",
            _about_the_pictures(len(shown), left_out),
            '<ul class="sheet">',
            *(_picture(row, facts["prefix"]) for row in shown),
            "</ul>\n</main>\n</body>\n</html>\n",
        )
    )


def reason_names(row: Row) -> set[str]:
    """What speaks against an image, once each and without scores."""
    return {
        short({part: reason[part] for part in reason if part != "score"})
        for reason in row["reasons"]
    }


def _summary(facts: dict[str, Any]) -> list[str]:
    models = facts["models"]
    stand_ins = [model for model in models if model.startswith(_STAND_IN)]
    about = (
        f"Job {facts['job_id']}, run {facts['run']}, {facts['ended_at']};"
        f" policy {facts['policy_hash'][:12]}; judged by {', '.join(models) or 'nobody'}."
    )
    parts = [f"<p>{_shown(about)}</p>"]
    if stand_ins:
        parts.append(
            f"<p><strong>{_shown(', '.join(stand_ins))}: a stand-in that runs on one machine has"
            " judged, not Amazon Rekognition. Its verdicts are for trying things out.</strong></p>"
        )
    verdicts = [(_SAYS[verdict], facts["counts"][verdict]) for verdict in VERDICTS]
    parts.append(_table("Verdicts", ("Verdict", "Images"), verdicts))
    if facts["reasons"]:
        parts.append(_table("Reasons", ("Reason", "Images"), facts["reasons"].most_common()))
    prompts = [
        (prompt["field"], prompt["verdict"], "; ".join(map(short, prompt["reasons"])) or "none")
        for prompt in facts["prompts"]
    ]
    parts.append(_table("Prompts", ("Prompt", "Verdict", "Reasons"), prompts))
    if facts["unread_fields"]:
        fields = _shown(", ".join(facts["unread_fields"]))
        parts.append(f"<p>dataset_info.json has fields that no training reads: {fields}.</p>")
    tuning = facts["fine_tuning"]
    if tuning["status"] != "NOT_ASKED":
        says = "allowed" if tuning["status"] == "ALLOWED" else f"refused: {tuning['reason']}"
        parts.append(f"<p>Fine-tuning: {_shown(says)}.</p>")
    return parts


def _table(caption: str, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    lines = []
    for first, *rest in rows:
        cells = "".join(
            f'<td class="n">{cell:,}</td>' if isinstance(cell, int) else f"<td>{_shown(cell)}</td>"
            for cell in rest
        )
        lines.append(f'<tr><th scope="row">{_shown(first)}</th>{cells}</tr>')
    body = "\n".join(lines)
    return f"<table><caption>{caption}</caption><tr>{titles}</tr>\n{body}\n</table>"


def _about_the_pictures(shown: int, left_out: int) -> str:
    says = "Each preview is at most 16 x 16 blurred pixels of its image."
    if left_out:
        says += f" {shown:,} are shown, {left_out:,} are left out: report.csv has them all."
    return f"<p>{says}</p>"


def _picture(row: Row, prefix: str) -> str:
    name = _shown(row["key"].removeprefix(prefix))
    says = _SAYS[row["verdict"]]
    told = "; ".join(one.get("message") or short(one) for one in row["reasons"] + row["warnings"])
    preview = row.get("preview")
    looks = (
        f'<img alt="Blurred preview of {name}" src="data:image/jpeg;base64,{_shown(preview)}">'
        if preview
        else '<div class="none">no preview</div>'
    )
    return (
        f'<li class="{row["verdict"]}"><figure>{looks}<figcaption><strong>{says}</strong>'
        f" <bdi>{name}</bdi>{'<br>' if told else ''}{_shown(told)}</figcaption></figure></li>"
    )


def _shown(text: object) -> str:
    """Safe in HTML, and nothing in it that hides or turns around what follows."""
    visible = (c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(text))
    return escape("".join(visible), quote=True)
