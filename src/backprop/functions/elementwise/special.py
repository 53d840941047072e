"""Functions given by integrals or series, and phases made continuous: sinc, i0, unwrap.

As quotients the derivatives of sinc and i0 would cancel near 0. So each is the first of a sequence
of functions that lead to one another, and the rule of all is one: right to any order.
"""

from __future__ import annotations

from math import factorial, pi, sqrt
from typing import Any, ClassVar, Final

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import Elementwise
from backprop.functions.cases import case
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.variable import Variable

__all__ = ["i0", "sinc", "unwrap"]

_SLOW: Final = Interval(-1e3, 1e3)  # far out, the steps of differences are whole periods
_SMALL: Final = Interval(-0.5, 0.5)


class Sequence(Elementwise, fresh=True):
    """One of a sequence of functions, each the derivative of the one before; `order` counts from 0.

    All but that are computed by a series near 0 and in another way beyond `far`.
    """

    __slots__ = ("order",)

    def __init__(self, order: int = 0) -> None:
        self.order: int = order

    @override
    def forward(self, x: Array) -> Array:
        wide = x.astype(np.result_type(x, np.float64), copy=False)
        beyond = uf.absolute(wide, out=...) > self.far
        with np.errstate(over="ignore", invalid="ignore"):
            y = np.where(
                beyond,
                self.outside(np.where(beyond, wide, self.far)),
                self.near(np.where(beyond, 0.0, wide)),
            )
            return y.astype(x.dtype)

    def following(self) -> Any:
        """The next function of the sequence at x; x is a Variable in higher order."""
        rule = type(self)(self.order + 1)
        x: Array | Variable = self.x
        return rule(x) if isinstance(x, Variable) else rule.forward(x)

    @property
    def far(self) -> float:
        """The size of x up to which the power series is used."""
        raise NotImplementedError

    def near(self, x: Array) -> Array:
        """The power series of the function, for x near 0."""
        raise NotImplementedError

    def outside(self, x: Array) -> Array:
        """The function where the power series is not used."""
        raise NotImplementedError


class Sinc(Sequence, fresh=True):
    """y = the derivative of some order n of sin(πx) / (πx) = ∫₀¹ cos(πxt) dt.

    In z = πx it is πⁿ t, for z t(n) = sin(z + nπ/2) - n t(n-1).
    """

    __slots__ = ()
    bounded: ClassVar[bool] = True

    @override
    def forward(self, x: Array) -> Array:
        return super().forward(x) if self.order else np.sinc(x)

    @override
    def derivative(self) -> Array:
        following: Array = self.following()
        return following

    @property
    @override
    def far(self) -> float:
        return (self.order + 1) / pi  # from there on the recurrence loses no digits

    @override
    def near(self, x: Array) -> Array:
        n, z = self.order, pi * x
        odd, square = n % 2, z**2
        y = np.ones_like(x)
        for m in range(4 * n + 34 + odd, -1, -2):  # the powers of z, each by its ratio to the next
            y = 1 - y * (square * (m + n + 1) / ((m + n + 3) * (m + 1) * (m + 2)))
        sign = -1.0 if (odd + n) % 4 else 1.0
        return y * (sign * z**odd / (odd + n + 1)) * x.dtype.type(pi) ** n

    @override
    def outside(self, x: Array) -> Array:
        z, phase = pi * x, pi * np.fmod(x, 2.0)
        waves = (np.sin(phase), np.cos(phase))
        y: Array = waves[0] / z
        for k in range(1, self.order + 1):
            y = ((-1.0 if k % 4 > 1 else 1.0) * waves[k % 2] - k * y) / z
        return y * x.dtype.type(pi) ** self.order


@implements(
    np.sinc,
    cases=lambda: [
        case("np.sinc(x)", _SLOW, x=()),
        case("np.sinc(x)", _SLOW, x=(2, 3)),
        case("np.sinc(x)", _SMALL, x=(3,)),
        case("np.sinc(x)", x=(0, 3)),
    ],
)
def sinc(x: Operand, /) -> Variable:
    """sin(πx) / (πx), which is 1 at 0 and has slope 0 there: numpy.sinc.

    >>> from backprop import Variable
    >>> x = Variable(np.array(1.0))
    >>> sinc(x).backward()
    >>> x.grad
    array(-1.)
    """
    return Sinc()(x)


