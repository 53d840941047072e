"""Elements repeated: repeat, tile, resize."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import TYPE_CHECKING

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.indexing.picking import numbers, take
from backprop.functions.indexing.selection import places
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import BroadcastTo, Reshape, laid, ravel
from backprop.ground.arrays import Operand, as_tuple
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["repeat", "resize", "tile"]


@implements(
    np.repeat,
    cases=lambda: [
        case("np.repeat(x, 2)", x=(2, 3)),
        case("np.repeat(x, repeats=[2, 0, 1], axis=-1)", x=(2, 3)),
        case("np.repeat(x, 3, axis=0)", x=(2, 0)),
        case("np.repeat(x, [2], axis=1)", x=(2, 1, 3)),
        case("np.repeat(x, 0, axis=1)", x=(2, 3)),
        case("np.repeat(x, 2)", x=()),
        case("np.repeat(x, 3, axis=0)", x=()),
    ],
)
def repeat(x: Operand, /, repeats: ArrayLike, axis: int | None = None) -> Variable:
    """Each slice along `axis` repeated, all alike or each its own number of times: numpy.repeat.

    Parameters
    ----------
    x : Variable or array
        The data.
    repeats : array_like
        How many times, for all slices or for each.
    axis : int, optional
        The axis along which it runs; None for the flattened array.

    Returns
    -------
    Variable

    Examples
    --------
    >>> repeat(Variable(np.array([1.0, 2.0])), 2)
    Variable([1., 1., 2., 2.])
    """
    return take(x, np.repeat(numbers(x, axis), places(repeats)), axis)


@implements(
    np.tile,
    cases=lambda: [
        case("np.tile(x, 2)", x=(2, 3)),
        case("np.tile(x, reps=(2, 1, 2))", x=(2, 3)),
        case("np.tile(x, (2, 3))", x=(3,)),
        case("np.tile(x, (0, 2))", x=(2, 1)),
        case("np.tile(x, ())", x=()),
    ],
)
def tile(x: Operand, /, reps: int | Sequence[int]) -> Variable:
    """The whole array repeated along each axis, along new ones in front too: numpy.tile.

    >>> from backprop import Variable
    >>> tile(Variable([1.0, 2.0]), 2)
    Variable([1., 2., 1., 2.])
    """
    x = as_variable(x)
    times = tuple(map(index, np.atleast_1d(reps))) if np.size(reps) else ()
    ndim = max(len(times), x.ndim)
    times = (1,) * (ndim - len(times)) + times
    shape = (1,) * (ndim - x.ndim) + x.shape
    apart = Reshape(tuple(m for n in shape for m in (1, n)))(x)
    copies = BroadcastTo(tuple(m for pair in zip(times, shape) for m in pair))(apart)
    return Reshape(tuple(k * n for k, n in zip(times, shape)))(copies)


@implements(
    np.resize,
    cases=lambda: [
        case("np.resize(x, (3, 3))", x=(2, 2)),
        case("np.resize(x, 2)", x=(3,)),
        case("np.resize(x, (2, 2))", x=(0,)),
        case("np.resize(x, new_shape=(2, 0))", x=(3,)),
    ],
)
def resize(x: Operand, /, new_shape: int | Sequence[int]) -> Variable:
    """The elements in C order, over and over, in a new shape; zeros if there is none.

    numpy.resize.
    """
    x = ravel(x)
    shape = as_tuple(new_shape)
    if any(n < 0 for n in shape):
        raise ValueError(f"the lengths in new_shape must not be negative, got {new_shape}")
    if not x.size:
        return laid(BroadcastTo(shape)(x.sum()))
    size = prod(shape)
    return Reshape(shape)(tile(x, -(-size // x.size))[:size])
