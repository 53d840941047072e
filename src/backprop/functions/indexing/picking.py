"""Elements picked, left out and put in between, along an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from backprop.functions import queries
from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.indexing.selection import GetItem, places, truth
from backprop.functions.registry import implements
from backprop.functions.shaping.axes import moveaxis
from backprop.functions.shaping.joining import concatenate
from backprop.functions.shaping.shapes import astype, broadcast_to, laid, order_of, ravel, reshape
from backprop.ground.arrays import Array, Axes, Mode, Operand
from backprop.ground.compat import override
from backprop.ground.domain import REALS
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["compress", "delete", "extract", "insert", "take", "take_along_axis", "trim_zeros"]

Places: TypeAlias = "int | slice | Sequence[int] | NDArray[np.integer] | NDArray[np.bool_]"


_taken: Callable[..., Any] = np.take


class Take(GetItem, fresh=True):
    """y = x[..., indices], with as many whole axes in front; in C order, as numpy.take gives it."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        key: Any = self.key
        y: Array = np.take(x, key[-1], axis=len(key) - 1)
        return y


def numbers(x: Operand, axis: int | None) -> NDArray[np.intp]:
    """The indices 0, 1, ... along `axis`, or of the flattened x if that is None."""
    shape = queries.shape(x) or (1,)
    return np.arange(prod(shape) if axis is None else shape[normalize_axis_index(axis, len(shape))])


@implements(
    np.take,
    cases=lambda: [
        case("np.take(x, [0, 5, -1, 0])", x=(2, 3)),
        case("np.take(x, [[1, 0], [1, 1]], axis=-1)", x=(2, 3)),
        case("np.take(x, 1, axis=0)", x=(2, 3)),
        case("np.take(x, [4, -4], axis=1, mode='wrap')", x=(2, 3)),
        case("np.take(x, [9, -9], mode='clip')", x=(2, 3)),
        case("np.take(x, 0)", x=()),
        case("np.take(x, [0, 0], axis=-1)", x=()),
    ],
)
def take(
    x: Operand, /, indices: ArrayLike, axis: int | None = None, *, mode: Mode = "raise"
) -> Variable:
    """The elements at `indices` along `axis`, of the flat array if it is None: numpy.take.

    Parameters
    ----------
    x : Variable or array
        The data.
    indices : array_like
        Which elements.
    axis : int, optional
        The axis along which it runs; None for the flattened array.
    mode : str, default 'raise'
        What becomes of an index out of bounds: "raise", "wrap" or "clip".

    Returns
    -------
    Variable

    Examples
    --------
    >>> take(Variable(np.array([1.0, 2.0])), [0, 0, 1])
    Variable([1., 1., 2.])
    """
    x = as_variable(x)
    if axis is None or not x.ndim:  # NumPy lets a number have an axis 0 or -1
        x, axis = ravel(x), axis or 0
    axis = normalize_axis_index(axis, x.ndim)
    found = _taken(np.arange(x.shape[axis]), places(indices), mode=mode)
    return Take((*(slice(None),) * axis, found))(x)


@implements(
    np.take_along_axis,
    cases=lambda: [
        case("np.take_along_axis(x, onp.array([[0, 0, 2, 1], [-1, 1, 0, 0]]), axis=1)", x=(2, 3)),
        case("np.take_along_axis(x, onp.array([[1]]), 0)", x=(2, 3)),
        case("np.take_along_axis(x, onp.array([5, 0, 5]), axis=None)", x=(2, 3)),
        case("np.take_along_axis(x, onp.argsort(x))", x=(2, 3)),
    ],
)
def take_along_axis(x: Operand, /, indices: NDArray[np.integer], axis: int | None = -1) -> Variable:
    """For each vector along `axis` the elements at its own indices: numpy.take_along_axis.

    Parameters
    ----------
    x : Variable or array
        The data.
    indices : array of int
        Which elements, with an index for each vector.
    axis : int, default -1
        The axis of the vectors; None for the flattened array.

    Returns
    -------
    Variable

    Examples
    --------
    >>> take_along_axis(Variable(np.array([[1.0, 2.0]])), np.array([[1]]))
    Variable([[2.]])
    """
    x = as_variable(x)
    np.take_along_axis(np.broadcast_to(0, x.shape), places(indices), axis)  # for its checks
    if axis is None:
        return ravel(x)[indices]
    key: list[NDArray[Any]] = list(np.indices(x.shape, sparse=True))
    key[axis] = indices
    return x[tuple(key)]


@implements(
    np.compress,
    cases=lambda: [
        case("np.compress([False, True], x, axis=0)", x=(2, 3)),
        case("np.compress([True, False, False, True], x)", x=(2, 3)),
    ],
)
def compress(condition: ArrayLike, x: Operand, /, axis: int | None = None) -> Variable:
    """The slices along `axis` for which `condition`, a vector, is true: numpy.compress.

    Parameters
    ----------
    condition : array_like
        Which slices are taken: a vector of bools.
    x : Variable or array
        The data.
    axis : int, optional
        The axis along which it runs; None for the flattened array.

    Returns
    -------
    Variable

    Examples
    --------
    >>> compress([True, False], Variable(np.array([1.0, 2.0])))
    Variable([1.])
    """
    return take(x, np.compress(truth(condition), numbers(x, axis)), axis)


