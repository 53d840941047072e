"""Exponentials and logarithms: Exp, Log."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from backprop import ufuncs as uf
from backprop.arrays import Array, absorb
from backprop.compat import override
from backprop.domain import POSITIVE, Domain
from backprop.functions.bases import Elementwise, unary

__all__ = ["exp", "log"]


class Exp(Elementwise):
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
    def backward(self, gy: Array) -> Array:
        return absorb(gy, self.y)


class Log(Elementwise):
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
    def backward(self, gy: Array) -> Array:
        with np.errstate(divide="ignore"):
            return absorb(gy, uf.reciprocal(self.x, out=...))


exp = unary(Exp, np.exp)
log = unary(Log, np.log)
