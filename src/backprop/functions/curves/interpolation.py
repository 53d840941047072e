"""Functions between and through points: interpolation and polynomials."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

import numpy as np

from backprop.functions import queries
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb, unbroadcast
from backprop.functions.indexing.selection import scatter, where
from backprop.functions.reductions.products import bare
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Operand, Shapes
from backprop.ground.compat import override
from backprop.ground.domain import REALS, Interval
from backprop.kernel.function import BinaryFunction, Function, NaryFunction
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Indices: TypeAlias = NDArray[np.intp]
    Mask: TypeAlias = NDArray[np.bool_]

__all__ = ["interp", "polyval", "vander"]


# The second derivative is none where an x meets a point.
_BESIDE: Final = (REALS.without(-5.0, 0.0, 1.0), REALS)
_INSIDE: Final = "onp.array([-1, 0.5, 1.5, 3], x.dtype) + 0.05 * np.sin(x)"
_POINTS: Final = "onp.arange(3, dtype=xp.dtype) + 0.4 * np.sin(xp)"


class Interp(NaryFunction, fresh=True):
    """y(x) on the line through the two points (xp, fp) around x; beyond all, the fp of the last."""

    __slots__ = ()

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        x, xp, fp = xs
        lo, hi, inside = _around(x, xp)
        with np.errstate(all="ignore"):
            slope = (fp[hi] - fp[lo]) / (xp[hi] - xp[lo])
            y = slope * (x - xp[lo]) + fp[lo]
            y = np.where(np.isnan(y), slope * (x - xp[hi]) + fp[hi], y)
        beyond = np.where((x < xp[0]) | np.isneginf(x), fp[lo], fp[hi])
        y = np.where(inside & np.less(x, xp[-1]), y, beyond)
        return (np.where(np.isnan(x), x, y),)

    @override
    def backward(self, *gys: Array) -> tuple[Array | None, ...]:
        (gy,) = gys
        x, xp, fp = self.xs
        lo, hi, inside = _around(x, xp)
        one = xp.dtype.type(1)
        beyond = np.where(np.less(x, xp[-1]), 0 * one, one)
        width = np.where(inside, xp[hi] - xp[lo], one)
        share = np.where(inside, _part(x - xp[lo], width), beyond)
        rest = np.where(inside, _part(xp[hi] - x, width), 1 - beyond)
        gx = absorb(gy, np.where(inside, (fp[hi] - fp[lo]) / width, 0 * one))
        return (
            gx.astype(x.dtype, copy=False) if self.wants(0) else None,
            -_shared(gx * rest, gx * share, lo, hi, xp) if self.wants(1) else None,
            _shared(gy * rest, gy * share, lo, hi, fp) if self.wants(2) else None,
        )


def _around(x: Array, xp: Array) -> tuple[Indices, Indices, Mask]:
    """The indices of the two points around each x, and whether x is between them."""
    last = len(xp) - 1
    lo = np.clip(np.searchsorted(xp, x, "right") - 1, 0, max(last - 1, 0))
    hi = np.minimum(lo + 1, last)
    return lo, hi, (xp[lo] < xp[hi]) & (xp[0] <= x) & (x <= xp[-1]) & np.isfinite(x)


def _part(distance: Array, width: Array) -> Array:
    """The fraction of the way from one point to the next; a point at infinity counts nothing."""
    part: Array = distance / np.where(np.isinf(width), 1, width)
    return np.where(np.isinf(width), np.isinf(distance), part).astype(width.dtype, copy=False)


def _shared(low: Array, high: Array, lo: Indices, hi: Indices, like: Array) -> Array:
    """The cotangents of the points: from the x in the interval after and in that before each."""
    both: Array = scatter(low, lo, like.shape) + scatter(high, hi, like.shape)
    return both.astype(like.dtype, copy=False)


@implements(
    np.interp,
    cases=lambda: [
        case("np.interp(x, onp.array([-5, 0, 1], x.dtype), fp)", _BESIDE, x=(2, 3), fp=(3,)),
        case(f"np.interp({_INSIDE}, {_POINTS}, fp)", x=(4,), xp=(3,), fp=(3,)),
        case(
            "np.interp(x, onp.array([-5, 1], x.dtype), fp, left=a, right=0.0)",
            (*_BESIDE, REALS),
            x=(3,),
            fp=(2,),
            a=(),
        ),
        case(
            "np.interp(x, onp.array([0, 6, 2], x.dtype), fp, period=7.0)",
            (Interval(6.0, 14.0).without(7.0, 9.0, 13.0), REALS),
            x=(3,),
            fp=(3,),
        ),
        case(
            "np.interp(x, onp.array([-5, 0, 1], x.dtype), fp, right=a)",
            (*_BESIDE, REALS),
            x=(2, 3),
            fp=(3,),
            a=(),
        ),
        case("np.interp(x, onp.ones(1, x.dtype), fp)", x=(), fp=(1,)),
    ],
    kink="at a point, the slope to its right; at the last point, that to its left",
)
def interp(
    x: Operand,
    xp: Operand | Sequence[float],
    fp: Operand | Sequence[float],
    left: Operand | None = None,
    right: Operand | None = None,
    period: float | None = None,
) -> Variable:
    """The values at `x` of the polyline through the points (xp, fp): numpy.interp.

    Before the first point it is `left`, after the last `right`, each else the value there; with a
    `period`, the polyline repeats. It keeps float32, where NumPy gives float64.

    Parameters
    ----------
    x : Variable or array
        Where the polyline is evaluated.
    xp : Variable or array
        The places of its points, in order.
    fp : Variable or array
        Its values there.
    left : Variable or array, optional
        The value before the first point; by default that at it.
    right : Variable or array, optional
        The value after the last point; by default that at it.
    period : float, optional
        After which the polyline repeats.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([0.5, 3.0]))
    >>> y = interp(x, [0.0, 1.0, 2.0], [0.0, 10.0, 30.0])
    >>> y.backward()
    >>> y, x.grad
    (Variable([ 5., 30.]), array([10.,  0.]))
    """
    points, values = bare(xp), bare(fp)
    if points.ndim != 1 or points.shape != values.shape or not points.size:
        raise ValueError("interp needs points: xp and fp of one axis, as long, and not empty")
    if queries.any(queries.isnan(points)):
        raise ValueError("interp needs points in order: xp holds nan")
    if period is not None:
        x, points, values = _wrapped(x, points, values, period)
        left = right = None
    (y,) = Interp()(x, points, values)
    y = y if left is None else where(queries.less(x, points[0]), left, y)
    return y if right is None else where(queries.greater(x, points[-1]), right, y)


def _wrapped(
    x: Operand, xp: Variable | Array, fp: Variable | Array, period: float
) -> tuple[Variable | Array, Variable | Array, Variable | Array]:
    """The points moved into one period and sorted, with one more point added at each end."""
    if period == 0:
        raise ValueError("period must be a non-zero value")
    period = abs(period)
    xp = xp % period
    order = queries.argsort(xp)
    order = np.concatenate([order[-1:], order, order[:1]])
    turns = np.zeros(len(order), xp.dtype)
    turns[[0, -1]] = -period, period
    return bare(x) % period, xp[order] + turns, fp[order]


class Vander(Function, fresh=True):
    """The powers of each element, in rows: x⁰, x¹, ..., or the other way round."""

    __slots__ = ("columns", "increasing")
    shapes: ClassVar[Shapes | None] = (((3,),), ((0,),))

    def __init__(self, columns: int = 3, increasing: bool = False) -> None:
        self.columns: int = columns
        self.increasing: bool = increasing

    @override
    def forward(self, x: Array) -> Array:
        return np.vander(x, self.columns, self.increasing).astype(x.dtype, copy=False)

    @override
    def backward(self, gy: Array) -> Array:
        lower: Array = np.vander(self.x, max(self.columns - 1, 0), increasing=True)
        g = gy if self.increasing else gy[:, ::-1]
        slopes = lower * np.arange(1, self.columns, dtype=gy.dtype)
        gx: Array = absorb(g[:, 1:], slopes).sum(axis=1)
        return gx.astype(gy.dtype, copy=False)


@implements(
    np.vander,
    cases=lambda: [
        case("np.vander(x)", x=(3,)),
        case("np.vander(x, N=2, increasing=True)", x=(3,)),
        case("np.vander(x, 0)", x=(2,)),
        case("np.vander(x, 4)", x=(0,)),
    ],
)
def vander(x: Operand, /, N: int | None = None, increasing: bool = False) -> Variable:  # noqa: N803
    """The powers of each element in a row, from xᴺ⁻¹ down to 1: numpy.vander.

    It keeps float32, where NumPy gives float64.

    Parameters
    ----------
    x : Variable or array
        The data.
    N : int, optional
        How many powers; as many as elements by default.
    increasing : bool, default False
        Whether the powers rise from 0.

    Returns
    -------
    Variable

    Examples
    --------
    >>> vander(Variable(np.array([2.0, 3.0])), 2)
    Variable([[2., 1.],
              [3., 1.]])
    """
    return Vander(queries.size(x) if N is None else N, increasing)(x)


class Polyval(BinaryFunction, fresh=True):
    """y = Σ p_k xⁿ⁻¹⁻ᵏ, where `a` holds the coefficients p and `b` the places x."""

    __slots__ = ()
    shapes: ClassVar[Shapes | None] = (
        ((3,), ()),
        ((4,), (2, 3)),
        ((2, 3), (2, 3)),
        ((2, 3), ()),
        ((1,), (3,)),
        ((0,), (3,)),
    )

    @override
    def forward(self, p: Array, x: Array) -> Array:
        return np.polyval(p, x)

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        return (
            self._by_coefficients(gy) if self.wants(0) else None,
            self._by_places(gy) if self.wants(1) else None,
        )

    def _by_coefficients(self, gy: Array) -> Array:
        p, x = self.a, self.b
        n = len(p)
        powers = np.vander(x.reshape(-1), n).T.reshape((n, *(1,) * (gy.ndim - x.ndim), *x.shape))
        rows = p.reshape((n, *(1,) * (gy.ndim - p.ndim + 1), *p.shape[1:]))
        return unbroadcast(absorb(gy, powers), rows).reshape(p.shape)

    def _by_places(self, gy: Array) -> Array:
        p = self.a
        degrees = np.arange(len(p) - 1, 0, -1, dtype=p.dtype)
        slopes = p[:-1] * degrees.reshape((-1, *(1,) * (p.ndim - 1)))
        return unbroadcast(absorb(gy, np.polyval(slopes, self.b)), self.b)


@implements(
    np.polyval,
    cases=lambda: [
        case("np.polyval(p, x)", p=(3,), x=(2, 3)),
        case("np.polyval(p, x)", p=(1,), x=()),
        case("np.polyval(p, x)", p=(0,), x=(3,)),
        case("np.polyval(p, x)", p=(2, 3), x=()),
        case("np.polyval(onp.array([2, 0, 1], x.dtype), x)", x=(3,)),
    ],
)
def polyval(p: Operand | Sequence[float], x: Operand) -> Variable:
    """The polynomial with coefficients `p`, that of the highest power first, at `x`: numpy.polyval.

    >>> x = Variable(np.array(3.0))
    >>> y = polyval([1.0, 0.0, 2.0], x)
    >>> y.backward()
    >>> y, x.grad
    (Variable(11.), array(6.))
    """
    return Polyval()(bare(p), x)
