"""Another shape or dtype for the same elements: Reshape, BroadcastTo, Astype, Copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

import numpy as np

from backprop.errors import ConversionError
from backprop.functions.bases import Linear, as_variable
from backprop.functions.cases import case
from backprop.functions.cotangents import unbroadcast
from backprop.functions.registry import implements
from backprop.ground.arrays import FLOATS, Array, Axes, MemoryOrder, Operand, Order, Shape, as_tuple
from backprop.ground.compat import override
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = [
    "astype",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_to",
    "copy",
    "expand_dims",
    "ravel",
    "reshape",
    "squeeze",
]


_reshaped: Callable[..., Array] = np.reshape


class Reshape(Linear, fresh=True):
    """The elements of x in another shape, read and written in the order of C or of Fortran."""

    __slots__ = ("order", "shape")

    def __init__(self, shape: int | Sequence[int], order: Order = "C") -> None:
        self.shape: Any = tuple(shape) if isinstance(shape, list) else shape
        self.order: Order = order

    @override
    def forward(self, x: Array) -> Array:
        return _reshaped(x, self.shape, order=self.order)

    @override
    def backward(self, gy: Array) -> Array:
        return np.reshape(gy, self.x.shape, order=self.order)


@implements(
    np.reshape,
    cases=lambda: [
        case("np.reshape(x, (3, -1))", x=(2, 3)),
        case("np.reshape(x, -1)", x=(2, 3)),
        case("np.reshape(x, (1, 1))", x=()),
        case("np.reshape(x, ())", x=(1,)),
        case("np.reshape(x, [3, 0])", x=(0, 3)),
        case("np.reshape(x, (3, 2), order='F')", x=(2, 3)),
        case("np.reshape(np.copy(x, order='F'), (4, 3), order='A')", x=(2, 3, 2)),
        case("np.reshape(np.copy(x, order='C'), 6, 'A')", x=(2, 3)),
        case("np.reshape(x.T, 6, copy=True)", x=(2, 3)),
        case("np.reshape(np.copy(x, 'C'), 6, copy=False)", x=(2, 3)),
    ],
)
def reshape(
    x: Operand,
    /,
    shape: int | Sequence[int],
    order: Order = "C",
    *,
    copy: bool | None = None,
) -> Variable:
    """The elements in another shape, one length of which may be -1: numpy.reshape.

    They are read and written in `order`; "A" is that of Fortran if `x` lies in memory that way.
    With copy=False it raises ValueError if the data would have to be copied.

    Parameters
    ----------
    x : Variable or array
        The data.
    shape : int or sequence of int
        The new shape; -1 for the length that follows from the others.
    order : str, default 'C'
        The order in which elements are read and written.
    copy : bool, optional
        With False it is an error if the data would have to be copied.

    Returns
    -------
    Variable

    Examples
    --------
    >>> from backprop import Variable
    >>> reshape(Variable([1.0, 2.0, 3.0, 4.0]), (2, -1))
    Variable([[1., 2.], [3., 4.]])
    """
    x = as_variable(x)
    if copy is not None:
        np.reshape(x.data, shape, order=order, copy=copy)
    y = Reshape(shape, _fixed(order, x.data))(x)
    return Copy("K")(y) if copy else y


def _fixed(order: Order, data: Array) -> Order:
    """The memory order, "C" or "F", that order="A" means for this array."""
    return order if order != "A" else "F" if data.flags.fnc else "C"


@implements(
    np.ravel,
    cases=lambda: [
        case("np.ravel(x)", x=(2, 3)),
        case("np.ravel(x)", x=()),
        case("np.ravel(x, order='F')", x=(2, 3)),
        case("np.ravel(np.copy(x, 'F'), 'A')", x=(2, 3)),
    ],
)
def ravel(x: Operand, /, order: Order = "C") -> Variable:
    """All elements along one axis, as reshape(x, -1, order): numpy.ravel."""
    x = as_variable(x)
    return Reshape(-1, _fixed(order, x.data))(x)


@implements(
    np.expand_dims,
    cases=lambda: [
        case("np.expand_dims(x, 0)", x=(2, 3)),
        case("np.expand_dims(x, axis=(-1, 1))", x=(2, 3)),
        case("np.expand_dims(x, ())", x=()),
    ],
)
def expand_dims(x: Operand, /, axis: int | Sequence[int]) -> Variable:
    """New axes of length 1, at the places `axis` of the result: numpy.expand_dims."""
    x = as_variable(x)
    places = axis if isinstance(axis, int) else tuple(axis)
    return Reshape(np.expand_dims(x.data, places).shape)(x)


@implements(
    np.squeeze,
    cases=lambda: [
        case("np.squeeze(x)", x=(1, 3, 1)),
        case("np.squeeze(x, axis=-1)", x=(1, 3, 1)),
        case("np.squeeze(x, (0, -1))", x=(1, 0, 1)),
        case("np.squeeze(x)", x=()),
    ],
)
def squeeze(x: Operand, /, axis: Axes = None) -> Variable:
    """Without the axes `axis`, of length 1; all such if None: numpy.squeeze."""
    x = as_variable(x)
    return Reshape(np.squeeze(x.data, axis).shape)(x)


class AtLeast(Protocol):
    """A function of one operand that gives a Variable; of more, a tuple of them."""

    @overload
    def __call__(self, x: Operand, /) -> Variable: ...
    @overload
    def __call__(self, x: Operand, y: Operand, /, *more: Operand) -> tuple[Variable, ...]: ...


def _at_least(original: Callable[..., Any]) -> AtLeast:
    def function(*xs: Operand) -> Any:
        ys = tuple(Reshape(original(x.data).shape)(x) for x in map(as_variable, xs))
        return ys[0] if len(ys) == 1 else ys

    name = original.__name__
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"At least {name[8]} axes, new ones of length 1: numpy.{name}."
    function.__module__ = "backprop.numpy"
    shapes: list[Shape] = [(), (3,), (2, 3), (2, 1, 0, 3)]
    return implements(
        original,
        cases=lambda: [
            *(case(f"np.{name}(x)", x=shape) for shape in shapes),
            case(f"np.multiply(*np.{name}(a, b))", a=(), b=(3,)),
        ],
    )(function)


atleast_1d: AtLeast = _at_least(np.atleast_1d)
atleast_2d: AtLeast = _at_least(np.atleast_2d)
atleast_3d: AtLeast = _at_least(np.atleast_3d)


class BroadcastTo(Linear, fresh=True):
    """x repeated along new axes and those of length 1."""

    __slots__ = ("shape",)

    def __init__(self, shape: int | Sequence[int]) -> None:
        self.shape: Any = tuple(shape) if isinstance(shape, list) else shape

    @override
    def forward(self, x: Array) -> Array:
        return np.broadcast_to(x, self.shape)

    @override
    def backward(self, gy: Array) -> Array:
        return unbroadcast(gy, self.x)


@implements(
    np.broadcast_to,
    cases=lambda: [
        case("np.broadcast_to(x, (2, 3))", x=(3,)),
        case("np.broadcast_to(x, (2, 3))", x=(2, 1)),
        case("np.broadcast_to(x, 3)", x=()),
        case("np.broadcast_to(x, [0, 3])", x=(3,)),
    ],
)
def broadcast_to(x: Operand, /, shape: int | Sequence[int]) -> Variable:
    """X stretched to `shape`: numpy.broadcast_to."""
    return BroadcastTo(shape)(as_variable(x))


@implements(
    np.broadcast_arrays,
    cases=lambda: [
        case("np.multiply(*np.broadcast_arrays(a, b))", a=(2, 1), b=(3,)),
        case("np.broadcast_arrays(a, [[1.0], [2.0]])[0]", a=()),
    ],
)
def broadcast_arrays(*xs: Operand) -> tuple[Variable, ...]:
    """All stretched to the one shape that they have together: numpy.broadcast_arrays."""
    variables = tuple(map(as_variable, xs))
    shape = np.broadcast_shapes(*(x.shape for x in variables))
    return tuple(BroadcastTo(shape)(x) for x in variables)


class Astype(Linear, fresh=True):
    """The elements in another dtype of floats."""

    __slots__ = ("to",)

    def __init__(self, to: DTypeLike) -> None:
        self.to: np.dtype[Any] = np.dtype(to)
        if self.to not in FLOATS:
            raise ConversionError(
                f"as {self.to} a Variable would lose its gradient, for it holds floats; take "
                "x.data.astype(dtype) where no gradient is wanted"
            )

    @override
    def forward(self, x: Array) -> Array:
        return x.astype(self.to)

    @override
    def backward(self, gy: Array) -> Array:
        return gy.astype(self.x.dtype)


@implements(
    np.astype,
    cases=lambda: [
        case("np.astype(np.astype(x, 'f8'), x.dtype)", x=(2, 3)),
        case("np.astype(x, x.dtype, copy=False)", x=(2, 3)),
    ],
)
def astype(x: Operand, /, dtype: DTypeLike, *, copy: bool = True) -> Variable:
    """`x` in another dtype of floats; its gradient comes back in its own: numpy.astype.

    With copy=False it is `x` itself if it has that dtype already. Raises ConversionError for a
    dtype of no floats.

    Parameters
    ----------
    x : Variable or array
        The data.
    dtype : dtype
        One of floats.
    copy : bool, default True
        With False the result is `x` itself where it has that dtype already.

    Returns
    -------
    Variable

    Examples
    --------
    >>> astype(Variable(np.array([1.0, 2.0])), np.float32)
    Variable([1., 2.], dtype=float32)
    """
    x = as_variable(x)
    return x if not copy and np.dtype(dtype) == x.dtype else Astype(dtype)(x)


@overload
def in_dtype(x: Variable, dtype: DTypeLike | None) -> Variable: ...
@overload
def in_dtype(x: Operand, dtype: DTypeLike | None) -> Operand: ...
def in_dtype(x: Operand, dtype: DTypeLike | None) -> Operand:
    """`x` in the dtype asked for, if one is: what NumPy's keyword `dtype` does."""
    return x if dtype is None else astype(x, dtype, copy=False)


