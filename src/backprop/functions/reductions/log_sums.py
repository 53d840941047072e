"""The methods `reduce` and `accumulate` of the ufuncs logaddexp and logaddexp2.

They give logarithms of sums of exponentials (logsumexp), by the rules LogSum and RunningLogSum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import method
from backprop.functions.cases import Case, case
from backprop.functions.cotangents import absorb
from backprop.functions.elementwise.exponential import (
    Logaddexp,
    Logaddexp2,
    LogOfSum,
    ahead,
    logaddexp,
    logaddexp2,
)
from backprop.functions.reductions.accumulating import accumulated
from backprop.functions.reductions.reductions import Functions, Reduction, values
from backprop.functions.reductions.scans import suffix_sums
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Axes, Operand
from backprop.ground.compat import override
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

__all__: list[str] = []  # they are methods of logaddexp and logaddexp2

_KINK = "equal infinities share the gradient"


class LogSum(Reduction, fresh=True):
    """y = ln Σ eˣ over `axis` (logsumexp), where the sum includes e to the power of `initial`.

    The gradient is the softmax of x; equal infinities share it.
    """

    __slots__ = ()
    functions: ClassVar[Functions] = (np.logaddexp.reduce, np.logaddexp.reduce)
    power: ClassVar[uf.Unary] = uf.exp

    @override
    def backward(self, gy: Array) -> Array:
        return uf.multiply(self.spread(gy), self.parts(), out=...)

    @override
    def jvp(self, tx: Array) -> Array:
        return self.dropped(self.total(uf.multiply(tx, self.parts(), out=...)))

    def parts(self) -> Array:
        """The share of each element in the sum (its softmax), even if the sum overflows."""
        most = self.most(values(self.x))
        with np.errstate(over="ignore"):  # of elements that do not count
            terms = self.masked(self.power(ahead(self.x, most), out=...))
        total = self.total(terms) + self.first(most)
        return uf.divide(terms, total + np.equal(total, 0).astype(total.dtype), out=...)

    def most(self, x: Array) -> Array:
        """The largest element that counts, which is subtracted so that no exponential overflows."""
        low = -np.inf if self.initial is None else self.initial
        most: Array = np.max(x, self.axis, keepdims=True, initial=low, where=self.where)
        return most

    def first(self, most: Array) -> Array:
        """The exponential of `initial`, relative to the largest; 0 if there is no `initial`."""
        if self.initial is None:
            return np.zeros_like(most)
        return self.power(ahead(np.full_like(most, self.initial), most), out=...)


class LogSum2(LogSum, fresh=True):
    """y = log₂ Σ 2ˣ over `axis`, where the sum includes 2 to the power of `initial`.

    Equal infinities share the gradient.
    """

    __slots__ = ()
    functions: ClassVar[Functions] = (np.logaddexp2.reduce, np.logaddexp2.reduce)
    power: ClassVar[uf.Unary] = uf.exp2


class RunningLogSum(Function, fresh=True):
    """yⱼ = ln Σ e^xₖ for k ≤ j along the last axis, or log₂ Σ 2^xₖ: a running logsumexp."""

    __slots__ = ("step", "ufunc")

    def __init__(self, ufunc: np.ufunc, step: LogOfSum) -> None:
        self.ufunc: np.ufunc = ufunc
        self.step: LogOfSum = step  # from each y to the next

    @override
    def forward(self, x: Array) -> Array:
        y: Array = self.ufunc.accumulate(x, axis=-1)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        x, y = self.x[..., 1:], self.y[..., :-1]
        total = suffix_sums(self.step.share.of(ahead(x, y)), gy)
        own = absorb(total[..., 1:], self.step.share.of(ahead(y, x)))
        return np.concatenate([total[..., :1], own], axis=-1)


def _reductions(name: str) -> list[Case]:
    """The cases that verify the method `reduce` of the ufunc `name`."""
    some = "where=[True, False, True]"
    return [
        case(f"onp.{name}.reduce(x)", x=(3, 2)),
        case(f"onp.{name}.reduce(x, dtype=np.longdouble).astype(x.dtype)", x=(2,)),
        case(f"onp.{name}.reduce(x, (0, 1), keepdims=True)", x=(2, 2)),
        case(f"onp.{name}.reduce(x, axis=1, initial=0.5, {some})", x=(2, 3)),
        case(f"onp.{name}.reduce(x, initial=1.0)", x=(0, 2)),
    ]


def _accumulations(name: str) -> list[Case]:
    """The cases that verify the method `accumulate` of the ufunc `name`."""
    return [
        case(f"onp.{name}.accumulate(x)", x=(3, 2)),
        case(f"onp.{name}.accumulate(x, axis=-1)", x=(2, 0)),
        case(f"onp.{name}.accumulate(x, 0, np.longdouble).astype(x.dtype)", x=(4,)),
    ]


@method(logaddexp, "reduce", cases=lambda: _reductions("logaddexp"), kink=_KINK)
def logaddexp_reduce(
    array: Operand,
    /,
    axis: Axes = 0,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The logarithm ln Σ eˣ over `axis`, the first one by default: numpy.logaddexp.reduce.

    This is logsumexp, whose gradient is the softmax of the input. Equal infinities share it.

    Parameters
    ----------
    array : array_like or Variable
        The input, of at least one axis.
    axis : int, tuple of int or None, default 0
        The axes that are reduced; None stands for all of them.
    dtype : DTypeLike or None, default None
        The floating dtype that the input is converted to first; None keeps its own.
    keepdims : bool, default False
        Whether the result keeps the reduced axes, with length 1.
    initial : float or None, default None
        A further number that takes part in every reduction.
    where : array_like of bool, default True
        Which elements count; it is broadcast to the shape of the input.

    Returns
    -------
    Variable
        The logarithm of the sum.
        Its shape is that of the input without the reduced axes, its dtype that of the input.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([1000.0, 1000.0]))
    >>> np.logaddexp.reduce(x).backward()
    >>> x.grad
    array([0.5, 0.5])
    """
    return LogSum(axis, keepdims, where, initial)(in_dtype(array, dtype))


