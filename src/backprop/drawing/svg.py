"""A graph as SVG: for notebooks, pages and slides, in light and dark.

The colours are those of Okabe and Ito, which colour-blind readers tell apart; kinds differ in shape
too. Boxes bring their own background and arrows are grey, so the picture can be read on any page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from backprop.drawing.graph import Box, Graph, width
from backprop.drawing.layers import Spot, layout

_LETTER: Final = 7.3  # the width of a letter at 12 px in any monospaced font
_LINE: Final = 16.0
_PADDING: Final = 10.0
_MARGIN: Final = 12.0
_TIP: Final = 7.0  # the length of an arrow's head

_STYLE: Final = """
.backprop-graph { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.backprop-graph .box { stroke-width: 1.5; }
.backprop-graph .variable .box { fill: #e8f4fc; stroke: #0072b2; }
.backprop-graph .call .box { fill: #fdf1d8; stroke: #e69f00; }
.backprop-graph .constant .box { fill: #f2f2f2; stroke: #767676; }
.backprop-graph .dropped .box { fill: #f2f2f2; stroke: #767676; stroke-dasharray: 2 3; }
.backprop-graph .folded .box { fill: #f6e6ef; stroke: #cc79a7; stroke-dasharray: 6 3; }
.backprop-graph .asked .box { stroke-width: 3; }
.backprop-graph text { fill: #1a1a1a; text-anchor: middle; }
.backprop-graph .name { font-weight: bold; }
.backprop-graph .grad { fill: #a34700; }
.backprop-graph .arrow { fill: none; stroke: #7f7f7f; stroke-width: 1.5; }
.backprop-graph .tip { fill: #7f7f7f; }
.backprop-graph .back .arrow { stroke: #d55e00; stroke-dasharray: 5 3; }
.backprop-graph .back .tip { fill: #d55e00; }
@media (prefers-color-scheme: dark) {
.backprop-graph .variable .box { fill: #0b2a3d; stroke: #56b4e9; }
.backprop-graph .call .box { fill: #3a2a05; stroke: #e69f00; }
.backprop-graph .constant .box, .backprop-graph .dropped .box { fill: #2b2b2b; stroke: #9a9a9a; }
.backprop-graph .folded .box { fill: #38202d; stroke: #cc79a7; }
.backprop-graph text { fill: #f0f0f0; }
.backprop-graph .grad { fill: #f5a65b; }
}
"""


def svg(graph: Graph, text: str) -> str:
    """The picture; `text` is what it says in words, for who cannot see it."""
    sizes = [_size(box) for box in graph.boxes]
    placed = layout(sizes, graph.arrows)
    across, down = (side + 2 * _MARGIN for side in (placed.width, placed.height))
    calls = f"{graph.calls:,} call{'s' * (graph.calls != 1)}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="backprop-graph" role="img" '
        f'width="{across:.0f}" height="{down:.0f}" viewBox="0 0 {across:.0f} {down:.0f}" '
        f'style="max-width: 100%; height: auto">',
        f"<title>A graph of {calls}</title>",
        f"<desc>{escaped(text)}</desc>",
        f"<style>{_STYLE}</style>",
        f'<g transform="translate({_MARGIN:.0f} {_MARGIN:.0f})">',
        *(_arrow(route, k in placed.backward) for k, route in enumerate(placed.routes)),
        *map(_box, graph.boxes, sizes, placed.centres),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text for XML, which has no control characters."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text))


def _size(box: Box) -> Spot:
    longest = max(map(width, box.text))
    return longest * _LETTER + 2 * _PADDING, len(box.text) * _LINE + _PADDING


def _box(box: Box, size: Spot, centre: Spot) -> str:
    (across, down), (x, y) = size, centre
    radius = {"variable": 9, "constant": 9, "dropped": 9}.get(box.kind, 0)
    asked = " asked" if box.asked else ""
    shape = (
        f'<rect class="box" x="{x - across / 2:.1f}" y="{y - down / 2:.1f}" '
        f'width="{across:.1f}" height="{down:.1f}" rx="{radius}"/>'
    )
    texts = "".join(
        f'<text x="{x:.1f}" y="{y - down / 2 + _PADDING / 2 + (k + 0.75) * _LINE:.1f}"'
        f"{_class(box, line, k)}>{escaped(line)}</text>"
        for k, line in enumerate(box.text)
    )
    return f'<g class="{box.kind}{asked}">{shape}{texts}</g>'


def _class(box: Box, line: str, k: int) -> str:
    if k == 0 and box.name:
        return ' class="name"'
    return ' class="grad"' if box.kind == "variable" and line.startswith("grad ") else ""


def _arrow(route: Sequence[Spot], backward: bool) -> str:
    """A line through the spots, which it meets vertically, and its head."""
    (x, y), *others = route
    end, side = others[-1], -1 if backward else 1
    path = [f"M{x:.1f} {y:.1f}"]
    for k, (to_x, to_y) in enumerate(others):
        target = to_y - side * _TIP if k == len(others) - 1 else to_y
        middle = (y + target) / 2
        path.append(f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {target:.1f}")
        x, y = to_x, target
    tip = f"M{end[0]:.1f} {end[1]:.1f}l-4 {-side * _TIP:.0f}h8z"
    kind = ' class="back"' if backward else ""
    return f'<g{kind}><path class="arrow" d="{" ".join(path)}"/><path class="tip" d="{tip}"/></g>'
