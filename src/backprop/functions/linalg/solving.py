"""Linear equations with a unique solution: inv, solve, matrix_power, tensorinv, tensorsolve."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import numpy as np

from backprop.functions.bases import as_variable
from backprop.functions.cases import case
from backprop.functions.cotangents import unbroadcast
from backprop.functions.registry import implements
from backprop.ground.arrays import Array, Operand
from backprop.ground.compat import override
from backprop.ground.domain import Interval
from backprop.kernel.function import BinaryFunction, Function
from backprop.kernel.variable import Variable

__all__ = ["inv", "matrix_power", "solve", "tensorinv", "tensorsolve"]

_SMALL = Interval(-1.0, 1.0)


class Inv(Function, fresh=True):
    """y = x⁻¹, the inverse of each matrix in a stack: dy = -y dx y."""

    __slots__ = ()

    @override
    def forward(self, x: Array) -> Array:
        return np.linalg.inv(x)

    @override
    def backward(self, gy: Array) -> Array:
        return self.y.mT @ -gy @ self.y.mT

    @override
    def jvp(self, tx: Array) -> Array:
        return self.y @ -tx @ self.y


@implements(
    np.linalg.inv,
    cases=lambda: [
        case("np.linalg.inv(x + 4 * onp.eye(3, dtype=x.dtype))", _SMALL, x=(3, 3)),
        case("np.linalg.inv(x + 3 * onp.eye(2, dtype=x.dtype))", _SMALL, x=(2, 1, 2, 2)),
        case("np.linalg.inv(x)", x=(0, 2, 2)),
    ],
)
def inv(a: Operand) -> Variable:
    """The inverse of a matrix, or of each matrix in a stack: numpy.linalg.inv.

    Returns a Variable. Raises numpy.linalg.LinAlgError for a singular matrix.

    >>> a = Variable(np.array([[2.0, 0.0], [0.0, 4.0]]))
    >>> y = inv(a)
    >>> y.backward()
    >>> y, a.grad
    (Variable([[0.5 , 0.  ],
               [0.  , 0.25]]), array([[-0.25  , -0.125 ], [-0.125 , -0.0625]]))
    """
    return Inv()(a)


class Solve(BinaryFunction, fresh=True):
    """y = a⁻¹ b, the solution of a y = b.

    The gradients are gb = a⁻ᵀ gy and ga = -gb yᵀ, summed over axes that were broadcast.
    """

    __slots__ = ()

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return np.linalg.solve(a, b)

    @override
    def backward(self, gy: Array) -> tuple[Array | None, Array | None]:
        vector = self.b.ndim == 1
        gb = np.linalg.solve(self.a.mT, gy[..., np.newaxis] if vector else gy)
        y = self.y[..., np.newaxis] if vector else self.y
        return (
            unbroadcast(-gb @ y.mT, self.a) if self.wants(0) else None,
            unbroadcast(gb[..., 0] if vector else gb, self.b) if self.wants(1) else None,
        )

    @override
    def jvp(self, ta: Array, tb: Array) -> Array:
        vector = self.b.ndim == 1
        moved = (ta @ self.y[..., np.newaxis])[..., 0] if vector else ta @ self.y
        right = (tb - moved)[..., np.newaxis] if vector else tb - moved
        y = np.linalg.solve(self.a, right)
        return y[..., 0] if vector else y


@implements(
    np.linalg.solve,
    cases=lambda: [
        case("np.linalg.solve(a + 4 * onp.eye(3, dtype=a.dtype), b)", _SMALL, a=(3, 3), b=(3,)),
        case("np.linalg.solve(a + 4 * onp.eye(3, dtype=a.dtype), b)", _SMALL, a=(3, 3), b=(3, 2)),
        case(
            "np.linalg.solve(a + 3 * onp.eye(2, dtype=a.dtype), b)",
            _SMALL,
            a=(2, 1, 2, 2),
            b=(3, 2, 1),
        ),
        case("np.linalg.solve(a + 3 * onp.eye(2, dtype=a.dtype), b)", _SMALL, a=(3, 2, 2), b=(2,)),
        case("np.linalg.solve(onp.array([[2, 1], [0, 4]], b.dtype), b)", b=(2,)),
        case(
            "np.linalg.solve(a + 4 * onp.eye(2, dtype=a.dtype), onp.ones(2, a.dtype))",
            _SMALL,
            a=(2, 2),
        ),
        case("np.linalg.solve(a, b)", a=(0, 0), b=(0, 2)),
    ],
)
def solve(a: Operand, b: Operand) -> Variable:
    """The solution y of a y = b, for a vector `b` or a stack of matrices: numpy.linalg.solve.

    Stacks of `a` and `b` broadcast. Raises numpy.linalg.LinAlgError for a singular matrix.

    >>> a, b = np.array([[2.0, 0.0], [0.0, 4.0]]), Variable(np.array([1.0, 1.0]))
    >>> y = solve(a, b)
    >>> y.backward()
    >>> y, b.grad
    (Variable([0.5 , 0.25]), array([0.5 , 0.25]))
    """
    return Solve()(a, b)


@implements(
    np.linalg.matrix_power,
    cases=lambda: [
        case("np.linalg.matrix_power(x, 0)", x=(2, 2)),
        case("np.linalg.matrix_power(x, 1)", x=(2, 2)),
        case("np.linalg.matrix_power(x, 5)", Interval(-10.0, 10.0), x=(2, 3, 3)),
        case("np.linalg.matrix_power(x + 4 * onp.eye(3, dtype=x.dtype), -3)", _SMALL, x=(3, 3)),
    ],
)
def matrix_power(a: Operand, n: int) -> Variable:
    """The power aⁿ of a square matrix, or of each in a stack: numpy.linalg.matrix_power.

    For n < 0 it is a power of the inverse. Raises numpy.linalg.LinAlgError for a matrix that is not
    square, or one that has no inverse if n < 0.

    >>> matrix_power(Variable(np.array([[1.0, 1.0], [0.0, 1.0]])), 3)
    Variable([[1., 3.],
              [0., 1.]])
    """
    a, n = as_variable(a), operator.index(n)
    one = np.linalg.matrix_power(a.data, 0)  # raises NumPy's own errors
    if n == 0:
        return as_variable(one)
    return _product(a if n > 0 else inv(a), abs(n))


def _product(a: Variable, n: int) -> Variable:
    """aⁿ for n > 0 by repeated squaring, as NumPy computes it."""
    square, product = a, a if n % 2 else None
    while n := n // 2:
        square = square @ square
        if n % 2:
            product = square if product is None else product @ square
    return square if product is None else product


@implements(
    np.linalg.tensorinv,
    cases=lambda: [
        case(
            "np.linalg.tensorinv(x + 5 * onp.eye(4, dtype=x.dtype).reshape(4, 2, 2), ind=1)",
            _SMALL,
            x=(4, 2, 2),
        ),
        case(
            "np.linalg.tensorinv(x + 5 * onp.eye(4, dtype=x.dtype).reshape(2, 2, 4))",
            _SMALL,
            x=(2, 2, 4),
        ),
    ],
)
def tensorinv(a: Operand, ind: int = 2) -> Variable:
    """The inverse of the map from the last axes of `a` to its first `ind`: numpy.linalg.tensorinv.

    The product of the first `ind` lengths must be that of the others. Raises ValueError if `ind` is
    not positive, and numpy.linalg.LinAlgError if there is no inverse.

    >>> tensorinv(Variable(np.array([[2.0, 0.0], [0.0, 4.0]])), ind=1)
    Variable([[0.5 , 0.  ],
              [0.  , 0.25]])
    """
    a = as_variable(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    size = math.prod(a.shape[ind:])
    return inv(a.reshape((size, -1))).reshape(a.shape[ind:] + a.shape[:ind])


@implements(
    np.linalg.tensorsolve,
    cases=lambda: [
        case(
            "np.linalg.tensorsolve(a + 5 * onp.eye(4, dtype=a.dtype).reshape(2, 2, 4), b)",
            _SMALL,
            a=(2, 2, 4),
            b=(2, 2),
        ),
        case(
            "np.linalg.tensorsolve(a + 4 * onp.eye(3, dtype=a.dtype), b, axes=(0,))",
            _SMALL,
            a=(3, 3),
            b=(3,),
        ),
    ],
)
def tensorsolve(a: Operand, b: Operand, axes: Sequence[int] | None = None) -> Variable:
    """The x of tensordot(a, x, x.ndim) = b: numpy.linalg.tensorsolve.

    Parameters
    ----------
    a : Variable or array
        The coefficients.
    b : Variable or array
        The right side.
    axes : int or sequence, optional
        Axes of `a` that are moved to the right before.

    Returns
    -------
    Variable

    Examples
    --------
    >>> tensorsolve(Variable(2.0 * np.eye(2)), [2.0, 4.0])
    Variable([1., 2.])
    """
    a, b = as_variable(a), as_variable(b)
    order = list(range(a.ndim))
    for axis in axes or ():
        order.remove(axis)
        order.insert(a.ndim, axis)
    a = a.transpose(tuple(order))
    shape = a.shape[-(a.ndim - b.ndim) :]
    size = math.prod(shape)
    if a.size != size**2:
        raise np.linalg.LinAlgError(
            "Input arrays must satisfy the requirement "
            "prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])"
        )
    return solve(a.reshape((size, size)), b.reshape(-1)).reshape(shape)
