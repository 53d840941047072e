"""Several arrays into one: Concatenate, Stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import (
    Reshape,
    astype,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    ravel,
)
from backprop.functions.shaping.splitting import unstack
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.kernel.function import NaryFunction
from backprop.kernel.variable import Constant, Variable

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = [
    "append",
    "column_stack",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "stack",
    "vstack",
]

Operands: TypeAlias = Variable | Array | Sequence[Operand]  # an array stands for its rows


class Concatenate(NaryFunction, fresh=True):
    """The arrays one after the other along an axis."""

    __slots__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis: int = axis

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (np.concatenate(xs, self.axis),)

    @override
    def backward(self, *gys: Array) -> tuple[Array | None, ...]:
        gy = gys[0]
        before = (slice(None),) * normalize_axis_index(self.axis, gy.ndim)
        lengths = [x.shape[self.axis] for x in self.xs]
        ends = np.cumsum(lengths).tolist()
        return tuple(
            gy[(*before, slice(end - n, end))].astype(x.dtype, copy=False)
            if self.wants(i)
            else None
            for i, (x, n, end) in enumerate(zip(self.xs, lengths, ends))
        )

    @override
    def jvp(self, *txs: Array) -> tuple[Array, ...]:
        return (np.concatenate(txs, self.axis),)


@implements(
    np.concatenate,
    cases=lambda: [
        case("np.concatenate([a, b])", a=(2, 3), b=(1, 3)),
        case("np.concatenate([a, b], dtype=np.longdouble).astype(a.dtype)", a=(2,), b=(1,)),
        case("np.concatenate((a, b, a), axis=-1)", a=(2, 1), b=(2, 0)),
        case("np.concatenate([a, b], axis=None)", a=(2, 1), b=()),
        case("np.concatenate([a, [1.0, 2.0]]).astype(a.dtype)", a=(3,)),
        case("np.concatenate(x, 1)", x=(2, 1, 3)),
    ],
)
def concatenate(
    arrays: Operands, /, axis: int | None = 0, *, dtype: DTypeLike | None = None
) -> Variable:
    """The arrays one after the other along `axis`, flat if it is None: numpy.concatenate.

    Parameters
    ----------
    arrays : sequence of Variable or array
        What is joined; their shapes agree but along `axis`.
    axis : int, default 0
        The axis along which they are joined; None for flattened arrays.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable

    Examples
    --------
    >>> from backprop import Variable
    >>> x, y = Variable([1.0, 2.0]), Variable([3.0])
    >>> concatenate([x, y])
    Variable([1., 2., 3.])
    """
    xs = members(arrays, dtype)
    if axis is None:
        xs, axis = [ravel(x) for x in xs], 0
    return Concatenate(axis)(*xs)[0]


concat = concatenate


def members(arrays: Operands, dtype: DTypeLike | None = None) -> Sequence[Variable]:
    """The arrays of a sequence of them, or the rows of an array; in `dtype`, if one is given."""
    own = unstack(arrays) if isinstance(arrays, Variable) else variables(list(arrays))
    return own if dtype is None else [astype(x, dtype, copy=False) for x in own]


def variables(xs: Sequence[Operand]) -> list[Variable]:
    """Each as a Variable; Python's numbers take the dtype of the Variables among them."""
    dtypes = {x.dtype for x in xs if isinstance(x, Variable)}
    dtype = np.result_type(*dtypes) if dtypes else np.float64
    return [Constant(np.array(x, dtype)) if type(x) in (int, float) else as_variable(x) for x in xs]


class Stack(NaryFunction, fresh=True):
    """Arrays of one shape along a new axis."""

    __slots__ = ("axis",)

    def __init__(self, axis: int) -> None:
        self.axis: int = axis

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (np.stack(xs, self.axis),)

    @override
    def backward(self, *gys: Array) -> tuple[Array | None, ...]:
        rows = np.moveaxis(gys[0], self.axis, 0)
        return tuple(
            np.astype(rows[i, ...], x.dtype, copy=False) if self.wants(i) else None
            for i, x in enumerate(self.xs)
        )

    @override
    def jvp(self, *txs: Array) -> tuple[Array, ...]:
        return (np.stack(txs, self.axis),)


