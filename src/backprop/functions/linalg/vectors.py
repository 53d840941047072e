"""Products of vectors along an axis, and of vectors and matrices: vecdot, cross, matvec, vecmat."""

from __future__ import annotations

from typing import ClassVar, Unpack

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from backprop.functions import queries, ufuncs as uf
from backprop.functions.bases import Settings, settled, ufunc
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb, unbroadcast
from backprop.functions.elementwise.arithmetic import Matmul, multiply
from backprop.functions.reductions.products import bare
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import moveaxis
from backprop.functions.shaping.joining import stack
from backprop.ground.arrays import Array, Operand, Shapes
from backprop.ground.compat import override
from backprop.kernel.function import BinaryFunction
from backprop.kernel.variable import Variable

__all__ = ["cross", "matvec", "vecdot", "vecmat"]


def to_end(x: Operand, axis: int) -> Variable | Array:
    """Move an axis of `x` to the end."""
    data = bare(x)
    last = normalize_axis_index(axis, data.ndim)
    return data.transpose((*(i for i in range(data.ndim) if i != last), last))


class Vecdot(BinaryFunction, fresh=True):
    """y = Σ a b over the last axis, while all other axes broadcast."""

    __slots__ = ()
    shapes: ClassVar[Shapes | None] = (
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((2, 1, 3), (2, 3)),
        ((2, 0), (0,)),
    )

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.vecdot(a, b, out=...)

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        g = gy[..., np.newaxis]
        return (
            unbroadcast(absorb(g, self.b), self.a) if self.wants(0) else None,
            unbroadcast(absorb(g, self.a), self.b) if self.wants(1) else None,
        )

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        return uf.add(uf.vecdot(ta, self.b), uf.vecdot(self.a, tb), out=...)


class Cross(BinaryFunction, fresh=True):
    """y = a × b, the cross product along the last axis, of length 3; other axes broadcast."""

    __slots__ = ()
    shapes: ClassVar[Shapes | None] = (
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((2, 1, 3), (2, 3)),
        ((0, 3), (3,)),
    )

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return np.cross(a, b)

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        return (
            unbroadcast(np.cross(self.b, gy), self.a) if self.wants(0) else None,
            unbroadcast(np.cross(gy, self.a), self.b) if self.wants(1) else None,
        )

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        return np.cross(ta, self.b) + np.cross(self.a, tb)


