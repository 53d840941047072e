"""Exponentials and logarithms, of base e, 2 and 10."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar, Literal

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import (
    Broadcasting,
    Elementwise,
    Reducible,
    UnaryFunction,
    reducible,
    unary,
)
from backprop.functions.cotangents import divide
from backprop.ground.arrays import Array
from backprop.ground.compat import override
from backprop.ground.domain import POSITIVE, Domain, Interval
from backprop.kernel.variable import Variable

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
]


class Exp(Elementwise, fresh=True):
    """y = eˣ, dy/dx = y (book step 3).

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(0.0))
    >>> Exp()(x).backward()
    >>> x.grad
    array(1.)
    """

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.exp(x, out=...)

    @override
    def derivative(self) -> Array:
        return self.y


class Log(Elementwise, fresh=True):
    """y = ln x, dy/dx = 1 / x, for x > 0. At 0 a zero cotangent gives a zero gradient.

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(2.0))
    >>> Log()(x).backward()
    >>> x.grad
    array(0.5)
    """

    __slots__ = ()
    domain: ClassVar[Domain] = POSITIVE

    @override
    def forward(self, x: Array) -> Array:
        return uf.log(x, out=...)

    @override
    def derivative(self) -> Array:
        return divide(1.0, self.x)


class Expm1(Elementwise, fresh=True):
    """y = eˣ - 1, dy/dx = eˣ: computed anew, for y + 1 has lost the digits of a small eˣ."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.expm1(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(over="ignore"):
            return uf.exp(self.x, out=...)


class Log1p(Elementwise, fresh=True):
    """y = ln(1 + x), dy/dx = 1 / (1 + x), for x > -1. At -1 a zero cotangent gives 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = Interval(-1.0, inf)

    @override
    def forward(self, x: Array) -> Array:
        return uf.log1p(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(divide="ignore"):
            return uf.reciprocal(uf.add(self.x, 1.0, out=...), out=...)


class Exp2(Elementwise, fresh=True):
    """y = 2ˣ, dy/dx = y ln 2."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.exp2(x, out=...)

    @override
    def derivative(self) -> Array:
        return uf.multiply(self.y, log_of(2, self.x), out=...)


class Log2(Elementwise, fresh=True):
    """y = log₂ x, dy/dx = 1 / (x ln 2), for x > 0. At 0 a zero cotangent gives a zero gradient."""

    __slots__ = ()
    domain: ClassVar[Domain] = POSITIVE

    @override
    def forward(self, x: Array) -> Array:
        return uf.log2(x, out=...)

    @override
    def derivative(self) -> Array:
        return divide(1 / log_of(2, self.x), self.x)  # not 1 / (x ln 2): that product underflows


class Log10(Elementwise, fresh=True):
    """y = log₁₀ x, dy/dx = 1 / (x ln 10), for x > 0. At 0 a zero cotangent gives 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = POSITIVE

    @override
    def forward(self, x: Array) -> Array:
        return uf.log10(x, out=...)

    @override
    def derivative(self) -> Array:
        return divide(1 / log_of(10, self.x), self.x)


class Share(Elementwise, fresh=True):
    """y = 1 / (1 + bˣ) for b = e or b = 2, dy/dx = -ln b y (1 - y): where 1 - y is y at -x.

    It overflows and underflows nowhere on its way.
    """

    __slots__ = ("base",)
    bounded: ClassVar[bool] = True

    def __init__(self, base: Literal["e", "2"]) -> None:
        self.base: Literal["e", "2"] = base

    @override
    def forward(self, x: Array) -> Array:
        rise = uf.exp if self.base == "e" else uf.exp2
        small = rise(uf.negative(uf.absolute(x, out=...), out=...), out=...)
        below = np.where(x > 0, small, small.dtype.type(1))
        return uf.divide(below, uf.add(1.0, small, out=...), out=...)

    @override
    def derivative(self) -> Array:
        rest: Array = self.of(uf.negative(self.x, out=...))
        fall = uf.negative(uf.multiply(self.y, rest, out=...), out=...)
        return fall if self.base == "e" else uf.multiply(fall, log_of(2, self.x), out=...)

    def of(self, x: Array | Variable) -> Any:
        """The same of another x, an array or a Variable."""
        other = Share(self.base)
        return other(x) if isinstance(x, Variable) else other.forward(x)


class LogOfSum(Broadcasting, fresh=True):
    """The logarithm of a sum of two powers: the gradient is divided in proportion to the powers."""

    __slots__ = ()
    share: ClassVar[Share]  # of one operand in the sum, if the other is larger by so much

    @override
    def left(self, gy: Array) -> Array:
        return uf.multiply(gy, self.share.of(ahead(self.b, self.a)), out=...)

    @override
    def right(self, gy: Array) -> Array:
        return uf.multiply(gy, self.share.of(ahead(self.a, self.b)), out=...)


class Logaddexp(LogOfSum, fresh=True):
    """y = ln(eᵃ + eᵇ), dy/da = 1 / (1 + eᵇ⁻ᵃ), dy/db = 1 / (1 + eᵃ⁻ᵇ).

    Equal infinities share the gradient.

    >>> from backprop import Variable
    >>> a, b = Variable(np.array(1000.0)), Variable(np.array(1000.0))
    >>> Logaddexp()(a, b).backward()
    >>> a.grad, b.grad
    (array(0.5), array(0.5))
    """

    __slots__ = ()
    share: ClassVar[Share] = Share("e")

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.logaddexp(a, b, out=...)


class Logaddexp2(LogOfSum, fresh=True):
    """y = log₂(2ᵃ + 2ᵇ), dy/da = 1 / (1 + 2ᵇ⁻ᵃ), dy/db = 1 / (1 + 2ᵃ⁻ᵇ).

    Equal infinities share the gradient.
    """

    __slots__ = ()
    share: ClassVar[Share] = Share("2")

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.logaddexp2(a, b, out=...)


def ahead(a: Array, b: Array) -> Array:
    """The difference a - b; 0 for equal infinities."""
    with np.errstate(invalid="ignore"):
        d = uf.subtract(a, b, out=...)
    both = np.isinf(a) & np.equal(a, b)
    return np.where(both, d.dtype.type(0), d) if np.any(both) else d


def log_of(base: int, like: Array) -> float:
    """The natural logarithm of `base`, computed in the precision of `like`."""
    number: float = np.log(like.dtype.type(base))
    return number


exp: UnaryFunction = unary(Exp, np.exp)
log: UnaryFunction = unary(Log, np.log)
expm1: UnaryFunction = unary(Expm1, np.expm1)
log1p: UnaryFunction = unary(Log1p, np.log1p)
exp2: UnaryFunction = unary(Exp2, np.exp2)
log2: UnaryFunction = unary(Log2, np.log2)
log10: UnaryFunction = unary(Log10, np.log10)
logaddexp: Reducible = reducible(
    Logaddexp, np.logaddexp, kink="equal infinities share the gradient"
)
logaddexp2: Reducible = reducible(
    Logaddexp2, np.logaddexp2, kink="equal infinities share the gradient"
)
