"""`draw`: the graph of a value as a picture, as a notebook, a page or a terminal wants it."""

from __future__ import annotations

from operator import index
from typing import Any

from backprop.drawing import written
from backprop.drawing.graph import Graph, graph_of
from backprop.drawing.svg import svg
from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.arrays import brief
from backprop.ground.compat import override
from backprop.ground.narrowing import is_sequence
from backprop.kernel.variable import Variable


def draw(*ys: Variable, limit: int = 30) -> Drawing:
    """The graph that `ys` were computed by, as a picture: a notebook shows it by itself.

    A round box is a value: its name, shape and dtype, the numbers of small arrays, and its gradient
    if a sweep has left one. A square box is a call. Of a graph with more than `limit` calls those
    in the middle are one box, which says how many they are. The picture is made at once and keeps
    nothing of the graph alive.

    Raises ArgumentTypeError (a TypeError) if there is no Variable, or something else;
    ArgumentValueError (a ValueError) for a limit below 1.

    >>> import numpy as np
    >>> from backprop import Exp, Square, Variable
    >>> x = Variable(np.array(0.5), name="x")
    >>> y = Square()(Exp()(Square()(x)))
    >>> y.backward()
    >>> print(draw(y))
    x                () float64  0.5     grad 3.2974
    v1  = Square(x)   () float64  0.25    grad 3.2974
    v2  = Exp(v1)     () float64  1.284   grad 2.5681
    v3  = Square(v2)  () float64  1.6487  grad 1
    >>> draw(y).svg()[:4]
    '<svg'
    """
    for y in ys:
        _check(y)
    if not ys:
        raise ArgumentTypeError("draw needs a Variable: write draw(y)")
    return Drawing(graph_of(ys, _whole(limit)))


def _check(y: Any) -> None:
    if is_sequence(y):
        raise ArgumentTypeError(f"draw takes Variables one by one: write draw(*ys), got {brief(y)}")
    if not isinstance(y, Variable):
        raise ArgumentTypeError(f"draw takes Variables, got {brief(y)}")


def _whole(limit: Any) -> int:
    try:
        number = index(limit)
    except TypeError:
        raise ArgumentTypeError(f"limit is a whole number, got {brief(limit)}") from None
    if number < 1:
        raise ArgumentValueError(f"limit is a whole number from 1 on, got {number}")
    return number


class Drawing:
    """A graph as it was when it was drawn; `print` shows it as text, a notebook as a picture."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def svg(self) -> str:
        """The picture as SVG, with its text as the alternative for who cannot see it."""
        return svg(self._graph, str(self))

    def dot(self) -> str:
        """The graph in the language of Graphviz."""
        return written.dot(self._graph)

    def mermaid(self) -> str:
        """The graph in the language of Mermaid."""
        return written.mermaid(self._graph)

    def _repr_svg_(self) -> str:
        return self.svg()

    @override
    def __str__(self) -> str:
        """A line for each value: its name, the call that gave it, shape, dtype and figures."""
        return written.text(self._graph)

    @override
    def __repr__(self) -> str:
        folded = f", {self._graph.folded:,} of them folded" if self._graph.folded else ""
        return f"<Drawing of {self._graph.calls:,} calls{folded}; print it, or save its svg()>"