@implements(
    np.cross,
    cases=lambda: [
        case("np.cross(a, b)", a=(3,), b=(2, 3)),
        case("np.cross(a, b)", a=(2,), b=(2,)),
        case("np.cross(a, b)", a=(2,), b=(2, 3)),
        case("np.cross(a, b)", a=(2, 3), b=(2,)),
        case("np.cross(a, b, axis=0)", a=(3, 2), b=(3, 2)),
        case("np.cross(a, b, axisa=0, axisb=1, axisc=0)", a=(3, 2), b=(2, 3)),
    ],
)
def cross(
    a: Operand,
    b: Operand,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Variable:
    """The vector product along an axis; a missing third component is 0: numpy.cross.

    Of two vectors in the plane it is the third component alone.

    Parameters
    ----------
    a : Variable or array
        Vectors of two or three components.
    b : Variable or array
        Vectors of two or three components, broadcast against `a`.
    axisa : int, default -1
        The axis of the components of `a`.
    axisb : int, default -1
        The axis of the components of `b`.
    axisc : int, default -1
        Where the components of the result are.
    axis : int, optional
        The axis of all three, if it is given.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cross(Variable(np.array([1.0, 0.0, 0.0])), [0.0, 1.0, 0.0])
    Variable([0., 0., 1.])
    """
    of_a, of_b, of_c = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    left, right = to_end(a, of_a), to_end(b, of_b)
    lengths = {left.shape[-1], right.shape[-1]}
    if lengths - {2, 3}:
        raise ValueError("incompatible dimensions for cross product (dimension must be 2 or 3)")
    if lengths == {2}:
        return _third(left, right)
    if lengths == {3}:
        return moveaxis(Cross()(left, right), -1, of_c)
    y = _tilted(left, right) if left.shape[-1] == 2 else -_tilted(right, left)
    return moveaxis(y, -1, of_c)


def _third(a: Variable | Array, b: Variable | Array) -> Variable:
    """The third component of the cross product, which is all of it for vectors in the plane."""
    return multiply(a[..., 0], b[..., 1]) - multiply(a[..., 1], b[..., 0])


def _tilted(a: Variable | Array, b: Variable | Array) -> Variable:
    """The cross product of `a` with two components and `b` with three."""
    first, second = multiply(a[..., 1], b[..., 2]), -multiply(a[..., 0], b[..., 2])
    return stack([first, second, _third(a, b)], axis=-1)


@ufunc(
    np.vecdot,
    cases=lambda: [
        case("np.vecdot(a, b)", a=(3,), b=(2, 3)),
        case("np.vecdot(a, b, axis=0)", a=(3, 2), b=(3,)),
        case("np.vecdot(a, b, axis=-2, keepdims=True)", a=(2, 3, 1), b=(3, 2)),
    ],
)
def vecdot(
    x1: Operand,
    x2: Operand,
    /,
    *,
    axis: int = -1,
    keepdims: bool = False,
    **settings: Unpack[Settings],
) -> Variable:
    """The sum of products along `axis`, the other axes broadcast: numpy.vecdot.

    Parameters
    ----------
    x1 : Variable or array
        Vectors.
    x2 : Variable or array
        Vectors, broadcast against `x1`.
    axis : int, default -1
        The axis of their components.
    keepdims : bool, default False
        Whether that axis stays, with length 1.
    **settings
        NumPy's other keywords, where they change nothing.

    Returns
    -------
    Variable

    Examples
    --------
    >>> vecdot(Variable(np.array([1.0, 2.0])), [3.0, 4.0])
    Variable(11.)
    """
    y = settled(Vecdot()(to_end(x1, axis), to_end(x2, axis)), np.vecdot, settings)
    return moveaxis(y[..., np.newaxis], -1, axis) if keepdims else y


@ufunc(
    np.matvec,
    cases=lambda: [
        case("np.matvec(a, b)", a=(2, 3), b=(3,)),
        case("np.matvec(a, b)", a=(2, 1, 3), b=(2, 3)),
    ],
)
def matvec(x1: Operand, x2: Operand, /, **settings: Unpack[Settings]) -> Variable:
    """The product of each matrix in x1 with each vector in x2, stacks broadcast: numpy.matvec.

    Parameters
    ----------
    x1 : array_like or Variable
        A matrix, or a stack of matrices in the last two axes.
    x2 : array_like or Variable
        A vector, or a stack of vectors in the last axis.
    **settings
        The ufunc's other keywords, such as `casting`, only with a value that changes nothing.

    Returns
    -------
    Variable
        The vectors Σⱼ x1[..., i, j] x2[..., j].

    Raises
    ------
    ValueError
        If `x1` has fewer than two axes.
    UnsupportedError
        If a keyword would change the result.

    Examples
    --------
    >>> matvec(np.array([[0.0, 1.0], [1.0, 0.0]]), Variable(np.array([2.0, 3.0])))
    Variable([3., 2.])
    """
    y = Matmul()(_matrices(x1), bare(x2)[..., np.newaxis])[..., 0]
    return settled(y, np.matvec, settings)


@ufunc(
    np.vecmat,
    cases=lambda: [
        case("np.vecmat(a, b)", a=(2,), b=(2, 3)),
        case("np.vecmat(a, b)", a=(2, 3), b=(2, 3, 1)),
    ],
)
def vecmat(x1: Operand, x2: Operand, /, **settings: Unpack[Settings]) -> Variable:
    """The product of each vector in x1 with each matrix in x2, stacks broadcast: numpy.vecmat.

    Parameters
    ----------
    x1 : array_like or Variable
        A vector, or a stack of vectors in the last axis.
    x2 : array_like or Variable
        A matrix, or a stack of matrices in the last two axes.
    **settings
        The ufunc's other keywords, such as `casting`, only with a value that changes nothing.

    Returns
    -------
    Variable
        The vectors Σᵢ x1[..., i] x2[..., i, j].

    Raises
    ------
    ValueError
        If `x1` has no axes or `x2` fewer than two.
    UnsupportedError
        If a keyword would change the result.

    Examples
    --------
    >>> vecmat(Variable(np.array([2.0, 3.0])), np.array([[0.0, 1.0], [1.0, 0.0]]))
    Variable([3., 2.])
    """
    if queries.ndim(x1) == 0:
        raise ValueError("vecmat takes vectors, not a number")
    y = Matmul()(bare(x1)[..., np.newaxis, :], _matrices(x2))[..., 0, :]
    return settled(y, np.vecmat, settings)


def _matrices(x: Operand) -> Operand:
    if queries.ndim(x) < 2:
        raise ValueError(f"expected a matrix or a stack of them, got {queries.ndim(x)} axes")
    return x
