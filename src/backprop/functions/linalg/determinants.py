"""Determinants and their logarithms: det, slogdet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backprop.functions.cases import case
from backprop.functions.cotangents import absorb
from backprop.functions.registry import implements
from backprop.functions.shaping.matrices import plain
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.function import Function, NaryFunction
from backprop.kernel.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["det", "slogdet"]

_SMALL = Interval(-1.0, 1.0)
_ALMOST = 2.0**-12  # of the largest singular value: a smaller one costs a second derivative digits
_FEW = 3  # up to this size the minors are as quick as an inverse
_det: Callable[[Array], Any] = np.linalg.det
_MANY = 8  # so many singular values of 0 leave nothing of seven derivatives


class SlogdetResult(NamedTuple):
    """The result of `slogdet`: the sign of the determinant, and the logarithm of its size."""

    sign: Variable
    logabsdet: Variable


class Det(Function, fresh=True):
    """y = det x, with the cofactors of x as gradient, which exist for singular matrices too."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.asarray(_det(x))

    @override
    def backward(self, gy: Array) -> Array:
        return absorb(gy[..., np.newaxis, np.newaxis], cofactors(self.x))


def cofactors(x: Array) -> Array:
    """The matrix of cofactors of x: the derivative of det x by each of its elements.

    Rows and columns are first scaled by powers of two, so that small rows lose no digits and
    products of large and small ones neither overflow nor underflow.
    """
    if not x.size:
        return x
    rows = _exponent(plain(x), -1)
    columns = _exponent(np.ldexp(plain(x), -rows), -2)
    back = rows.sum(axis=-2, keepdims=True) + columns.sum(axis=-1, keepdims=True) - rows - columns
    one = x.dtype.type(1)
    scaled = _cofactors(x * np.ldexp(one, -rows) * np.ldexp(one, -columns))
    y: Array = scaled * np.ldexp(one, back // 2) * np.ldexp(one, back - back // 2)
    return y


def _exponent(x: Array, axis: int) -> NDArray[np.intc]:
    """The binary exponent of the largest element along `axis`; 0 if that is 0 or not finite."""
    largest = abs(x).max(axis=axis, keepdims=True)
    return np.where(np.isfinite(largest) & (largest > 0), np.frexp(largest)[1] - 1, 0)


def _cofactors(x: Array) -> Array:
    if x.shape[-1] <= _FEW:
        return _minors(x)
    if not np.any(np.linalg.cond(plain(x), 1) >= 1 / _ALMOST):
        y: Array = np.linalg.det(x)[..., np.newaxis, np.newaxis] * np.linalg.inv(x).mT
        return y
    return np.stack([_cofactors(m) for m in x]) if x.ndim > 2 else _bordered(x)


def _minors(x: Array) -> Array:
    """The cofactors by definition: determinants of x without the row and column of an element."""
    n = x.shape[-1]
    rest = np.array([[k for k in range(n) if k != i] for i in range(n)], int).reshape(n, n - 1)
    parts = x[..., rest[:, np.newaxis, :, np.newaxis], rest[:, np.newaxis]]
    signs = np.where(np.indices((n, n)).sum(axis=0) % 2, x.dtype.type(-1), x.dtype.type(1))
    y: Array = signs * np.linalg.det(parts)
    return y


def _bordered(x: Array) -> Array:
    """The cofactors of one matrix that is singular, or nearly so.

    With u, v the singular vectors of the singular values that are nearly 0, z = x + u vᵀ is
    regular, and det x = det z det k with k = 1 - vᵀ z⁻¹ u, for constant u and v. The value of k
    follows from the singular values, exactly where these are 0.
    """
    u, s, vh = np.linalg.svd(plain(x))
    zero = s <= s[0] * len(s) * np.finfo(s.dtype).eps
    r = min(max(1, int((s <= s[0] * _ALMOST).sum())), _MANY)
    if zero.sum() > _MANY:
        return np.zeros_like(plain(x))
    if r == len(s):
        return _minors(x)
    u, vh = u[:, -r:], vh[-r:]
    z = x + u @ vh
    inverse = np.linalg.inv(z)
    near = vh @ inverse @ u
    k = np.diag(np.where(zero, 0, s / (1 + s)).astype(s.dtype)[-r:]) + (plain(near) - near)
    around = (vh @ inverse).mT @ _minors(k) @ (inverse @ u).mT
    y: Array = np.linalg.det(z) * (np.linalg.det(k) * inverse.mT + around)
    return y


_SINGULAR = [[2, -1, -1, 0], [-1, 3, -1, -1], [-1, -1, 3, -1], [0, -1, -1, 2]]


@implements(
    np.linalg.det,
    cases=lambda: [
        case("np.linalg.det(x)", Interval(-10.0, 10.0), x=(3, 3)),
        case("np.linalg.det(x + 3 * onp.eye(4, dtype=x.dtype))", _SMALL, x=(2, 4, 4)),
        case(f"np.linalg.det(x + onp.array({_SINGULAR}, x.dtype))", _SMALL, x=(4, 4)),
        *(
            case(
                f"np.linalg.det(x * 2**-14 + onp.array({_SINGULAR}, x.dtype)) * 2**14",
                _SMALL,
                x=shape,
            )
            for shape in ((4, 4), (2, 4, 4))
        ),
        case("np.linalg.det(x * onp.zeros((4, 4), x.dtype))", x=(4, 4)),
        case("np.linalg.det(x[:, None] * onp.ones(10, x.dtype))", _SMALL, x=(10,)),
        case("np.linalg.det(x)", x=(1, 1)),
        case("np.linalg.det(x)", x=(0, 0)),
    ],
)
def det(a: Operand) -> Variable:
    """The determinant of a matrix, or of each matrix in a stack: numpy.linalg.det.

    The gradient, the matrix of cofactors, is right for singular matrices too. Returns a Variable
    without the last two axes.

    >>> a = Variable(np.array([[1.0, 2.0], [2.0, 4.0]]))
    >>> det(a).backward()
    >>> a.grad
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    return Det()(a)


class Slogdet(NaryFunction, fresh=True):
    """s, y with det x = s eʸ: the sign, whose gradient is 0, and ln |det x| with gradient x⁻ᵀ."""

    __slots__ = ()

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return tuple(map(np.asarray, np.linalg.slogdet(xs[0])))

    @override
    def backward(self, *gys: Array) -> tuple[Array]:
        x, singular = self.xs[0], np.equal(self.ys[0], 0)[..., np.newaxis, np.newaxis]
        regular = np.where(singular, np.eye(x.shape[-1], dtype=x.dtype), x)
        slope = np.where(singular, x.dtype.type(np.nan), np.linalg.inv(regular).mT)
        return (absorb(gys[1][..., np.newaxis, np.newaxis], slope),)


@implements(
    np.linalg.slogdet,
    cases=lambda: [
        case("np.linalg.slogdet(x + 4 * onp.eye(3, dtype=x.dtype))[1]", _SMALL, x=(3, 3)),
        case("np.linalg.slogdet(x - 3 * onp.eye(2, dtype=x.dtype)).logabsdet", _SMALL, x=(2, 2, 2)),
        case("np.linalg.slogdet(x - 4 * onp.eye(3, dtype=x.dtype)).sign", _SMALL, x=(3, 3)),
        case("np.linalg.slogdet(x)[1]", x=(0, 0)),
    ],
    kink="nan where the determinant is 0, if the cotangent is not 0",
)
def slogdet(a: Operand) -> SlogdetResult:
    """The sign and the logarithm of the absolute value of the determinant: numpy.linalg.slogdet.

    Works on stacks of matrices. Returns a named tuple of the Variables `sign` and `logabsdet`.
    Where the determinant is 0, the gradient is nan if the cotangent is not 0.

    >>> a = Variable(np.array([[2.0, 0.0], [0.0, -4.0]]))
    >>> sign, y = slogdet(a)
    >>> y.backward()
    >>> sign, y.round(6), a.grad + 0
    (Variable(-1.), Variable(2.079442), array([[ 0.5 ,  0.  ],
           [ 0.  , -0.25]]))
    """
    return SlogdetResult(*Slogdet()(a))
