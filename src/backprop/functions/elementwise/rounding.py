"""Rounding, remainders and quotients: rules that are flat, or straight, between jumps."""

from __future__ import annotations

from typing import ClassVar, Final, Unpack

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import (
    BinaryOperation,
    Broadcasting,
    Elementwise,
    Settings,
    UnaryFunction,
    binary,
    ufunc,
    unary,
)
from backprop.functions.cases import Case, case
from backprop.functions.cotangents import absorb
from backprop.functions.elementwise.piecewise import Flat
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Domain, Interval
from backprop.kernel.variable import Variable

__all__ = [
    "around",
    "ceil",
    "divmod",
    "fix",
    "floor",
    "floor_divide",
    "fmod",
    "mod",
    "modf",
    "remainder",
    "rint",
    "round",
    "trunc",
]

_FLAT: Final = "the gradient is 0, at the jumps too"
# Far out, where every float is an integer, differences see a straight line.
_BETWEEN_INTEGERS: Final = Interval(-4.0, 4.0).without(*range(-3, 4))
_BETWEEN_HALVES: Final = Interval(-2.5, 2.5).without(-1.5, -0.5, 0.5, 1.5)
_THREE_TIMES: Final = (Interval(7.0, 8.0), Interval(2.0, 2.3))  # the second goes into the first


class Floor(Flat, fresh=True):
    """y = ⌊x⌋, the largest integer that is not above x: the gradient is 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = _BETWEEN_INTEGERS

    @override
    def forward(self, x: Array) -> Array:
        return uf.floor(x, out=...)


class Ceil(Flat, fresh=True):
    """y = ⌈x⌉, the smallest integer that is not below x: the gradient is 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = _BETWEEN_INTEGERS

    @override
    def forward(self, x: Array) -> Array:
        return uf.ceil(x, out=...)


class Rint(Flat, fresh=True):
    """y = the integer nearest to x, of two the even one: the gradient is 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = _BETWEEN_HALVES

    @override
    def forward(self, x: Array) -> Array:
        return uf.rint(x, out=...)


class Trunc(Flat, fresh=True):
    """y = x rounded toward 0 to an integer: the gradient is 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = _BETWEEN_INTEGERS

    @override
    def forward(self, x: Array) -> Array:
        return uf.trunc(x, out=...)


class Round(Flat, fresh=True):
    """y = x rounded to a number of decimals: the gradient is 0."""

    __slots__ = ("decimals",)
    domain: ClassVar[Domain] = _BETWEEN_HALVES

    def __init__(self, decimals: int = 0) -> None:
        self.decimals: int = decimals

    @override
    def forward(self, x: Array) -> Array:
        return np.round(x, self.decimals)


