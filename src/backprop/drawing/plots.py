"""A figure of Matplotlib with its alternative text, in the form that a page wants it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from backprop.drawing.svg import escaped
from backprop.errors import ArgumentValueError, MissingExtraError
from backprop.ground.arrays import brief
from backprop.ground.compat import override

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours; what carries a meaning differs in marks or dashes too.
BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"
INK: Final = "#1a1a1a"
PAPER: Final = "#fefefe"
_FAINT: Final = "#8a8a8a"
_DARK: Final = {INK: "#f0f0f0", PAPER: "#141414", BLUE: "#56b4e9"}  # the others suit both
_STYLE: Final = "".join(
    f'.backprop-plot [style*="{part}: {light}"] {{ {part}: {dark} !important; }}\n'
    for light, dark in _DARK.items()
    for part in ("fill", "stroke")
)


class Plot:
    """A figure of Matplotlib, `figure`, and what it shows in words, `text`."""

    def __init__(self, figure: Figure, title: str, text: str) -> None:
        for axes in figure.axes:
            axes.minorticks_off()  # there are hundreds of them on an axis of many powers of ten
        with style():
            figure.draw_without_rendering()
        # Laid out once: else each time that it is drawn moves it a little.
        _untyped(figure).set_layout_engine("none")
        self.figure = figure
        self.title = title
        self.text = text

    def svg(self) -> str:
        """The picture as SVG, for light and dark pages, with its alternative text."""
        made, figure = StringIO(), _untyped(self.figure)
        with style():
            figure.savefig(made, format="svg", metadata={"Title": self.title, "Date": None})
        head, root, rest = made.getvalue().partition("<svg ")
        inside, _, rest = rest.partition(">")
        return (
            f'{head}{root}role="img" class="backprop-plot" {inside}>\n'
            f"<title>{escaped(self.title)}</title>\n<desc>{escaped(self.text)}</desc>\n"
            f"<style>\n@media (prefers-color-scheme: dark) {{\n{_STYLE}}}\n</style>{rest}"
        )

    def png(self) -> bytes:
        """The picture as PNG, of light colours; its texts are in the metadata."""
        made, figure = BytesIO(), _untyped(self.figure)
        told = {"Title": self.title, "Description": self.text}
        with style():
            figure.savefig(made, format="png", dpi=144, metadata=told)
        return made.getvalue()

    def save(self, path: str | Path) -> None:
        """Write it into a file, whose name ends in .svg or .png.

        Raises ArgumentValueError (a ValueError) for another ending.
        """
        where = Path(path)
        if where.suffix == ".svg":
            where.write_text(self.svg(), encoding="utf-8")
        elif where.suffix == ".png":
            where.write_bytes(self.png())
        else:
            raise ArgumentValueError(f"a picture is a .svg or a .png, got {brief(str(path))}")

    def _repr_svg_(self) -> str:
        return self.svg()

    @override
    def __str__(self) -> str:
        """What the picture shows."""
        return f"{self.title}\n{self.text}"


def _untyped(figure: Figure) -> Any:
    """The figure to checkers: its methods take keywords of unknown types."""
    return figure


def style() -> AbstractContextManager[None]:
    """The colours and fonts of our figures, whatever the user has set for others.

    Raises MissingExtraError (a ModuleNotFoundError) where Matplotlib is not installed.
    """
    try:
        mpl: Any = import_module("matplotlib")  # whose own types are partly unknown
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "matplotlib is missing: install the extra 'plot' of backprop-kernel"
        ) from error
    inks = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    papers = ("figure.facecolor", "axes.facecolor", "legend.facecolor", "savefig.facecolor")
    given: dict[Any, Any] = {
        **dict.fromkeys(inks, INK),
        **dict.fromkeys(papers, PAPER),
        "svg.hashsalt": "backprop",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "axes.grid": True,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "grid.color": _FAINT,
        "grid.alpha": 0.3,
        "legend.edgecolor": "none",
        "legend.framealpha": 0.85,
        "lines.linewidth": 1.8,
    }
    context: AbstractContextManager[None] = mpl.rc_context(given)
    return context
