"""Python functions on parts of arrays: vectorize, piecewise, ...; and the builders r_ and c_."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.indexing.selection import Scatter, is_tuple, truth, where
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import moveaxis
from backprop.functions.shaping.joining import concatenate, stack, variables
from backprop.functions.shaping.shapes import (
    astype,
    broadcast_arrays,
    broadcast_to,
    expand_dims,
    laid,
    order_of,
    ravel,
    reshape,
)
from backprop.functions.shaping.splitting import unstack
from backprop.ground.arrays import Operand, as_tuple
from backprop.ground.domain import REALS
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["apply_along_axis", "apply_over_axes", "c_", "piecewise", "r_", "vectorize"]

_OFF = REALS.without(-1.0, 1.0)  # the conditions of the case change there

Key: TypeAlias = Any  # what np.r_ takes: arrays, numbers, slices, a text; a tuple of them


@implements(
    cases=lambda: [
        case("np.vectorize(lambda t: t * t)(x)", x=(2, 3)),
        case("np.vectorize(lambda a, b: (a * b, np.sin(b)))(a, b)[1]", a=(2, 1), b=(3,)),
        case("np.vectorize(np.multiply)(x, 2.0)", x=()),
    ]
)
def vectorize(pyfunc: Callable[..., Any]) -> Callable[..., Any]:
    """`pyfunc`, which takes numbers, called for each element of broadcast arrays: numpy.vectorize.

    It is called with Variables of no axes, and may give several. As in NumPy it is a loop in
    Python: what computes on whole arrays is much faster. numpy.vectorize itself cannot take a
    Variable.

    >>> from backprop import Variable
    >>> relu = vectorize(lambda t: t if t > 0 else 0.0)
    >>> relu(Variable([-1.0, 2.0]))
    Variable([0., 2.])
    """

    def vectorized(*args: Operand) -> Any:
        xs = broadcast_arrays(*variables(args))
        shape = xs[0].shape
        results = [pyfunc(*elements) for elements in zip(*(unstack(ravel(x)) for x in xs))]
        if results and isinstance(results[0], tuple):
            return tuple(reshape(stack(column), shape) for column in zip(*results))
        return laid(reshape(stack(results), shape), order_of(xs[0]))

    return vectorized


@implements(
    np.apply_along_axis,
    cases=lambda: [
        case("np.apply_along_axis(np.cumsum, 0, x)", x=(2, 3)),
        case("np.apply_along_axis(lambda v, p, q: v[0] * p + q, -1, x, 2.0, q=1.0)", x=(2, 3)),
        case("np.apply_along_axis(np.outer, 1, x, onp.ones(2))", x=(3, 2)),
    ],
)
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Operand, *args: Any, **kwargs: Any
) -> Variable:
    """`func1d` applied to each vector along `axis`, which the axes of its results replace.

    It follows numpy.apply_along_axis.

    Parameters
    ----------
    func1d : callable
        A function of a vector, which gives a vector, a number or an array.
    axis : int
        The axis along which the vectors lie.
    arr : Variable or array
        The data.
    *args
        Handed on to the functions.
    **kwargs
        Handed on to the functions.

    Returns
    -------
    Variable

    Examples
    --------
    >>> apply_along_axis(lambda v: v * v[0], 1, Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    Variable([[ 1.,  2.],
              [ 9., 12.]])
    """
    x = moveaxis(arr, axis, -1)
    around = x.shape[:-1]
    rows = unstack(reshape(x, (prod(around), x.shape[-1])))
    y = stack([func1d(row, *args, **kwargs) for row in rows])
    y = reshape(y, (*around, *y.shape[1:]))
    inner = tuple(range(len(around), y.ndim))
    return moveaxis(y, inner, tuple(axis % x.ndim + i for i in range(len(inner))))


@implements(
    np.apply_over_axes,
    cases=lambda: [
        case("np.apply_over_axes(np.sum, x, [0, -1])", x=(2, 1, 3)),
        case("np.apply_over_axes(np.cumsum, x, 1)", x=(2, 3)),
    ],
)
def apply_over_axes(
    func: Callable[..., Variable], a: Operand, axes: int | Sequence[int]
) -> Variable:
    """`func(y, axis)` for one axis after the other, each kept: numpy.apply_over_axes.

    Parameters
    ----------
    func : callable
        A function `func(y, axis)` that keeps the axis, or reduces it.
    a : Variable or array
        The data.
    axes : int or sequence of int
        One axis after the other.

    Returns
    -------
    Variable

    Examples
    --------
    >>> apply_over_axes(lambda y, axis: y.sum(axis), Variable(np.ones((2, 3))), [0, 1])
    Variable([[6.]])
    """
    y = as_variable(a)
    for axis in as_tuple(axes):
        given = y.ndim
        y = func(y, axis)
        y = y if y.ndim == given else expand_dims(y, axis)
        if y.ndim != given:
            raise ValueError(f"the function must keep or reduce one axis, it gave shape {y.shape}")
    return y


@implements(
    np.piecewise,
    cases=lambda: [
        case("np.piecewise(x, [x < -1, x > 1], [lambda v: v**2, -1.0, np.sin])", _OFF, x=(2, 3)),
        case("np.piecewise(x, x > 1, [lambda v, p, q: p * v + q], 2.0, q=3.0)", _OFF, x=(3,)),
    ],
)
def piecewise(
    x: Operand,
    condlist: Any,
    funclist: Sequence[Callable[..., Operand] | float],
    *args: Any,
    **kw: Any,
) -> Variable:
    """What each function gives for the elements where its condition holds: numpy.piecewise.

    Of several that hold the last one counts; one function more is for where none does, else it is
    0 there. Raises ValueError for another number of functions.

    Parameters
    ----------
    x : Variable or array
        The data.
    condlist : sequence of arrays of bool
        Where each function counts.
    funclist : sequence
        A function or a number for each condition, and perhaps one more.
    *args
        Handed on to the functions.
    **kw
        Handed on to the functions.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([-1.0, 2.0]))
    >>> piecewise(x, [np.array([False, True])], [lambda v: v * v, 0.0])
    Variable([0., 4.])
    """
    x = as_variable(x)
    one = np.ndim(condlist) == 0 or (x.ndim and not isinstance(condlist[0], (list, np.ndarray)))
    conditions = truth([condlist] if one else condlist)
    if len(funclist) == len(conditions) + 1:
        conditions = np.concatenate([conditions, ~conditions.any(axis=0, keepdims=True)])
    if len(funclist) != len(conditions):
        raise ValueError(
            f"{len(conditions)} conditions take as many functions or one more, got {len(funclist)}"
        )
    y = where(np.zeros(x.shape, np.bool_), x, np.zeros_like(x.data))  # it depends on x anyway
    for condition, function in zip(conditions, funclist):
        here = np.broadcast_to(condition, x.shape) if condition.ndim == 0 else condition
        part = x[here]  # of another shape, it is refused as an index
        if part.size:  # as NumPy, which calls no function for nothing
            value = function(part, *args, **kw) if callable(function) else function
            part = astype(broadcast_to(value, part.shape), x.dtype)
            y = where(here, Scatter(here, x.shape)(part), y)
    return laid(y, order_of(x))


class Brackets:
    """A function that is called with brackets."""

    def __init__(self, function: Callable[[Key], Variable]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __getitem__(self, key: Key, /) -> Variable:
        return self._function(key)


@Brackets
@implements(
    cases=lambda: [
        case("np.r_[a, 0.0, b]", a=(3,), b=(2,)),
        case("np.r_['0,2', a, b]", a=(3,), b=(3,)),
        case("np.r_[-1:1:3j, x, :2, -x]", x=(3,)),
        case("np.r_[x]", x=(2, 3)),
    ]
)
def r_(key: Key) -> Variable:
    """The values between the brackets, one after the other along the first axis: numpy.r_.

    It takes slices for ranges and a text of directions, as NumPy's, which cannot take a Variable.

    >>> from backprop import Variable
    >>> r_[Variable([1.0, 2.0]), 0.0, 3:5]
    Variable([1., 2., 0., 3., 4.])
    """
    return _built(np.r_, key)


@Brackets
@implements(
    cases=lambda: [
        case("np.c_[a, b]", a=(3,), b=(3,)),
        case("np.c_[a, onp.ones((3, 1)), b]", a=(3, 1), b=(3,)),
    ]
)
def c_(key: Key) -> Variable:
    """The values between the brackets as columns, along the last axis: numpy.c_.

    >>> from backprop import Variable
    >>> c_[Variable([1.0, 2.0]), [3.0, 4.0]]
    Variable([[1., 3.],
              [2., 4.]])
    """
    return _built(np.c_, key)


def _built(original: Any, key: Key) -> Variable:
    """`original[key]`, which only rearranges: it is given the places of the values instead."""
    items = key if is_tuple(key) else (key,)
    xs = variables([np.r_[v] if isinstance(v, slice) else v for v in items if _is_value(v)])
    ends = np.cumsum([x.size for x in xs])
    parts: list[NDArray[np.intp]] = np.split(np.arange(int(ends[-1])), ends[:-1])
    numbers = (np.array(part.reshape(x.shape), order=order_of(x)) for part, x in zip(parts, xs))
    where = original[tuple(next(numbers) if _is_value(v) else v for v in items)]
    return concatenate(xs, None)[np.asarray(where)]


def _is_value(item: object) -> bool:
    return not isinstance(item, str)
