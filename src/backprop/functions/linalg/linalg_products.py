"""The functions of numpy.linalg that NumPy also has under other names: matmul, cross, trace, ..."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from backprop.functions import queries
from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.elementwise.arithmetic import Matmul
from backprop.functions.linalg import vectors
from backprop.functions.reductions import products
from backprop.functions.reductions.products import Summed, bare
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Operand
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = [
    "cross",
    "diagonal",
    "matmul",
    "matrix_transpose",
    "multi_dot",
    "outer",
    "tensordot",
    "trace",
    "vecdot",
]


@implements(np.linalg.matmul, cases=lambda: [case("np.linalg.matmul(a, b)", a=(2, 1, 3), b=(3, 2))])
def matmul(x1: Operand, x2: Operand, /) -> Variable:
    """The matrix product x1 @ x2 of matrices, vectors and broadcast stacks: numpy.linalg.matmul.

    >>> matmul(np.eye(2), Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    Variable([[1., 2.],
              [3., 4.]])
    """
    return Matmul()(x1, x2)


@implements(np.linalg.outer, cases=lambda: [case("np.linalg.outer(a, b)", a=(2,), b=(3,))])
def outer(x1: Operand, x2: Operand, /) -> Variable:
    """The matrix yᵢⱼ = x1ᵢ x2ⱼ of the products of two vectors: numpy.linalg.outer.

    Raises ValueError for anything but vectors.

    >>> outer(Variable(np.array([1.0, 2.0])), np.array([1.0, 10.0]))
    Variable([[ 1., 10.],
              [ 2., 20.]])
    """
    if queries.ndim(x1) != 1 or queries.ndim(x2) != 1:
        raise ValueError(
            f"outer takes two vectors, not {queries.ndim(x1)} and {queries.ndim(x2)} axes"
        )
    return products.outer(x1, x2)


@implements(
    np.linalg.tensordot,
    cases=lambda: [
        case("np.linalg.tensordot(a, b)", a=(2, 3), b=(2, 3, 1)),
        case("np.linalg.tensordot(a, b, axes=([0], [1]))", a=(2, 3), b=(3, 2)),
    ],
)
def tensordot(x1: Operand, x2: Operand, /, *, axes: int | tuple[Summed, Summed] = 2) -> Variable:
    """The sum over `axes`, those of one and those of the other: numpy.linalg.tensordot.

    Parameters
    ----------
    x1 : Variable or array
        The left operand.
    x2 : Variable or array
        The right operand.
    axes : int or sequence, default 2
        How many last axes of the left and first ones of the right, or a pair of lists of axes.

    Returns
    -------
    Variable

    Examples
    --------
    >>> tensordot(Variable(np.ones((2, 3))), np.ones((2, 3)), axes=2)
    Variable(6.)
    """
    return products.tensordot(x1, x2, axes)


@implements(
    np.linalg.vecdot,
    cases=lambda: [case("np.linalg.vecdot(a, b, axis=0)", a=(3, 2), b=(3,))],
)
def vecdot(x1: Operand, x2: Operand, /, *, axis: int = -1) -> Variable:
    """The sum of products along `axis`: numpy.linalg.vecdot.

    Parameters
    ----------
    x1 : Variable or array
        Vectors.
    x2 : Variable or array
        Vectors, broadcast against `x1`.
    axis : int, default -1
        The axis of their components.

    Returns
    -------
    Variable

    Examples
    --------
    >>> vecdot(Variable(np.array([1.0, 2.0])), [3.0, 4.0])
    Variable(11.)
    """
    return vectors.vecdot(x1, x2, axis=axis)


@implements(
    np.linalg.cross,
    cases=lambda: [
        case("np.linalg.cross(a, b)", a=(2, 3), b=(3,)),
        case("np.linalg.cross(a, b, axis=0)", a=(3, 2), b=(3, 2)),
    ],
)
def cross(x1: Operand, x2: Operand, /, *, axis: int = -1) -> Variable:
    """The product of vectors of length 3 along `axis`: numpy.linalg.cross.

    Parameters
    ----------
    x1 : Variable or array
        Vectors of three components.
    x2 : Variable or array
        Vectors of three components, broadcast against `x1`.
    axis : int, default -1
        The axis of all three, if it is given.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cross(Variable(np.array([1.0, 0.0, 0.0])), [0.0, 1.0, 0.0])
    Variable([0., 0., 1.])
    """
    lengths = [queries.shape(x)[axis] for x in (x1, x2)]
    if lengths != [3, 3]:
        raise ValueError(f"cross takes vectors of length 3, not {lengths[0]} and {lengths[1]}")
    return vectors.cross(x1, x2, axis=axis)


@implements(
    np.linalg.trace,
    cases=lambda: [
        case("np.linalg.trace(x)", x=(2, 2, 3)),
        case("np.linalg.trace(x, offset=-1)", x=(3, 2)),
        case("np.linalg.trace(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 3)),
    ],
)
def trace(x: Operand, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> Variable:
    """The sum of the diagonal of each matrix of a stack: numpy.linalg.trace.

    Parameters
    ----------
    x : Variable or array
        The data.
    offset : int, default 0
        Which diagonal: above the main one, or below if negative.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable

    Examples
    --------
    >>> trace(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    Variable(5.)
    """
    return products.trace(x, offset, -2, -1, dtype)


@implements(
    np.linalg.diagonal,
    cases=lambda: [
        case("np.linalg.diagonal(x)", x=(2, 2, 3)),
        case("np.linalg.diagonal(x, offset=-1)", x=(3, 2)),
    ],
)
def diagonal(x: Operand, /, *, offset: int = 0) -> Variable:
    """The diagonal `offset` above the main one, of each matrix in a stack: numpy.linalg.diagonal.

    >>> diagonal(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    Variable([1., 4.])
    """
    return as_variable(x).diagonal(offset, -2, -1)


@implements(
    np.linalg.matrix_transpose,
    cases=lambda: [case("np.linalg.matrix_transpose(x)", x=(2, 1, 3))],
)
def matrix_transpose(x: Operand, /) -> Variable:
    """The transpose of each matrix in a stack, of the last two axes: numpy.linalg.matrix_transpose.

    >>> matrix_transpose(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    Variable([[1., 3.],
              [2., 4.]])
    """
    return as_variable(x).mT


@implements(
    np.linalg.multi_dot,
    cases=lambda: [
        case("np.linalg.multi_dot([a, b])", a=(2, 3), b=(3, 2)),
        case("np.linalg.multi_dot([a, b, c])", a=(3,), b=(3, 2), c=(2, 3)),
        case("np.linalg.multi_dot((a, b, c, d))", a=(2, 3), b=(3, 1), c=(1, 2), d=(2,)),
        case("np.linalg.multi_dot([a, onp.eye(2, 3, dtype=a.dtype), b])", a=(2,), b=(3,)),
    ],
)
def multi_dot(arrays: Sequence[Operand]) -> Variable:
    """The matrix product of several arrays, in the cheapest order: numpy.linalg.multi_dot.

    The first and the last may be vectors. Raises ValueError for fewer than two arrays, and
    numpy.linalg.LinAlgError if one of the others is no matrix.

    >>> x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> multi_dot([x, x, np.array([1.0, 1.0])])
    Variable([17., 37.])
    """
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    xs: list[Variable | Array] = list(map(bare, arrays))
    if len(xs) == 2:
        return products.dot(*xs)
    shape = xs[0].shape[:-1] + xs[-1].shape[1:]
    xs[0] = xs[0].reshape(1, -1) if xs[0].ndim == 1 else xs[0]
    xs[-1] = xs[-1].reshape(-1, 1) if xs[-1].ndim == 1 else xs[-1]
    if any(x.ndim != 2 for x in xs):
        raise np.linalg.LinAlgError("multi_dot takes matrices; the first and last may be vectors")
    return _chain(xs).reshape(shape)


def _chain(xs: Sequence[Variable | Array]) -> Variable:
    """The product of matrices in the order that takes the fewest multiplications."""
    lengths = [*(x.shape[0] for x in xs), xs[-1].shape[1]]

    @cache
    def cheapest(i: int, j: int) -> tuple[int, int]:
        if i == j:
            return 0, i
        return min(
            (
                cheapest(i, k)[0]
                + cheapest(k + 1, j)[0]
                + lengths[i] * lengths[k + 1] * lengths[j + 1],
                k,
            )
            for k in range(i, j)
        )

    def product(i: int, j: int) -> Variable:
        k = cheapest(i, j)[1]
        return Matmul()(factor(i, k), factor(k + 1, j))

    def factor(i: int, j: int) -> Variable | Array:
        return xs[i] if i == j else product(i, j)

    return product(0, len(xs) - 1)
