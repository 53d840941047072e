"""What `make bench` leaves for readers: the table in the README, and a picture of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

Row = dict[str, Any]

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
PICTURE: Final = ROOT / "docs" / "speed.svg"
_COLUMNS: Final = ("NumPy", "torch", "jax.jit", "HIPS", "MyGrad", "micrograd")
_MARKS: Final = ("<!-- speed -->\n", "<!-- /speed -->")


def table(rows: dict[str, Row]) -> str:
    """Our time as a multiple of each other's: below 1 we are faster."""
    lines = [
        f"| our time / | {' | '.join(_COLUMNS)} |",
        f"|---|{'---|' * len(_COLUMNS)}",
    ]
    for name, row in rows.items():
        cells = (f"{row['ours'] / row[c]:.2f}" if c in row else "" for c in _COLUMNS)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write(rows: dict[str, Row]) -> None:
    """Put the table into the README, and the picture beside the docs."""
    text = README.read_text()
    start, end = _MARKS
    inner = re.compile(f"(?<={re.escape(start)}).*?(?={re.escape(end)})", re.DOTALL)
    README.write_text(inner.sub(lambda _: table(rows), text))
    draw(rows)


def draw(rows: dict[str, Row]) -> None:
    """A bar for each library and row, relative to ours, on a logarithmic axis."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "speed", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 0.42 * len(rows) + 1.2), layout="constrained")
        axes = figure.subplots()
        for k, column in enumerate(_COLUMNS):
            at = [i for i, row in enumerate(rows.values()) if column in row]
            ratios = [row[column] / row["ours"] for row in rows.values() if column in row]
            axes.plot(ratios, at, "o", label=column, color=f"C{k}")
        axes.axvline(1.0, color="black", linewidth=1)
        axes.set(xscale="log", xlabel="time, as a multiple of ours (to the right: slower than we)")
        axes.set_yticks(range(len(rows)), list(rows))
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.3)
        axes.legend(ncols=len(_COLUMNS), loc="lower center", bbox_to_anchor=(0.5, 1.0))
        figure.savefig(PICTURE, metadata={"Date": None})
