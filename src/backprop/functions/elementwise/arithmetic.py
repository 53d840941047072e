"""The rules behind Variable's operators: + - * / ** @ and the unary minus.

Each takes its two gradients one by one, so that the one of a Constant, which nobody asked for,
costs nothing; and undoes broadcasting: it sums over the axes along which an operand was stretched.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import ClassVar, Unpack

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import (
    BinaryOperation,
    Broadcasting,
    Elementwise,
    Reducible,
    Settings,
    UnaryFunction,
    binary,
    reducible,
    settled,
    ufunc,
    unary,
)
from backprop.functions.cases import Case, case
from backprop.functions.cotangents import absorb, divide as divide_, own, unbroadcast
from backprop.ground.arrays import Array, Operand, Shapes, Traced
from backprop.ground.compat import override
from backprop.ground.domain import POSITIVE, REALS, Domain
from backprop.kernel.function import BinaryFunction
from backprop.kernel.operators import RULES
from backprop.kernel.variable import Variable

__all__ = [
    "add",
    "divide",
    "float_power",
    "matmul",
    "multiply",
    "negative",
    "pow",
    "power",
    "subtract",
    "true_divide",
]


class Add(Broadcasting, fresh=True):
    """y = a + b."""

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.add(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return gy

    @override
    def right(self, gy: Array) -> Array:
        return gy


class Subtract(Broadcasting, fresh=True):
    """y = a - b."""

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.subtract(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return gy

    @override
    def right(self, gy: Array) -> Array:
        return uf.negative(gy, out=...)


class Multiply(Broadcasting, fresh=True):
    """y = a b, elementwise."""

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.multiply(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return absorb(gy, self.b)

    @override
    def right(self, gy: Array) -> Array:
        return absorb(gy, self.a)

    @override
    def consume(self, gy: Array) -> tuple[Array | None, Array | None]:
        ga = gb = None
        if self.wants(0):
            ga = unbroadcast(absorb(gy, self.b, ... if self.wants(1) else own(gy, self.b)), self.a)
        if self.wants(1):
            gb = unbroadcast(absorb(gy, self.a, own(gy, self.a)), self.b)
        return ga, gb


class Divide(Broadcasting, fresh=True):
    """y = a / b, for b ≠ 0."""

    __slots__ = ()
    domain: ClassVar[Domain] = (REALS, REALS.without(0.0))

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.divide(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        b = self.b if self.b.dtype is self.y.dtype else self.b.astype(self.y.dtype, copy=False)
        return absorb(gy, divide_(1.0, b))

    @override
    def right(self, gy: Array) -> Array:
        return absorb(gy, uf.negative(divide_(self.y, self.b), out=...))


class Power(Broadcasting, fresh=True):
    """y = aᵇ, for a > 0; dy/da = b aᵇ⁻¹, dy/db = y ln a.

    With b = 0 the gradient of `a` is 0 everywhere, with a = 0 and b > 0 that of `b`.
    """

    __slots__ = ()
    domain: ClassVar[Domain] = (POSITIVE, REALS)

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.power(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        a, b = self.a, self.b
        n = None if self.wants(1) else _number(b)
        if n is not None and 1 <= n < inf:  # x**2, x**3: there is nothing to mind
            return absorb(gy, uf.multiply(b, a if n == 2 else uf.power(a, b - 1, out=...), out=...))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            falling = uf.power(a, b - 1, out=...)
            slope = uf.multiply(b, falling, out=...)
            lost = np.isinf(falling) & np.not_equal(a, 0)  # b may be as small as a⁻¹ is large
            if np.any(lost):  # no case: only numbers below the smallest normal one come here
                slope = np.where(lost, b / a * self.y, slope)
            nothing = (np.equal(b, 0) & np.equal(a, 0)) | (np.equal(falling, 0) & np.isinf(b))
            return absorb(gy, np.where(nothing, slope.dtype.type(0), slope))

    @override
    def right(self, gy: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = uf.multiply(self.y, uf.log(self.a, out=...), out=...)
            nothing = np.equal(self.y, 0) & np.equal(self.a, 0)
            return absorb(gy, np.where(nothing, self.y, slope))


def _number(b: object) -> float | None:
    """An exponent, if it is one number."""
    data = b._plain() if isinstance(b, Traced) else b
    return float(data) if type(data) is np.ndarray and not data.ndim else None


class Matmul(BinaryFunction, fresh=True):
    """y = a @ b, with the shapes of numpy.matmul: vectors, matrices, stacks of matrices.

    dL/da = gy bᵀ and dL/db = aᵀ gy, summed over the axes of stacks that were broadcast.

    >>> from backprop import Variable
    >>> a, b = Variable(np.ones((2, 3))), Variable(np.array([1.0, 2.0, 3.0]))
    >>> (a @ b).backward()
    >>> b.grad
    array([2., 2., 2.])
    """

    __slots__ = ()
    shapes: ClassVar[Shapes | None] = (
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 2)),
        ((1, 3), (3, 1)),
        ((2, 1, 2), (2, 3)),
        ((2, 2), (2, 2, 1)),
        ((2,), (2, 2, 1)),
        ((2, 1, 2), (2,)),
        ((2, 1, 1, 2), (3, 2, 1)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 2)),
    )

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.matmul(a, b, out=...)

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        a, b = self.a, self.b
        if a.ndim == b.ndim == 2:
            return (
                unbroadcast(uf.matmul(gy, b.T), a) if self.wants(0) else None,
                unbroadcast(uf.matmul(a.T, gy), b) if self.wants(1) else None,
            )
        row = a[np.newaxis, :] if a.ndim == 1 else a
        column = b[:, np.newaxis] if b.ndim == 1 else b
        if a.ndim == 1:
            gy = np.expand_dims(gy, -1 if b.ndim == 1 else -2)
        if b.ndim == 1:
            gy = np.expand_dims(gy, -1)
        return (
            unbroadcast(uf.matmul(gy, column.swapaxes(-1, -2)), row).reshape(a.shape)
            if self.wants(0)
            else None,
            unbroadcast(uf.matmul(row.swapaxes(-1, -2), gy), column).reshape(b.shape)
            if self.wants(1)
            else None,
        )

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        return uf.add(uf.matmul(ta, self.b), uf.matmul(self.a, tb), out=...)


class Negative(Elementwise, fresh=True):
    """y = -x."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.negative(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        return uf.negative(gy, out=...)


