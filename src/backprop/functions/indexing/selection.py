"""Choosing among values: Where, GetItem and its transpose Scatter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np

from backprop.errors import ConversionError
from backprop.functions.bases import Linear
from backprop.functions.cases import case
from backprop.functions.cotangents import unbroadcast
from backprop.functions.registry import implements
from backprop.functions.shaping.joining import Operands, members, stack
from backprop.functions.shaping.shapes import broadcast_to
from backprop.ground.arrays import Array, Mode, Operand, Shape, as_array, brief, is_subclass
from backprop.ground.compat import override
from backprop.ground.domain import REALS
from backprop.kernel.function import BinaryFunction
from backprop.kernel.operators import Index
from backprop.kernel.variable import Constant, Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import TypeIs

__all__ = ["choose", "select", "where"]

_BASIC: Final = (int, slice, np.integer, type(None), type(...))


class Where(BinaryFunction, fresh=True):
    """y = a where `condition` is true, else b. The branch not taken gets a gradient of 0."""

    __slots__ = ("condition",)

    def __init__(self, condition: NDArray[np.bool_]) -> None:
        self.condition: NDArray[np.bool_] = condition

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


@overload
def where(condition: object, /) -> tuple[NDArray[np.intp], ...]: ...
@overload
def where(condition: object, x: Operand, y: Operand, /) -> Variable: ...
@implements(
    np.where,
    cases=lambda: [
        case("np.where([True, False, True], a, b)", a=(3,), b=(3,)),
        case("np.where([[True], [False]], a, b)", a=(3,), b=()),
        case("np.where(x > 1, np.sqrt(x), 0.0)", REALS.without(1.0), x=(2, 3)),
        case("np.where(True, a, b)", a=(), b=(3,)),
        case("x[np.where([True, False, True])]", x=(3,)),
    ],
    kink="the branch not taken gets 0, whatever its derivative is",
)
def where(condition: object, x: Operand | None = None, y: Operand | None = None, /) -> object:
    """`x` where `condition` is true, else y, all three broadcast: numpy.where.

    With the condition alone, the plain arrays of the places where it is true.

    Parameters
    ----------
    condition : array_like of bool
        Where `x` is taken.
    x : Variable or array, optional
        What is taken there.
    y : Variable or array, optional
        What is taken elsewhere.

    Returns
    -------
    Variable, or tuple of arrays
        The elements; of the condition alone, the places where it is true.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([0.0, 4.0]))
    >>> where(x > 0, x, 0.0)
    Variable([0., 4.])
    """
    taken = truth(condition)
    if x is None and y is None:
        return np.nonzero(taken)
    if x is None or y is None:
        raise ValueError("where takes a condition alone, or with both x and y")
    return Where(taken)(x, y)


def truth(condition: object) -> NDArray[np.bool_]:
    """The condition as a new array of bools; of a Variable, where it is not 0."""
    return np.array(condition.data if isinstance(condition, Variable) else condition, bool)


class GetItem(Linear, fresh=True):
    """y = x[key]."""

    __slots__ = ("key",)

    def __init__(self, key: Index) -> None:
        self.key: Index = _frozen(key)

    @override
    def forward(self, x: Array) -> Array:
        return x[self.key]

    @override
    def backward(self, gy: Array) -> Array:
        gx: Array = scatter(gy, self.key, self.x.shape)
        return gx


class Scatter(Linear, fresh=True):
    """Zeros of `shape`, to which x is added at `key`: the transpose of indexing by `key`."""

    __slots__ = ("key", "shape")

    def __init__(self, key: Index, shape: Shape) -> None:
        self.key: Index = key
        self.shape: Shape = shape

    @override
    def forward(self, x: Array) -> Array:
        y: Array = scatter(x, self.key, self.shape)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        return gy[self.key]


def scatter(x: Array | Variable, key: Index, shape: Shape) -> Any:
    """Zeros of `shape`, to which x is added at `key`; where an index is repeated, all are added."""
    if isinstance(x, Variable):
        return Scatter(key, shape)(x)
    y = np.zeros(shape, x.dtype)
    if _distinct(key):
        y[key] = x
    elif x.size < y.size // 8:
        np.add.at(y, key, x)
    else:  # numbering all places costs less than add.at does with a key of several axes
        numbers = np.arange(y.size).reshape(shape)[key]
        np.add.at(y.reshape(-1), numbers.reshape(-1), x.reshape(-1))
    return y


@implements(
    np.ndarray.__getitem__,
    cases=lambda: [
        case("x[1]", x=(2, 3)),
        case("x[..., None, 1:]", x=(2, 3)),
        case("x[::-1, -1]", x=(2, 3)),
        case("x[[0, 0, 1]]", x=(2, 3)),
        case("x[[9, 9]]", x=(20, 2)),
        case("x[[0, 1], [2, 2]]", x=(2, 3)),
        case("x[[-1, 1], :, [[0], [2]]]", x=(2, 1, 3)),
        case("x[1:, [0, 0], onp.newaxis]", x=(2, 3)),
        case("x[onp.array([[True, False, True], [False, False, True]])]", x=(2, 3)),
        case("x[[True, False], [0, 0]]", x=(2, 3)),
        case("x[:, [True, False, True], None]", x=(2, 3)),
        case("x[True, ..., onp.array(True)]", x=(2,)),
        case("x[False]", x=()),
        case("x[[]]", x=(2, 3)),
        case("x[()]", x=()),
        case("x[x > 0]", x=(0,)),
    ],
)
def getitem(x: Variable, key: Index) -> Variable:
    """The elements that `key` names, as ndarray's indexing: slices, ints, arrays, bools, None."""
    return GetItem(key)(x)


