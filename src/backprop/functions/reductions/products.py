"""Products that sum over axes (dot, inner, tensordot, ...), and of all pairs (outer, kron)."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from backprop.functions import queries
from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.elementwise.arithmetic import Matmul, multiply
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import laid
from backprop.ground.arrays import Array, Operand, as_tuple
from backprop.kernel.variable import Constant, Variable

__all__ = ["dot", "inner", "kron", "outer", "tensordot", "trace", "vdot"]

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

Summed: TypeAlias = int | Sequence[int]  # one axis or several


def bare(x: Operand) -> Variable | Array:
    """Give `x` as a Variable, or as its plain array if it is a constant, which needs no graph."""
    v = as_variable(x)
    return v.data if isinstance(v, Constant) else v


@implements(
    np.dot,
    cases=lambda: [
        case("np.dot(a, b)", a=(3,), b=(3,)),
        case("np.dot(a, b)", a=(), b=(2, 3)),
        case("np.dot(a, b)", a=(2, 3), b=(3, 2)),
        case("np.dot(a, b)", a=(2, 2, 3), b=(3,)),
        case("np.dot(a, b)", a=(2, 3), b=(2, 3, 1)),
        case("np.dot(a, b)", a=(0, 3), b=(3,)),
        case("np.dot(a, onp.ones(3, a.dtype))", a=(2, 3)),
    ],
)
def dot(a: Operand, b: Operand) -> Variable:
    """The product Σₖ a[..., k] b[..., k, :] of two arrays: numpy.dot.

    It sums over the last axis of `a` and the last but one of `b`, or the only axis of a vector `b`;
    a number multiplies. Returns a Variable. Raises ValueError if the lengths of these axes differ.

    >>> x = Variable(np.array([1.0, 2.0]))
    >>> y = dot(x, x)
    >>> y.backward()
    >>> y, x.grad
    (Variable(5.), array([2., 4.]))
    """
    if queries.ndim(a) == 0 or queries.ndim(b) == 0:
        return laid(multiply(a, b))
    if queries.ndim(a) == 1 or queries.ndim(b) <= 2:
        return Matmul()(a, b)
    return tensordot(a, b, (-1, -2))


@implements(
    np.vdot,
    cases=lambda: [
        case("np.vdot(a, b)", a=(2, 3), b=(3, 2)),
        case("np.vdot(a, b)", a=(), b=()),
        case("np.vdot(a, b)", a=(0,), b=(0, 3)),
    ],
)
def vdot(a: Operand, b: Operand, /) -> Variable:
    """The sum of the products of all elements of two arrays, both flattened: numpy.vdot.

    Returns a Variable without axes. Raises ValueError if the sizes differ.

    >>> from backprop import Variable
    >>> x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> vdot(x, x)
    Variable(30.)
    """
    return Matmul()(bare(a).reshape(-1), bare(b).reshape(-1))


@implements(
    np.inner,
    cases=lambda: [
        case("np.inner(a, b)", a=(3,), b=(3,)),
        case("np.inner(a, b)", a=(3,), b=(2, 1, 3)),
        case("np.inner(a, b)", a=(2, 2, 3), b=(3,)),
        case("np.inner(a, b)", a=(2, 3), b=(1, 2, 3)),
        case("np.inner(a, b)", a=(2, 3), b=()),
    ],
)
def inner(a: Operand, b: Operand, /) -> Variable:
    """The product Σₖ a[..., k] b[..., k], which sums over the last axis of both: numpy.inner.

    A number multiplies. Returns a Variable, with the other axes of `a` before those of `b`. Raises
    ValueError if the lengths of the last axes differ.

    >>> from backprop import Variable
    >>> inner(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), np.array([1.0, 10.0]))
    Variable([21., 43.])
    """
    if queries.ndim(a) == 0 or queries.ndim(b) == 0:
        return laid(multiply(a, b))
    if queries.ndim(b) == 1:
        return Matmul()(a, b)
    return Matmul()(b, a) if queries.ndim(a) == 1 else tensordot(a, b, (-1, -1))


@implements(
    np.outer,
    cases=lambda: [
        case("np.outer(a, b)", a=(3,), b=(2,)),
        case("np.outer(a, b)", a=(2, 2), b=()),
        case("np.outer(a, b)", a=(0,), b=(3,)),
    ],
)
def outer(a: Operand, b: Operand) -> Variable:
    """The matrix yᵢⱼ = aᵢ bⱼ of the products of all pairs, both operands flattened: numpy.outer.

    >>> from backprop import Variable
    >>> outer(Variable(np.array([1.0, 2.0])), np.array([1.0, 10.0, 100.0]))
    Variable([[  1.,  10., 100.],
              [  2.,  20., 200.]])
    """
    return multiply(bare(a).reshape(-1, 1), bare(b).reshape(-1))


@implements(
    np.tensordot,
    cases=lambda: [
        case("np.tensordot(a, b)", a=(2, 3), b=(2, 3)),
        case("np.tensordot(a, b, 1)", a=(2, 3), b=(3, 2, 1)),
        case("np.tensordot(a, b, axes=0)", a=(2,), b=(2, 3)),
        case("np.tensordot(a, b, axes=([0, -1], [1, 0]))", a=(2, 1, 3), b=(3, 2, 2)),
        case("np.tensordot(a, b, axes=(-1, 0))", a=(2, 0), b=(0, 3)),
        case("np.tensordot(a, onp.ones((3, 2), a.dtype), 1)", a=(2, 3)),
    ],
)
def tensordot(a: Operand, b: Operand, axes: int | tuple[Summed, Summed] = 2) -> Variable:
    """The sum over `axes`, those of `a` and those of `b`: numpy.tensordot.

    A number stands for so many last axes of `a` and first ones of `b`.

    Parameters
    ----------
    a : Variable or array
        The left operand.
    b : Variable or array
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
    x, z = bare(a), bare(b)
    of_x, of_z = (range(-axes, 0), range(axes)) if isinstance(axes, (int, np.integer)) else axes
    free_x, sum_x, n = _split(x, of_x)
    free_z, sum_z, m = _split(z, of_z)
    if m != n:
        raise ValueError(f"shape-mismatch for sum: {n} in the first operand, {m} in the second")
    shape = (*(x.shape[i] for i in free_x), *(z.shape[i] for i in free_z))
    rows, columns = prod(shape[: len(free_x)]), prod(shape[len(free_x) :])
    left = x.transpose(*free_x, *sum_x).reshape(rows, prod(n))
    right = z.transpose(*sum_z, *free_z).reshape(prod(n), columns)
    return Matmul()(left, right).reshape(shape)


