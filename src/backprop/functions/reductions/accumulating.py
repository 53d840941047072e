"""What NumPy's ufuncs accumulate: `numpy.maximum.accumulate` and the like, by RunningExtremum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backprop.functions.bases import as_variable, method
from backprop.functions.cases import case
from backprop.functions.elementwise.arithmetic import add, multiply
from backprop.functions.elementwise.piecewise import maximum, minimum
from backprop.functions.reductions.scans import Cumprod, Cumsum, suffix_sums
from backprop.functions.shaping.axes import along
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__: list[str] = []  # they are methods of NumPy's own ufuncs


class RunningExtremum(Function, fresh=True):
    """yⱼ = the largest (or smallest) xₖ for k ≤ j, along the last axis; ties share equally."""

    __slots__ = ("ufunc",)

    def __init__(self, ufunc: np.ufunc) -> None:
        self.ufunc: np.ufunc = ufunc

    @override
    def forward(self, x: Array) -> Array:
        y: Array = self.ufunc.accumulate(x, axis=-1)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        if not gy.size:
            return gy
        tied = np.equal(self.x, self.y)
        stays = np.equal(self.y[..., 1:], self.y[..., :-1])
        upto = np.cumsum(tied, axis=-1)
        before = np.where(stays, 0, upto[..., :-1])
        ties = upto
        ties[..., 1:] -= np.maximum.accumulate(before, axis=-1)
        share = gy / np.maximum(ties, 1).astype(gy.dtype)  # 0 ties with nan
        total = suffix_sums(stays.astype(gy.dtype), share)
        return np.where(tied, total, gy.dtype.type(0))


def accumulated(rule: Function, x: Operand, axis: int) -> Variable:
    """What a rule that works along the last axis accumulates along `axis`."""
    x = as_variable(x)
    if not x.ndim:
        raise TypeError("cannot accumulate on a scalar")
    return along(rule, x, axis)


@method(
    add,
    "accumulate",
    cases=lambda: [
        case("onp.add.accumulate(x)", x=(3, 2)),
        case("onp.add.accumulate(x, 0, np.longdouble).astype(x.dtype)", x=(2,)),
    ],
)
def add_accumulate(array: Operand, /, axis: int = 0, dtype: DTypeLike | None = None) -> Variable:
    """The sums of the elements up to each: numpy.add.accumulate."""
    return accumulated(Cumsum(), in_dtype(array, dtype), axis)


@method(
    multiply,
    "accumulate",
    cases=lambda: [
        case("onp.multiply.accumulate(x, axis=-1)", x=(2, 3)),
        case("onp.multiply.accumulate(x, dtype=np.longdouble).astype(x.dtype)", x=(2,)),
    ],
)
def multiply_accumulate(
    array: Operand, /, axis: int = 0, dtype: DTypeLike | None = None
) -> Variable:
    """The products of the elements up to each: numpy.multiply.accumulate."""
    return accumulated(Cumprod(), in_dtype(array, dtype), axis)


@method(
    maximum,
    "accumulate",
    cases=lambda: [
        case("onp.maximum.accumulate(x)", x=(4, 2)),
        case("onp.maximum.accumulate(x, axis=-1)", x=(2, 0)),
        case("onp.maximum.accumulate(x, 0, np.longdouble).astype(x.dtype)", x=(2,)),
    ],
    kink="ties share equally",
)
def maximum_accumulate(
    array: Operand, /, axis: int = 0, dtype: DTypeLike | None = None
) -> Variable:
    """The largest of the elements up to each: numpy.maximum.accumulate."""
    return accumulated(RunningExtremum(np.maximum), in_dtype(array, dtype), axis)


@method(
    minimum,
    "accumulate",
    cases=lambda: [
        case("onp.minimum.accumulate(x, axis=1)", x=(2, 4)),
        case("onp.minimum.accumulate(x, 0, np.longdouble).astype(x.dtype)", x=(2,)),
    ],
    kink="ties share equally",
)
def minimum_accumulate(
    array: Operand, /, axis: int = 0, dtype: DTypeLike | None = None
) -> Variable:
    """The smallest of the elements up to each: numpy.minimum.accumulate."""
    return accumulated(RunningExtremum(np.minimum), in_dtype(array, dtype), axis)
