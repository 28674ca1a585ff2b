"""SVG by hand: a card with a style for light and dark, shapes, ways and text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

# The same metrics everywhere: a text fits its box on every machine.
FONT = "Helvetica,Arial,'Liberation Sans',sans-serif"
_LIGHT = {
    "card": "#ffffff",
    "rim": "#d0d7de",
    "ink": "#1f2328",
    "soft": "#59636e",
    "way": "#6e7781",
    "main": "#1f2328",
    "caught": "#c93c37",
    "frame": "#f3f5f8",
    "lambda": "#fff1e0",
    "lambda-rim": "#c76a0a",
    "service": "#e7f0fd",
    "service-rim": "#2b6bcb",
    "choice": "#f0ebfb",
    "choice-rim": "#7b57c4",
    "pass": "#f6f8fa",
    "pass-rim": "#818b98",
    "done": "#e3f5ea",
    "done-rim": "#1f883d",
    "fault": "#ffe9e7",
    "fault-rim": "#c93c37",
}
_DARK = {
    "card": "#161b22",
    "rim": "#30363d",
    "ink": "#e6edf3",
    "soft": "#9aa4b0",
    "way": "#8b949e",
    "main": "#e6edf3",
    "caught": "#f2766f",
    "frame": "#1d242e",
    "lambda": "#3a2a14",
    "lambda-rim": "#e08f35",
    "service": "#15294a",
    "service-rim": "#5b9bf0",
    "choice": "#2a2140",
    "choice-rim": "#a98ce6",
    "pass": "#21262d",
    "pass-rim": "#8b949e",
    "done": "#12301d",
    "done-rim": "#41b05e",
    "fault": "#3f1a1a",
    "fault-rim": "#f2766f",
}
_RULES = f"""
text{{font-family:{FONT};fill:var(--ink);font-size:11.5px}}
.title{{font-size:17px;font-weight:650}}.name{{font-size:13.5px;font-weight:600}}
.small{{font-size:11px;fill:var(--soft)}}.head{{font-size:12px;font-weight:600}}
.middle{{text-anchor:middle}}.end{{text-anchor:end}}
.card{{fill:var(--card);stroke:var(--rim)}}.band{{fill:var(--frame)}}.frame{{fill:var(--frame);stroke:var(--rim)}}
.way{{fill:none;stroke:var(--way);stroke-width:1.3}}.tip{{fill:var(--way)}}
.main.way{{stroke:var(--main);stroke-width:2.2}}.main.tip{{fill:var(--main)}}
.caught.way{{stroke:var(--caught);stroke-width:1;stroke-dasharray:4 3}}
.caught.tip{{fill:var(--caught)}}
.halo{{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}}
.line{{stroke:var(--rim)}}.doubt{{fill:var(--card);stroke:var(--way);stroke-width:1.2}}
"""
_KINDS = ("lambda", "service", "choice", "pass", "done", "fault")
# Half of an average letter's width in Helvetica's metrics, in parts of the font's size.
_NARROW, _WIDE = set("ijlftrI.,:;'|()[] "), set("mwMWGOQ@%")


def text_width(text: str, size: float = 11.5) -> float:
    """About as wide as the text is drawn, in pixels."""
    parts = (0.32 if one in _NARROW else 0.88 if one in _WIDE else 0.57 for one in text)
    return size * sum(parts)


def document(title: str, description: str, size: tuple[float, float], parts: Iterable[str]) -> str:
    """A whole file: `size` is its width and height."""
    width, height = (round(one) for one in size)
    kinds = "".join(
        f".{kind}{{fill:var(--{kind});stroke:var(--{kind}-rim);stroke-width:1.4}}\n"
        for kind in _KINDS
    )
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-labelledby="title desc">'
    )
    lines = [
        root,
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(description)}</desc>',
        f"<style>\nsvg{{{_variables(_LIGHT)}}}",
        f"@media (prefers-color-scheme:dark){{svg{{{_variables(_DARK)}}}}}{_RULES}{kinds}</style>",
        f'<rect class="card" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


def text(x: float, y: float, said: str, style: str = "") -> str:
    """A line of text; `style` are classes."""
    told = f' class="{style}"' if style else ""
    return f'<text{told} x="{_n(x)}" y="{_n(y)}">{escape(said)}</text>'


def rect(box: tuple[float, float, float, float], style: str, radius: float = 6) -> str:
    """A rectangle by x, y, width and height."""
    x, y, width, height = map(_n, box)
    return (
        f'<rect class="{style}" x="{x}" y="{y}" width="{width}" height="{height}"'
        f' rx="{_n(radius)}"/>'
    )


def shape(kind: str, box: tuple[float, float, float, float]) -> str:
    """A state's outline: each kind is told by its form as well as by its colour."""
    x, y, width, height = box
    match kind:
        case "choice":
            tip, middle = 14, y + height / 2
            points = [(x, middle), (x + tip, y), (x + width - tip, y), (x + width, middle)]
            points += [(x + width - tip, y + height), (x + tip, y + height)]
            told = " ".join(f"{_n(a)},{_n(b)}" for a, b in points)
            return f'<polygon class="choice" points="{told}"/>'
        case "done":
            return rect(box, "done", height / 2)
        case "fault":
            inner = (x + 3, y + 3, width - 6, height - 6)
            return rect(box, "fault", height / 2) + rect(inner, "fault", height / 2 - 3)
        case "service":
            bars = "".join(
                f'<path class="service" d="M{_n(one)} {_n(y)}V{_n(y + height)}"/>'
                for one in (x + 6, x + width - 6)
            )
            return rect(box, "service", 0) + bars
        case "map":
            return rect(box, "pass", 2)
        case "lambda":
            return rect(box, "lambda", 7)
    return rect(box, "pass", 2)