def _split(x: Variable | Array, axes: Summed) -> tuple[list[int], list[int], list[int]]:
    """Split the axes of `x` into kept and summed ones, and give the lengths of the latter."""
    given = as_tuple(axes)
    lengths = [x.shape[i] for i in given]
    summed = [i % x.ndim for i in given]
    if len(set(summed)) < len(summed):
        raise ValueError("duplicate axes are not allowed in tensordot")
    return [i for i in range(x.ndim) if i not in summed], summed, lengths


@implements(
    np.kron,
    cases=lambda: [
        case("np.kron(a, b)", a=(2,), b=(3,)),
        case("np.kron(a, b)", a=(2, 2), b=(1, 3)),
        case("np.kron(a, b)", a=(2,), b=(2, 1, 2)),
        case("np.kron(a, b)", a=(), b=(2, 3)),
    ],
)
def kron(a: Operand, b: Operand) -> Variable:
    """The Kronecker product, in which each element of `a` becomes a block aᵢⱼ b: numpy.kron.

    >>> from backprop import Variable
    >>> kron(Variable(np.array([1.0, 2.0])), np.array([1.0, 10.0, 100.0]))
    Variable([  1.,  10., 100.,   2.,  20., 200.])
    """
    if queries.ndim(a) == 0 or queries.ndim(b) == 0:
        return multiply(a, b)
    x, z = bare(a), bare(b)
    blocks = (1,) * (z.ndim - x.ndim) + x.shape
    inside = (1,) * (x.ndim - z.ndim) + z.shape
    left = x.reshape(tuple(n for length in blocks for n in (length, 1)))
    right = z.reshape(tuple(n for length in inside for n in (1, length)))
    return multiply(left, right).reshape(tuple(map(int.__mul__, blocks, inside)))


@implements(
    np.trace,
    cases=lambda: [
        case("np.trace(x)", x=(2, 3)),
        case("np.trace(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.trace(x, -1)", x=(3, 2)),
        case("np.trace(x, offset=1, axis1=2, axis2=0)", x=(2, 2, 3)),
        case("np.trace(x)", x=(0, 3)),
    ],
)
def trace(
    x: Operand,
    /,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: DTypeLike | None = None,
) -> Variable:
    """The sum of the diagonal that is `offset` above the main one: numpy.trace.

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
    return as_variable(x).diagonal(offset, axis1, axis2).sum(-1, dtype)
