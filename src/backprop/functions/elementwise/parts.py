"""NumPy's functions of complex numbers, of real ones: real, imag, conjugate, angle."""

from __future__ import annotations

import numpy as np

from backprop.functions.bases import (
    UnaryFunction,
    as_variable,
    unary,
)
from backprop.functions.cases import case
from backprop.functions.elementwise.piecewise import Flat
from backprop.functions.elementwise.powers import Positive
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import REALS
from backprop.kernel.variable import Variable

__all__ = ["angle", "conj", "conjugate", "imag", "real", "real_if_close"]


class Imag(Flat, fresh=True):
    """y = 0."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.zeros_like(x)


class Angle(Flat, fresh=True):
    """y = 0 for x above 0, π (or 180 degrees) below: the gradient is 0."""

    __slots__ = ("deg",)

    def __init__(self, deg: bool = False) -> None:
        self.deg: bool = deg

    @override
    def forward(self, x: Array) -> Array:
        return np.angle(x, self.deg).astype(x.dtype)


class Conjugate(Positive, fresh=True):
    """y = x, for x is real."""

    __slots__ = ()


conjugate: UnaryFunction = unary(Conjugate, np.conjugate)
conj = conjugate


@implements(np.real, cases=lambda: [case("np.real(x)", x=()), case("np.real(x) * x", x=(2, 3))])
def real(x: Operand, /) -> Variable:
    """X itself, for it is real: numpy.real."""
    return as_variable(x)


@implements(
    np.real_if_close,
    cases=lambda: [
        case("np.real_if_close(x) * x", x=(2, 3)),
        case("np.real_if_close(x, tol=10)", x=()),
    ],
)
def real_if_close(x: Operand, /, tol: float = 100) -> Variable:
    """X itself, for it is real, however large `tol` is: numpy.real_if_close."""
    return as_variable(x)


@implements(np.imag, cases=lambda: [case("np.imag(x)", x=()), case("np.imag(x) + x", x=(2, 3))])
def imag(x: Operand, /) -> Variable:
    """Zeros, for x is real: numpy.imag."""
    return Imag()(x)


@implements(
    np.angle,
    cases=lambda: [
        case("np.angle(x)", REALS.without(0.0), x=()),
        case("np.angle(x, deg=True) + x", REALS.without(0.0), x=(2, 3)),
    ],
    kink="the gradient is 0, at the jump too",
)
def angle(x: Operand, /, deg: bool = False) -> Variable:
    """0 for x above 0 and π below, in degrees if `deg`: numpy.angle. The gradient is 0."""
    return Angle(deg)(x)