@implements(
    np.stack,
    cases=lambda: [
        case("np.stack([a, b, a])", a=(2, 3), b=(2, 3)),
        case("np.stack([a, b], dtype=np.longdouble).astype(a.dtype)", a=(2,), b=(2,)),
        case("np.stack([a, 2.0, b])", a=(), b=()),
        case("np.stack((a, b), axis=-1)", a=(2, 3), b=(2, 3)),
        case("np.stack(x, 1)", x=(2, 0)),
    ],
)
def stack(arrays: Operands, /, axis: int = 0, *, dtype: DTypeLike | None = None) -> Variable:
    """Arrays of one shape along a new axis, at the place `axis` of the result: numpy.stack.

    Parameters
    ----------
    arrays : sequence of Variable or array
        Arrays of one shape.
    axis : int, default 0
        Where the new axis is put.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable

    Examples
    --------
    >>> from backprop import Variable
    >>> stack([Variable(1.0), Variable(2.0)])
    Variable([1., 2.])
    """
    return Stack(axis)(*members(arrays, dtype))[0]


@implements(
    np.vstack,
    cases=lambda: [
        case("np.vstack([a, b])", a=(3,), b=(2, 3)),
        case("np.vstack([a, b], dtype=np.longdouble).astype(a.dtype)", a=(2,), b=(2,)),
        case("np.vstack(x)", x=(2, 3)),
    ],
)
def vstack(tup: Operands, /, *, dtype: DTypeLike | None = None) -> Variable:
    """The arrays, of two axes at least, one after the other along the first: numpy.vstack."""
    return concatenate([atleast_2d(x) for x in members(tup, dtype)])


@implements(
    np.hstack,
    cases=lambda: [
        case("np.hstack([a, b])", a=(3,), b=()),
        case("np.hstack([a, b], dtype=np.longdouble).astype(a.dtype)", a=(2,), b=()),
        case("np.hstack((a, b))", a=(2, 1), b=(2, 3)),
    ],
)
def hstack(tup: Operands, /, *, dtype: DTypeLike | None = None) -> Variable:
    """The arrays one after the other along the second axis, vectors along theirs: numpy.hstack."""
    xs = [atleast_1d(x) for x in members(tup, dtype)]
    return concatenate(xs, 0 if xs and xs[0].ndim == 1 else 1)


@implements(
    np.dstack,
    cases=lambda: [
        case("np.dstack([a, b])", a=(3,), b=(1, 3, 2)),
        case("np.dstack([a, b])", a=(2, 3), b=(2, 3)),
    ],
)
def dstack(tup: Operands, /) -> Variable:
    """The arrays, of three axes at least, one after the other along the third: numpy.dstack."""
    return concatenate([atleast_3d(x) for x in members(tup)], 2)


@implements(
    np.column_stack,
    cases=lambda: [
        case("np.column_stack([a, b])", a=(3,), b=(3, 2)),
        case("np.column_stack([a, b])", a=(), b=()),
    ],
)
def column_stack(tup: Operands, /) -> Variable:
    """Vectors as the columns of a matrix, next to the columns of matrices: numpy.column_stack."""
    return concatenate([x if x.ndim > 1 else Reshape((-1, 1))(x) for x in members(tup)], 1)


@implements(
    np.append,
    cases=lambda: [
        case("np.append(x, b)", x=(2, 3), b=()),
        case("np.append(x, values=b, axis=-1)", x=(2, 3), b=(2, 1)),
    ],
)
def append(x: Operand, /, values: Operand, axis: int | None = None) -> Variable:
    """`values` after `x` along `axis`, both flat if it is None: numpy.append.

    Parameters
    ----------
    x : Variable or array
        The data.
    values : Variable or array
        What is put after it.
    axis : int, optional
        The axis along which it runs; None for the flattened array.

    Returns
    -------
    Variable

    Examples
    --------
    >>> append(Variable(np.array([1.0])), [2.0, 3.0])
    Variable([1., 2., 3.])
    """
    return concatenate([x, values], axis)
