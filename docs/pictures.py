"""The pictures of the site, made while it is built: one function each, into docs/_pictures.

They are vectors without a background, in colours that are read on white and on black and that
colour-blind readers tell apart (Okabe and Ito).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sphinx_gallery.scrapers import matplotlib_scraper

from backprop import Exp, Square, Variable, draw
from backprop.drawing import plot_rule
from backprop.testing import central_difference

HERE: Final = Path(__file__).parent
BLUE, ORANGE, GREEN, PURPLE, GREY = "#3b8fc2", "#d9820f", "#159a78", "#c2709f", "#808080"
STYLE: Final[Any] = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.titlecolor": GREY,
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PURPLE]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.facecolor": "none",
    "figure.figsize": (6.4, 3.4),
    "figure.constrained_layout.use": True,
    "axes.facecolor": "none",
    "font.family": "DejaVu Sans",
    "grid.alpha": 0.25,
    "grid.color": GREY,
    "legend.frameon": False,
    "legend.labelcolor": GREY,
    "savefig.transparent": True,
    "svg.fonttype": "path",  # the same letters wherever it is read
    "svg.hashsalt": "backprop",  # the same file every time
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
}
E: Final = float(np.exp(1.0))
MERMAID: Final = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)


def steps(axes: Axes) -> None:
    """The error of the central difference of exp at 1 against its step."""
    h = 2.0 ** np.arange(-50, 1)
    measured = abs((np.exp(1 + h) - np.exp(1 - h)) / (2 * h) - E)
    axes.loglog(h, E * h**2 / 6, "--", color=ORANGE, label="what is cut off: f‴h²/6")
    axes.loglog(h, E * 2.0**-53 / h, ":", color=GREEN, label="what is rounded: ε f/h")
    axes.loglog(h, np.maximum(measured, 1e-17), ".", color=BLUE, label="(f(x+h) - f(x-h)) / 2h")
    judge = central_difference(np.exp, np.array(1.0))
    axes.axhline(float(judge.error), color=PURPLE, label="the judge's own bound")
    axes.set(
        xlabel="step h", ylabel="error", ylim=(1e-15, 1), title="Central difference of exp at 1"
    )
    axes.legend(fontsize="small", loc="upper center")


def slip(axes: Axes) -> None:
    """The rule 3x gy for x³: it agrees at 0 and at 1, and nowhere else."""
    x = np.linspace(-1.5, 2.5, 200)
    axes.plot(x, 3 * x**2, color=BLUE, label="the derivative 3x²")
    axes.plot(x, 3 * x, "--", color=ORANGE, label="what the rule gives: 3x")
    axes.plot([0, 1], [0, 3], "o", color=GREEN, label="here nobody sees it")
    axes.set(xlabel="x", title="A slip in the rule of x³")
    axes.legend(fontsize="small")


def rooms(axes: Axes) -> None:
    """The rooms of the package, from the text in architecture.md: imports go downward."""
    (text,) = MERMAID.findall((HERE / "architecture.md").read_text(encoding="utf-8"))
    names = dict(re.findall(r'(\w+)\["(.+?)"\]', text))
    arrows = re.findall(r"(\w+) --> (\w+)", text)
    floors = _floors(list(names), arrows)
    place = {name: (x, y) for y, floor in enumerate(floors) for x, name in _spread(floor)}
    for above, below in arrows:
        far = place[above][1] - place[below][1] > 1  # around what stands between
        bow = f"arc3,rad={-0.5 if far else 0}"
        arrow = {"arrowstyle": "->", "color": GREY, "shrinkA": 12, "shrinkB": 12}
        axes.annotate("", place[below], place[above], arrowprops={**arrow, "connectionstyle": bow})
    for name, (x, y) in place.items():
        box = {"boxstyle": "round", "facecolor": "none", "edgecolor": BLUE}
        axes.text(x, y, names[name], ha="center", va="center", bbox=box, fontsize=9)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.set_size_inches(5.2, 0.62 * len(floors))
    axes.set(xlim=(-1.5, 1.5), ylim=(-0.6, len(floors) - 0.4))
    axes.axis("off")


def _floors(names: list[str], arrows: list[tuple[str, str]]) -> list[list[str]]:
    """The names by the longest way down from each."""
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for above, below in arrows:
            depth[above] = max(depth[above], depth[below] + 1)
    return [[n for n in names if depth[n] == d] for d in range(max(depth.values()) + 1)]


def _spread(floor: list[str]) -> list[tuple[float, str]]:
    width = len(floor) - 1
    return [(i - width / 2, name) for i, name in enumerate(floor)]


PICTURES: Final[tuple[Callable[[Axes], None], ...]] = (steps, slip, rooms)


def draw_all(folder: Path) -> None:
    """Write each picture into `folder`."""
    folder.mkdir(exist_ok=True)
    for picture in PICTURES:
        with plt.rc_context(STYLE):
            figure, axes = plt.subplots()
            picture(axes)
            figure.savefig(folder / f"{picture.__name__}.svg", metadata={"Date": None})
            plt.close(figure)
    for name, made in (("graph", graph()), ("derivative", derivative())):
        (folder / f"{name}.svg").write_text(made, encoding="utf-8")


def graph() -> str:
    """The notes' composite function as `draw` shows it, after its sweep."""
    x = Variable(np.array(0.5), name="x")
    y = Square()(Exp()(Square()(x)))
    y.backward()
    return draw(y).svg()


def derivative() -> str:
    """The derivative of the square as the command plots it."""
    return plot_rule(Square, at=2.0, seed=1).svg()


def svg(*arguments: Any, **settings: Any) -> Any:
    """The figures of an example, as vectors: sphinx-gallery asks for them."""
    return matplotlib_scraper(*arguments, format="svg", **settings)


def style(*_: Any) -> None:
    """Before an example: the colours of all pictures."""
    mpl.rcParams.update(STYLE)
