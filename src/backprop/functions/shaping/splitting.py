"""One array into several: Split, Unstack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import moveaxis
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.kernel.function import NaryFunction
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["array_split", "dsplit", "hsplit", "split", "unstack", "vsplit"]


class Split(NaryFunction, fresh=True):
    """The parts of an array between the indices `ends` along an axis; joined, they are it."""

    __slots__ = ("axis", "ends")

    def __init__(self, ends: list[int], axis: int) -> None:
        self.ends: list[int] = ends
        self.axis: int = axis

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return tuple(np.split(xs[0], self.ends, self.axis))

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        return (np.concatenate(gys, self.axis),)

    @override
    def jvp(self, *txs: Array) -> tuple[Array, ...]:
        return self.forward(*txs)


class Unstack(NaryFunction, fresh=True):
    """The slices of an array along an axis."""

    __slots__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis: int = axis

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return np.unstack(xs[0], axis=self.axis)

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        return (np.stack(gys, self.axis),)

    @override
    def jvp(self, *txs: Array) -> tuple[Array, ...]:
        return self.forward(*txs)


@implements(
    np.unstack,
    cases=lambda: [
        case("np.subtract(*np.unstack(x))", x=(2, 3)),
        case("np.unstack(x, axis=-1)[1]", x=(2, 3)),
        case("np.unstack(x, axis=1)[2] * np.unstack(x)[0][0]", x=(1, 3)),
        case("np.unstack(x)[0]", x=(1,)),
    ],
)
def unstack(x: Operand, /, *, axis: int = 0) -> tuple[Variable, ...]:
    """The slices along `axis`, which is gone from them: numpy.unstack.

    >>> from backprop import Variable
    >>> x, y = unstack(Variable([1.0, 2.0]))
    >>> x * y
    Variable(2.)
    """
    x = as_variable(x)
    return Unstack(axis)(x) if x.shape[normalize_axis_index(axis, x.ndim)] else ()


@implements(
    np.split,
    cases=lambda: [
        case("np.subtract(*np.split(x, 2))", x=(4, 1)),
        case("np.split(x, [1, -1], axis=-1)[1]", x=(2, 4)),
        case("np.multiply(*np.split(x, [3, 1])[::2])", x=(4,)),
        case("np.split(x, [2, 5])[0]", x=(3, 0)),
    ],
)
def split(x: Operand, /, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Variable]:
    """Equal parts along `axis`, as many as `indices_or_sections`, or those between its places.

    numpy.split.

    Parameters
    ----------
    x : Variable or array
        What is split.
    indices_or_sections : int or sequence of int
        How many equal parts, or the places where one begins.
    axis : int, default 0
        The axis along which it is done.

    Returns
    -------
    list of Variable
        The parts.

    Examples
    --------
    >>> split(Variable(np.array([1.0, 2.0])), 2)
    [Variable([1.]), Variable([2.])]
    """
    return _parts(x, indices_or_sections, axis, np.split)


@implements(
    np.array_split,
    cases=lambda: [
        case("np.subtract(*np.array_split(x, 3)[1:])", x=(4, 2)),
        case("np.array_split(x, [1], axis=-1)[1]", x=(2, 3)),
    ],
)
def array_split(
    x: Operand, /, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[Variable]:
    """Parts along `axis` as `split` gives them, the last ones shorter by one: numpy.array_split.

    Parameters
    ----------
    x : Variable or array
        What is split.
    indices_or_sections : int or sequence of int
        How many parts, or the places where one begins.
    axis : int, default 0
        The axis along which it is done.

    Returns
    -------
    list of Variable
        The parts.

    Examples
    --------
    >>> array_split(Variable(np.array([1.0, 2.0, 3.0])), 2)
    [Variable([1., 2.]), Variable([3.])]
    """
    return _parts(x, indices_or_sections, axis, np.array_split)


@implements(np.vsplit, cases=lambda: [case("np.subtract(*np.vsplit(x, 2))", x=(2, 3))])
def vsplit(x: Operand, /, indices_or_sections: int | Sequence[int]) -> list[Variable]:
    """Parts along the first axis of two or more: numpy.vsplit."""
    return _parts(_of_axes(2, x, "vsplit"), indices_or_sections, 0, np.split)


@implements(
    np.hsplit,
    cases=lambda: [
        case("np.hsplit(x, [1])[1]", x=(2, 3)),
        case("np.hsplit(x, 3)[1]", x=(3,)),
    ],
)
def hsplit(x: Operand, /, indices_or_sections: int | Sequence[int]) -> list[Variable]:
    """Parts along the second axis, of a vector along its own: numpy.hsplit."""
    x = _of_axes(1, x, "hsplit")
    return _parts(x, indices_or_sections, min(1, x.ndim - 1), np.split)


@implements(np.dsplit, cases=lambda: [case("np.subtract(*np.dsplit(x, 2))", x=(2, 1, 4))])
def dsplit(x: Operand, /, indices_or_sections: int | Sequence[int]) -> list[Variable]:
    """Parts along the third axis of three or more: numpy.dsplit."""
    return _parts(_of_axes(3, x, "dsplit"), indices_or_sections, 2, np.split)


def _of_axes(least: int, x: Operand, name: str) -> Variable:
    x = as_variable(x)
    if x.ndim < least:
        raise ValueError(f"{name} needs an array of at least {least} axes, got shape {x.shape}")
    return x


def _parts(
    x: Operand,
    sections: int | Sequence[int],
    axis: int,
    cut: Callable[[Any, Any], list[NDArray[np.intp]]],
) -> list[Variable]:
    """The parts of an array along `axis`, as the NumPy function `cut` splits it."""
    x = as_variable(x)
    places = np.arange(x.shape[axis])
    parts = cut(places, sections)
    if np.array_equal(np.concatenate(parts), places):
        ends = np.cumsum([part.size for part in parts])[:-1]
        return list(Split(ends.tolist(), axis)(x))
    rows = moveaxis(x, axis, 0)  # sections out of order: some parts overlap
    return [moveaxis(rows[part], 0, axis) for part in parts]