@implements(
    np.extract,
    cases=lambda: [
        case("np.extract([[True, False, True], [False, True, False]], x)", x=(2, 3)),
        case("np.extract(x > 0, x)", x=(0,)),
    ],
)
def extract(condition: ArrayLike, x: Operand, /) -> Variable:
    """The elements where `condition` is true, as a vector: numpy.extract."""
    return take(x, np.flatnonzero(truth(condition)))


@implements(
    np.delete,
    cases=lambda: [
        case("np.delete(x, 1, axis=-1)", x=(2, 3)),
        case("np.delete(x, [0, -1, 0])", x=(2, 3)),
        case("np.delete(x, obj=slice(None, None, 2), axis=1)", x=(2, 3)),
        case("np.delete(x, onp.array([True, False]), 0)", x=(2, 3)),
    ],
)
def delete(x: Operand, /, obj: Places, axis: int | None = None) -> Variable:
    """Without the slices `obj` along `axis`, of the flat array if it is None: numpy.delete.

    Parameters
    ----------
    x : Variable or array
        The data.
    obj : int, slice or array_like
        Which slices are left out: a place, places, a slice or a mask.
    axis : int, optional
        The axis along which it runs; None for the flattened array.

    Returns
    -------
    Variable

    Examples
    --------
    >>> delete(Variable(np.array([1.0, 2.0, 3.0])), 1)
    Variable([1., 3.])
    """
    x = as_variable(x)
    y = take(x, np.delete(numbers(x, axis), places(obj)), axis)
    return laid(y, order_of(x))


@implements(
    np.insert,
    cases=lambda: [
        case("np.insert(x, 1, b)", x=(2, 3), b=()),
        case("np.insert(x, [3, 0, 0], b, axis=1)", x=(2, 3), b=(3,)),
        case("np.insert(x, obj=1, values=b, axis=1)", x=(2, 3), b=(2, 2)),
        case("np.insert(x, -1, b, axis=0)", x=(2, 3), b=(3,)),
        case("np.insert(x, [1], b, axis=0)", x=(2, 3), b=(2, 3)),
        case("np.insert(x, slice(0, 2), b, axis=-1)", x=(2, 3), b=(2, 1)),
        case("np.insert(x, [], 1.0)", x=(3,)),
    ],
)
def insert(x: Operand, /, obj: Places, values: Operand, axis: int | None = None) -> Variable:
    """`values` put in before the places `obj` along `axis`, or of the flat array: numpy.insert.

    Parameters
    ----------
    x : Variable or array
        The data.
    obj : int, slice or array_like
        Before which places.
    values : Variable or array
        What is put in, broadcast.
    axis : int, optional
        The axis along which it runs; None for the flattened array.

    Returns
    -------
    Variable

    Examples
    --------
    >>> insert(Variable(np.array([1.0, 3.0])), 1, 2.0)
    Variable([1., 2., 3.])
    """
    x = as_variable(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis_index(axis, x.ndim)
    old = numbers(x, axis)
    new = astype(as_variable(values), x.dtype, copy=False)
    count = np.insert(old, places(obj), 0).size - old.size
    if count == 1:  # then all of `values` goes there
        new = reshape(new, (1,) * (x.ndim - new.ndim) + new.shape)
        if not isinstance(obj, slice) and np.ndim(obj) == 0:
            new = moveaxis(new, 0, axis)
        count = new.shape[axis]
    else:
        new = reshape(new, new.shape[-x.ndim :])
    new = broadcast_to(new, (*x.shape[:axis], count, *x.shape[axis + 1 :]))
    order = np.insert(old, obj, np.arange(count) + old.size)
    return laid(take(concatenate([x, new], axis), order, axis), order_of(x))


@implements(
    np.trim_zeros,
    cases=lambda: [
        case("np.trim_zeros(np.pad(x, (1, 2)))", REALS.without(0.0), x=(3,)),
        case("np.trim_zeros(np.pad(x, 1), trim='b')", REALS.without(0.0), x=(2,)),
        case("np.trim_zeros(np.pad(x, 1), 'F', axis=-1)", REALS.without(0.0), x=(2, 1)),
        case("np.trim_zeros(x * 0.0)", x=(2, 3)),
        case("np.trim_zeros(x)", x=()),
    ],
)
def trim_zeros(
    x: Operand, /, trim: Literal["fb", "bf", "f", "b"] = "fb", axis: Axes = None
) -> Variable:
    """Without the zeros at the front and the back, along each of `axis`: numpy.trim_zeros.

    Parameters
    ----------
    x : Variable or array
        The data.
    trim : str, default 'fb'
        Which ends: "f" the front, "b" the back.
    axis : int or tuple of int, optional
        Along which axes; None for all.

    Returns
    -------
    Variable

    Examples
    --------
    >>> trim_zeros(Variable(np.array([0.0, 1.0, 0.0])))
    Variable([1.])
    """
    x = as_variable(x)
    np.trim_zeros([], trim)  # for its check
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if not x.ndim:
        return x
    found = np.nonzero(x.data)
    return x[tuple(_span(found[i], trim) if i in axes else slice(None) for i in range(x.ndim))]


def _span(found: NDArray[np.intp], trim: str) -> slice:
    if not found.size:
        return slice(0, 0)
    sides = trim.lower()
    front = int(found.min()) if "f" in sides else None
    return slice(front, int(found.max()) + 1 if "b" in sides else None)
