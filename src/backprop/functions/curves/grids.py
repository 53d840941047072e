"""Differences and integrals over a grid: trapezoid, gradient, ediff1d."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from backprop.functions import queries
from backprop.functions.bases import Linear, as_variable
from backprop.functions.cases import case
from backprop.functions.cotangents import unbroadcast
from backprop.functions.elementwise.arithmetic import multiply
from backprop.functions.linalg.vectors import to_end
from backprop.functions.reductions.products import bare
from backprop.functions.registry import implements
from backprop.functions.shaping.joining import concatenate
from backprop.ground.arrays import Array, Operand, Shapes
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.function import BinaryFunction
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ediff1d", "gradient", "trapezoid"]

EdgeOrder: TypeAlias = Literal[1, 2]
Weights: TypeAlias = tuple[Any, ...]  # numbers, or arrays that are broadcast


# Differences of far larger neighbours would lose what the gradient keeps.
_TOGETHER: Final = Interval(1.0, 100.0)


class Trapezoid(BinaryFunction, fresh=True):
    """The integral of `a` over the points `b` along the last axis, by trapezoids.

    Of a value counts the distance between its neighbours, and of a point the difference of theirs:
    not the differences to each, the large parts of which would cancel.
    """

    __slots__ = ()
    shapes: ClassVar[Shapes | None] = (((3,), (3,)), ((2, 4), (4,)), ((2, 3), (2, 3)), ((1,), (1,)))
    span: ClassVar[float] = 0.0  # the distance of two points is lost beside a much larger one

    @override
    def forward(self, y: Array, x: Array) -> Array:
        widths = x[..., 1:] - x[..., :-1]
        area: Array = (widths * (y[..., 1:] + y[..., :-1]) / 2.0).sum(-1)
        return area

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        g = gy[..., np.newaxis] / 2
        y, x = self.a, self.b
        return (
            unbroadcast(g * _spans(x, 1), y) if self.wants(0) else None,
            unbroadcast(g * -_spans(y, -1), x) if self.wants(1) else None,
        )

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        return self.forward(ta, self.b) + self.forward(self.a, tb)


def _spans(x: Array, sign: int) -> Array:
    """The next element minus the previous one; where one is missing, `sign` times the element."""
    if x.shape[-1] < 2:
        return np.zeros_like(x)
    first = x[..., 1:2] - sign * x[..., :1]
    last = sign * x[..., -1:] - x[..., -2:-1]
    return np.concatenate([first, x[..., 2:] - x[..., :-2], last], axis=-1)


@implements(
    np.trapezoid,
    cases=lambda: [
        case("np.trapezoid(y)", y=(2, 3)),
        case("np.trapezoid(y, x, axis=0)", _TOGETHER, y=(3, 2), x=(3,)),
        case("np.trapezoid(y, x=x)", _TOGETHER, y=(2, 3), x=(2, 3)),
        case("np.trapezoid(y, x, axis=0)", _TOGETHER, y=(3, 2), x=(3, 2)),
        case("np.trapezoid(y, x)", _TOGETHER, y=(1,), x=(2,)),
        case("np.trapezoid(y, x)", _TOGETHER, y=(2,), x=(4,)),
        case("np.trapezoid(y, x)", _TOGETHER, y=(3,), x=(2,)),
        case("np.trapezoid(y, x)", y=(1,), x=(1,)),
        case("np.trapezoid(y, dx=dx, axis=-2)", _TOGETHER, y=(3, 1), dx=()),
        case("np.trapezoid(y, dx=0.5)", y=(1,)),
        case("np.trapezoid(y, dx=dx, axis=0)", _TOGETHER, y=(3, 2), dx=(2,)),
    ],
)
def trapezoid(
    y: Operand, /, x: Operand | None = None, dx: Operand = 1.0, axis: int = -1
) -> Variable:
    """The integral of `y` along `axis` by trapezoids, over the points `x`: numpy.trapezoid.

    Without `x` the points are `dx` apart.

    Parameters
    ----------
    y : Variable or array
        The values.
    x : Variable or array, optional
        The places of the values.
    dx : Variable or array, default 1.0
        The distance of the values, where no places are given.
    axis : int, default -1
        The axis along which it is done.

    Returns
    -------
    Variable

    Examples
    --------
    >>> trapezoid(Variable(np.array([1.0, 3.0])))
    Variable(2.)
    """
    if x is not None:
        values, points = to_end(y, axis), bare(x)
        points = points if points.ndim == 1 else to_end(points, axis)
        if values.shape[-1] == points.shape[-1]:
            return Trapezoid()(values, points)
        widths = points[..., 1:] - points[..., :-1]  # NumPy stretches one, or a single pair
        return (multiply(widths, values[..., 1:] + values[..., :-1]) / 2.0).sum(-1)
    v = as_variable(y)
    before = (slice(None),) * normalize_axis_index(axis, v.ndim)
    pairs = v[(*before, slice(1, None))] + v[(*before, slice(None, -1))]
    return (multiply(dx, pairs) / 2.0).sum(axis)


@implements(
    np.ediff1d,
    cases=lambda: [
        case("np.ediff1d(x)", x=(2, 3)),
        case("np.ediff1d(x, to_end=a, to_begin=[1.0, 2.0])", x=(3,), a=(2,)),
        case("np.ediff1d(x, 1.0, a)", x=(0,), a=()),
    ],
)
def ediff1d(
    ary: Operand, to_end: Operand | None = None, to_begin: Operand | None = None
) -> Variable:
    """The differences of neighbours in the flattened array: numpy.ediff1d.

    `to_begin` and `to_end` are put before and after them.

    Parameters
    ----------
    ary : Variable or array
        The data, flattened.
    to_end : Variable or array, optional
        What is put after the differences.
    to_begin : Variable or array, optional
        What is put before the differences.

    Returns
    -------
    Variable

    Examples
    --------
    >>> ediff1d(Variable(np.array([1.0, 4.0, 9.0])), to_end=0.0)
    Variable([3., 5., 0.])
    """
    x = as_variable(ary).reshape(-1)
    steps = x[1:] - x[:-1]
    if to_begin is None and to_end is None:
        return steps
    ends = [
        np.empty(0, x.dtype) if end is None else bare(end).reshape(-1).astype(x.dtype)
        for end in (to_begin, to_end)
    ]
    return concatenate([ends[0], steps, ends[1]])


class Slope(Linear, fresh=True):
    """y = dx/dh along an axis, by differences; `spacing` is h, or the distance of its points."""

    __slots__ = ("axis", "edge_order", "spacing")

    edge_order: EdgeOrder

    def __init__(self, spacing: Array, axis: int, edge_order: EdgeOrder) -> None:
        self.spacing: Array = spacing
        self.axis: int = axis
        self.edge_order = edge_order

    @override
    def forward(self, x: Array) -> Array:
        y: Array = np.gradient(x, self.spacing, axis=self.axis, edge_order=self.edge_order)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        gx: Array = _transposed(gy, self.spacing, self.axis, self.edge_order)
        return gx


class SlopeTransposed(Linear, fresh=True):
    """The transpose of Slope: what the cotangents of the slopes add up to at each point."""

    __slots__ = ("axis", "edge_order", "spacing")

    edge_order: EdgeOrder

    def __init__(self, spacing: Array, axis: int, edge_order: EdgeOrder) -> None:
        self.spacing: Array = spacing
        self.axis: int = axis
        self.edge_order = edge_order

    @override
    def forward(self, x: Array) -> Array:
        y: Array = _transposed(x, self.spacing, self.axis, self.edge_order)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        gx: Array = np.gradient(gy, self.spacing, axis=self.axis, edge_order=self.edge_order)
        return gx


def _transposed(x: Array | Variable, spacing: Array, axis: int, edge_order: EdgeOrder) -> Any:
    if isinstance(x, Variable):
        return SlopeTransposed(spacing, axis, edge_order)(x)
    y = np.zeros_like(x)
    slopes, points = np.moveaxis(x, axis, 0), np.moveaxis(y, axis, 0)
    inside, first, last = _weights(spacing, x.ndim, edge_order)
    for i, w in enumerate(inside):
        points[i : len(points) - 2 + i] += w * slopes[1:-1]
    for i, (w, v) in enumerate(zip(first, last)):
        points[i] += w * slopes[0]
        points[-1 - i] += v * slopes[-1]
    return y


def _weights(spacing: Array, ndim: int, edge_order: EdgeOrder) -> tuple[Weights, ...]:
    """The weights of the points in an inner slope, in the first slope and in the last one."""
    if not spacing.ndim:
        first = (-1.0, 1.0) if edge_order == 1 else (-1.5, 2.0, -0.5)
        return (
            (-0.5 / spacing, 0.0, 0.5 / spacing),
            tuple(w / spacing for w in first),
            tuple(-w / spacing for w in first),
        )
    steps = np.diff(spacing)
    h, k = steps[:-1], steps[1:]
    both = h + k
    inside = (-k / (h * both), (k - h) / (h * k), h / (k * both))
    ends = _end_weights(*steps[:edge_order]), _end_weights(*-steps[: -edge_order - 1 : -1])
    return tuple(_along(w, ndim, 0) for w in inside), *ends


def _end_weights(h: float, k: float | None = None) -> Weights:
    if k is None:
        return -1 / h, 1 / h
    both = h + k
    return -(h + both) / (h * both), both / (h * k), -h / (k * both)


@implements(
    np.gradient,
    cases=lambda: [
        case("np.gradient(x)", x=(3,)),
        case("np.gradient(x, 0.5, axis=-1, edge_order=2)", x=(2, 3)),
        case("np.gradient(x, onp.array([0, 1, 3, 4], x.dtype), edge_order=2)", x=(4,)),
        case("np.gradient(x, [0.0, 2.0, 3.0], axis=0)", x=(3, 2)),
        case("np.add(*np.gradient(x, np.exp(a)))", x=(2, 3), a=()),
        case("np.gradient(x, onp.arange(4) + 0.4 * np.sin(a), edge_order=2)", x=(4,), a=(4,)),
        case("np.gradient(x, onp.arange(4) + 0.4 * np.sin(a))", x=(4,), a=(4,)),
        case("np.subtract(*np.gradient(x, 2.0, [0.0, 1.0, 3.0], axis=(0, -1)))", x=(2, 3)),
    ],
)
def gradient(
    f: Operand,
    /,
    *varargs: Operand | Sequence[float],
    axis: int | Sequence[int] | None = None,
    edge_order: EdgeOrder = 1,
) -> Variable | tuple[Variable, ...]:
    """The slopes along axes, by differences inside and at the ends: numpy.gradient.

    `varargs` are the distances of the points: one number, or one number or the coordinates for each
    axis. For several axes there is a tuple of Variables, else a Variable.

    Parameters
    ----------
    f : Variable or array
        Values at points of a grid.
    *varargs
        The distances of the points: one number, or for each axis a number or coordinates.
    axis : int or tuple of int, optional
        The axes along which slopes are taken; None for all.
    edge_order : int, default 1
        The order of the differences at the ends: 1 or 2.

    Returns
    -------
    Variable or tuple of Variable
        The slopes; for several axes one Variable for each.

    Examples
    --------
    >>> gradient(Variable(np.array([1.0, 4.0, 9.0])))
    Variable([3., 4., 5.])
    """
    x = as_variable(f)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    alike = not varargs or (len(varargs) == 1 and queries.ndim(varargs[0]) == 0)
    if not alike and len(varargs) != len(axes):
        raise TypeError("invalid number of arguments")
    every = (varargs or (1.0,)) * len(axes) if alike else varargs
    slopes = tuple(_slope(x, i, h, edge_order) for i, h in zip(axes, every))
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(
    x: Variable, axis: int, spacing: Operand | Sequence[float], edge_order: EdgeOrder
) -> Variable:
    h = bare(spacing)
    if not isinstance(h, Variable):
        return Slope(h.copy(), axis, edge_order)(x)
    if not h.ndim:
        return (Slope(np.ones(()), axis, edge_order)(x) / h).astype(x.dtype, copy=False)
    np.gradient(np.zeros(x.shape[axis]), h.data, edge_order=edge_order)  # refuses what NumPy does
    steps = _along(h[1:] - h[:-1], x.ndim, axis)
    sides = (_cut(x, axis, 1, None) - _cut(x, axis, None, -1)) / steps
    slopes = _bent(sides, steps, axis, edge_order)
    return concatenate(slopes, axis).astype(x.dtype, copy=False)


def _bent(sides: Variable, steps: Variable, axis: int, edge_order: EdgeOrder) -> list[Variable]:
    """The slopes of parabolas through three points, from those of their two sides."""
    low, high = _cut(sides, axis, None, -1), _cut(sides, axis, 1, None)
    h, k = _cut(steps, axis, None, -1), _cut(steps, axis, 1, None)
    inside = (k * low + h * high) / (h + k)
    first, last = _cut(sides, axis, None, 1), _cut(sides, axis, -1, None)
    if edge_order == 2:
        bend = (high - low) / (h + k)
        first = first - _cut(bend * h, axis, None, 1)
        last = last + _cut(bend * k, axis, -1, None)
    return [first, inside, last]


def _along(x: Any, ndim: int, axis: int) -> Any:
    """A vector reshaped to `ndim` axes, so that it lies along one of them."""
    shape = [1] * ndim
    shape[axis] = -1
    return x.reshape(tuple(shape))


def _cut(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """`x[start:stop]` along an axis."""
    return x[(*[slice(None)] * normalize_axis_index(axis, x.ndim), slice(start, stop))]
