"""The method `accumulate` of NumPy's ufuncs add, multiply, maximum and minimum.

The rule RunningExtremum serves `numpy.maximum.accumulate` and `numpy.minimum.accumulate`; Cumsum
and Cumprod serve the other two.
"""

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
    """yⱼ = max(x₀, ..., xⱼ) along the last axis (or min), the running maximum or minimum.

    Elements that are equal to yⱼ (ties) share its cotangent equally.
    """

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
    """Apply a rule that accumulates along the last axis to `x` along `axis`.

    Raises TypeError if `x` has no axes, as NumPy's ufuncs do.
    """
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
    """The running sums yⱼ = Σ xₖ for k ≤ j along `axis`: numpy.add.accumulate.

    Parameters
    ----------
    array : array_like or Variable
        The input, of at least one axis.
    axis : int, default 0
        The axis along which the elements are accumulated.
    dtype : DTypeLike or None, default None
        The floating dtype that the input is converted to first; None keeps its own.

    Returns
    -------
    Variable
        The running sums, of the shape of the input.

    Raises
    ------
    TypeError
        If the input has no axes.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.add.accumulate(Variable(np.array([1.0, 2.0, 3.0])))
    Variable([1., 3., 6.])
    """
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
    """The running products yⱼ = Π xₖ for k ≤ j along `axis`: numpy.multiply.accumulate.

    Parameters
    ----------
    array : array_like or Variable
        The input, of at least one axis.
    axis : int, default 0
        The axis along which the elements are accumulated.
    dtype : DTypeLike or None, default None
        The floating dtype that the input is converted to first; None keeps its own.

    Returns
    -------
    Variable
        The running products, of the shape of the input. Gradients are exact where elements are 0.

    Raises
    ------
    TypeError
        If the input has no axes.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.multiply.accumulate(Variable(np.array([2.0, 3.0, 4.0])))
    Variable([ 2.,  6., 24.])
    """
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
    """The running maximum yⱼ = max(x₀, ..., xⱼ) along `axis`: numpy.maximum.accumulate.

    Elements that are equal to yⱼ (ties) share its cotangent equally.

    Parameters
    ----------
    array : array_like or Variable
        The input, of at least one axis.
    axis : int, default 0
        The axis along which the elements are accumulated.
    dtype : DTypeLike or None, default None
        The floating dtype that the input is converted to first; None keeps its own.

    Returns
    -------
    Variable
        The running maxima, of the shape of the input.

    Raises
    ------
    TypeError
        If the input has no axes.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([3.0, 1.0, 3.0]))
    >>> y = np.maximum.accumulate(x)
    >>> y.backward()
    >>> y, x.grad
    (Variable([3., 3., 3.]), array([2.5, 0. , 0.5]))
    """
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
    """The running minimum yⱼ = min(x₀, ..., xⱼ) along `axis`: numpy.minimum.accumulate.

    Elements that are equal to yⱼ (ties) share its cotangent equally.

    Parameters
    ----------
    array : array_like or Variable
        The input, of at least one axis.
    axis : int, default 0
        The axis along which the elements are accumulated.
    dtype : DTypeLike or None, default None
        The floating dtype that the input is converted to first; None keeps its own.

    Returns
    -------
    Variable
        The running minima, of the shape of the input.

    Raises
    ------
    TypeError
        If the input has no axes.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.minimum.accumulate(Variable(np.array([3.0, 1.0, 2.0])))
    Variable([3., 1., 1.])
    """
    return accumulated(RunningExtremum(np.minimum), in_dtype(array, dtype), axis)