def _frozen(key: Index) -> Index:
    """A key whose arrays are our own: their owner may change them before the sweep."""
    if is_tuple(key):
        return tuple(map(_frozen, key))
    if isinstance(key, Constant) or hasattr(key, "to_numpy") or is_subclass(key):
        return as_array(key.data if isinstance(key, Constant) else key).copy()  # no case: an array
    if _is_list(key):
        return np.array(key) if np.size(key) else np.array(key, getattr(key, "dtype", np.intp))
    return places(key)


def is_tuple(key: object) -> TypeIs[tuple[Index, ...]]:
    return isinstance(key, tuple)


def _is_list(key: object) -> TypeIs[list[Index] | NDArray[Any]]:
    return isinstance(key, (list, np.ndarray))


def places(key: object) -> Any:
    """The index `key` as it is. Raises ConversionError if it is a Variable."""
    if isinstance(key, Variable):
        raise ConversionError(
            f"{brief(key)} is used as an index, which is a whole number or a bool and has no "
            "gradient: index with x.data.astype(int), or choose with numpy.where"
        )
    return key


def _distinct(key: Index) -> bool:
    """Whether `key` is sure to name no place twice: slices and ints, and one mask at most."""
    parts = key if is_tuple(key) else (key,)
    arrays = [p for p in parts if not isinstance(p, _BASIC)]
    return not arrays or (len(arrays) == 1 and np.asarray(arrays[0]).dtype == bool)


def chosen(xs: Sequence[Variable], which: NDArray[np.intp]) -> Variable:
    """The elements of the broadcast `xs` that the integers `which` choose at each position."""
    shape = np.broadcast_shapes(which.shape, *(x.shape for x in xs))
    here = np.indices(shape, sparse=True)
    return stack([broadcast_to(x, shape) for x in xs])[(which, *here)]


@implements(
    np.choose,
    cases=lambda: [
        case("np.choose([1, 0, 1], [a, b])", a=(3,), b=(2, 1)),
        case("np.choose([[3], [-1]], (a, 2.0, b), mode='wrap')", a=(), b=(3,)),
        case("np.choose([5, -1], x, mode='clip')", x=(3, 2)),
    ],
)
def choose(a: ArrayLike, /, choices: Operands, *, mode: Mode = "raise") -> Variable:
    """At each place the element of choices[a], all broadcast: numpy.choose.

    Parameters
    ----------
    a : array_like
        Which choice is taken, at each place.
    choices : sequence of Variable or array
        What is chosen from, broadcast against `a`.
    mode : str, default 'raise'
        What becomes of an index out of bounds: "raise", "wrap" or "clip".

    Returns
    -------
    Variable

    Examples
    --------
    >>> choose([0, 1], [Variable(np.array([1.0, 2.0])), 5.0])
    Variable([1., 5.])
    """
    xs = members(choices)
    return chosen(xs, np.choose(places(a), np.arange(len(xs)), mode=mode))


@implements(
    np.select,
    cases=lambda: [
        case(
            "np.select([x > 2, x > 1], [x, np.log(x)], default=-x)",
            REALS.without(1.0, 2.0),
            x=(2, 3),
        ),
        case("np.select([onp.array([True, False])], [a])", a=(3, 1)),
    ],
    kink="the branches not taken get 0, whatever their derivative is",
)
def select(
    condlist: Sequence[NDArray[np.bool_]], choicelist: Sequence[Operand], default: Operand = 0
) -> Variable:
    """The choice of the first condition that is true, else `default`: numpy.select.

    Parameters
    ----------
    condlist : sequence of arrays of bool
        Arrays of bools, the first that is true counts.
    choicelist : sequence of Variable or array
        What is taken for each condition.
    default : Variable or array, default 0
        What is taken where none is true.

    Returns
    -------
    Variable

    Examples
    --------
    >>> select([np.array([True, False])], [Variable(np.array([1.0, 2.0]))])
    Variable([1., 0.])
    """
    conditions = list(map(places, condlist))
    which = np.select(conditions, range(len(choicelist)), len(choicelist))
    return chosen(members([*choicelist, default]), which)
