"""Fixed powers: Square, Sqrt, Reciprocal."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from backprop import ufuncs as uf
from backprop.arrays import Array, absorb
from backprop.compat import override
from backprop.domain import POSITIVE, REALS, Domain
from backprop.functions.bases import Elementwise, unary

__all__ = ["reciprocal", "sqrt", "square"]


class Square(Elementwise):
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
        return uf.add(half, half, out=...)


class Sqrt(Elementwise):
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
    def backward(self, gy: Array) -> Array:
        with np.errstate(divide="ignore"):
            return absorb(gy, uf.divide(0.5, self.y, out=...))


class Reciprocal(Elementwise):
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
    def backward(self, gy: Array) -> Array:
        return absorb(gy, uf.negative(uf.multiply(self.y, self.y, out=...), out=...))


square = unary(Square, np.square)
sqrt = unary(Sqrt, np.sqrt, kink="a zero cotangent gives 0 at 0")
reciprocal = unary(Reciprocal, np.reciprocal, kink="a zero cotangent gives 0 at 0")