def way(points: list[tuple[float, float]], style: str = "", arrow: bool = True) -> str:
    """A line of right angles with round corners, and a tip at its end."""
    points = [one for nth, one in enumerate(points) if not nth or one != points[nth - 1]]
    (x, y), told = points[0], []
    told.append(f"M{_n(x)} {_n(y)}")
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _toward(at, before), _toward(at, after)
        told.append(f"L{_n(into[0])} {_n(into[1])}")
        told.append(f"Q{_n(at[0])} {_n(at[1])} {_n(out[0])} {_n(out[1])}")
    told.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    line = f'<path class="{_classes("way", style)}" d="{"".join(told)}"/>'
    return line + (_tip(points[-2], points[-1], style) if arrow else "")


def _toward(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    (x, y), (u, v) = start, end
    length = abs(u - x) + abs(v - y)
    step = min(6.0, length / 2) / (length or 1)
    return x + (u - x) * step, y + (v - y) * step


def _tip(before: tuple[float, float], at: tuple[float, float], style: str) -> str:
    (x, y), across = at, abs(at[0] - before[0]) > abs(at[1] - before[1])
    sign = 1 if (at[0] > before[0] if across else at[1] > before[1]) else -1
    back, half = 8 * sign, 3.6
    if across:
        corners = [(x, y), (x - back, y - half), (x - back, y + half)]
    else:
        corners = [(x, y), (x - half, y - back), (x + half, y - back)]
    told = " ".join(f"{_n(a)},{_n(b)}" for a, b in corners)
    return f'<polygon class="{_classes("tip", style)}" points="{told}"/>'


def doubt(x: float, y: float) -> str:
    """The sign for what no branch knows."""
    return (
        f'<circle class="doubt" cx="{_n(x)}" cy="{_n(y)}" r="7.5"/>'
        f"{text(x, y + 4, '?', 'middle head')}"
    )


def _classes(*names: str) -> str:
    return " ".join(name for name in names if name)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