@method(logaddexp2, "reduce", cases=lambda: _reductions("logaddexp2"), kink=_KINK)
def logaddexp2_reduce(
    array: Operand,
    /,
    axis: Axes = 0,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The logarithm log₂ Σ 2ˣ over `axis`, the first one by default: numpy.logaddexp2.reduce.

    Equal infinities share the gradient.

    Parameters
    ----------
    array : array_like or Variable
        The input, of at least one axis.
    axis : int, tuple of int or None, default 0
        The axes that are reduced; None stands for all of them.
    dtype : DTypeLike or None, default None
        The floating dtype that the input is converted to first; None keeps its own.
    keepdims : bool, default False
        Whether the result keeps the reduced axes, with length 1.
    initial : float or None, default None
        A further number that takes part in every reduction.
    where : array_like of bool, default True
        Which elements count; it is broadcast to the shape of the input.

    Returns
    -------
    Variable
        The logarithm of the sum.
        Its shape is that of the input without the reduced axes, its dtype that of the input.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.logaddexp2.reduce(Variable(np.array([3.0, 3.0])))
    Variable(4.)
    """
    return LogSum2(axis, keepdims, where, initial)(in_dtype(array, dtype))


@method(logaddexp, "accumulate", cases=lambda: _accumulations("logaddexp"), kink=_KINK)
def logaddexp_accumulate(
    array: Operand, /, axis: int = 0, dtype: DTypeLike | None = None
) -> Variable:
    """The running logarithms yⱼ = ln Σ e^xₖ for k ≤ j along `axis`: numpy.logaddexp.accumulate.

    Equal infinities share the gradient.

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
        The logarithms, of the shape of the input.

    Raises
    ------
    TypeError
        If the input has no axes.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.logaddexp.accumulate(Variable(np.array([0.0, -np.inf, 0.0]))).round(6)
    Variable([0.      , 0.      , 0.693147])
    """
    return accumulated(RunningLogSum(np.logaddexp, Logaddexp()), in_dtype(array, dtype), axis)


@method(logaddexp2, "accumulate", cases=lambda: _accumulations("logaddexp2"), kink=_KINK)
def logaddexp2_accumulate(
    array: Operand, /, axis: int = 0, dtype: DTypeLike | None = None
) -> Variable:
    """The running logarithms yⱼ = log₂ Σ 2^xₖ for k ≤ j along `axis`: numpy.logaddexp2.accumulate.

    Equal infinities share the gradient.

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
        The logarithms, of the shape of the input.

    Raises
    ------
    TypeError
        If the input has no axes.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.logaddexp2.accumulate(Variable(np.array([1.0, 1.0, 2.0])))
    Variable([1., 2., 3.])
    """
    return accumulated(RunningLogSum(np.logaddexp2, Logaddexp2()), in_dtype(array, dtype), axis)
