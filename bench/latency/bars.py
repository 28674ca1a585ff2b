"""Own code by stage as an SVG: a pair of bars a stage, read in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from bench.latency.figures import spread
from bench.latency.measure import DESIGNS, ONE, OURS
from bench.latency.run import Results
from bench.latency.tables import WAY_IN_PAIRS

_WIDTH, _LEFT, _TOP, _ROW, _BAR, _LABEL = 760, 150, 74, 36, 13, 50
_STYLE = """\
svg{--ink:#1b1f24;--faint:#57606a;--paper:#ffffff;--c0:#0550ae;--c1:#c4540a}
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--faint:#9da7b1;--paper:#0d1117;
--c0:#79c0ff;--c1:#ffa657}}
text{font:13px system-ui,sans-serif;fill:var(--ink)}.faint{fill:var(--faint)}
.title{font-size:16px;font-weight:600}
"""
_TITLE = "Own code in a request whose generation takes 15 s: milliseconds of processor"


def by_stage(found: Results) -> dict[str, tuple[float, float]]:
    """Median milliseconds of each stage: the state machine's and the one Lambda's."""

    def middle(design: str, stage: str) -> float:
        return spread([sample.cpu.get(stage, 0.0) for sample in found.slow[design]]).middle

    return {
        stage: (middle(OURS, stage), middle(ONE, other)) for stage, other in WAY_IN_PAIRS.items()
    }


def svg(stages: dict[str, tuple[float, float]], note: str) -> str:
    """The whole file; `note` stands below the bars."""
    return "\n".join([*_lines(stages, note), ""])


def _lines(stages: dict[str, tuple[float, float]], note: str) -> Iterator[str]:
    height = _TOP + _ROW * len(stages) + 34
    most = max(max(pair) for pair in stages.values()) or 1.0
    told = "; ".join(f"{stage}: {ours:.1f} and {one:.1f}" for stage, (ours, one) in stages.items())
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'role="img" aria-labelledby="title desc">'
    )
    yield f'<title id="title">{_TITLE}</title>'
    yield f'<desc id="desc">{" and ".join(DESIGNS)}: {escape(told)}</desc>'
    yield f"<style>{_STYLE}</style>"
    yield f'<rect width="{_WIDTH}" height="{height}" fill="var(--paper)"/>'
    yield f'<text class="title" x="16" y="26">{_TITLE}</text>'
    for number, design in enumerate(DESIGNS):
        x = _LEFT + 160 * number
        yield f'<rect x="{x}" y="42" width="{_BAR}" height="{_BAR}" fill="var(--c{number})"/>'
        yield f'<text x="{x + _BAR + 6}" y="53">{design}</text>'
    for row, (stage, pair) in enumerate(stages.items()):
        y = _TOP + _ROW * row
        yield f'<text x="{_LEFT - 10}" y="{y + _BAR + 4}" text-anchor="end">{escape(stage)}</text>'
        for number, value in enumerate(pair):
            top, width = y + number * (_BAR + 1), (_WIDTH - _LEFT - _LABEL) * value / most
            yield (
                f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR}" '
                f'fill="var(--c{number})"/>'
            )
            yield f'<text x="{_LEFT + width + 6:.1f}" y="{top + 11}">{value:.1f}</text>'
    yield f'<text class="faint" x="16" y="{height - 12}">{escape(note)}</text>'
    yield "</svg>"
