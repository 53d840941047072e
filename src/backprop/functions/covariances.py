"""Covariances and correlations of variables, each of which is a row of observations."""

from __future__ import annotations

import warnings

import numpy as np

from backprop.arrays import Array
from backprop.cases import case
from backprop.compat import override
from backprop.core import Operand, Variable
from backprop.dispatch import implements
from backprop.functions.bases import Elementwise, as_variable
from backprop.functions.joining import concatenate
from backprop.functions.powers import square
from backprop.functions.selection import where
from backprop.functions.statistics import NEAR, centred, unit

__all__ = ["corrcoef", "cov"]


@implements(
    np.cov,
    cases=lambda: [
        case("np.cov(x)", x=(2, 3)),
        case("np.cov(x)", x=(3,)),
        case("np.cov(x, y, rowvar=False, bias=True)", x=(3, 2), y=(3, 1)),
        case("np.cov(x, ddof=0)", x=(2, 3)),
    ],
)
def cov(
    m: Operand,
    /,
    y: Operand | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
) -> Variable:
    """The covariances of the rows of m and y, or of their columns without `rowvar`: numpy.cov.

    >>> from backprop import Variable
    >>> cov(Variable(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])))
    Variable([[ 1., -1.],
              [-1.,  1.]])
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    x = _variables(m, y, rowvar)
    n = x.shape[1]
    freedom = n - (int(not bias) if ddof is None else ddof)
    if freedom <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
    d = _centred(x)
    return _squeezed(d @ d.T / np.array(max(freedom, 0), d.dtype))


@implements(
    np.corrcoef,
    cases=lambda: [
        case("np.corrcoef(x)", NEAR, x=(2, 4)),
        case("np.corrcoef(x)", NEAR, x=(3,)),
        case("np.corrcoef(x)", NEAR, x=(0, 3)),
        case("np.corrcoef(x, y + [3.0, 1.0, 4.0, 2.0])", NEAR, x=(4,), y=(4,)),
        case("np.corrcoef(x, y, rowvar=False)", NEAR, x=(4, 2), y=(4, 1)),
    ],
    kink="the gradient is that of the correlation before it is kept within -1 and 1",
)
def corrcoef(x: Operand, /, y: Operand | None = None, rowvar: bool = True) -> Variable:
    """The correlations of the rows of x and y, or of their columns: numpy.corrcoef.

    A variable that does not vary has correlations of nan.
    """
    d = _centred(_variables(x, y, rowvar))
    u: Variable = unit(d, 1)
    if len(u) == 1:
        whole = square(u).sum()
        return whole / whole  # so that not even rounding is left of its gradient
    constant = np.equal(np.max(abs(d.data), axis=1, keepdims=True, initial=0), 0)
    return where(constant | constant.T, np.nan, _Within()(u @ u.T))


def _variables(m: Operand, y: Operand | None, rowvar: bool) -> Variable:
    """All variables, each a row of observations."""
    x = as_variable(m)
    if x.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    rows = _matrix(x) if rowvar or x.ndim < 2 else x.T
    if y is None:
        return rows
    more = as_variable(y)
    if more.ndim > 2:
        raise ValueError("y has more than 2 dimensions")
    more = _matrix(more)
    return concatenate((rows, more if rowvar or more.shape[0] == 1 else more.T), axis=0)


def _matrix(x: Variable) -> Variable:
    return x if x.ndim == 2 else x.reshape(1, x.size)


def _centred(x: Variable) -> Variable:
    d: Variable = centred(x, 1, True, x.shape[1])
    return d


def _squeezed(c: Variable) -> Variable:
    return c.reshape(()) if c.shape == (1, 1) else c


class _Within(Elementwise):
    """y = x, but for the rounding that carried it out of the interval from -1 to 1."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.clip(x, -1.0, 1.0)

    @override
    def backward(self, gy: Array) -> Array:
        return gy
