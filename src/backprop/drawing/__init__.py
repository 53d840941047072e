"""Graphs and derivatives as pictures.

The names below are loaded when they are first used: a graph is drawn without the verifier, and
Matplotlib is asked for only by the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backprop.ground.lazy import attributes

if TYPE_CHECKING:
    from backprop.drawing.drawings import Drawing, draw
    from backprop.drawing.figures import plot_report, plot_rule
    from backprop.drawing.plots import Plot

__all__ = ["Drawing", "Plot", "draw", "plot_report", "plot_rule"]

_HOMES: Final = {
    "drawings": ("Drawing", "draw"),
    "figures": ("plot_report", "plot_rule"),
    "plots": ("Plot",),
}
if not TYPE_CHECKING:  # checkers would let every name pass
    __getattr__ = attributes(__name__, _HOMES)


def __dir__() -> list[str]:
    """What is public: not the rooms behind it."""
    return [*__all__, "__doc__", "__name__", "__file__", "__path__"]
