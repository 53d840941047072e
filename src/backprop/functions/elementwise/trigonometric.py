"""Trigonometric functions and their inverses."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import (
    BinaryOperation,
    Broadcasting,
    Elementwise,
    Linear,
    UnaryFunction,
    binary,
    unary,
)
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb, own
from backprop.functions.elementwise.powers import ORDINARY, cosine, over
from backprop.ground.arrays import Array
from backprop.ground.compat import override
from backprop.ground.domain import REALS, Domain, Interval
from backprop.kernel.variable import Variable

__all__ = [
    "acos",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "asin",
    "atan",
    "atan2",
    "cos",
    "deg2rad",
    "degrees",
    "rad2deg",
    "radians",
    "sin",
    "tan",
]


class Sin(Elementwise, fresh=True):
    """y = sin x (x in radians), dy/dx = cos x.

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(0.0))
    >>> Sin()(x).backward()
    >>> x.grad
    array(1.)
    """

    __slots__ = ()
    bounded: ClassVar[bool] = True

    @override
    def forward(self, x: Array) -> Array:
        return uf.sin(x, out=...)

    @override
    def derivative(self) -> Array:
        return uf.cos(self.x, out=...)


class Cos(Elementwise, fresh=True):
    """y = cos x (x in radians), dy/dx = -sin x.

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(0.5))
    >>> Cos()(x).backward()
    >>> x.grad
    array(-0.47942554)
    """

    __slots__ = ()
    bounded: ClassVar[bool] = True

    @override
    def forward(self, x: Array) -> Array:
        return uf.cos(x, out=...)

    @override
    def derivative(self) -> Array:
        sine = uf.sin(self.x, out=...)
        return uf.negative(sine, out=own(sine))


class Tan(Elementwise, fresh=True):
    """y = tan x (x in radians), dy/dx = 1 + y²."""

    __slots__ = ()
    bounded: ClassVar[bool] = True

    @override
    def forward(self, x: Array) -> Array:
        return uf.tan(x, out=...)

    @override
    def derivative(self) -> Array:
        square = uf.square(self.y, out=...)
        return uf.add(1.0, square, out=own(square))


class Arcsin(Elementwise, fresh=True):
    """y = arcsin x, dy/dx = 1 / √(1 - x²), for -1 < x < 1. At ±1 a zero cotangent gives 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = Interval(-1.0, 1.0)

    @override
    def forward(self, x: Array) -> Array:
        return uf.arcsin(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            root = uf.sqrt(one_minus_square(self.x), out=...)
            return uf.reciprocal(root, out=...)


class Arccos(Elementwise, fresh=True):
    """y = arccos x, dy/dx = -1 / √(1 - x²), for -1 < x < 1. At ±1 a zero cotangent gives 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = Interval(-1.0, 1.0)

    @override
    def forward(self, x: Array) -> Array:
        return uf.arccos(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            root = uf.sqrt(one_minus_square(self.x), out=...)
            return uf.divide(-1.0, root, out=...)


class OneMinusSquare(Elementwise, fresh=True):
    """y = 1 - x² as (1 - x) (1 + x), to all digits near 1; dy/dx = -2x, to all digits near 0."""

    __slots__ = ()
    bounded: ClassVar[bool] = True

    @override
    def forward(self, x: Array) -> Array:
        return uf.multiply(uf.subtract(1.0, x, out=...), uf.add(1.0, x, out=...), out=...)

    @override
    def derivative(self) -> Array:
        return uf.multiply(-2.0, self.x, out=...)


def one_minus_square(x: Array | Variable) -> Any:
    """1 - x² without cancellation."""
    return OneMinusSquare()(x) if isinstance(x, Variable) else OneMinusSquare().forward(x)


class Arctan(Elementwise, fresh=True):
    """y = arctan x, dy/dx = 1 / (1 + x²)."""

    __slots__ = ()
    bounded: ClassVar[bool] = True

    @override
    def forward(self, x: Array) -> Array:
        return uf.arctan(x, out=...)

    @override
    def derivative(self) -> Array:
        secant = uf.reciprocal(uf.hypot(1.0, self.x, out=...), out=...)  # x² may overflow
        return uf.square(secant, out=...)


class Arctan2(Broadcasting, fresh=True):
    """y = the angle of the point (b, a): dy/da = b / r², dy/db = -a / r², for r² = a² + b².

    At the origin the gradients are 0. Where a changes its sign and b is below 0, y jumps.

    >>> from backprop import Variable
    >>> a, b = Variable(np.array(3.0)), Variable(np.array(-4.0))
    >>> Arctan2()(a, b).backward()
    >>> a.grad, b.grad
    (array(-0.16), array(-0.12))
    """

    __slots__ = ()
    domain: ClassVar[Domain] = ORDINARY

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.arctan2(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return absorb(gy, self.turn(self.b, self.a))

    @override
    def right(self, gy: Array) -> Array:
        return absorb(gy, uf.negative(self.turn(self.a, self.b), out=...))

    def turn(self, part: Array, other: Array) -> Array:
        """One of the coordinates, divided by r²."""
        with np.errstate(over="ignore"):
            return over(cosine(part, other), uf.hypot(part, other, out=...))


class Degrees(Linear, fresh=True):
    """y = x · 180 / π, dy/dx = 180 / π."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.degrees(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        return uf.degrees(gy, out=...)


class Radians(Linear, fresh=True):
    """y = x · π / 180, dy/dx = π / 180."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.radians(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        return uf.radians(gy, out=...)


sin: UnaryFunction = unary(Sin, np.sin)
cos: UnaryFunction = unary(Cos, np.cos)
tan: UnaryFunction = unary(Tan, np.tan)
arcsin: UnaryFunction = unary(Arcsin, np.arcsin, kink="a zero cotangent gives 0 at -1 and 1")
arccos: UnaryFunction = unary(Arccos, np.arccos, kink="a zero cotangent gives 0 at -1 and 1")
arctan: UnaryFunction = unary(Arctan, np.arctan)
degrees: UnaryFunction = unary(Degrees, np.degrees, np.rad2deg)
radians: UnaryFunction = unary(Radians, np.radians, np.deg2rad)
asin = arcsin
acos = arccos
atan = arctan
rad2deg = degrees
deg2rad = radians
arctan2: BinaryOperation = binary(
    Arctan2,
    np.arctan2,
    cases=lambda: [
        case("np.arctan2(a, b)", ORDINARY, a=(), b=()),
        case("np.arctan2(-a, b)", ORDINARY, a=(2, 3), b=(3,)),
        case("np.arctan2(b, a)", ORDINARY, a=(3, 1), b=(1, 3)),
        case("np.arctan2(b, -a)", (ORDINARY[0], REALS.without(0.0)), a=(2,), b=(2,)),
        case("np.arctan2(a, b)", ORDINARY, a=(0, 3), b=(3,)),
    ],
    kink="the gradients at the origin are 0, and at the jump those beside it",
)
atan2 = arctan2