class FloorDivide(Broadcasting, fresh=True):
    """y = ⌊a / b⌋, for b ≠ 0: the gradients are 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = _THREE_TIMES

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.floor_divide(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return np.zeros_like(gy)

    @override
    def right(self, gy: Array) -> Array:
        return np.zeros_like(gy)


class Remainder(Broadcasting, fresh=True):
    """y = a - b ⌊a / b⌋, which has the sign of b: dy/da = 1, dy/db = -⌊a / b⌋, for b ≠ 0.

    >>> from backprop import Variable
    >>> Remainder()(Variable(np.array([-1.0, 1.0, 7.0])), 3.0)
    Variable([2., 1., 1.])
    """

    __slots__ = ()
    domain: ClassVar[Domain] = _THREE_TIMES

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.remainder(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return gy

    @override
    def right(self, gy: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return absorb(gy, uf.negative(uf.floor_divide(self.a, self.b, out=...), out=...))


class Fmod(Broadcasting, fresh=True):
    """y = a - b trunc(a / b), which has the sign of a: dy/da = 1, dy/db = -trunc(a / b), b ≠ 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = _THREE_TIMES

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.fmod(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return gy

    @override
    def right(self, gy: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            # trunc(a / b) is one off where a / b rounds up to an integer
            multiple = uf.subtract(self.y, self.a, out=...)
            return absorb(gy, uf.rint(uf.divide(multiple, self.b, out=...), out=...))


class Fraction(Elementwise, fresh=True):
    """y = x - trunc x, dy/dx = 1."""

    __slots__ = ()
    domain: ClassVar[Domain] = _BETWEEN_INTEGERS

    @override
    def forward(self, x: Array) -> Array:
        return np.modf(x)[0]

    @override
    def backward(self, gy: Array) -> Array:
        return uf.positive(gy, out=...)


floor: UnaryFunction = unary(Floor, np.floor, kink=_FLAT)
ceil: UnaryFunction = unary(Ceil, np.ceil, kink=_FLAT)
rint: UnaryFunction = unary(Rint, np.rint, kink=_FLAT)
trunc: UnaryFunction = unary(Trunc, np.trunc, kink=_FLAT)


def _signs(name: str) -> list[Case]:
    return [
        case(f"np.{name}(a, b)", _THREE_TIMES, a=(), b=()),
        case(f"np.{name}(-a, b)", _THREE_TIMES, a=(2, 3), b=(3,)),
        case(f"np.{name}(a, -b)", _THREE_TIMES, a=(3, 1), b=(1, 3)),
        case(f"np.{name}(-a, -b)", _THREE_TIMES, a=(2,), b=()),
    ]


floor_divide: BinaryOperation = binary(
    FloorDivide, np.floor_divide, cases=lambda: _signs("floor_divide"), kink=_FLAT
)
remainder: BinaryOperation = binary(
    Remainder,
    np.remainder,
    cases=lambda: _signs("remainder"),
    kink="at a jump, the slopes on its right",
)
mod = remainder
fmod: BinaryOperation = binary(
    Fmod, np.fmod, cases=lambda: _signs("fmod"), kink="at a jump, the slopes away from 0"
)


@implements(
    np.fix,
    cases=lambda: [
        case("np.fix(x)", _BETWEEN_INTEGERS, x=()),
        case("np.fix(x) + x", _BETWEEN_INTEGERS, x=(2, 3)),
    ],
    kink=_FLAT,
)
def fix(x: Operand, /) -> Variable:
    """X without what is behind its point: numpy.fix. The gradient is 0."""
    return trunc(x)


@implements(
    np.round,
    np.around,
    cases=lambda: [
        case("np.round(x)", _BETWEEN_HALVES, x=()),
        case("np.round(x, 1) + x", Interval(-0.15, 0.15).without(-0.05, 0.05), x=(2, 3)),
        case("np.round(x, decimals=-1)", Interval(-5.0, 5.0), x=(3,)),
        case("np.around(x)", x=(0, 3)),
    ],
    kink=_FLAT,
)
def round(x: Operand, /, decimals: int = 0) -> Variable:
    """The numbers with so many decimals that are nearest to x: numpy.round. The gradient is 0."""
    return Round(decimals)(x)


around = round


@ufunc(
    np.divmod,
    cases=lambda: [
        case("np.divmod(a, b)[0]", _THREE_TIMES, a=(), b=()),
        case("np.divmod(a, b)[1]", _THREE_TIMES, a=(2, 1), b=(3,)),
        case("np.divmod(a, b)[1]", _THREE_TIMES, a=(0, 3), b=(3,)),
    ],
    kink="as of floor_divide and remainder",
)
def divmod(x1: Operand, x2: Operand, /, **settings: Unpack[Settings]) -> tuple[Variable, Variable]:
    """The pair of floor_divide(x1, x2), whose gradient is 0, and remainder(x1, x2)."""
    return floor_divide(x1, x2, **settings), remainder(x1, x2, **settings)


@ufunc(
    np.modf,
    cases=lambda: [
        case("np.modf(x)[0]", _BETWEEN_INTEGERS, x=()),
        case("np.modf(x)[1]", _BETWEEN_INTEGERS, x=(2, 3)),
        case("np.add(*np.modf(x))", x=(0, 3)),
    ],
    kink="at a jump, the gradient of the fraction is 1 and that of the integer 0",
)
def modf(x: Operand, /, **settings: Unpack[Settings]) -> tuple[Variable, Variable]:
    """What is behind the point of x, with gradient 1, and what is before it, with 0: numpy.modf."""
    return Fraction()(x), trunc(x, **settings)
