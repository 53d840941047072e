"""Choosing among values: Where, GetItem and its transpose Scatter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.arrays import Array, Shape, unbroadcast
from backprop.cases import case
from backprop.compat import override
from backprop.core import Operand, Variable
from backprop.dispatch import implements
from backprop.functions.bases import Linear
from backprop.kinds import BinaryFunction
from backprop.operators import Index, Operators

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["where"]


class Where(BinaryFunction):
    """y = a where `condition` is true, else b. The branch not taken gets a gradient of 0."""

    __slots__ = ("condition",)

    def __init__(self, condition: NDArray[np.bool_]) -> None:
        self.condition = condition

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return np.where(self.condition, a, b)

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        zero = gy.dtype.type(0)
        return (
            unbroadcast(np.where(self.condition, gy, zero), self.a) if self.wants(0) else None,
            unbroadcast(np.where(self.condition, zero, gy), self.b) if self.wants(1) else None,
        )

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        return np.where(self.condition, ta, tb)


@implements(
    np.where,
    cases=lambda: [
        case("np.where([True, False, True], a, b)", a=(3,), b=(3,)),
        case("np.where([[True], [False]], a, b)", a=(3,), b=()),
        case("np.where(x > 0, np.sqrt(x), 0.0)", x=(2, 3)),
        case("np.where(True, a, b)", a=(), b=(3,)),
    ],
    kink="the branch not taken gets 0, whatever its derivative is",
)
def where(condition: object, x: Operand, y: Operand, /) -> Variable:
    """X where `condition` is true, else y, all three broadcast: numpy.where.

    >>> from backprop import Variable
    >>> x = Variable(np.array([0.0, 4.0]))
    >>> where(x > 0, x, 0.0)
    Variable([0., 4.])
    """
    given = condition.data if isinstance(condition, Variable) else condition
    return Where(np.array(given, bool))(x, y)


class GetItem(Linear):
    """y = x[key]."""

    __slots__ = ("key",)

    def __init__(self, key: Index) -> None:
        self.key = _frozen(key)

    @override
    def forward(self, x: Array) -> Array:
        return x[self.key]

    @override
    def backward(self, gy: Array) -> Array:
        gx: Array = scatter(gy, self.key, self.x.shape)
        return gx


class Scatter(Linear):
    """Zeros of `shape`, to which x is added at `key`: what undoes an index, repeated or not."""

    __slots__ = ("key", "shape")

    def __init__(self, key: Index, shape: Shape) -> None:
        self.key = key
        self.shape = shape

    @override
    def forward(self, x: Array) -> Array:
        y: Array = scatter(x, self.key, self.shape)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        return gy[self.key]


def scatter(x: Array | Variable, key: Index, shape: Shape) -> Any:
    """Zeros of `shape`, to which x is added at `key`, as many times as it names a place."""
    if isinstance(x, Variable):
        return Scatter(key, shape)(x)
    y = np.zeros(shape, x.dtype)
    if _basic(key):
        y[key] = x  # no place twice
    else:
        np.add.at(y, key, x)
    return y


@implements(
    Operators.__getitem__,
    cases=lambda: [
        case("x[1]", x=(2, 3)),
        case("x[..., None, 1:]", x=(2, 3)),
        case("x[::-1, -1]", x=(2, 3)),
        case("x[[0, 0, 1]]", x=(2, 3)),
        case("x[[0, 1], [2, 2]]", x=(2, 3)),
        case("x[onp.array([[True, False, True], [False, False, True]])]", x=(2, 3)),
        case("x[()]", x=()),
        case("x[x > 0]", x=(0,)),
    ],
)
def getitem(x: Variable, key: Index) -> Variable:
    """The elements that `key` names, as ndarray's indexing: slices, ints, arrays, bools, None."""
    return GetItem(key)(x)


def _frozen(key: Index) -> Index:
    """A key whose arrays are our own: their owner may change them before the sweep."""
    if isinstance(key, tuple):
        return tuple(map(_frozen, key))
    return np.array(key) if isinstance(key, (np.ndarray, list)) else key


def _basic(key: Index) -> bool:
    parts: tuple[Any, ...] = key if isinstance(key, tuple) else (key,)
    return all(p is None or p is ... or isinstance(p, (int, slice, np.integer)) for p in parts)
