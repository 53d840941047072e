"""Arrays made of a few values: linspace, geomspace, meshgrid and full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, overload

import numpy as np

from backprop.functions import queries
from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.cotangents import unbroadcast
from backprop.functions.elementwise.arithmetic import power, subtract
from backprop.functions.registry import implements
from backprop.functions.shaping.joining import variables
from backprop.functions.shaping.shapes import (
    Reshape,
    astype,
    broadcast_to,
    expand_dims,
    filling,
    in_dtype,
    laid,
    order_of,
)
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import POSITIVE, REALS, Domain
from backprop.kernel.function import BinaryFunction
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["full", "full_like", "geomspace", "linspace", "logspace", "meshgrid"]


class Linspace(BinaryFunction, fresh=True):
    """y_i = a (1 - t_i) + b t_i, for numbers t from 0 up to 1 at even distances."""

    __slots__ = ("axis", "endpoint", "num")

    def __init__(self, num: int, endpoint: bool, axis: int) -> None:
        self.num: int = num
        self.endpoint: bool = endpoint
        self.axis: int = axis

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return np.linspace(a, b, self.num, endpoint=self.endpoint, axis=self.axis)

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        rows = np.moveaxis(gy, self.axis, 0)
        falling, rising = self.weights(gy)
        return (
            unbroadcast((rows * falling).sum(0), self.a) if self.wants(0) else None,
            unbroadcast((rows * rising).sum(0), self.b) if self.wants(1) else None,
        )

    def weights(self, like: Array) -> tuple[Array, Array]:
        """1 - t and t, along the first axis."""
        steps = max(self.num - 1 if self.endpoint else self.num, 1)
        rising = np.arange(self.num, dtype=np.longdouble).reshape(-1, *(1,) * (like.ndim - 1))
        return (
            np.divide(steps - rising, steps).astype(like.dtype),
            np.divide(rising, steps).astype(like.dtype),
        )


@overload
def linspace(
    start: Operand,
    stop: Operand,
    num: int = 50,
    endpoint: bool = True,
    retstep: Literal[False] = False,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Variable: ...
@overload
def linspace(
    start: Operand,
    stop: Operand,
    num: int = 50,
    endpoint: bool = True,
    *,
    retstep: Literal[True],
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> tuple[Variable, Variable]: ...
@implements(
    np.linspace,
    cases=lambda: [
        case("np.linspace(a, b, 4)", a=(), b=()),
        case("np.linspace(a, b, 4, dtype=np.longdouble).astype(a.dtype)", a=(), b=()),
        case("np.linspace(a, stop=b, num=3, endpoint=False, axis=-1)", a=(2, 1), b=(3,)),
        case("np.linspace(a, 1.0, 3, retstep=True)[1]", a=(2,)),
        case("np.linspace(start=a, stop=b, num=1)", a=(), b=(2,)),
        case("np.linspace(a, b, 0)", a=(), b=(2,)),
    ],
)
def linspace(
    start: Operand,
    stop: Operand,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Variable | tuple[Variable, Variable]:
    """`num` values at even distances, from `start` to `stop` along a new axis: numpy.linspace.

    Parameters
    ----------
    start : Variable or array
        The first value.
    stop : Variable or array
        The last value, or the first beyond.
    num : int, default 50
        How many values.
    endpoint : bool, default True
        Whether `stop` is the last of them.
    retstep : bool, default False
        Whether the distance comes with it.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    axis : int, default 0
        Where the new axis is put.

    Returns
    -------
    Variable, or a pair of them
        The values; with `retstep` also their distance.

    Examples
    --------
    >>> from backprop import Variable
    >>> linspace(Variable(1.0), 2.0, 3)
    Variable([1. , 1.5, 2. ])
    """
    y = in_dtype(Linspace(num, endpoint, axis)(start, stop), dtype)
    if not retstep:
        return y
    steps = num - 1 if endpoint else num
    return y, subtract(stop, start) / (steps if steps > 0 else np.nan)


class Geomspace(Linspace, fresh=True):
    """y_i = a (b / a)^t_i, for numbers t from 0 up to 1; dy/da = (1 - t) y/a, dy/db = t y/b."""

    __slots__ = ()
    domain: ClassVar[Domain] = POSITIVE

    @override
    def forward(self, a: Array, b: Array) -> Array:
        y: Array = np.geomspace(a, b, self.num, endpoint=self.endpoint, axis=self.axis)
        return y.astype(np.result_type(a, b), copy=False)  # NumPy's is float64 at least

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        rows, y = np.moveaxis(gy, self.axis, 0), np.moveaxis(self.y, self.axis, 0)
        falling, rising = self.weights(gy)
        return (
            unbroadcast((rows * (y / self.a * falling)).sum(0), self.a) if self.wants(0) else None,
            unbroadcast((rows * (y / self.b * rising)).sum(0), self.b) if self.wants(1) else None,
        )


@implements(
    np.geomspace,
    cases=lambda: [
        case("np.geomspace(a, b, 4)", POSITIVE, a=(), b=()),
        case("np.geomspace(a, b, 3, dtype=np.longdouble).astype(a.dtype)", POSITIVE, a=(), b=()),
        case("np.geomspace(a, stop=b, num=3, endpoint=False, axis=1)", POSITIVE, a=(2,), b=()),
        case("np.geomspace(start=-a, stop=-2.0, num=3)", POSITIVE, a=(2,)),
    ],
)
def geomspace(
    start: Operand,
    stop: Operand,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Variable:
    """`num` values at even ratios, from `start` to `stop` along a new axis: numpy.geomspace.

    Parameters
    ----------
    start : Variable or array
        The first value.
    stop : Variable or array
        The last value, or the first beyond.
    num : int, default 50
        How many values.
    endpoint : bool, default True
        Whether `stop` is the last of them.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    axis : int, default 0
        Where the new axis is put.

    Returns
    -------
    Variable

    Examples
    --------
    >>> geomspace(Variable(np.array(1.0)), 4.0, 3)
    Variable([1., 2., 4.])
    """
    return in_dtype(Geomspace(num, endpoint, axis)(start, stop), dtype)


@implements(
    np.logspace,
    cases=lambda: [
        case("np.logspace(a, b, 3)", a=(), b=()),
        case("np.logspace(a, b, 2, dtype=np.longdouble).astype(a.dtype)", a=(), b=()),
        case(
            "np.logspace(a, stop=b, num=3, endpoint=False, base=c, axis=-1)",
            (REALS, REALS, POSITIVE),
            a=(2,),
            b=(),
            c=(),
        ),
        case("np.logspace(start=a, stop=2.0, num=3, base=c)", (REALS, POSITIVE), a=(), c=(2,)),
    ],
)
def logspace(
    start: Operand,
    stop: Operand,
    num: int = 50,
    endpoint: bool = True,
    base: Operand = 10.0,
    dtype: DTypeLike | None = None,
    axis: int = 0,
) -> Variable:
    """`base` to the powers of linspace(start, stop, num): numpy.logspace.

    Parameters
    ----------
    start : Variable or array
        The first value.
    stop : Variable or array
        The last value, or the first beyond.
    num : int, default 50
        How many values.
    endpoint : bool, default True
        Whether `stop` is the last of them.
    base : Variable or array, default 10.0
        What is raised to the powers.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    axis : int, default 0
        Where the new axis is put.

    Returns
    -------
    Variable

    Examples
    --------
    >>> logspace(Variable(np.array(0.0)), 2.0, 3)
    Variable([  1.,  10., 100.])
    """
    if queries.ndim(base):
        xs = variables([start, stop, base])
        ndim = max(x.ndim for x in xs)
        start, stop, base = (Reshape((1,) * (ndim - x.ndim) + x.shape)(x) for x in xs)
        base = expand_dims(base, axis)
    return in_dtype(power(base, linspace(start, stop, num, endpoint, axis=axis)), dtype)


@implements(
    np.meshgrid,
    cases=lambda: [
        case("np.multiply(*np.meshgrid(a, b))", a=(2,), b=(3,)),
        case("np.multiply(*np.meshgrid(a, b, indexing='ij', sparse=True))", a=(2,), b=(3,)),
        case("np.meshgrid(a, a, b)[1]", a=(2,), b=()),
        case("np.meshgrid(a)[0]", a=(2,)),
    ],
)
def meshgrid(
    *xi: Operand, sparse: bool = False, indexing: Literal["xy", "ij"] = "xy"
) -> tuple[Variable, ...]:
    """The coordinates of all points of a grid, of vectors of its coordinates: numpy.meshgrid."""
    vectors = [Reshape(-1)(as_variable(x)) for x in xi]
    order = list(range(len(vectors)))
    if indexing == "xy":
        order[:2] = order[:2][::-1]
    elif indexing != "ij":
        raise ValueError(f"indexing is 'xy' or 'ij', got {indexing!r}")
    sparsely = [
        Reshape(tuple(-1 if i == j else 1 for j in range(len(order))))(x)
        for i, x in zip(order, vectors)
    ]
    if sparse:
        return tuple(sparsely)
    shape = np.broadcast_shapes(*(x.shape for x in sparsely))
    return tuple(laid(broadcast_to(x, shape)) for x in sparsely)


@implements(
    cases=lambda: [
        case("np.full((2, 3), x)", x=()),
        case("np.full(2, x)", x=(2,)),
        case("np.full(2, x)", x=(1, 2)),
        case("np.full(2, x, np.longdouble).astype(x.dtype)", x=()),
    ]
)
def full(
    shape: int | Sequence[int], fill_value: Operand, dtype: DTypeLike | None = None
) -> Variable:
    """An array of `shape`, filled with a value: numpy.full.

    numpy.full itself cannot: it would have to ask the Variable for a plain number.

    Parameters
    ----------
    shape : int or sequence of int
        The shape of the result.
    fill_value : Variable or array
        What it is filled with, broadcast.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.

    Returns
    -------
    Variable

    Examples
    --------
    >>> full((2,), Variable(np.array(3.0)))
    Variable([3., 3.])
    """
    return laid(filling(in_dtype(as_variable(fill_value), dtype), shape))


@implements(
    np.full_like,
    cases=lambda: [
        case("np.full_like(x, b)", x=(2, 3), b=(3,)),
        case("np.full_like(x, b, np.longdouble).astype(b.dtype)", x=(2, 3), b=(3,)),
        case("np.full_like(x, fill_value=b, shape=4)", x=(2, 3), b=()),
    ],
)
def full_like(
    x: Operand,
    /,
    fill_value: Operand,
    dtype: DTypeLike | None = None,
    *,
    shape: int | Sequence[int] | None = None,
) -> Variable:
    """An array of one value; its shape and dtype are those of `x` if None: numpy.full_like.

    Parameters
    ----------
    x : Variable or array
        Whose shape and dtype are taken.
    fill_value : Variable or array
        What it is filled with, broadcast.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    shape : int or sequence of int, optional
        Another shape than that of `x`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> full_like(np.zeros(2), Variable(np.array(3.0)))
    Variable([3., 3.])
    """
    like = as_variable(x)
    value = astype(as_variable(fill_value), dtype or like.dtype, copy=False)
    return laid(filling(value, like.shape if shape is None else shape), order_of(like))
