"""Running sums and products (cumsum, cumprod and their variants), and differences (diff).

The rules Cumsum and Cumprod work along the last axis; the functions move the given axis there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from backprop.functions import queries
from backprop.functions.bases import Linear, as_variable
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import along
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.function import Function
from backprop.kernel.operands import call
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

_NEAR_ONE: Final = Interval(1.0, 2.0)
# Up, down by twice as much, and up again: so no product of all from the first leaves the range.
_FAR = "onp.exp2(onp.array([1, -1, -1, 1]) * (onp.finfo(x.dtype).maxexp // 2 - 3), dtype=x.dtype)"

__all__ = [
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "nancumprod",
    "nancumsum",
]


class Cumsum(Linear, fresh=True):
    """yⱼ = Σ xₖ for k ≤ j along the last axis, the running sum."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.cumsum(x, axis=-1)

    @override
    def backward(self, gy: Array) -> Array:
        return _sums_from_end(gy)


def _sums_from_end(x: Array) -> Array:
    return np.cumsum(x[..., ::-1], axis=-1)[..., ::-1]


class Cumprod(Function, fresh=True):
    """yⱼ = Π xₖ for k ≤ j along the last axis, the running product.

    Its gradient is exact where elements are 0, for nothing is divided there.
    """

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.cumprod(x, axis=-1)

    @override
    def backward(self, gy: Array) -> Array:
        extreme = _extreme(self.y)
        if not np.any(extreme):
            return self.multiplied(self.x, gy)
        x, y = np.where(extreme, self.x, 1), np.where(extreme, self.y, 0)
        others = np.where(extreme, 1, self.x)
        return np.where(extreme, _sums_from_end(gy * y) / x, self.multiplied(others, gy))

    def multiplied(self, x: Array, gy: Array) -> Array:
        """The gradient without a division: yᵢ₋₁ Σⱼ gyⱼ xᵢ₊₁ ⋯ xⱼ for each xᵢ."""
        after = suffix_sums(x[..., 1:], gy)
        return np.concatenate([after[..., :1], absorb(after[..., 1:], self.y[..., :-1])], axis=-1)


def _extreme(y: Array | Variable) -> NDArray[np.bool_]:
    """Which rows have a product of some neighbours that may overflow, while all y are in range.

    This is so where y falls by more than the dtype's range and rises again, while all of y are
    finite and not subnormal.
    """
    data = y.data if isinstance(y, Variable) else y
    if not data.size:
        return np.zeros((), bool)
    tiny = np.finfo(data.dtype).tiny
    low = abs(data).min(axis=-1, keepdims=True)
    high = abs(data).max(axis=-1, keepdims=True)
    extreme: NDArray[np.bool_] = (low >= tiny) & (low < high * tiny * 256) & np.isfinite(high)
    return extreme


def suffix_sums(a: Array, b: Array) -> Array:
    """Solve sᵢ = bᵢ + aᵢ sᵢ₊₁ from the end of the last axis; `a` is one element shorter than `b`.

    This is done by doubling, over 1, 2, 4, ... elements: a few operations on whole arrays, and as
    many nodes of the graph if they are Variables.
    """
    while n := a.shape[-1]:
        width = b.shape[-1] - n
        sums = b[..., :n] + absorb(b[..., width:], a)
        b = np.concatenate([sums, b[..., n:]], axis=-1)
        with np.errstate(over="ignore", invalid="ignore"):  # of products that may not be needed
            a = a[..., : max(n - width, 0)] * a[..., width:]
    return b


