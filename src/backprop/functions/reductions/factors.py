"""Products over axes: prod, nanprod. The gradient of a factor is the product of all other factors.

No rule here divides, so gradients of all orders are exact where factors are 0. A product that
overflows or underflows on the way to a gradient that does neither is kept as a number and a power
of two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import method
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb
from backprop.functions.elementwise.arithmetic import multiply
from backprop.functions.reductions.reductions import Functions, Reduction, axes_of
from backprop.functions.registry import implements
from backprop.functions.shaping.shapes import in_dtype
from backprop.ground.arrays import Array, Axes, Operand, Shapes
from backprop.ground.compat import Self, override
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["nanprod", "prod"]

_T = TypeVar("_T", bound="_Numbers")
_FAR: Final = 2**16  # 2 to the power of it, or of minus it, is more or less than any float
_NOTHING: Final = -(2**40)  # the power of 0, below that of any product


class Prod(Reduction, fresh=True):
    """y = Π x over `axis`, of the elements where `where` is true and of `initial`.

    The gradient of each element is the product of all others.
    """

    __slots__ = ()
    functions: ClassVar[Functions] = (np.prod, np.nanprod)

    @override
    def backward(self, gy: Array) -> Array:
        return self.masked(absorb(self.spread(gy), self.others()))

    @override
    def jvp(self, tx: Array) -> Array:
        return self.dropped(self.total(self.masked(absorb(tx, self.others()))))

    def others(self) -> Array:
        """For each element of x, the product of all other elements of its group that count."""
        x = self.masked(self.x, 1.0)
        axes = axes_of(self.axis, x.ndim)
        order = (*(i for i in range(x.ndim) if i not in axes), *axes)
        moved = np.transpose(x, order)
        rows = moved.reshape(*moved.shape[: x.ndim - len(axes)], *([-1] if x.size else [0]))
        found = others(rows, 1.0 if self.initial is None else self.initial)
        return np.transpose(found.reshape(moved.shape), tuple(map(int, np.argsort(order))))


def others(x: Array | Variable, initial: float) -> Any:
    """Apply the rule Others to an array or to a Variable."""
    rule = Others(initial)
    return rule(x) if isinstance(x, Variable) else rule.forward(x)


class Others(Function, fresh=True):
    """yᵢ = initial · Π xₖ for k ≠ i, along the last axis: the product of all elements but one."""

    __slots__ = ("initial",)
    shapes: ClassVar[Shapes | None] = (((1,),), ((3,),), ((2, 4),), ((0, 3),), ((3, 0),))

    def __init__(self, initial: float = 1.0) -> None:
        self.initial: float = initial

    @override
    def forward(self, x: Array) -> Array:
        if not x.size:
            return x
        first = self.first(x)
        wide = _leaves_range(np.concatenate([x, first], axis=-1))
        return _others(_factors(x, wide), _factors(first, wide), x.shape[-1]).value()

    @override
    def backward(self, gy: Array) -> Array:
        return self.jvp(gy)  # the Jacobian is symmetric

    @override
    def jvp(self, tx: Array) -> Array:
        x = self.x
        if not x.size:
            return tx
        first = self.first(x)
        wide = not isinstance(x, Variable)
        each = _Dual(_factors(x, wide), _factors(tx, wide))
        outside = _Dual(_factors(first, wide), _factors(np.zeros_like(first), wide))
        return _others(each, outside, x.shape[-1]).tangent.value()

    def first(self, x: Array) -> Array:
        """The number `initial` as an array with one element for each product."""
        return np.full((*x.shape[:-1], 1), self.initial, x.dtype)


def _leaves_range(x: Array) -> bool:
    """Whether a product of some of the factors may overflow or underflow the dtype."""
    powers, ends = np.frexp(x)[1], np.finfo(x.dtype)
    up = np.sum(np.maximum(powers, 0), axis=-1)
    down = np.sum(np.maximum(1 - powers, 0), axis=-1)
    return bool(np.any(up >= ends.maxexp) or np.any(down >= -ends.minexp))


class _Numbers(Protocol):
    """Arrays of numbers that can be multiplied, split along the last axis and joined again."""

    def __mul__(self, other: Self, /) -> Self: ...
    def part(self, start: int, stop: int | None, /) -> Self: ...
    def joined(self, /, *more: Self) -> Self: ...


@dataclass(frozen=True, slots=True)
class _Factors:
    """Numbers m · 2ᵉ with 1/2 ≤ |m| < 1, which cannot overflow; plain floats m if `e` is None."""

    m: Array
    e: NDArray[np.intp] | None = None

    def value(self) -> Array:
        """The numbers as an array of floats."""
        if self.e is None:
            return self.m
        return np.ldexp(self.m, np.clip(self.e, -_FAR, _FAR))

    def __mul__(self, other: _Factors) -> _Factors:
        m = uf.multiply(self.m, other.m, out=...)
        if self.e is None or other.e is None:
            return _Factors(m)
        return _normal(m, self.e + other.e)

    def __add__(self, other: _Factors) -> _Factors:
        if self.e is None or other.e is None:  # no case: Variables come here, in third order
            return _Factors(uf.add(self.m, other.m, out=...))
        e = np.maximum(self.e, other.e)
        parts = [np.ldexp(f.m, np.maximum(f.e - e, -_FAR)) for f in (self, other)]
        return _normal(uf.add(*parts, out=...), e)

    def part(self, start: int, stop: int | None) -> _Factors:
        """The numbers from place `start` up to `stop` of the last axis."""
        e = None if self.e is None else self.e[..., start:stop]
        return _Factors(self.m[..., start:stop], e)

    def joined(self, *more: _Factors) -> _Factors:
        """Concatenate these numbers and `more` along the last axis."""
        m = np.concatenate([f.m for f in (self, *more)], axis=-1)
        es = [f.e for f in (self, *more) if f.e is not None]
        return _Factors(m, np.concatenate(es, axis=-1) if es else None)


def _factors(x: Array, wide: bool) -> _Factors:
    """Give `x` as _Factors, with separate exponents if `wide`."""
    return _normal(x, np.zeros(x.shape, np.intp)) if wide else _Factors(x)


def _normal(m: Array, e: NDArray[np.intp]) -> _Factors:
    """Give m · 2ᵉ as _Factors with 1/2 ≤ |m| < 1."""
    m, more = np.frexp(m)
    return _Factors(m, np.where(np.equal(m, 0), _NOTHING, e + more))


@dataclass(frozen=True, slots=True)
class _Dual:
    """Numbers and their tangents, for forward mode."""

    number: _Factors
    tangent: _Factors

    def __mul__(self, other: _Dual) -> _Dual:
        tangent = self.number * other.tangent + self.tangent * other.number
        return _Dual(self.number * other.number, tangent)

    def part(self, start: int, stop: int | None) -> _Dual:
        """The numbers from place `start` up to `stop` of the last axis."""
        return _Dual(self.number.part(start, stop), self.tangent.part(start, stop))

    def joined(self, *more: _Dual) -> _Dual:
        """Concatenate these numbers and tangents with `more` along the last axis."""
        return _Dual(
            self.number.joined(*(d.number for d in more)),
            self.tangent.joined(*(d.tangent for d in more)),
        )


def _others(factors: _T, outside: _T, n: int) -> _T:
    """For each of n factors, the product of `outside` and of all other factors, without division.

    Neighbours are multiplied in pairs, and the problem of half the size is solved for the
    pairs: the result for a pair is the outside of its two factors. So there are three
    multiplications for each element, in about log₂ n operations on whole arrays.
    """
    if n == 1:
        return outside
    half = n // 2
    a, b, rest = factors.part(0, half), factors.part(half, 2 * half), factors.part(2 * half, None)
    around = _others((a * b).joined(rest) if n % 2 else a * b, outside, n - half)
    near = around.part(0, half)
    found = (near * b).joined(near * a)
    return found.joined(around.part(half, None)) if n % 2 else found


@implements(
    np.prod,
    cases=lambda: [
        case("np.prod(x)", x=()),
        case("np.prod(x, 0, np.longdouble).astype(x.dtype)", x=(2, 3)),
        case("np.prod(x)", x=(2, 3)),
        case("np.prod(x, axis=-1, keepdims=True)", x=(2, 3)),
        case("np.prod(x, axis=(-1, 0))", x=(2, 2, 2)),
        case("np.prod(np.where([[1, 0, 1, 1], [0, 1, 0, 1]], x, 0.0), axis=1)", x=(2, 4)),
        case("np.prod(x, axis=0, initial=2.0, where=[[True, False], [True, True]])", x=(2, 2)),
        case("np.prod(x, axis=0)", x=(0, 3)),
    ],
)
def prod(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The product over `axis` (all axes if None): numpy.prod; exact with zeros, to any order.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    initial : float, optional
        What counts as one more element.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([2.0, 0.0, 3.0]))
    >>> prod(x).backward()
    >>> x.grad
    array([0., 6., 0.])
    """
    return Prod(axis, keepdims, where, initial)(in_dtype(x, dtype))


