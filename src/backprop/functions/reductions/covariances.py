"""Covariance and correlation matrices: cov, corrcoef. Each row of a matrix is a variable."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from backprop.functions import queries
from backprop.functions.bases import Elementwise, as_variable
from backprop.functions.cases import case
from backprop.functions.elementwise.powers import square
from backprop.functions.indexing.selection import where
from backprop.functions.reductions.statistics import NEAR, centred, unit
from backprop.functions.registry import implements
from backprop.functions.shaping.creation import full_like
from backprop.functions.shaping.joining import concatenate
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import POSITIVE, REALS
from backprop.kernel.variable import Constant, Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

__all__ = ["corrcoef", "cov"]


@implements(
    np.cov,
    cases=lambda: [
        case("np.cov(x)", x=(2, 3)),
        case("np.cov(x)", x=(3,)),
        case("np.cov(x, y, rowvar=False, bias=True)", x=(3, 2), y=(3, 1)),
        case("np.cov(x, ddof=0)", x=(2, 3)),
        case("np.cov(x, fweights=[2, 1, 3])", x=(2, 3)),
        case("np.cov(x, aweights=w)", (REALS, POSITIVE), x=(2, 3), w=(3,)),
        case(
            "np.cov(x, bias=True, fweights=[2, 1, 3], aweights=w)",
            (REALS, POSITIVE),
            x=(3,),
            w=(3,),
        ),
        case("np.cov(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 3)),
    ],
)
def cov(
    m: Operand,
    /,
    y: Operand | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: ArrayLike | None = None,
    aweights: Operand | ArrayLike | None = None,
    *,
    dtype: DTypeLike | None = None,
) -> Variable:
    """The covariances of the rows of m and y, or of their columns without `rowvar`: numpy.cov.

    An observation counts `fweights` times, and as much as `aweights` says beside the others.

    Parameters
    ----------
    m : Variable or array
        A variable in each row, an observation in each column.
    y : Variable or array, optional
        More variables, of the same observations.
    rowvar : bool, default True
        With False the variables are the columns.
    bias : bool, default False
        Whether the divisor is n instead of n - 1.
    ddof : int, optional
        The divisor is n less this, whatever `bias` says.
    fweights : array_like, optional
        How many times each observation counts.
    aweights : Variable or array, optional
        How much each observation counts beside the others.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable

    Examples
    --------
    >>> from backprop import Variable
    >>> cov(Variable(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])))
    Variable([[ 1., -1.],
              [-1.,  1.]])
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    x = _variables(m, y, rowvar, dtype)
    lost = int(not bias) if ddof is None else ddof
    w, freedom = _weights(x, fweights, aweights, lost)
    if freedom.data <= 0:  # no case: there is no value
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
        freedom = freedom * 0
    d = _centred(x, w)
    return _squeezed((d if w is None else d * w) @ d.T / freedom)


def _weights(
    x: Variable, fweights: ArrayLike | None, aweights: Operand | ArrayLike | None, lost: int
) -> tuple[Variable | None, Variable]:
    """Give the product of both weights (None if there are none) and the degrees of freedom."""
    f, a = _weight(x, "fweights", fweights), _weight(x, "aweights", aweights)
    if f is not None and np.any(queries.not_equal(f, f.round())):
        raise TypeError("fweights must be integer")
    if a is None:
        total = full_like(x, x.shape[1], shape=()) if f is None else f.sum()
        return f, total - lost
    w = a if f is None else f * a
    total = w.sum()
    return w, total - lost * (w * a).sum() / total


def _weight(x: Variable, name: str, weights: Operand | ArrayLike | None) -> Variable | None:
    """Give one kind of weights as a vector, checked as NumPy checks it."""
    if weights is None:
        return None
    w = weights if isinstance(weights, Variable) else Constant(np.array(weights, x.dtype))
    if w.ndim > 1:
        raise RuntimeError(f"cannot handle multidimensional {name}")
    if w.shape != x.shape[1:]:
        raise RuntimeError(f"incompatible numbers of samples and {name}")
    if np.any(queries.less(w, 0)):
        raise ValueError(f"{name} cannot be negative")
    return w


@implements(
    np.corrcoef,
    cases=lambda: [
        case("np.corrcoef(x)", NEAR, x=(2, 4)),
        case("np.corrcoef(x)", NEAR, x=(3,)),
        case("np.corrcoef(x)", NEAR, x=(0, 3)),
        case("np.corrcoef(x, dtype=np.longdouble).astype(x.dtype)", NEAR, x=(2, 4)),
        case("np.corrcoef(x, y + [3.0, 1.0, 4.0, 2.0])", NEAR, x=(4,), y=(4,)),
        case("np.corrcoef(x, y, rowvar=False)", NEAR, x=(4, 2), y=(4, 1)),
    ],
    kink="the gradient is that of the correlation before it is kept within -1 and 1",
)
def corrcoef(
    x: Operand, /, y: Operand | None = None, rowvar: bool = True, *, dtype: DTypeLike | None = None
) -> Variable:
    """The correlations of the rows of x and y, or of their columns: numpy.corrcoef.

    A variable that does not vary has correlations of nan.

    Parameters
    ----------
    x : Variable or array
        A variable in each row, an observation in each column.
    y : Variable or array, optional
        More variables, of the same observations.
    rowvar : bool, default True
        With False the variables are the columns.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable

    Examples
    --------
    >>> corrcoef(Variable(np.array([[1.0, 2.0], [2.0, 1.0]])))
    Variable([[ 1., -1.],
              [-1.,  1.]])
    """
    d = _centred(_variables(x, y, rowvar, dtype))
    u: Variable = unit(d, 1)
    if len(u) == 1:
        whole = square(u).sum()
        return whole / whole  # so that not even rounding is left of its gradient
    constant = np.equal(np.max(abs(d.data), axis=1, keepdims=True, initial=0), 0)
    return where(constant | constant.T, np.nan, _Within()(u @ u.T))


def _variables(m: Operand, y: Operand | None, rowvar: bool, dtype: DTypeLike | None) -> Variable:
    """Join `m` and `y` to one matrix, whose rows are the variables."""
    x = in_dtype(as_variable(m), dtype)
    if x.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    rows = _matrix(x) if rowvar or x.ndim < 2 else x.T
    if y is None:
        return rows
    more = in_dtype(as_variable(y), dtype)
    if more.ndim > 2:
        raise ValueError("y has more than 2 dimensions")
    more = _matrix(more)
    return concatenate((rows, more if rowvar or more.shape[0] == 1 else more.T), axis=0)


def _matrix(x: Variable) -> Variable:
    """Give a vector as a matrix of one row, a matrix as itself."""
    return x if x.ndim == 2 else x.reshape(1, x.size)


def _centred(x: Variable, w: Variable | None = None) -> Variable:
    """Subtract from each row its mean, weighted by `w` if there are weights."""
    d: Variable = centred(x, 1, True, x.shape[1])
    return d if w is None else d - (d * w).sum(1, keepdims=True) / w.sum()


def _squeezed(c: Variable) -> Variable:
    """Give a matrix of one element without its axes, any other as itself."""
    return c.reshape(()) if c.shape == (1, 1) else c


class _Within(Elementwise, fresh=True):
    """y = x clipped to [-1, 1], which only removes rounding: the gradient is that of y = x."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.clip(x, -1.0, 1.0)

    @override
    def backward(self, gy: Array) -> Array:
        return gy