@implements(
    np.cumsum,
    cases=lambda: [
        case("np.cumsum(x)", x=()),
        case("np.cumsum(x, 0, np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.cumsum(x)", x=(2, 3)),
        case("np.cumsum(x, axis=0)", x=(2, 3)),
        case("np.cumsum(x, axis=-2)", x=(2, 3, 1)),
        case("np.cumsum(x, axis=1)", x=(0, 3)),
    ],
)
def cumsum(x: Operand, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Variable:
    """The sums of the elements up to each, along `axis` or of all in a row: numpy.cumsum.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int, optional
        The axis along which it runs; None for the flattened array.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable
        Of the shape of `x`; a vector if `axis` is None.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([1.0, 2.0, 3.0]))
    >>> y = cumsum(x)
    >>> y.backward()
    >>> y, x.grad
    (Variable([1., 3., 6.]), array([3., 2., 1.]))
    """
    return along(Cumsum(), in_dtype(x, dtype), axis)


@implements(
    np.cumprod,
    cases=lambda: [
        case("np.cumprod(x)", x=()),
        case("np.cumprod(x, 0, np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.cumprod(x)", x=(2, 3)),
        case("np.cumprod(x, axis=0)", x=(3, 2)),
        case(f"np.cumprod(x * {_FAR})", _NEAR_ONE, x=(4,)),
        case("np.cumprod(x, axis=-1)", x=(2, 4)),
        case("np.cumprod(np.where([[1, 0, 1, 1], [0, 1, 0, 1]], x, 0.0), axis=1)", x=(2, 4)),
        case("np.cumprod(x, axis=1)", x=(0, 3)),
    ],
)
def cumprod(x: Operand, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Variable:
    """The products of the elements up to each: numpy.cumprod; exact with zeros, to any order.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int, optional
        The axis along which it runs; None for the flattened array.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable
        Of the shape of `x`; a vector if `axis` is None.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([2.0, 0.0, 3.0]))
    >>> cumprod(x).backward()
    >>> x.grad
    array([1., 8., 0.])
    """
    return along(Cumprod(), in_dtype(x, dtype), axis)


@implements(
    np.cumulative_sum,
    cases=lambda: [
        case("np.cumulative_sum(x)", x=(3,)),
        case("np.cumulative_sum(x, dtype=np.longdouble).astype(x.dtype)", x=(3,)),
        case("np.cumulative_sum(x, include_initial=True)", x=(3,)),
        case("np.cumulative_sum(x, axis=0, include_initial=True)", x=(2, 3)),
        case("np.cumulative_sum(x, axis=-1, include_initial=True)", x=(2, 0)),
    ],
)
def cumulative_sum(
    x: Operand,
    /,
    *,
    axis: int | None = None,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> Variable:
    """The sums of the elements up to each, from 0 with `include_initial`: numpy.cumulative_sum.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int, optional
        The axis along which it runs; None for the flattened array.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    include_initial : bool, default False
        Whether the result begins with what nothing gives: 0 or 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cumulative_sum(Variable(np.array([2.0, 3.0])), include_initial=True)
    Variable([0., 2., 5.])
    """
    return _cumulative(Cumsum(), in_dtype(x, dtype), axis, 0.0 if include_initial else None)


@implements(
    np.cumulative_prod,
    cases=lambda: [
        case("np.cumulative_prod(x)", x=(3,)),
        case("np.cumulative_prod(x, dtype=np.longdouble).astype(x.dtype)", x=(3,)),
        case("np.cumulative_prod(x, axis=0, include_initial=True)", x=(3, 2)),
        case("np.cumulative_prod(x, axis=-1, include_initial=True)", x=(2, 0)),
    ],
)
def cumulative_prod(
    x: Operand,
    /,
    *,
    axis: int | None = None,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> Variable:
    """The products up to each element, from 1 with `include_initial`: numpy.cumulative_prod.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int, optional
        The axis along which it runs; None for the flattened array.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    include_initial : bool, default False
        Whether the result begins with what nothing gives: 0 or 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cumulative_prod(Variable(np.array([2.0, 3.0])), include_initial=True)
    Variable([1., 2., 6.])
    """
    return _cumulative(Cumprod(), in_dtype(x, dtype), axis, 1.0 if include_initial else None)


def _cumulative(rule: Function, x: Operand, axis: int | None, initial: float | None) -> Variable:
    x = as_variable(x)
    if axis is None and x.ndim > 1:
        raise ValueError(
            "For arrays which have more than one dimension ``axis`` argument is required."
        )
    y = along(rule, x, 0 if axis is None else axis)
    return y if initial is None else _joined([initial, y], y, 0 if axis is None else axis)


def _joined(parts: list[Operand], like: Variable, axis: int) -> Variable:
    """Concatenate the parts along `axis`; a part without axes becomes one slice like `like`'s."""
    axis = normalize_axis_index(axis, like.ndim)
    slice_ = (*like.shape[:axis], 1, *like.shape[axis + 1 :])
    whole = [
        x if queries.ndim(x) else call(np.broadcast_to, _typed(x, like), slice_) for x in parts
    ]
    return call(np.concatenate, whole, axis=axis)


def _typed(part: Operand, like: Variable) -> Operand:
    weak = type(part) in (int, float)
    return np.array(part, like.dtype) if weak else part


@implements(
    np.nancumsum,
    cases=lambda: [
        case("np.nancumsum(x)", x=(2, 3)),
        case("np.nancumsum(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.nancumsum(np.where([True, False, True], x, onp.nan), axis=-1)", x=(2, 3)),
    ],
    kink="a nan has gradient 0",
)
def nancumsum(x: Operand, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Variable:
    """The sums of the elements up to each, nan counted as 0: numpy.nancumsum.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int, optional
        The axis along which it runs; None for the flattened array.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable
        Of the shape of `x`; a vector if `axis` is None.

    Examples
    --------
    >>> nancumsum(Variable(np.array([2.0, np.nan, 3.0])))
    Variable([2., 2., 5.])
    """
    return along(Cumsum(), call(np.where, queries.isnan(x), 0.0, in_dtype(x, dtype)), axis)


@implements(
    np.nancumprod,
    cases=lambda: [
        case("np.nancumprod(x)", x=(2, 2)),
        case("np.nancumprod(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 2)),
        case("np.nancumprod(np.where([True, False, True], x, onp.nan), axis=-1)", x=(2, 3)),
    ],
    kink="a nan has gradient 0",
)
def nancumprod(x: Operand, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Variable:
    """The products of the elements up to each, nan counted as 1: numpy.nancumprod.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int, optional
        The axis along which it runs; None for the flattened array.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable
        Of the shape of `x`; a vector if `axis` is None.

    Examples
    --------
    >>> nancumprod(Variable(np.array([2.0, np.nan, 3.0])))
    Variable([2., 2., 6.])
    """
    return along(Cumprod(), call(np.where, queries.isnan(x), 1.0, in_dtype(x, dtype)), axis)


@implements(
    np.diff,
    cases=lambda: [
        case("np.diff(x)", x=(2, 3)),
        case("np.diff(x, n=2, axis=0)", x=(4, 2)),
        case("np.diff(x, 0)", x=()),
        case("np.diff(x, n=3)", x=(2,)),
        case("np.diff(x, axis=-2, prepend=a, append=3.0)", x=(2, 3), a=(2, 3)),
        case("np.diff(x, 2, prepend=a, append=b)", x=(2, 3), a=(), b=(2, 1)),
    ],
)
def diff(
    x: Operand,
    /,
    n: int = 1,
    axis: int = -1,
    prepend: Operand | None = None,
    append: Operand | None = None,
) -> Variable:
    """The differences between neighbours along `axis`, taken `n` times: numpy.diff.

    Parameters
    ----------
    x : Variable or array
        The data.
    n : int, default 1
        How many times differences are taken.
    axis : int, default -1
        The axis along which it is done.
    prepend : Variable or array, optional
        What is put before `x` along the axis.
    append : Variable or array, optional
        What is put after `x` along the axis.

    Returns
    -------
    Variable

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([1.0, 4.0, 9.0]))
    >>> y = diff(x, append=16.0)
    >>> y.backward()
    >>> y, x.grad
    (Variable([3., 5., 7.]), array([-1.,  0.,  0.]))
    """
    x = as_variable(x)
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    if n and not x.ndim:
        raise ValueError("diff requires input that is at least one dimensional")
    if n and (prepend is not None or append is not None):
        x = _joined([part for part in (prepend, x, append) if part is not None], x, axis)
    for _ in range(n):
        x = _neighbours(x, axis)
    return x


def _neighbours(x: Variable, axis: int) -> Variable:
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    return x[(*before, slice(1, None))] - x[(*before, slice(None, -1))]