@implements(
    np.nanprod,
    cases=lambda: [
        case("np.nanprod(x)", x=(2, 2)),
        case("np.nanprod(x, dtype=np.longdouble).astype(x.dtype)", x=(2, 2)),
        case("np.nanprod(np.where([True, False, True], x, onp.nan), axis=-1)", x=(2, 3)),
        case(
            "np.nanprod(np.where([True, False], x, onp.nan), 0, keepdims=True, initial=2.0, "
            "where=[[True], [True], [False]])",
            x=(3, 2),
        ),
    ],
    kink="a nan has gradient 0",
)
def nanprod(
    x: Operand,
    /,
    axis: Axes = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The product over `axis`, nan counted as 1: numpy.nanprod; a nan has gradient 0.

    Parameters
    ----------
    x : Variable or array
        The data.
    axis : int or tuple of int, optional
        The axes that are reduced; None for all.
    dtype : dtype, optional
        That of the result: one of floats. By default NumPy's choice, but float32 stays where
        docs/functions.md says so.
    keepdims : bool, default False
        Whether the axes that are reduced stay, with length 1.
    initial : float, optional
        What counts as one more element.
    where : array_like, default True
        Which elements count: an array of bools that broadcasts to `x`.

    Returns
    -------
    Variable
        Of the shape of `x` without the axes that are reduced, and of its dtype.

    Examples
    --------
    >>> nanprod(Variable(np.array([2.0, np.nan, 3.0])))
    Variable(6.)
    """
    return Prod(axis, keepdims, where, initial, nan=True)(in_dtype(x, dtype))


@method(
    multiply,
    "reduce",
    cases=lambda: [
        case("onp.multiply.reduce(x)", x=(3, 2)),
        case("onp.multiply.reduce(x, dtype=np.longdouble).astype(x.dtype)", x=(3, 2)),
        case("onp.multiply.reduce(x, axis=-1, initial=2.0, where=[True, False])", x=(3, 2)),
        case("onp.multiply.reduce(x, (0, 1), keepdims=True)", x=(2, 2)),
    ],
)
def multiply_reduce(
    array: Operand,
    /,
    axis: Axes = 0,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: float | None = None,
    where: ArrayLike = True,
) -> Variable:
    """The product over `axis`, the first one by default: numpy.multiply.reduce.

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
        The product.
        Its shape is that of the input without the reduced axes, its dtype that of the input.

    Examples
    --------
    >>> from backprop import Variable
    >>> np.multiply.reduce(Variable(np.array([[1.0, 5.0], [3.0, 2.0]])))
    Variable([ 3., 10.])
    """
    return Prod(axis, keepdims, where, initial)(in_dtype(array, dtype))