class Bessel(Sequence, fresh=True):
    """y = Iₙ(x) / xⁿ for the modified Bessel function of some order n, dy/dx = x Iₙ₊₁(x) / xⁿ⁺¹."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return super().forward(x) if self.order else np.i0(x)

    @override
    def derivative(self) -> Array:
        return uf.multiply(self.x, self.following(), out=...)

    @property
    @override
    def far(self) -> float:
        return 24.0 + self.order**2

    @override
    def near(self, x: Array) -> Array:
        n, square = self.order, (x / 2) ** 2
        y = np.ones_like(x)
        for k in range(15 + int(1.5 * self.far), 0, -1):
            y = 1 + y * (square / (k * (n + k)))
        return y / (2.0**n * factorial(n))

    @override
    def outside(self, x: Array) -> Array:
        n, x = self.order, np.abs(x)
        y = np.ones_like(x)
        for k in range(30, 0, -1):
            y = 1 + y * (((2 * k - 1) ** 2 - 4 * n**2) / (8 * k * x))
        half = np.exp(x / 2)  # its square may overflow where y does not
        return y * half / (np.sqrt(x) * sqrt(2 * pi)) / x**n * half


@implements(
    np.i0,
    cases=lambda: [
        case("np.i0(x)", Interval(-700.0, 700.0), x=()),
        *(
            case("np.i0(x)", far, x=(3,))
            for far in (Interval(34.0, 700.0), Interval(-700.0, -34.0))
        ),
        case("np.i0(x)", Interval(-1.0, 1.0), x=(2, 3)),
        case("np.i0(x)", x=(0, 3)),
    ],
)
def i0(x: Operand, /) -> Variable:
    """The modified Bessel function of the first kind, of order 0: numpy.i0."""
    return Bessel()(x)


class Unwrap(Elementwise, fresh=True):
    """y = x plus multiples of a period: neighbours differ by half of it at most; dy/dx = 1."""

    __slots__ = ("axis", "discont", "period")

    def __init__(
        self, discont: float | None = None, axis: int = -1, *, period: float = 2 * pi
    ) -> None:
        self.discont: float | None = discont
        self.axis: int = axis
        self.period: float = period

    @override
    def forward(self, x: Array) -> Array:
        return np.unwrap(x, self.discont, self.axis, period=self.period)

    @override
    def backward(self, gy: Array) -> Array:
        return uf.positive(gy, out=...)


@implements(
    np.unwrap,
    cases=lambda: [
        case("np.unwrap(x + onp.float16([0, 7, -7]))", _SMALL, x=(2, 3)),
        case("np.unwrap(onp.float16([[0], [8]]) + x, axis=0)", _SMALL, x=(2, 3)),
        case("np.unwrap(x + onp.float16([0, 4, 8]), discont=5.0)", _SMALL, x=(3,)),
        case("np.unwrap(x + onp.float16([0, 4, 8]), period=4)", _SMALL, x=(3,)),
        case("np.unwrap(x)", x=(0, 3)),
    ],
    kink="the gradient is 1, at the jumps too",
)
def unwrap(
    x: Operand, /, discont: float | None = None, axis: int = -1, *, period: float = 2 * pi
) -> Variable:
    """`x` plus multiples of `period`, so that it does not jump along `axis`: numpy.unwrap.

    Parameters
    ----------
    x : Variable or array
        The data.
    discont : float, optional
        The least jump that is mended; half a period by default.
    axis : int, default -1
        The axis along which it is done.
    period : float, default 2 pi
        What a jump is mended by multiples of.

    Returns
    -------
    Variable

    Examples
    --------
    >>> unwrap(Variable(np.array([0.0, 7.0])), period=6.0)
    Variable([0., 1.])
    """
    return Unwrap(discont, axis, period=period)(x)