class Copy(Linear, fresh=True):
    """y = x, in memory of its own."""

    __slots__ = ("order",)

    def __init__(self, order: MemoryOrder) -> None:
        self.order: MemoryOrder = order

    @override
    def forward(self, x: Array) -> Array:
        return np.copy(x, order=self.order)

    @override
    def backward(self, gy: Array) -> Array:
        return gy


@implements(
    np.copy,
    cases=lambda: [case("np.copy(x)", x=(2, 3)), case("np.copy(x.T, order='F')", x=(2, 3))],
)
def copy(x: Operand, /, order: MemoryOrder = "K") -> Variable:
    """The elements in memory of their own, which lies in `order`: numpy.copy."""
    return Copy(order)(x)


def laid(x: Variable, order: Literal["C", "F"] = "C") -> Variable:
    """`x` in the memory order of a new array of NumPy's: a copy only if it has another order."""
    data = x.data
    lies = data.flags[order] if type(data) is np.ndarray else True
    return x if lies else Copy(order)(x)


def filling(x: Variable, shape: int | Sequence[int]) -> Variable:
    """`x` broadcast to `shape` as in an assignment: extra leading axes of length 1 are dropped."""
    extra = x.ndim - len(as_tuple(shape))
    return broadcast_to(squeeze(x, tuple(range(extra))) if extra > 0 else x, shape)


def order_of(x: Variable) -> Literal["C", "F"]:
    """The memory order, "C" or "F", of a new array that NumPy makes like `x`."""
    return "F" if type(x.data) is np.ndarray and x.data.flags.fnc else "C"
