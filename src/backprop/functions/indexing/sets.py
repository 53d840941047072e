"""Sets of values: each value once, as numpy.unique and its kin give them, by the rule Distinct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.indexing.selection import scatter
from backprop.functions.indexing.sorting import sort
from backprop.functions.registry import implements
from backprop.functions.shaping.joining import concatenate
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    _Places: TypeAlias = NDArray[np.intp]
    _Key: TypeAlias = tuple[slice | _Places, ...]

__all__ = ["intersect1d", "setdiff1d", "setxor1d", "union1d", "unique", "unique_values"]

_APART = Interval(-1.0, 1.0)  # so that what is 4 apart stays as it is ordered
_SHARED = "equal elements share equally"


class Distinct(Function, fresh=True):
    """y = x[first], in which each value is once; equal elements share its gradient."""

    __slots__ = ("axis", "counts", "first", "group")

    def __init__(self, first: _Places, group: _Places, counts: _Places, axis: int) -> None:
        self.first: _Places = first
        self.group: _Places = group  # the place in y of each element of x
        self.counts: _Places = counts
        self.axis: int = axis

    @override
    def forward(self, x: Array) -> Array:
        return x[self.key(self.first)]

    @override
    def backward(self, gy: Array) -> Array:
        return self.shared(gy)[self.key(self.group)]

    @override
    def jvp(self, tx: Array) -> Array:
        total: Array = scatter(tx, self.key(self.group), self.y.shape)
        return self.shared(total)

    def key(self, places: _Places) -> _Key:
        """The index of `places` along the axis."""
        return (*(slice(None),) * self.axis, places)

    def shared(self, y: Array) -> Array:
        """The cotangent of a value of y, divided among the equal elements of x."""
        counts = self.counts.reshape(-1, *(1,) * (y.ndim - self.axis - 1))
        return y / counts.astype(y.dtype)


@overload
def unique(
    ar: Operand, /, *, axis: int | None = None, equal_nan: bool = True, sorted: bool = True
) -> Variable: ...
@overload
def unique(
    ar: Operand,
    /,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any: ...
@implements(
    np.unique,
    cases=lambda: [
        case("np.unique(x)", x=()),
        case("np.unique(x + onp.array([[0], [4]], x.dtype) * [3, 1])", _APART, x=(2, 1)),
        case("np.unique(np.stack([x, x]) + onp.array([8, 0, 4], x.dtype))", _APART, x=(3,)),
        case(
            "np.unique((x + onp.array([[4], [0]], x.dtype))[[0, 1, 0]], axis=0)", _APART, x=(2, 2)
        ),
        case(
            "np.unique(x[:, [0, 0]], axis=-1, equal_nan=False, sorted=False, return_counts=True, "
            "return_index=True, return_inverse=True)[0]",
            x=(2, 1),
        ),
    ],
    kink=_SHARED,
)
def unique(
    ar: Operand,
    /,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> object:
    """The values in `ar`, each once, from the smallest: numpy.unique; equal ones share a gradient.

    Parameters
    ----------
    ar : Variable or array
        The data, flattened if `axis` is None.
    return_index : bool, default False
        Whether the places where each value is first come with it.
    return_inverse : bool, default False
        Whether the places that give `ar` again come with it.
    return_counts : bool, default False
        Whether the numbers of each value come with it.
    axis : int, optional
        The axis whose slices are compared; None for elements.
    equal_nan : bool, default True
        Whether all nan are one.
    sorted : bool, default True
        Whether the values are in order.

    Returns
    -------
    Variable or tuple
        The values; then the arrays of integers that were asked for.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([3.0, 1.0, 3.0]))
    >>> y, places = unique(x, return_inverse=True)
    >>> y.backward()
    >>> y, places, x.grad
    (Variable([1., 3.]), array([1, 0, 1]), array([0.5, 1. , 0.5]))
    """
    x = as_variable(ar)
    found = np.unique(x.data, True, True, True, axis, equal_nan=equal_nan, sorted=sorted)
    _, index, inverse, counts = found
    rule = Distinct(index, inverse.reshape(-1), counts, 0 if axis is None else axis % x.ndim)
    y = rule(x.reshape(-1) if axis is None else x)
    asked = zip(found[1:], (return_index, return_inverse, return_counts))
    others = [places for places, wanted in asked if wanted]
    return (y, *others) if others else y


@implements(np.unique_values, cases=lambda: [case("np.unique_values(x)", x=(1,))], kink=_SHARED)
def unique_values(x: Operand, /) -> Variable:
    """The values in `x`, each once, every nan for itself: numpy.unique_values."""
    return unique(x, equal_nan=False)


@implements(
    np.union1d,
    cases=lambda: [
        case("np.union1d(a + onp.array([[4], [0]], a.dtype), b - 4)", _APART, a=(2, 1), b=()),
        case("np.union1d(y := x + onp.array([4, 0], x.dtype), y[:1])", _APART, x=(2,)),
    ],
    kink=_SHARED,
)
def union1d(ar1: Operand, ar2: Operand, /) -> Variable:
    """The values in `ar1` or in `ar2`, each once: numpy.union1d; equal ones share a gradient."""
    return unique(concatenate([ar1, ar2], axis=None))


@implements(
    np.setdiff1d,
    cases=lambda: [
        case("np.setdiff1d(y := x + onp.array([4, 0, 8], x.dtype), y[1:2])", _APART, x=(3,)),
        case("np.setdiff1d(x, [9.0], assume_unique=True)", _APART, x=(2, 2)),
    ],
    kink=_SHARED,
)
def setdiff1d(ar1: Operand, ar2: Operand, /, assume_unique: bool = False) -> Variable:
    """The values in `ar1` that are not in `ar2`, each once: numpy.setdiff1d.

    Parameters
    ----------
    ar1 : Variable or array
        The data, flattened.
    ar2 : Variable or array
        What is left out of it.
    assume_unique : bool, default False
        Whether each array has no value twice: then it is not looked for.

    Returns
    -------
    Variable

    Examples
    --------
    >>> setdiff1d(Variable(np.array([1.0, 2.0])), [2.0, 3.0])
    Variable([1.])
    """
    x = as_variable(ar1).reshape(-1) if assume_unique else unique(ar1)
    return x[~np.isin(x.data, as_variable(ar2).data)]


@implements(
    np.setxor1d,
    cases=lambda: [
        case("np.setxor1d(y := x + onp.array([4, 0, 8], x.dtype), y[1:2])", _APART, x=(3,)),
        case("np.setxor1d(x, [9.0], assume_unique=True)", _APART, x=(1,)),
    ],
    kink=_SHARED,
)
def setxor1d(ar1: Operand, ar2: Operand, /, assume_unique: bool = False) -> Variable:
    """The values in just one of `ar1` and `ar2`, each once: numpy.setxor1d.

    Parameters
    ----------
    ar1 : Variable or array
        The data, flattened.
    ar2 : Variable or array
        The other data, flattened.
    assume_unique : bool, default False
        Whether each array has no value twice: then it is not looked for.

    Returns
    -------
    Variable

    Examples
    --------
    >>> setxor1d(Variable(np.array([1.0, 2.0])), [2.0, 3.0])
    Variable([1., 3.])
    """
    both = (ar1, ar2) if assume_unique else (unique(ar1), unique(ar2))
    x = sort(concatenate(both, axis=None))
    new = np.append(True, x.data[1:] != x.data[:-1])
    return x[new & np.append(new[1:], True)] if x.size else x


@overload
def intersect1d(ar1: Operand, ar2: Operand, /, assume_unique: bool = False) -> Variable: ...
@overload
def intersect1d(
    ar1: Operand, ar2: Operand, /, assume_unique: bool = False, *, return_indices: Literal[True]
) -> tuple[Variable, _Places, _Places]: ...
@implements(
    np.intersect1d,
    cases=lambda: [
        case(
            "np.intersect1d(y := x + onp.array([4, 0, 8], x.dtype), y[[0, 0, 2]])", _APART, x=(3,)
        ),
        case("np.intersect1d(x, x, assume_unique=True, return_indices=True)[0]", x=(1,)),
    ],
    kink=_SHARED,
)
def intersect1d(
    ar1: Operand, ar2: Operand, /, assume_unique: bool = False, return_indices: bool = False
) -> object:
    """The values in both `ar1` and `ar2`, each once: numpy.intersect1d; all equal ones share.

    Parameters
    ----------
    ar1 : Variable or array
        The data, flattened.
    ar2 : Variable or array
        The other data, flattened.
    assume_unique : bool, default False
        Whether each array has no value twice: then it is not looked for.
    return_indices : bool, default False
        Whether the places of the values in both come with it.

    Returns
    -------
    Variable or tuple
        The values in order; with `return_indices` also their places in both.

    Examples
    --------
    >>> intersect1d(Variable(np.array([1.0, 2.0])), [2.0, 3.0])
    Variable([2.])
    """
    a, b = as_variable(ar1).data, as_variable(ar2).data
    x = union1d(ar1, ar2)
    y = x[np.isin(x.data, a) & np.isin(x.data, b)]
    places = np.intersect1d(a, b, assume_unique, return_indices=True)[1:]
    return (y, *places) if return_indices else y
