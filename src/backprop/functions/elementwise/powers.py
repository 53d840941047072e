"""Fixed powers and roots, and what is made of them: square, sqrt, cbrt, hypot, ldexp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

import numpy as np

from backprop.functions import ufuncs as uf
from backprop.functions.bases import (
    BinaryOperation,
    Broadcasting,
    Elementwise,
    Settings,
    UnaryFunction,
    binary,
    settled,
    ufunc,
    unary,
)
from backprop.functions.cases import case
from backprop.functions.cotangents import absorb, divide, own, unbroadcast
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import POSITIVE, REALS, Domain, Interval
from backprop.kernel.function import Function
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["cbrt", "hypot", "ldexp", "positive", "reciprocal", "sqrt", "square"]


class Positive(Elementwise, fresh=True):
    """y = x, a copy."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.positive(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        return uf.positive(gy, out=...)


class Square(Elementwise, fresh=True):
    """y = x², dy/dx = 2x (book step 2).

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array([1.0, 2.0]))
    >>> y = Square()(x)
    >>> y.backward()
    >>> y, x.grad
    (Variable([1., 4.]), array([2., 4.]))
    """

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.square(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        half = uf.multiply(gy, self.x, out=...)  # before doubling: a large x must not overflow
        return uf.add(half, half, out=own(half))

    @override
    def consume(self, gy: Array) -> Array:
        half = uf.multiply(gy, self.x, out=own(gy, self.x))
        return uf.add(half, half, out=own(half))


class Sqrt(Elementwise, fresh=True):
    """y = √x, dy/dx = 1 / (2√x), for x > 0. At 0 a zero cotangent gives a zero gradient.

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(4.0))
    >>> Sqrt()(x).backward()
    >>> x.grad
    array(0.25)
    """

    __slots__ = ()
    domain: ClassVar[Domain] = POSITIVE

    @override
    def forward(self, x: Array) -> Array:
        return uf.sqrt(x, out=...)

    @override
    def derivative(self) -> Array:
        return divide(0.5, self.y)


class Cbrt(Elementwise, fresh=True):
    """y = ∛x, dy/dx = 1 / (3y²), for x ≠ 0. At 0 a zero cotangent gives a zero gradient."""

    __slots__ = ()
    domain: ClassVar[Domain] = REALS.without(0.0)

    @override
    def forward(self, x: Array) -> Array:
        return uf.cbrt(x, out=...)

    @override
    def derivative(self) -> Array:
        with np.errstate(divide="ignore"):
            thrice = uf.multiply(3.0, uf.square(self.y, out=...), out=...)
            return uf.reciprocal(thrice, out=...)


class Reciprocal(Elementwise, fresh=True):
    """y = 1 / x, dy/dx = -1 / x², for x ≠ 0. At 0 a zero cotangent gives a zero gradient.

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(2.0))
    >>> Reciprocal()(x).backward()
    >>> x.grad
    array(-0.25)
    """

    __slots__ = ()
    domain: ClassVar[Domain] = REALS.without(0.0)

    @override
    def forward(self, x: Array) -> Array:
        return uf.reciprocal(x, out=...)

    @override
    def derivative(self) -> Array:
        return uf.negative(uf.multiply(self.y, self.y, out=...), out=...)


# Differences see the scales of x and of 1: where a second operand is to vary freely, the first,
# which may be the scale of that, has to be of the scale of 1.
ORDINARY: Final = (Interval(0.25, 4.0), REALS)


class Hypot(Broadcasting, fresh=True):
    """y = √(a² + b²), dy/da = a / y, dy/db = b / y. At the origin both are 0.

    >>> import numpy as np
    >>> from backprop import Variable
    >>> a, b = Variable(np.array(3.0)), Variable(np.array(4.0))
    >>> Hypot()(a, b).backward()
    >>> a.grad, b.grad
    (array(0.6), array(0.8))
    """

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return uf.hypot(a, b, out=...)

    @override
    def left(self, gy: Array) -> Array:
        return absorb(gy, cosine(self.a, self.b))

    @override
    def right(self, gy: Array) -> Array:
        return absorb(gy, cosine(self.b, self.a))


def _direction(x: Array, far: NDArray[np.bool_]) -> Array:  # no case: nothing moves there
    """A coordinate of the directions that arctan2 gives to points which are infinitely far."""
    return np.where(far, np.copysign(np.isinf(x).astype(x.dtype), x), x)


class Cosine(Broadcasting, fresh=True):
    """y = a / r for r = √(a² + b²), dy/da = (b / r)² / r, dy/db = -(a / r) (b / r) / r.

    It is a rule of its own because the derivative of a quotient would be a difference of terms as
    large as 1 / r, in which little is left of (b / r)² / r if b is small.
    """

    __slots__ = ()
    domain: ClassVar[Domain] = ORDINARY[::-1]

    @override
    def forward(self, a: Array, b: Array) -> Array:
        far = np.isinf(a) | np.isinf(b)
        if np.any(far):  # no case: nothing moves there
            a, b = _direction(a, far), _direction(b, far)
        with np.errstate(over="ignore"):
            return over(a, uf.hypot(a, b, out=...))

    @override
    def left(self, gy: Array) -> Array:
        sine = cosine(self.b, self.a)
        return absorb(gy, uf.multiply(self.tilt(sine), sine, out=...))

    @override
    def right(self, gy: Array) -> Array:
        sine = cosine(self.b, self.a)
        return absorb(gy, uf.negative(uf.multiply(self.tilt(self.y), sine, out=...), out=...))

    def tilt(self, part: Array) -> Array:
        """One component of the unit vector, divided by r."""
        return over(part, uf.hypot(self.a, self.b, out=...))


def cosine(a: Array | Variable, b: Array | Variable) -> Any:
    """The first component of the unit vector in the direction of (a, b); 0 at the origin."""
    if isinstance(a, Variable) or isinstance(b, Variable):
        return Cosine()(a, b)
    return Cosine().forward(a, b)


def over(a: Array, r: Array) -> Array:
    """The quotient a / r, but 0 where r is 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(np.equal(r, 0), r.dtype.type(0), uf.divide(a, r, out=...))


class Ldexp(Function, fresh=True):
    """y = x 2ⁿ for integers n: dy/dx = 2ⁿ."""

    __slots__ = ("n",)

    def __init__(self, n: ArrayLike) -> None:
        self.n: NDArray[Any] = np.array(n)

    @override
    def forward(self, x: Array) -> Array:
        y: Array = np.ldexp(x, self.n)
        return y

    @override
    def backward(self, gy: Array) -> Array:
        return unbroadcast(self.forward(gy), self.x)

    @override
    def jvp(self, tx: Array) -> Array:
        return self.forward(tx)


positive: UnaryFunction = unary(Positive, np.positive)
square: UnaryFunction = unary(Square, np.square)
sqrt: UnaryFunction = unary(Sqrt, np.sqrt, kink="a zero cotangent gives 0 at 0")
reciprocal: UnaryFunction = unary(Reciprocal, np.reciprocal, kink="a zero cotangent gives 0 at 0")
cbrt: UnaryFunction = unary(Cbrt, np.cbrt, kink="a zero cotangent gives 0 at 0")


hypot: BinaryOperation = binary(
    Hypot,
    np.hypot,
    cases=lambda: [
        case("np.hypot(a, b)", ORDINARY, a=(), b=()),
        case("np.hypot(-a, b)", ORDINARY, a=(2, 3), b=(3,)),
        case("np.hypot(b, a)", ORDINARY, a=(3, 1), b=(1, 3)),
        case("np.hypot(a, b)", ORDINARY, a=(0, 3), b=(3,)),
    ],
    kink="the gradient at the origin is 0",
)


@ufunc(
    np.ldexp,
    cases=lambda: [
        case("np.ldexp(x, 3)", x=()),
        case("np.ldexp(x, onp.array([[-1], [2]]))", x=(3,)),
        case("np.ldexp(x, onp.array([-1, 0, 2]))", x=(0, 3)),
    ],
)
def ldexp(x1: Operand, x2: ArrayLike, /, **settings: Unpack[Settings]) -> Variable:
    """x1 · 2ˣ² for plain integers x2: numpy.ldexp."""
    return settled(Ldexp(x2)(x1), np.ldexp, settings)
