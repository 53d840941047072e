"""Norms of vectors and matrices, and condition numbers: norm, vector_norm, matrix_norm, cond."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from backprop.functions import queries, ufuncs as uf
from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb
from backprop.functions.linalg.singular import Nuclear, svdvals
from backprop.functions.linalg.solving import inv
from backprop.functions.reductions.reductions import Reduction, reduced
from backprop.functions.registry import implements
from backprop.functions.shaping.matrices import plain
from backprop.ground.arrays import Array, Axes, Operand, Shape
from backprop.ground.compat import override
from backprop.ground.domain import POSITIVE, REALS, Interval
from backprop.kernel.operands import call
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]

Order: TypeAlias = float | str | None
_SMALL = Interval(-1.0, 1.0)

_norm: Callable[..., Array] = np.linalg.norm  # its stubs know of two axes at most


class Norm(Reduction, fresh=True):
    """y = (Σ |x|ᵖ)^(1/p) over `axis`, the p-norm.

    The gradient is sign(x) (|x| / y)^(p - 1), and 0 where y = 0.
    """

    __slots__ = ("p",)

    def __init__(self, p: float, axis: Axes, keepdims: bool) -> None:
        super().__init__(axis, keepdims)
        # A float setting would make higher orders slower.
        self.p: float = int(p) if p == int(p) else p

    @override
    def forward(self, x: Array) -> Array:
        if self.p != 2:
            return self._scaled(x)
        with np.errstate(over="ignore", under="ignore"):
            y = self._of(x, self.keepdims)
        info = np.finfo(x.dtype)
        safe = (y > (info.smallest_normal / info.eps) ** 0.5) & (y < info.max**0.5)
        return y if safe.all() else self._scaled(x)

    def _of(self, x: Array, keepdims: bool) -> Array:
        p = None if self.p == 2 else self.p
        return np.asarray(_norm(x, p, self.axis, keepdims), x.dtype)

    def _scaled(self, x: Array) -> Array:
        """The norm, with x scaled by its largest element (smallest if p < 0) for no overflow."""
        unit = _unit(x, self.axis, np.min if self.p < 0 else np.max)
        with np.errstate(divide="ignore", over="ignore", under="ignore"):
            y = self._of(x / unit, True) * unit
        return y if self.keepdims else y.reshape(_without(x.shape, self.axis))

    @override
    def backward(self, gy: Array) -> Array:
        x, y = self.x, self.spread(self.y)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = x / y if self.p == 2 else self._slope(x, y)
        return absorb(self.spread(gy), np.where(np.equal(y, 0), y.dtype.type(0), slope))

    def _slope(self, x: Array, y: Array) -> Array:
        sign = np.sign(plain(x))
        part = y / (x * sign) if self.p < 0 else x * sign / y  # the one that is at most 1
        part = np.where(np.equal(sign, 0), part.dtype.type(1), part)
        return sign * uf.power(part, 1 - self.p if self.p < 0 else self.p - 1)


def _unit(x: Array, axis: Axes, extreme: Callable[..., Array]) -> Array:
    """A power of two as large as the largest or smallest element, or 1 if that is 0 or inf."""
    initial = {} if x.size else {"initial": 0.0}
    size = extreme(abs(x), axis=axis, keepdims=True, **initial)
    exponent = np.where(np.isfinite(size) & (size > 0), np.frexp(size)[1] - 1, 0)
    return np.ldexp(x.dtype.type(1), exponent)


def _without(shape: Shape, axis: Axes) -> Shape:
    """Give `shape` without the axes that are reduced."""
    gone = range(len(shape)) if axis is None else normalize_axis_tuple(axis, len(shape))
    return tuple(n for i, n in enumerate(shape) if i not in gone)


_TALL = "x + onp.array([[9, 2], [3, -3], [8, 1]], x.dtype)"


@implements(
    np.linalg.norm,
    cases=lambda: [
        case("np.linalg.norm(x)", x=(2, 3)),
        case("np.linalg.norm(x)", x=()),
        case("np.linalg.norm(x, axis=0)", x=(0, 3)),
        case("np.linalg.norm(x, axis=(0, -1), keepdims=True)", x=(2, 1, 3)),
        *(
            case(f"np.linalg.norm(x, {p}, axis=-1)", REALS.without(0.0), x=(2, 3))
            for p in ("onp.inf", "-onp.inf", "0", "1", "3.5", "0.5")
        ),
        # With one element much smaller than the others, the terms of the second derivative cancel.
        case("np.linalg.norm(x, -1, axis=-1)", Interval(0.5, 20.0), x=(2, 3)),
        *(
            case(f"np.linalg.norm({_TALL}, {p})", _SMALL, x=(3, 2))
            for p in ("'nuc'", "2", "-2", "onp.inf", "-1")
        ),
        case(f"np.linalg.norm(({_TALL})[:, None], 'nuc', (2, 0), keepdims=True)", _SMALL, x=(3, 2)),
    ],
    kink="0 at 0; equal largest elements share",
)
def norm(x: Operand, ord: Order = None, axis: Axes = None, keepdims: bool = False) -> Variable:
    """The norm of vectors or matrices: numpy.linalg.norm, with every `ord` it has.

    Its gradient at 0 is 0.

    Parameters
    ----------
    x : Variable or array
        The data.
    ord : int, float or str, optional
        Which norm: a number for vectors; for matrices "fro", "nuc", 1, 2, inf or a negative of
        these. By default the square root of the sum of squares.
    axis : int or tuple of int, optional
        One axis for vectors, two for matrices; None for all.
    keepdims : bool, default False
        Whether these axes stay, with length 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([3.0, 4.0]))
    >>> y = norm(x)
    >>> y.backward()
    >>> y, x.grad
    (Variable(5.), array([0.6, 0.8]))
    """
    x = as_variable(x)
    if axis is None and ord is None:
        return Norm(2, None, keepdims)(x)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if len(axes) == 1:
        return _of_vectors(x, 2 if ord is None else ord, axes[0], keepdims)
    if len(axes) == 2:
        return _of_matrices(x, "fro" if ord is None else ord, axes, keepdims)
    raise ValueError("Improper number of dimensions to norm.")


def _of_vectors(x: Variable, ord: float | str, axis: int, keepdims: bool) -> Variable:
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    over: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
    if ord == math.inf:
        return call(np.max, abs(x), initial=0.0, **over)
    if ord == -math.inf:
        return call(np.min, abs(x), **over)
    if ord == 0:
        return as_variable(uf.sum(queries.not_equal(x, 0).astype(x.dtype), **over))
    return call(np.sum, abs(x), **over) if ord == 1 else Norm(ord, **over)(x)


def _of_matrices(x: Variable, ord: float | str, axes: tuple[int, ...], keepdims: bool) -> Variable:
    if ord in ("fro", "f"):
        return Norm(2, axes, keepdims)(x)
    if ord in (2, -2, "nuc"):
        rest = (i for i in range(x.ndim) if i not in axes)
        y = _by_values(x.transpose((*rest, *axes)), ord)
    elif ord in (1, -1, math.inf, -math.inf):
        along, across = axes if abs(ord) == 1 else axes[::-1]
        y = _extreme(call(np.sum, abs(x), axis=along, keepdims=True), ord, across)
    else:
        raise ValueError("Invalid norm order for matrices.")
    return y.reshape(reduced(x.shape, axes) if keepdims else _without(x.shape, axes))


def _by_values(x: Variable, ord: float | str) -> Variable:
    """A norm of a matrix by its singular values: one of them, or their sum ("nuc")."""
    return _extreme(svdvals(x), float(ord), -1) if ord != "nuc" else Nuclear()(x)


def _extreme(x: Variable, ord: float, axis: int) -> Variable:
    """The largest element along `axis` if `ord` is positive, else the smallest."""
    return call(np.max, x, axis=axis, initial=0.0) if ord > 0 else call(np.min, x, axis=axis)


@implements(
    np.linalg.vector_norm,
    cases=lambda: [
        case("np.linalg.vector_norm(x)", x=(2, 3)),
        case("np.linalg.vector_norm(x, axis=(0, -1), ord=3, keepdims=True)", POSITIVE, x=(2, 1, 2)),
        case("np.linalg.vector_norm(x, axis=-1, ord=1)", REALS.without(0.0), x=(2, 3)),
        case("np.linalg.vector_norm(x, keepdims=True)", x=()),
    ],
    kink="0 at 0; equal largest elements share",
)
def vector_norm(
    x: Operand, /, *, axis: Axes = None, ord: float = 2, keepdims: bool = False
) -> Variable:
    """The norm of all elements, or of those along `axis`, as a vector: numpy.linalg.vector_norm.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes of the vectors; None for all.
    ord : float, default 2
        Any number, inf and -inf included.
    keepdims : bool, default False
        Whether these axes stay, with length 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> vector_norm(Variable(np.array([3.0, 4.0])))
    Variable(5.)
    """
    x = as_variable(x)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    length = math.prod(x.shape[i] for i in axes)
    flat = x.transpose((*rest, *axes)).reshape((*(x.shape[i] for i in rest), length))
    y = norm(flat, ord, axis=-1)
    return y.reshape(reduced(x.shape, axes)) if keepdims else y


@implements(
    np.linalg.matrix_norm,
    cases=lambda: [
        case("np.linalg.matrix_norm(x)", x=(2, 2, 3)),
        case("np.linalg.matrix_norm(x, ord=1, keepdims=True)", REALS.without(0.0), x=(2, 3)),
        case(f"np.linalg.matrix_norm(({_TALL}).mT, ord='nuc')", _SMALL, x=(3, 2)),
    ],
    kink="0 at 0; equal largest elements share",
)
def matrix_norm(x: Operand, /, *, keepdims: bool = False, ord: Order = "fro") -> Variable:
    """The norm of each matrix of a stack: numpy.linalg.matrix_norm.

    Parameters
    ----------
    x : Variable or array
        The data.
    keepdims : bool, default False
        Whether both axes stay, with length 1.
    ord : int, float or str, default 'fro'
        "fro", "nuc", 1, 2, inf or their negatives.

    Returns
    -------
    Variable

    Examples
    --------
    >>> matrix_norm(Variable(np.array([[3.0, 4.0]])))
    Variable(5.)
    """
    return norm(x, ord, (-2, -1), keepdims)


@implements(
    np.linalg.cond,
    cases=lambda: [
        case(f"np.linalg.cond({_TALL})", _SMALL, x=(3, 2)),
        *(
            case(f"np.linalg.cond(({_TALL})[1:], p={p})", _SMALL, x=(3, 2))
            for p in ("-2", "1", "'fro'")
        ),
        case("np.linalg.cond(x + 4 * onp.eye(2, dtype=x.dtype), p='fro')", _SMALL, x=(2, 1, 2, 2)),
    ],
    kink="0 where it is inf",
)
def cond(x: Operand, p: Order = None) -> Variable:
    """The condition number ‖x‖ ‖x⁻¹‖ of a matrix in the norm `p`: numpy.linalg.cond.

    Works on stacks of matrices. `p` is an `ord` of numpy.linalg.norm; None stands for 2. The
    gradient is 0 where the condition number is inf. Raises numpy.linalg.LinAlgError for an empty
    matrix.

    >>> x = Variable(np.array([[4.0, 0.0], [0.0, 2.0]]))
    >>> y = cond(x)
    >>> y.backward()
    >>> y.round(9), x.grad.round(9) + 0
    (Variable(2.), array([[ 0.5,  0. ],
           [ 0. , -1. ]]))
    """
    x = as_variable(x)
    if not x.size and 0 in x.shape[-2:]:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    with np.errstate(all="ignore"):
        y = _of_extremes(svdvals(x), p) if p in (None, 2, -2) else _by_inverse(x, p)
    unknown = np.isnan(y) & ~np.isnan(x).any(axis=(-2, -1))
    return call(np.where, unknown, np.inf, y)


def _of_extremes(s: Variable, p: Order) -> Variable:
    largest, smallest = call(np.max, s, axis=-1), call(np.min, s, axis=-1)
    return smallest / largest if p == -2 else largest / smallest


def _by_inverse(x: Variable, p: Order) -> Variable:
    singular = np.equal(np.linalg.slogdet(x.data).sign, 0)
    there = singular[..., np.newaxis, np.newaxis]
    regular = call(np.where, there, np.eye(x.shape[-1], dtype=x.dtype), x)
    y = norm(x, p, (-2, -1)) * norm(inv(regular), p, (-2, -1))
    return call(np.where, singular, np.inf, y)
