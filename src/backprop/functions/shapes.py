"""Another shape, order or dtype for the same elements: Reshape, Transpose, BroadcastTo, Astype."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backprop.arrays import Array, Shape, unbroadcast
from backprop.cases import case
from backprop.compat import override
from backprop.core import Operand, Variable
from backprop.dispatch import implements
from backprop.functions.bases import Linear

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["astype", "broadcast_to", "reshape", "transpose"]


class Reshape(Linear):
    """The same elements, in the order of C, in another shape."""

    __slots__ = ("shape",)

    def __init__(self, shape: int | Shape) -> None:
        self.shape = shape

    @override
    def forward(self, x: Array) -> Array:
        return np.reshape(x, self.shape)

    @override
    def backward(self, gy: Array) -> Array:
        return np.reshape(gy, self.x.shape)


@implements(
    np.reshape,
    cases=lambda: [
        case("np.reshape(x, (3, -1))", x=(2, 3)),
        case("np.reshape(x, -1)", x=(2, 3)),
        case("np.reshape(x, (1, 1))", x=()),
        case("np.reshape(x, ())", x=(1,)),
    ],
)
def reshape(x: Operand, /, shape: int | Shape) -> Variable:
    """The elements in another shape, one length of which may be -1: numpy.reshape, in C order."""
    return Reshape(shape)(x)


class Transpose(Linear):
    """The axes in another order."""

    __slots__ = ("axes",)

    def __init__(self, axes: Shape | None = None) -> None:
        self.axes = axes

    @override
    def forward(self, x: Array) -> Array:
        return np.transpose(x, self.axes)

    @override
    def backward(self, gy: Array) -> Array:
        if self.axes is None:
            return np.transpose(gy)
        return np.transpose(gy, tuple(map(int, np.argsort([a % gy.ndim for a in self.axes]))))


@implements(
    np.transpose,
    np.permute_dims,
    cases=lambda: [
        case("np.transpose(x)", x=(2, 3)),
        case("np.transpose(x, (-1, 0, 1))", x=(2, 1, 3)),
        case("np.transpose(x)", x=()),
    ],
)
def transpose(x: Operand, /, axes: Shape | None = None) -> Variable:
    """The axes in the order of `axes`, reversed if it is None: numpy.transpose."""
    return Transpose(axes)(x)


class BroadcastTo(Linear):
    """x repeated along new axes and those of length 1."""

    __slots__ = ("shape",)

    def __init__(self, shape: int | Shape) -> None:
        self.shape = shape

    @override
    def forward(self, x: Array) -> Array:
        return np.broadcast_to(x, self.shape)

    @override
    def backward(self, gy: Array) -> Array:
        return unbroadcast(gy, self.x)


@implements(
    np.broadcast_to,
    cases=lambda: [
        case("np.broadcast_to(x, (2, 3))", x=(3,)),
        case("np.broadcast_to(x, (2, 3))", x=(2, 1)),
        case("np.broadcast_to(x, 3)", x=()),
        case("np.broadcast_to(x, (0, 3))", x=(3,)),
    ],
)
def broadcast_to(x: Operand, /, shape: int | Shape) -> Variable:
    """X stretched to `shape`: numpy.broadcast_to."""
    return BroadcastTo(shape)(x)


class Astype(Linear):
    """The elements in another dtype of floats."""

    __slots__ = ("to",)

    def __init__(self, to: DTypeLike) -> None:
        self.to = to

    @override
    def forward(self, x: Array) -> Array:
        return x.astype(self.to)

    @override
    def backward(self, gy: Array) -> Array:
        return gy.astype(self.x.dtype)


@implements(np.astype, cases=lambda: [case("np.astype(x, 'f8')", x=(2, 3))])
def astype(x: Operand, /, dtype: DTypeLike) -> Variable:
    """X in another dtype of floats; its gradient comes back in its own: numpy.astype."""
    return Astype(dtype)(x)
