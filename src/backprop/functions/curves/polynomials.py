"""Polynomials by their coefficients, that of the highest power first: sums, products, fits."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.curves.interpolation import vander
from backprop.functions.curves.signal import convolve
from backprop.functions.elementwise.powers import sqrt
from backprop.functions.indexing.padding import pad
from backprop.functions.indexing.picking import trim_zeros
from backprop.functions.linalg.least_squares import lstsq
from backprop.functions.registry import implements
from backprop.functions.shaping.blocks import array
from backprop.functions.shaping.joining import concatenate, stack
from backprop.functions.shaping.shapes import astype, atleast_1d
from backprop.functions.shaping.splitting import unstack
from backprop.ground.arrays import Operand
from backprop.ground.domain import Interval
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub"]

Coefficients: TypeAlias = Operand | Sequence[Operand]

_SMALL = Interval(-1.0, 1.0)
_AWAY = Interval(0.5, 8.0)  # a leading coefficient of 0 is trimmed


@implements(
    np.polyadd,
    cases=lambda: [
        case("np.polyadd(a, b)", a=(3,), b=(2,)),
        case("np.polyadd([1.0, 2.0], x)", x=()),
    ],
)
def polyadd(a1: Coefficients, a2: Coefficients) -> Variable:
    """The sum of two polynomials: numpy.polyadd."""
    xs = _line(a1), _line(a2)
    size = max(x.size for x in xs)
    left, right = (pad(x, (size - x.size, 0)) for x in xs)
    return left + right


@implements(
    np.polysub,
    cases=lambda: [
        case("np.polysub(a, b)", a=(2,), b=(4,)),
        case("np.polysub(x, 1.0)", x=(3,)),
    ],
)
def polysub(a1: Coefficients, a2: Coefficients) -> Variable:
    """The difference of two polynomials: numpy.polysub."""
    return polyadd(a1, -_line(a2))


@implements(
    np.polymul,
    cases=lambda: [
        case("np.polymul(a, b)", _AWAY, a=(3,), b=(2,)),
        case("np.polymul([0.0, 2.0, 1.0], x)", _AWAY, x=(2,)),
        case("np.polymul(x, 0.0)", _AWAY, x=(2,)),
    ],
)
def polymul(a1: Coefficients, a2: Coefficients) -> Variable:
    """The product of two polynomials, less their leading zeros: numpy.polymul.

    >>> x = Variable(np.array([1.0, 2.0]))
    >>> polymul(x, x)
    Variable([1., 4., 4.])
    """
    return convolve(_trimmed(a1), _trimmed(a2))


@implements(
    np.polydiv,
    cases=lambda: [
        case("np.polydiv(a, b)[0]", _AWAY, a=(4,), b=(2,)),
        case("np.polydiv(a, [2.0, 1.0, 50.0])[1]", _AWAY, a=(4,)),
        case("np.polydiv(a, b)[1]", _AWAY, a=(2,), b=(3,)),
        case("np.polydiv(np.r_[2 * a, a, 64 * a, b], [2.0, 1.0, 64.0])[1]", a=(1,), b=(1,)),
    ],
)
def polydiv(u: Coefficients, v: Coefficients) -> tuple[Variable, Variable]:
    """The quotient of two polynomials and what remains, by long division: numpy.polydiv."""
    dividend, divisor = _line(u), _line(v)
    scale, width = 1.0 / divisor[0], divisor.size
    quotient: list[Variable] = []
    for _ in range(dividend.size - width + 1):
        quotient.append(scale * dividend[0])
        head = dividend[:width] - quotient[-1] * divisor
        dividend = concatenate([head[1:], dividend[width:]])
    rest = dividend if dividend.size else dividend.sum(keepdims=True)
    while rest.size > 1 and np.allclose(rest.data[0], 0, rtol=1e-14):
        rest = rest[1:]
    return stack(quotient or [0.0 * scale]), rest


@implements(
    np.polyder,
    cases=lambda: [
        case("np.polyder(x)", x=(4,)),
        case("np.polyder(x, m=2)", x=(4,)),
        case("np.polyder(x, 0)", x=(2,)),
    ],
)
def polyder(p: Coefficients, m: int = 1) -> Variable:
    """The coefficients of the derivative of order `m`: numpy.polyder.

    Raises ValueError if m is negative.
    """
    np.polyder([0.0], m)  # for its check
    y = _line(p)
    for _ in range(m):
        y = y[:-1] * np.arange(y.size - 1, 0, -1).astype(y.dtype)
    return y


@implements(
    np.polyint,
    cases=lambda: [
        case("np.polyint(x)", x=(3,)),
        case("np.polyint(x, m=2, k=[3.0, -1.0])", x=(2,)),
        case("np.polyint(x, 2, 0.5)", x=(2,)),
    ],
)
def polyint(
    p: Coefficients, m: int = 1, k: Sequence[float] | NDArray[np.floating] | float | None = None
) -> Variable:
    """The coefficients of the `m`-fold integral, its constants in `k`: numpy.polyint.

    Raises ValueError for a negative m or too few constants.

    Parameters
    ----------
    p : Variable or array
        The coefficients, that of the highest power first.
    m : int, default 1
        How many times it is integrated.
    k : float or sequence of float, optional
        The constants, one for each time; 0 by default.

    Returns
    -------
    Variable

    Examples
    --------
    >>> polyint(Variable(np.array([2.0, 1.0])))
    Variable([1., 1., 0.])
    """
    np.polyint([0.0], m, k)  # for its checks
    constants = np.resize(0.0 if k is None else k, m)
    y = _line(p)
    for constant in constants.tolist():
        powers = np.arange(y.size, 0, -1).astype(y.dtype)
        y = concatenate([y / powers, np.array([constant], y.dtype)])
    return y


@implements(
    np.polyfit,
    cases=lambda: [
        case("np.polyfit([0.0, 1.0, 3.0, 4.0], x, 1)", x=(4,)),
        case("np.polyfit(x + onp.array([0, 3, 9], x.dtype), [1.0, 0.0, 2.0], 1)", _SMALL, x=(3,)),
        case("np.polyfit([0, 1, 3, 5], x, 2, rcond=1e-9, w=[1.0, 2.0, 1.0, 3.0])", x=(4, 2)),
        case("np.polyfit([0, 1, 3], x, 1, w=[1, 2, 1])", x=(3,)),
    ],
)
def polyfit(
    x: Operand | Sequence[float],
    y: Operand,
    deg: int,
    rcond: float | None = None,
    *,
    w: Operand | Sequence[float] | None = None,
) -> Variable:
    """The polynomial of degree `deg` with least squares of w (p(x) - y): numpy.polyfit.

    Parameters
    ----------
    x : Variable or array
        The places.
    y : Variable or array
        The values there: a vector, or a column for each polynomial.
    deg : int
        The degree.
    rcond : float, optional
        Singular values below this part of the largest count as 0.
    w : Variable or array, optional
        How much each place counts.

    Returns
    -------
    Variable

    Examples
    --------
    >>> polyfit([0.0, 1.0], Variable(np.array([1.0, 3.0])), 0)
    Variable([2.])
    """
    places, right = _line(x), as_variable(y)
    with warnings.catch_warnings(action="ignore"):  # for its checks
        np.polyfit(places.data, right.data, deg, rcond, w=None if w is None else _line(w).data)
    # In the dtype of the result from the start: powers that were rounded would spoil it.
    dtype = np.result_type(places.dtype, right.dtype)
    left = vander(astype(places, dtype, copy=False), deg + 1)
    if w is not None:
        weights = _line(w)
        left = left * weights[:, np.newaxis]
        right = right * weights.reshape((-1,) + (1,) * (right.ndim - 1))
    scale = sqrt((left * left).sum(axis=0))
    eps = np.finfo(np.result_type(places.dtype, 0.0)).eps  # the places may be integers
    cutoff = places.size * float(eps) if rcond is None else rcond
    found = lstsq(left / scale, right, cutoff)[0]
    return (found.T / scale).T


@implements(
    np.poly,
    cases=lambda: [case("np.poly(x)", x=(3,)), case("np.poly(x)", x=(1,))],
)
def poly(seq_of_zeros: Coefficients) -> Variable:
    """The coefficients of the polynomial with these zeros: numpy.poly, of a vector.

    Raises ValueError for a matrix, whose eigenvalues may be complex.
    """
    zeros = _line(seq_of_zeros)
    one = np.ones(1, zeros.dtype)
    factors = (stack([1.0, -zero]) for zero in unstack(zeros))
    return reduce(convolve, factors, Variable(one))


def _line(p: Coefficients) -> Variable:
    """The coefficients as a vector. Raises ValueError if they are none."""
    x = atleast_1d(array(p))
    if x.ndim > 1:
        raise ValueError(f"coefficients are a vector, got an array of shape {x.shape}")
    return x


def _trimmed(p: Coefficients) -> Variable:
    """Without leading zeros, as numpy.poly1d has them."""
    x = _line(p)
    return trim_zeros(x, "f") if x.data.any() else x[-1:]
