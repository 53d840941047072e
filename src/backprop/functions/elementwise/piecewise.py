"""Absolute values, the extremes of two, bounds and signs: rules with kinks and jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import (
    BinaryOperation,
    Broadcasting,
    Elementwise,
    Reducible,
    UnaryFunction,
    as_variable,
    binary,
    reducible,
    unary,
)
from backprop.functions.cases import case
from backprop.functions.elementwise.powers import positive
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import REALS, Domain
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "abs",
    "absolute",
    "clip",
    "copysign",
    "fabs",
    "fmax",
    "fmin",
    "heaviside",
    "maximum",
    "minimum",
    "nan_to_num",
    "sign",
]


class Flat(Elementwise, fresh=True):
    """A rule that is constant between its jumps: its gradient is 0, at them too."""

    __slots__ = ()

    @override
    def backward(self, gy: Array) -> Array:
        return np.zeros_like(gy)


class Sign(Flat, fresh=True):
    """y = -1, 0 or 1, as x is below, at or above 0: the gradient is 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = REALS.without(0.0)

    @override
    def forward(self, x: Array) -> Array:
        return uf.sign(x, out=...)


class Absolute(Elementwise, fresh=True):
    """y = `|x|`, dy/dx = sign x, which is 0 at 0.

    >>> from backprop import Variable
    >>> x = Variable(np.array([-2.0, 0.0, 3.0]))
    >>> y = Absolute()(x)
    >>> y.backward()
    >>> y, x.grad
    (Variable([2., 0., 3.]), array([-1.,  0.,  1.]))
    """

    __slots__ = ()
    bounded: ClassVar[bool] = True
    domain: ClassVar[Domain] = REALS.without(0.0)

    @override
    def forward(self, x: Array) -> Array:
        return uf.absolute(x, out=...)

    @override
    def derivative(self) -> Array:
        return uf.sign(self.x, out=...)


class Extreme(Broadcasting, fresh=True):
    """The larger or the smaller of two operands: it gets the cotangent; equal operands share it."""

    __slots__ = ()

    @override
    def left(self, gy: Array) -> Array:
        return self.part(gy, self.a, self.b)

    @override
    def right(self, gy: Array) -> Array:
        return self.part(gy, self.b, self.a)

    def part(self, gy: Array, mine: Array, other: Array) -> Array:
        """The part of the cotangent `gy` that one operand gets."""
        taken = self.taken(mine)
        g = np.where(taken, gy, gy.dtype.type(0))
        tied = taken & self.taken(other)
        return np.where(tied, 0.5 * g, g) if np.any(tied) else g

    def taken(self, x: Array) -> NDArray[np.bool_]:
        """Where the output is this operand, also where both are nan."""
        return np.equal(x, self.y) | (np.isnan(x) & np.isnan(self.y))


class Maximum(Extreme, fresh=True):
    """y = max(a, b), elementwise; nan if either is. Equal operands get half the gradient each.

    >>> from backprop import Variable
    >>> x = Variable(np.array([-1.0, 0.0, 2.0]))
    >>> Maximum()(x, 0.0).backward()
    >>> x.grad
    array([0. , 0.5, 1. ])
    """

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.maximum(a, b, out=...)


class Minimum(Extreme, fresh=True):
    """y = min(a, b), elementwise; nan if either is. Equal operands get half the gradient each."""

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.minimum(a, b, out=...)


class Fmax(Extreme, fresh=True):
    """y = max(a, b), elementwise, or the one that is not nan. Equal operands share the gradient."""

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.fmax(a, b, out=...)


class Fmin(Extreme, fresh=True):
    """y = min(a, b), elementwise, or the one that is not nan. Equal operands share the gradient."""

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.fmin(a, b, out=...)


