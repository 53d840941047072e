"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.indexing.selection import Scatter, where
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import moveaxis
from backprop.functions.shaping.shapes import ravel
from backprop.ground.arrays import Operand, brief
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["diag", "diagflat", "diagonal", "tril", "triu"]


def _places(rows: int, columns: int, offset: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The row and column indices of the elements of a diagonal."""
    down, right = max(-offset, 0), max(offset, 0)
    along = np.arange(min(rows - down, columns - right))
    return along + down, along + right


@implements(
    np.diagonal,
    cases=lambda: [
        case("np.diagonal(x)", x=(2, 3)),
        case("np.diagonal(x, offset=-1)", x=(3, 2)),
        case("np.diagonal(x, 1, axis1=-1, axis2=0)", x=(2, 2, 3)),
        case("np.diagonal(x, 5)", x=(2, 3)),
    ],
)
def diagonal(x: Operand, /, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """The elements x[i, i + offset] in the planes of two axes, as the last axis: numpy.diagonal.

    Parameters
    ----------
    x : Variable or array
        The data.
    offset : int, default 0
        Which diagonal: above the main one, or below if negative.
    axis1 : int, default 0
        The first axis of the planes.
    axis2 : int, default 1
        The second axis of the planes.

    Returns
    -------
    Variable

    Examples
    --------
    >>> diagonal(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    Variable([1., 4.])
    """
    planes = moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = planes.shape[-2:]
    return planes[(..., *_places(rows, columns, offset))]


@implements(
    np.diag,
    cases=lambda: [
        case("np.diag(x)", x=(3,)),
        case("np.diag(x, k=-1)", x=(2,)),
        case("np.diag(x, 1)", x=(2, 3)),
        case("np.diag(x)", x=(0,)),
    ],
)
def diag(x: Operand, /, k: int = 0) -> Variable:
    """The matrix whose k-th diagonal is a vector; of a matrix that diagonal: numpy.diag.

    >>> from backprop import Variable
    >>> diag(Variable([1.0, 2.0]))
    Variable([[1., 0.],
              [0., 2.]])
    """
    x = as_variable(x)
    if x.ndim == 1:
        length = x.size + abs(k)
        return Scatter(_places(length, length, k), (length, length))(x)
    if x.ndim == 2:
        return diagonal(x, k)
    raise ValueError(f"diag takes a vector or a matrix, got shape {x.shape}")


@implements(
    np.diagflat,
    cases=lambda: [case("np.diagflat(x)", x=(2, 2)), case("np.diagflat(x, k=1)", x=())],
)
def diagflat(x: Operand, /, k: int = 0) -> Variable:
    """The matrix whose k-th diagonal holds all elements: numpy.diagflat."""
    return diag(ravel(x), k)


@implements(
    np.tril,
    cases=lambda: [
        case("np.tril(x)", x=(2, 3)),
        case("np.tril(x, k=-1)", x=(2, 3, 3)),
        case("np.tril(x)", x=(3,)),
    ],
)
def tril(x: Operand, /, k: int = 0) -> Variable:
    """Zeros above the k-th diagonal of the last two axes: numpy.tril."""
    x = as_variable(x)
    return where(_lower(x, k), x, 0.0)


@implements(
    np.triu,
    cases=lambda: [
        case("np.triu(x)", x=(3, 2)),
        case("np.triu(x, k=1)", x=(2, 3, 3)),
    ],
)
def triu(x: Operand, /, k: int = 0) -> Variable:
    """Zeros below the k-th diagonal of the last two axes: numpy.triu."""
    x = as_variable(x)
    return where(_lower(x, k - 1), 0.0, x)


def _lower(x: Variable, k: int) -> NDArray[np.bool_]:
    """The mask of the elements on or below the k-th diagonal, for matrices of the shape of `x`."""
    if not x.ndim:
        raise ValueError(f"a triangle is that of a matrix or of a vector's copies, got {brief(x)}")
    return np.tri(x.shape[-2:][0], x.shape[-1], k, dtype=np.bool_)
