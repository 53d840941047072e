"""Hyperbolic functions and their inverses."""

from __future__ import annotations

from math import inf
from typing import ClassVar

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import (
    Elementwise,
    UnaryFunction,
    unary,
)
from backprop.functions.cotangents import own
from backprop.functions.elementwise.trigonometric import one_minus_square
from backprop.ground.arrays import Array
from backprop.ground.compat import override
from backprop.ground.domain import Domain, Interval

__all__ = [
    "acosh",
    "arccosh",
    "arcsinh",
    "arctanh",
    "asinh",
    "atanh",
    "cosh",
    "sinh",
    "tanh",
]


class Sinh(Elementwise, fresh=True):
    """y = sinh x, dy/dx = cosh x."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.sinh(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(over="ignore"):
            return uf.cosh(self.x, out=...)


class Cosh(Elementwise, fresh=True):
    """y = cosh x, dy/dx = sinh x."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.cosh(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(over="ignore"):
            return uf.sinh(self.x, out=...)


class Tanh(Elementwise, fresh=True):
    """y = tanh x, dy/dx = 1 - y².

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(0.0))
    >>> Tanh()(x).backward()
    >>> x.grad
    array(1.)
    """

    __slots__ = ()
    bounded: ClassVar[bool] = True

    @override
    def forward(self, x: Array) -> Array:
        return uf.tanh(x, out=...)

    @override
    def derivative(self) -> Array:
        square = uf.square(self.y, out=...)
        return uf.subtract(1.0, square, out=own(square))


class Arcsinh(Elementwise, fresh=True):
    """y = arsinh x, dy/dx = 1 / √(1 + x²)."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.arcsinh(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        return uf.divide(gy, uf.hypot(1.0, self.x, out=...), out=...)


class Arccosh(Elementwise, fresh=True):
    """y = arcosh x, dy/dx = 1 / √(x² - 1), for x > 1. At 1 a zero cotangent gives 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = Interval(1.0, inf)

    @override
    def forward(self, x: Array) -> Array:
        return uf.arccosh(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            below = uf.sqrt(uf.subtract(self.x, 1.0, out=...), out=...)
            above = uf.sqrt(uf.add(self.x, 1.0, out=...), out=...)
            return uf.reciprocal(uf.multiply(below, above, out=...), out=...)


class Arctanh(Elementwise, fresh=True):
    """y = artanh x, dy/dx = 1 / (1 - x²), for -1 < x < 1. At ±1 a zero cotangent gives 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = Interval(-1.0, 1.0)

    @override
    def forward(self, x: Array) -> Array:
        return uf.arctanh(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(divide="ignore"):
            return uf.reciprocal(one_minus_square(self.x), out=...)


sinh: UnaryFunction = unary(Sinh, np.sinh)
cosh: UnaryFunction = unary(Cosh, np.cosh)
tanh: UnaryFunction = unary(Tanh, np.tanh)
arcsinh: UnaryFunction = unary(Arcsinh, np.arcsinh)
arccosh: UnaryFunction = unary(Arccosh, np.arccosh, kink="a zero cotangent gives 0 at 1")
arctanh: UnaryFunction = unary(Arctanh, np.arctanh, kink="a zero cotangent gives 0 at -1 and 1")
asinh = arcsinh
acosh = arccosh
atanh = arctanh