class Copysign(Broadcasting, fresh=True):
    """y = `|a|` with the sign of b, dy/da = sign a sign b, which is 0 at a = 0; dy/db = 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = REALS.without(0.0)

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.copysign(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        flip = uf.multiply(uf.sign(self.a, out=...), uf.sign(self.y, out=...), out=...)
        return uf.multiply(gy, flip, out=...)

    @override
    def right(self, gy: Array) -> Array:
        return np.zeros_like(gy)


class Heaviside(Broadcasting, fresh=True):
    """y = 0 for a < 0, 1 for a > 0, and b for a = 0: dy/da = 0, and dy/db = 1 where a = 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = (REALS.without(0.0), REALS)

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.heaviside(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return np.zeros_like(gy)

    @override
    def right(self, gy: Array) -> Array:
        return np.where(np.equal(self.a, 0), gy, gy.dtype.type(0))


absolute: UnaryFunction = unary(Absolute, np.absolute, kink="the gradient at 0 is 0")
abs = absolute
fabs: UnaryFunction = unary(Absolute, np.fabs, kink="the gradient at 0 is 0")
sign: UnaryFunction = unary(Sign, np.sign, kink="the gradient is 0, at the jump too")
maximum: Reducible = reducible(
    Maximum, np.maximum, kink="equal operands get half the gradient each"
)
minimum: Reducible = reducible(
    Minimum, np.minimum, kink="equal operands get half the gradient each"
)
fmax: BinaryOperation = binary(
    Fmax, np.fmax, kink="equal operands get half the gradient each, a nan none"
)
fmin: BinaryOperation = binary(
    Fmin, np.fmin, kink="equal operands get half the gradient each, a nan none"
)
copysign: BinaryOperation = binary(Copysign, np.copysign, kink="the gradient at 0 is 0")
heaviside: BinaryOperation = binary(
    Heaviside, np.heaviside, kink="the gradient of x1 is 0, at the jump too"
)


@implements(
    np.clip,
    cases=lambda: [
        case("np.clip(x, -1.0, 5.0)", x=(2, 3)),
        case("np.clip(x, a_min=2.0, a_max=None)", x=()),
        case("np.clip(x, None, high)", x=(2, 3), high=(3,)),
        case("np.clip(x, min=low, max=low + 1)", x=(3, 1), low=(1, 3)),
        case("np.clip(x, max=0.0)", x=(0, 3)),
        case("np.clip(x)", x=(3,)),
    ],
    kink="at a bound, half the gradient goes to it and half to x",
)
def clip(
    x: Operand,
    /,
    a_min: Operand | None = None,
    a_max: Operand | None = None,
    *,
    min: Operand | None = None,
    max: Operand | None = None,
) -> Variable:
    """`x`, but at least `a_min` and at most `a_max`, which may be Variables: numpy.clip.

    Parameters
    ----------
    x : Variable or array
        The data.
    a_min : Variable or array, optional
        The least value; None for none.
    a_max : Variable or array, optional
        The largest value; None for none.
    min : Variable or array, optional
        Another name of `a_min`.
    max : Variable or array, optional
        Another name of `a_max`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> from backprop import Variable
    >>> x = Variable(np.array([-2.0, 0.5, 3.0]))
    >>> y = clip(x, 0.0, 1.0)
    >>> y.backward()
    >>> y, x.grad
    (Variable([0. , 0.5, 1. ]), array([0., 1., 0.]))
    """
    if not (a_min is None is a_max or min is None is max):
        raise ValueError("clip takes the bounds as a_min and a_max or as min and max, not as both")
    low, high = (a_min, a_max) if min is None is max else (min, max)
    if low is None and high is None:
        return positive(x)
    if low is not None:
        x = maximum(x, low)
    return as_variable(x) if high is None else minimum(x, high)


class NanToNum(Elementwise, fresh=True):
    """y = x where that is finite, dy/dx = 1; else a number given for it, dy/dx = 0."""

    __slots__ = ("nan", "neginf", "posinf")

    def __init__(self, nan: float, posinf: float | None, neginf: float | None) -> None:
        self.nan: float = nan
        self.posinf: float | None = posinf
        self.neginf: float | None = neginf

    @override
    def forward(self, x: Array) -> Array:
        return np.nan_to_num(x, nan=self.nan, posinf=self.posinf, neginf=self.neginf)

    @override
    def backward(self, gy: Array) -> Array:
        return np.where(np.isfinite(self.x), gy, gy.dtype.type(0))


@implements(
    np.nan_to_num,
    cases=lambda: [
        case("np.nan_to_num(x)", x=()),
        case("np.nan_to_num(np.where([True, False], x, onp.nan), nan=3.0)", x=(2, 2)),
        case("np.nan_to_num(np.where([True, False], x, onp.inf), posinf=3.0)", x=(2,)),
        case("np.nan_to_num(np.where([True, False], x, -onp.inf), neginf=-3.0)", x=(2,)),
    ],
    kink="what was nan or infinite gets 0",
)
def nan_to_num(
    x: Operand, /, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Variable:
    """`x` with numbers in place of nan and infinities, by default 0 and the largest: nan_to_num.

    Parameters
    ----------
    x : Variable or array
        The data.
    nan : float, default 0.0
        What stands for nan.
    posinf : float, optional
        What stands for infinity; the largest float by default.
    neginf : float, optional
        What stands for minus infinity; the smallest float by default.

    Returns
    -------
    Variable

    Examples
    --------
    >>> nan_to_num(Variable(np.array([1.0, np.nan])))
    Variable([1., 0.])
    """
    return NanToNum(nan, posinf, neginf)(x)
