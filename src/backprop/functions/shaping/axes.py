"""Rules that order axes, or the elements along an axis, anew: transpose, roll, flip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from backprop.functions.bases import Linear, as_variable
from backprop.functions.cases import case
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Axes, Operand, Shape
from backprop.ground.compat import override
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "flip",
    "fliplr",
    "flipud",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "roll",
    "rollaxis",
    "rot90",
    "swapaxes",
    "transpose",
]


class Transpose(Linear, fresh=True):
    """The axes in another order: axis i of y is axis `axes[i]` of x, none of them negative."""

    __slots__ = ("axes",)

    def __init__(self, axes: Shape) -> None:
        self.axes: Shape = axes

    @override
    def forward(self, x: Array) -> Array:
        return np.transpose(x, self.axes)

    @override
    def backward(self, gy: Array) -> Array:
        return np.transpose(gy, tuple(map(self.axes.index, range(len(self.axes)))))


def _reordered(x: Operand, reorder: Callable[[NDArray[Any]], NDArray[Any]]) -> Variable:
    """`x` with its axes reordered as the NumPy function `reorder` reorders those of an array."""
    x = as_variable(x)
    numbered = np.empty(tuple(range(x.ndim)))  # each axis as long as its own number
    return Transpose(reorder(numbered).shape)(x)


@implements(
    np.transpose,
    np.permute_dims,
    cases=lambda: [
        case("np.transpose(x)", x=(2, 3)),
        case("np.transpose(x, (-1, 0, 1))", x=(2, 1, 3)),
        case("np.transpose(x, axes=[1, -3, 2])", x=(2, 3, 0)),
        case("np.transpose(x)", x=()),
        case("x.T @ x.mT", x=(2, 2)),
    ],
)
def transpose(x: Operand, /, axes: int | Sequence[int] | None = None) -> Variable:
    """The axes in the order of `axes`, reversed if it is None: numpy.transpose.

    >>> from backprop import Variable
    >>> transpose(Variable([[1.0, 2.0], [3.0, 4.0]]))
    Variable([[1., 3.], [2., 4.]])
    """
    return _reordered(x, lambda numbered: np.transpose(numbered, axes))


permute_dims = transpose


@implements(
    np.matrix_transpose,
    cases=lambda: [
        case("np.matrix_transpose(x)", x=(2, 3)),
        case("np.matrix_transpose(x)", x=(2, 1, 3)),
    ],
)
def matrix_transpose(x: Operand, /) -> Variable:
    """The last two axes swapped: numpy.matrix_transpose."""
    return _reordered(x, np.matrix_transpose)


@implements(
    np.swapaxes,
    cases=lambda: [
        case("np.swapaxes(x, 0, -1)", x=(2, 1, 3)),
        case("np.swapaxes(x, axis1=1, axis2=0)", x=(0, 3)),
    ],
)
def swapaxes(x: Operand, /, axis1: int, axis2: int) -> Variable:
    """Two axes swapped: numpy.swapaxes.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis1 : int
        One axis.
    axis2 : int
        The other.

    Returns
    -------
    Variable

    Examples
    --------
    >>> swapaxes(Variable(np.zeros((2, 3))), 0, 1).shape
    (3, 2)
    """
    return _reordered(x, lambda numbered: np.swapaxes(numbered, axis1, axis2))


@implements(
    np.moveaxis,
    cases=lambda: [
        case("np.moveaxis(x, 0, -1)", x=(2, 1, 3)),
        case("np.moveaxis(x, source=(0, -1), destination=(1, 0))", x=(2, 1, 3)),
    ],
)
def moveaxis(
    x: Operand, /, source: int | Sequence[int], destination: int | Sequence[int]
) -> Variable:
    """Axes moved to other places, the others in their order: numpy.moveaxis.

    Parameters
    ----------
    x : Variable or array
        The data.
    source : int or sequence of int
        Which axes.
    destination : int or sequence of int
        Where each of them goes.

    Returns
    -------
    Variable

    Examples
    --------
    >>> moveaxis(Variable(np.zeros((2, 3, 4))), 0, -1).shape
    (3, 4, 2)
    """
    return _reordered(x, lambda numbered: np.moveaxis(numbered, source, destination))


@implements(
    np.rollaxis,
    cases=lambda: [
        case("np.rollaxis(x, -1)", x=(2, 1, 3)),
        case("np.rollaxis(x, 0, start=3)", x=(2, 1, 3)),
    ],
)
def rollaxis(x: Operand, /, axis: int, start: int = 0) -> Variable:
    """One axis moved to before the axis `start`: numpy.rollaxis.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int
        Which axis.
    start : int, default 0
        Before which axis it is put.

    Returns
    -------
    Variable

    Examples
    --------
    >>> rollaxis(Variable(np.zeros((2, 3, 4))), 2).shape
    (4, 2, 3)
    """
    return _reordered(x, lambda numbered: np.rollaxis(numbered, axis, start))


@implements(
    np.flip,
    cases=lambda: [
        case("np.flip(x)", x=(2, 3)),
        case("np.flip(x, axis=0)", x=(2, 3)),
        case("np.flip(x, (0, -1))", x=(2, 1, 3)),
        case("np.flip(x)", x=()),
    ],
)
def flip(x: Operand, /, axis: Axes = None) -> Variable:
    """The elements in reverse along `axis`, along all axes if it is None: numpy.flip."""
    x = as_variable(x)
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    backwards, as_is = slice(None, None, -1), slice(None)
    return x[tuple(backwards if i in axes else as_is for i in range(x.ndim))]


@implements(np.flipud, cases=lambda: [case("np.flipud(x)", x=(2, 3))])
def flipud(x: Operand, /) -> Variable:
    """The elements in reverse along the first axis: numpy.flipud."""
    return flip(x, 0)


@implements(np.fliplr, cases=lambda: [case("np.fliplr(x)", x=(2, 3))])
def fliplr(x: Operand, /) -> Variable:
    """The elements in reverse along the second axis: numpy.fliplr."""
    return flip(x, 1)


@implements(
    np.rot90,
    cases=lambda: [
        case("np.rot90(x)", x=(2, 3)),
        case("np.rot90(x, k=2)", x=(2, 3)),
        case("np.rot90(x, -1, axes=(-1, 0))", x=(2, 1, 3)),
        case("np.rot90(x, 4)", x=(2, 3)),
    ],
)
def rot90(x: Operand, /, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Variable:
    """A quarter turn, `k` times, from the first of `axes` to the second: numpy.rot90.

    Parameters
    ----------
    x : Variable or array
        The data.
    k : int, default 1
        How many quarter turns.
    axes : int or sequence, default (0, 1)
        The plane: from the first to the second.

    Returns
    -------
    Variable

    Examples
    --------
    >>> rot90(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    Variable([[2., 4.],
              [1., 3.]])
    """
    x = as_variable(x)
    first, second = normalize_axis_tuple(axes, x.ndim)
    if k % 2:
        turned = flip(x, second) if k % 4 == 1 else flip(x, first)
        return swapaxes(turned, first, second)
    return flip(x, (first, second) if k % 4 else ())


class Roll(Linear, fresh=True):
    """y = x, shifted along axes; what leaves at one end comes in at the other."""

    __slots__ = ("axis", "shift")

    def __init__(self, shift: int | Sequence[int], axis: Axes) -> None:
        self.shift: NDArray[Any] = np.array(shift)
        self.axis: Axes = axis

    @override
    def forward(self, x: Array) -> Array:
        return _rolled(x, self.shift, self.axis)

    @override
    def backward(self, gy: Array) -> Array:
        return _rolled(gy, -self.shift, self.axis)


_rolled: Callable[[Array, NDArray[Any], Axes], Array] = np.roll


@implements(
    np.roll,
    cases=lambda: [
        case("np.roll(x, 2)", x=(2, 3)),
        case("np.roll(x, -4, axis=1)", x=(2, 3)),
        case("np.roll(x, (1, -2), axis=(0, -1))", x=(2, 3)),
        case("np.roll(x, (1, 2), axis=0)", x=(4, 2)),
        case("np.roll(x, 1, axis=(0, 0))", x=(3,)),
        case("np.roll(x, 1)", x=()),
        case("np.roll(x, 1, axis=0)", x=(0, 3)),
    ],
)
def roll(x: Operand, /, shift: int | Sequence[int], axis: Axes = None) -> Variable:
    """The elements shifted cyclically along `axis`, of the flat array if None: numpy.roll.

    Parameters
    ----------
    x : Variable or array
        The data.
    shift : int or sequence of int
        By how many places, for each axis.
    axis : int or tuple of int, optional
        The axis along which it runs; None for the flattened array.

    Returns
    -------
    Variable

    Examples
    --------
    >>> roll(Variable(np.array([1.0, 2.0, 3.0])), 1)
    Variable([3., 1., 2.])
    """
    return Roll(shift, axis)(x)


def along(rule: Function, x: Operand, axis: int | None) -> Variable:
    """`rule` applied along `axis`, or to the flattened x if that is None."""
    x = as_variable(x)
    if axis is None or not x.ndim:
        x, axis = x.reshape(-1), axis or 0
    axis = normalize_axis_index(axis, x.ndim)
    if axis == x.ndim - 1:
        return rule(x)
    return swapaxes(rule(swapaxes(x, axis, -1)), axis, -1)
