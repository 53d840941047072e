"""Trigonometric and hyperbolic functions: Sin, Cos, Tanh."""

from __future__ import annotations

import numpy as np

from backprop import ufuncs as uf
from backprop.arrays import Array, scale
from backprop.compat import override
from backprop.functions.bases import Elementwise, unary

__all__ = ["cos", "sin", "tanh"]


class Sin(Elementwise):
    """y = sin x (x in radians), dy/dx = cos x.

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(0.0))
    >>> Sin()(x).backward()
    >>> x.grad
    array(1.)
    """

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.sin(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        return uf.multiply(gy, uf.cos(self.x, out=...), out=...)


class Cos(Elementwise):
    """y = cos x (x in radians), dy/dx = -sin x.

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(0.5))
    >>> Cos()(x).backward()
    >>> x.grad
    array(-0.47942554)
    """

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.cos(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        return scale(uf.negative(gy, out=...), uf.sin(self.x, out=...))


class Tanh(Elementwise):
    """y = tanh x, dy/dx = 1 - y².

    >>> import numpy as np
    >>> from backprop import Variable
    >>> x = Variable(np.array(0.0))
    >>> Tanh()(x).backward()
    >>> x.grad
    array(1.)
    """

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return uf.tanh(x, out=...)

    @override
    def backward(self, gy: Array) -> Array:
        return scale(gy, uf.subtract(1.0, uf.multiply(self.y, self.y, out=...), out=...))


sin = unary(Sin, np.sin)
cos = unary(Cos, np.cos)
tanh = unary(Tanh, np.tanh)
