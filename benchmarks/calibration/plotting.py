"""The reliability plot: what each kind's confidence foretold, and what held, as an SVG for the docs."""

from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.calibration.curves import Bin

SIDE, GAP, MARGIN, TITLE = 190, 34, 46, 30
STYLE = """
text { font: 12px sans-serif; fill: #333 } .name { font-weight: bold } .axis { fill: #666; font-size: 10px }
.frame { fill: none; stroke: #999 } .ideal { stroke: #999; stroke-dasharray: 4 4 } .dot { fill: #1a5fb4 }
"""


def plot(kinds: Mapping[str, Sequence[Bin]]) -> str:
    """Return one panel for each kind; the area of a dot grows with the number of pairs it stands for."""
    width = MARGIN + len(kinds) * (SIDE + GAP)
    height = TITLE + SIDE + MARGIN
    panels = "".join(panel(MARGIN + n * (SIDE + GAP), name, bins) for n, (name, bins) in enumerate(kinds.items()))
    ylabel = f'<text transform="translate(12 {TITLE + SIDE}) rotate(-90)">held among the pairs</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Reliability of the confidence, by kind of match"><style>{STYLE}</style>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{ylabel}{panels}</svg>\n'
    )


def panel(left: int, name: str, bins: Sequence[Bin]) -> str:
    """Draw one kind: the diagonal is where foretold and held are the same."""
    right, top, bottom = left + SIDE, TITLE, TITLE + SIDE
    dots = "".join(dot(left + SIDE * each.foretold, bottom - SIDE * each.held, each) for each in bins)
    ticks = "".join(
        f'<text class="axis" x="{left + SIDE * v - 6:.0f}" y="{bottom + 14}">{v:g}</text>'
        f'<text class="axis" x="{left - 18}" y="{bottom - SIDE * v + 4:.0f}">{v:g}</text>'
        for v in (0, 0.5, 1)
    )
    return (
        f'<text class="name" x="{left}" y="{top - 10}">{escape(name)}</text>'
        f'<rect class="frame" x="{left}" y="{top}" width="{SIDE}" height="{SIDE}"/>'
        f'<line class="ideal" x1="{left}" y1="{bottom}" x2="{right}" y2="{top}"/>{ticks}{dots}'
        f'<text class="axis" x="{left + SIDE // 2 - 26}" y="{bottom + 30}">foretold</text>'
    )


def dot(x: float, y: float, each: Bin) -> str:
    """Draw one bin, with its counts for whoever points at it."""
    radius = 3 + (each.same + each.strangers) ** 0.25 / 1.5
    told = f"foretold {each.foretold:.3f}, held {each.held:.3f}: {each.same} the photo, {each.strangers} strangers"
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{told}</title></circle>'
