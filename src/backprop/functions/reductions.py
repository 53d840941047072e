"""Sums, means and products over axes, and the like: Sum, Mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from backprop import ufuncs as uf
from backprop.arrays import Array, Axes, Shape
from backprop.cases import case
from backprop.compat import override
from backprop.core import Function, Operand, Variable
from backprop.dispatch import implements

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["sum"]


def restored(y: Array, x: Array, axis: Axes) -> Array:
    """`y`, which was reduced from `x` over `axis` without keepdims, with those axes of length 1."""
    if axis is None:
        return y.reshape((1,) * x.ndim)
    axes = (axis,) if isinstance(axis, int) else axis
    return np.expand_dims(y, tuple(a % x.ndim for a in axes))


class Reduction(Function):
    """What rules that reduce over axes share: their settings, and the way back to x's shape."""

    __slots__ = ("axis", "keepdims", "where")

    def __init__(
        self,
        axis: Axes = None,
        keepdims: bool = False,
        where: NDArray[np.bool_] | Literal[True] = True,
    ) -> None:
        self.axis = axis
        self.keepdims = keepdims
        self.where = where

    def spread(self, gy: Array) -> Array:
        """A value for each reduced group, stretched to the shape of x."""
        x = self.x
        kept = gy if self.keepdims else gy.reshape(reduced(x.shape, self.axis))
        return np.broadcast_to(kept, x.shape)

    def masked(self, gx: Array) -> Array:
        """`gx` where an element counted, else 0."""
        return gx if self.where is True else np.where(self.where, gx, gx.dtype.type(0))


def reduced(shape: Shape, axis: Axes) -> Shape:
    """`shape` with length 1 along the axes that are reduced."""
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    gone = {a % len(shape) for a in axes}
    return tuple(1 if i in gone else n for i, n in enumerate(shape))


class Sum(Reduction):
    """y = Σ x over `axis`, of the elements where `where` is true."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.sum(x, self.axis, keepdims=self.keepdims, where=self.where)

    @override
    def backward(self, gy: Array) -> Array:
        return self.masked(self.spread(gy))

    @override
    def jvp(self, tx: Array) -> Array:
        return self.forward(tx)


@implements(
    np.sum,
    cases=lambda: [
        case("np.sum(x)", x=()),
        case("np.sum(x)", x=(2, 3)),
        case("np.sum(x, axis=0)", x=(2, 3)),
        case("np.sum(x, axis=-1, keepdims=True)", x=(2, 3)),
        case("np.sum(x, axis=(0, -1))", x=(2, 1, 3)),
        case("np.sum(x, axis=())", x=(2, 3)),
        case("np.sum(x, axis=0, where=[True, False, True])", x=(2, 3)),
        case("np.sum(x, initial=3.0, keepdims=True)", x=(2, 3)),
        case("np.sum(x, axis=0)", x=(0, 3)),
    ],
)
def sum(
    x: Operand,
    /,
    axis: Axes = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The sum over `axis` (all axes if None) of the elements where `where` is true: numpy.sum.

    >>> from backprop import Variable
    >>> x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> y = sum(x, axis=0)
    >>> y.backward()
    >>> y, x.grad
    (Variable([4., 6.]), array([[1., 1.], [1., 1.]]))
    """
    y = Sum(axis, keepdims, mask(where))(x)
    return y if initial is None else y + initial


def mask(where: object) -> NDArray[np.bool_] | Literal[True]:
    """The elements that count; True if all do."""
    return True if where is True else np.array(where, bool)
