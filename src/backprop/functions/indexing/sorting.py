"""Sorted and partly sorted: Sort, Partition, and Permute, by which their gradients go back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from backprop.functions.bases import Linear, as_variable
from backprop.functions.cases import case
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import along
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    _Order: TypeAlias = NDArray[np.intp]
    _Kind: TypeAlias = Literal["quicksort", "mergesort", "heapsort", "stable"]

__all__ = ["partition", "sort"]


class Permute(Linear, fresh=True):
    """The elements along the last axis in another order: y = x[order], for each lane its own."""

    __slots__ = ("order",)

    def __init__(self, order: _Order) -> None:
        self.order: _Order = order

    @override
    def forward(self, x: Array) -> Array:
        y: Array = permute(x, self.order)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        gx: Array = permute(gy, np.argsort(self.order, axis=-1))
        return gx


def permute(x: Array | Variable, order: _Order) -> Any:
    """`x` in another order along its last axis."""
    if isinstance(x, Variable):
        return Permute(order)(x)
    return np.take_along_axis(x, order, axis=-1)


class Rearrange(Function, fresh=True):
    """A rule whose output is its input, reordered by its values."""

    __slots__ = ()

    def order(self) -> _Order:
        """The indices that reorder x into y; equal elements keep their order."""
        ranks = np.argsort(np.argsort(self.y, axis=-1, stable=True), axis=-1)
        return np.take_along_axis(np.argsort(self.x, axis=-1, stable=True), ranks, axis=-1)

    @override
    def backward(self, gy: Array) -> Array:
        gx: Array = permute(gy, np.argsort(self.order(), axis=-1))
        return gx

    @override
    def jvp(self, tx: Array) -> Array:
        ty: Array = permute(tx, self.order())
        return ty


class Sort(Rearrange, fresh=True):
    """The elements along the last axis from the smallest to the largest, nan last.

    `descending`, which NumPy has since 2.5, is the order of their negatives.
    """

    __slots__ = ("descending", "kind", "stable")

    def __init__(self, kind: _Kind | None, stable: bool | None, descending: bool | None) -> None:
        self.kind: _Kind | None = kind
        self.stable: bool | None = stable
        self.descending: bool | None = descending

    @override
    def forward(self, x: Array) -> Array:
        return self._turned(np.sort(self._turned(x), axis=-1, kind=self.kind, stable=self.stable))

    @override
    def order(self) -> _Order:
        return np.argsort(self._turned(self.x), axis=-1, stable=True)

    def _turned(self, x: Array) -> Array:
        return -x if self.descending else x


class Partition(Rearrange, fresh=True):
    """The elements along the last axis, with those at positions `kth` as in the sorted order."""

    __slots__ = ("kind", "kth")

    def __init__(self, kth: int | Sequence[int], kind: Literal["introselect"]) -> None:
        self.kth: NDArray[Any] = np.array(kth)
        self.kind: Literal["introselect"] = kind

    @override
    def forward(self, x: Array) -> Array:
        return np.partition(x, self.kth, axis=-1, kind=self.kind)


@implements(
    np.sort,
    cases=lambda: [
        case("np.sort(x)", x=(2, 3)),
        case("np.sort(x, axis=None)", x=(2, 2)),
        case("np.sort(x, axis=None)", x=()),
        case("np.sort(x, axis=0, stable=True)", x=(3, 2)),
        case("np.sort(x, kind='heapsort')", x=(4,)),
        case("np.sort(x, axis=-2)", x=(0, 3)),
    ],
    kink="of equal elements, the first stays first",
)
def sort(
    x: Operand,
    /,
    axis: int | None = -1,
    kind: _Kind | None = None,
    *,
    stable: bool | None = None,
    descending: bool | None = None,
) -> Variable:
    """The elements in order along `axis`, or all in a row if that is None: numpy.sort.

    `descending` is known here with every NumPy.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int, default -1
        The axis along which it runs; None for the flattened array.
    kind : str, optional
        NumPy's name of an algorithm.
    stable : bool, optional
        Whether equal elements keep their order.
    descending : bool, optional
        Whether the largest come first.

    Returns
    -------
    Variable

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([3.0, 1.0, 2.0]))
    >>> y = sort(x)
    >>> y.grad = np.array([10.0, 20.0, 30.0])
    >>> y.backward()
    >>> y, x.grad
    (Variable([1., 2., 3.]), array([30., 10., 20.]))
    """
    return _rearranged(Sort(kind, stable, descending), x, axis)


@implements(
    np.partition,
    cases=lambda: [
        # Within the two parts the order is nobody's business, and another for another dtype.
        case("np.partition(x, 1)[..., 1]", x=(2, 4)),
        case("np.sort(np.partition(x, [0, 2], axis=0, kind='introselect')[:2], axis=0)", x=(4, 2)),
        case("np.partition(x, -1, axis=None)[-1]", x=(2, 2)),
    ],
    kink="of equal elements, the first stays first",
)
def partition(
    x: Operand,
    /,
    kth: int | Sequence[int],
    axis: int | None = -1,
    kind: Literal["introselect"] = "introselect",
) -> Variable:
    """The elements with the `kth` smallest at `kth`, smaller ones before it: numpy.partition.

    Parameters
    ----------
    x : Variable or array
        The data.
    kth : int or sequence of int
        Which places are sorted.
    axis : int, default -1
        The axis along which it runs; None for the flattened array.
    kind : str, default 'introselect'
        NumPy's only way.

    Returns
    -------
    Variable

    Examples
    --------
    >>> partition(Variable(np.array([3.0, 1.0, 2.0])), 1)
    Variable([1., 2., 3.])
    """
    return _rearranged(Partition(kth, kind), x, axis)


def _rearranged(rule: Function, x: Operand, axis: int | None) -> Variable:
    x = as_variable(x)
    if axis is not None and not x.ndim:
        raise np.exceptions.AxisError(axis, 0)
    return along(rule, x, axis)