RULES.add, RULES.subtract = Add.apply, Subtract.apply
RULES.multiply, RULES.divide = Multiply.apply, Divide.apply
RULES.power, RULES.matmul, RULES.negative = Power.apply, Matmul.apply, Negative.apply

add: Reducible = reducible(Add, np.add)
subtract: BinaryOperation = binary(Subtract, np.subtract)
multiply: Reducible = reducible(Multiply, np.multiply)
divide: BinaryOperation = binary(Divide, np.divide)


def _powers(name: str) -> Iterator[Case]:
    """Any power, and those whose exponent is one number."""
    yield case(f"np.{name}(a, b)", (POSITIVE, REALS), a=(3,), b=(2, 3))
    yield case(f"np.{name}(a, b)", (POSITIVE, REALS), a=(2, 1), b=(3,))
    yield from (case(f"np.{name}(x, {n})", x=(3,)) for n in (0, 1, 2, 3.0))
    yield from (case(f"np.{name}(x, {n})", POSITIVE, x=(3,)) for n in (-1, 0.5, 2.5))
    yield case(f"np.{name}(3, x)", x=(3,))


_KINK = "x**0 has gradient 0, 0**x too"
power: BinaryOperation = binary(Power, np.power, cases=lambda: _powers("power"), kink=_KINK)
float_power: BinaryOperation = binary(
    Power, np.float_power, cases=lambda: _powers("float_power"), kink=_KINK
)
negative: UnaryFunction = unary(Negative, np.negative)
pow = power
true_divide = divide


@ufunc(
    np.matmul,
    cases=lambda: (case("np.matmul(a, b)", a=a, b=b) for a, b in Matmul.shapes or ()),
)
def matmul(x1: Operand, x2: Operand, /, **settings: Unpack[Settings]) -> Variable:
    """The matrix product of vectors, matrices and stacks of matrices: numpy.matmul."""
    y = Matmul.apply(x1, x2)
    return settled(y, np.matmul, settings) if settings else y
