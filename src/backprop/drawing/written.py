"""A graph in words: for a terminal, for Graphviz, for Mermaid."""

from __future__ import annotations

from itertools import count, zip_longest
from typing import Final

from backprop.drawing.graph import Graph, width

_SHAPES: Final = {  # of Graphviz
    "variable": 'shape=box, style="rounded,filled", fillcolor="#e8f4fc", color="#0072b2"',
    "constant": 'shape=box, style="rounded,filled", fillcolor="#f2f2f2", color="#767676"',
    "dropped": 'shape=box, style="rounded,dotted", color="#767676"',
    "call": 'shape=box, style="filled", fillcolor="#fdf1d8", color="#e69f00"',
    "folded": 'shape=box, style="dashed", color="#cc79a7"',
}
_ENDS: Final = {  # of Mermaid: round, as in a stadium, or square
    **dict.fromkeys(("variable", "constant", "dropped"), ("([", "])")),
    **dict.fromkeys(("call", "folded"), ("[", "]")),
}
_CLASSES: Final = (
    "classDef variable fill:#e8f4fc,stroke:#0072b2,color:#1a1a1a",
    "classDef constant fill:#f2f2f2,stroke:#767676,color:#1a1a1a",
    "classDef dropped fill:#f2f2f2,stroke:#767676,color:#1a1a1a,stroke-dasharray:2 3",
    "classDef call fill:#fdf1d8,stroke:#e69f00,color:#1a1a1a",
    "classDef folded fill:#f6e6ef,stroke:#cc79a7,color:#1a1a1a,stroke-dasharray:6 3",
)


def text(graph: Graph) -> str:
    """A line for each leaf and each output: its name, what computes it, and its figures."""
    names = _names(graph)
    inputs: dict[int, list[str]] = {}
    maker: dict[int, int] = {}
    for a, b in graph.arrows:
        if graph.boxes[b].kind in ("call", "folded"):
            inputs.setdefault(b, []).append(names[a])
        else:
            maker[b] = a
    rows: list[list[str]] = []
    for i, box in enumerate(graph.boxes):
        if box.kind == "folded":
            rows.append([f"…  {box.name}: {', '.join(box.lines)}"])
        elif box.kind in ("variable", "dropped"):
            rows.append([names[i], _made(graph, maker.get(i), inputs), *box.lines])
    table = iter(_table([row for row in rows if len(row) > 1]))
    return "\n".join(next(table) if len(row) > 1 else row[0] for row in rows)


def _table(rows: list[list[str]]) -> list[str]:
    """The rows as lines, in columns; without those that are empty."""
    columns = [column for column in zip_longest(*rows, fillvalue="") if any(column)]
    return ["  ".join(row).rstrip() for row in zip(*map(_padded, columns), strict=True)]


def _padded(column: tuple[str, ...]) -> list[str]:
    """The cells of a column, all as wide as the widest."""
    most = max(map(width, column))
    return [cell + " " * (most - width(cell)) for cell in column]


def _made(graph: Graph, maker: int | None, inputs: dict[int, list[str]]) -> str:
    """How a value came about: "Multiply(x, 2.0)"; of a leaf nothing."""
    if maker is None:
        return ""
    box = graph.boxes[maker]
    arguments = ", ".join(inputs.get(maker, []))
    return "(folded)" if box.kind == "folded" else f"= {box.name}({arguments})"


def _names(graph: Graph) -> list[str]:
    """A name for each box, those of values all different; a Constant is called by its values."""
    numbers = count(1)
    taken: set[str] = {box.name for box in graph.boxes}
    names: list[str] = []
    for box in graph.boxes:
        name = " ".join(box.name.split())
        if box.kind == "constant" and not name:
            name = box.text[-1]
        elif box.kind == "dropped":
            name = "_"
        elif box.kind == "variable" and (not name or name in names):
            name = _free(name, numbers, taken)
        names.append(name)
    return names


def _free(name: str, numbers: count[int], taken: set[str]) -> str:
    """A name that no value has: "v3", or "w (v3)" of a second one called w."""
    number = next(f"v{n}" for n in numbers if f"v{n}" not in taken)
    return f"{name} ({number})" if name else number


def dot(graph: Graph) -> str:
    """The graph in the language of Graphviz."""
    lines = ["digraph {", "    node [fontname=monospace]"]
    for i, box in enumerate(graph.boxes):
        width = ", penwidth=3" if box.asked else ""
        label = "\\n".join(map(_quoted, box.text))
        lines.append(f'    n{i} [label="{label}", {_SHAPES[box.kind]}{width}]')
    lines += [f"    n{a} -> n{b}" for a, b in graph.arrows]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\0", "")


def mermaid(graph: Graph) -> str:
    """The graph in the language of Mermaid, which GitHub and many notebooks draw."""
    lines = ["graph TD"]
    for i, box in enumerate(graph.boxes):
        begin, end = _ENDS[box.kind]
        label = "<br>".join(map(_plain, box.text))
        lines.append(f'    n{i}{begin}"{label}"{end}:::{box.kind}')
        lines += [f"    style n{i} stroke-width:3px"] * box.asked
    lines += [f"    n{a} --> n{b}" for a, b in graph.arrows]
    return "\n".join([*lines, *(f"    {line}" for line in _CLASSES)]) + "\n"


def _plain(line: str) -> str:
    """A line in which no sign means anything to Mermaid: letters, digits and few others stay."""
    return "".join(c if c.isalnum() or c in " .,:=()[]+-" else f"#{ord(c)};" for c in line)
