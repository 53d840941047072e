"""What a user may write: type-checked only, every line exact and free of Any."""

# pyright: standard
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, minimize
from typing_extensions import override

import backprop.numpy as bp
from backprop import (
    Add,
    Array,
    BinaryFunction,
    Exp,
    Function,
    Interval,
    NaryFunction,
    Node,
    Square,
    Variable,
    elementwise_grad,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    no_grad,
    value_and_grad,
)

# Five lines of a user's, with a typed gradient.
v = Variable(np.array(0.5))
w = Square()(Exp()(Square()(v)))
w.backward()
gradient: Array | None = v.grad
assert_type(v.grad, Array | None)


class Cube(Function):
    """A rule in the style of the notes."""

    @override
    def forward(self, x: Array) -> Array:
        assert_type(x**3, Array)
        return x**3

    @override
    def backward(self, gy: Array) -> Array:
        assert_type(self.input, Variable)
        assert_type(self.input.data, Array)
        assert_type(self.x, Array)
        assert_type(self.y, Array)
        return gy * 3 * self.input.data**2


class Hypot(BinaryFunction):
    """A rule of two inputs."""

    @override
    def forward(self, a: Array, b: Array) -> Array:
        return (a * a + b * b) ** 0.5

    @override
    def backward(self, gy: Array) -> tuple[Array, Array]:
        assert_type(self.inputs, tuple[Variable, Variable])
        return gy * self.a / self.y, gy * self.b / self.y


class Split(NaryFunction):
    """A rule of several outputs."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return 2 * xs[0], 3 * xs[0]

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        assert_type(self.xs, tuple[Array, ...])
        return (2 * gys[0] + 3 * gys[1],)


@dataclass
class Scale(Function):
    """A rule with a setting."""

    k: float

    @override
    def forward(self, x: Array) -> Array:
        return self.k * x

    @override
    def backward(self, gy: Array) -> Array:
        return self.k * gy


class OfFloat64(Function):
    """A rule annotated as its author thinks of arrays."""

    @override
    def forward(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x**3

    @override
    def backward(self, gy: NDArray[np.float64]) -> NDArray[np.float64]:
        return gy * 3 * self.x**2


class GivesScalar(Function):
    """A rule that gives what np.sum is to NumPy's stubs."""

    @override
    def forward(self, x: Array) -> np.floating[Any]:
        return np.sum(x**2)

    @override
    def backward(self, gy: Array) -> Array:
        return 2 * self.x * gy


class DotOfFloat64(BinaryFunction):
    """The same for two inputs."""

    @override
    def forward(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> np.float64:
        return np.sum(a * b)

    @override
    def backward(self, gy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return gy * self.b, gy * self.a


x = Variable(np.array([1.0, 2.0], dtype=np.float32))
array = np.array([1.0, 2.0])

assert_type(Variable(1.0), Variable)
assert_type(Variable([1.0, 2.0]), Variable)
assert_type(Variable([[1.0], [2]]), Variable)
assert_type(Variable(np.float32(1.0)), Variable)
assert_type(Variable((np.zeros(2), [1, 2.0])), Variable)
assert_type(OfFloat64()(array), Variable)
assert_type(GivesScalar()(array), Variable)
assert_type(DotOfFloat64()(array, array), Variable)
assert_type(x.data, Array)
assert_type(x.creator, Node | None)
assert_type(x.shape, tuple[int, ...])
assert_type(x.ndim, int)
assert_type(x.size, int)
assert_type(x.detach(), Variable)
assert_type(Cube()(x), Variable)
assert_type(Cube()(array), Variable)
assert_type(Cube()(2.0), Variable)
assert_type(Hypot()(x, 2.0), Variable)
assert_type(Split()(x, array), tuple[Variable, ...])
assert_type(Scale(2.0)(x), Variable)
assert_type(Scale(2.0).k, float)
assert_type(x + x, Variable)
assert_type(x - 1, Variable)
assert_type(x * array, Variable)
assert_type(x * np.arange(2), Variable)
assert_type(bp.maximum(x, np.arange(2)), Variable)
assert_type(x / 2.0, Variable)
assert_type(x**2, Variable)
assert_type(x @ x, Variable)
assert_type(x @ array, Variable)
assert_type(1 + x, Variable)
assert_type(1.0 - x, Variable)
assert_type(2 * x, Variable)
assert_type(1 / x, Variable)
assert_type(2**x, Variable)
assert_type(-x, Variable)

# With an array, a number of NumPy's or whatever else on the left.
matrix = np.eye(2)
singles = np.eye(2, dtype=np.float32)
counts = np.arange(2)
anything: Array = np.eye(2)
assert_type(matrix @ x, Variable)
assert_type(matrix * x, Variable)
assert_type(matrix + x, Variable)
assert_type(matrix - x, Variable)
assert_type(matrix / x, Variable)
assert_type(matrix // x, Variable)
assert_type(matrix % x, Variable)
assert_type(matrix**x, Variable)
assert_type(singles @ x, Variable)
assert_type(singles * x, Variable)
assert_type(counts @ x, Variable)
assert_type(counts + x, Variable)
assert_type(anything @ x, Variable)
assert_type(anything - x, Variable)
assert_type(np.float64(2.0) * x, Variable)
assert_type(np.float32(2.0) * x, Variable)
assert_type(np.int64(2) + x, Variable)
assert_type(x * np.int64(2), Variable)

total_ = 0.0 + x
total_ += x * x
total_ -= 1.0
total_ *= matrix
total_ /= x
total_ //= 2.0
total_ %= 3.0
total_ **= 2
total_ @= matrix
assert_type(total_, Variable)
assert_type(Square.domain, Interval | tuple[Interval, ...])

f = Add()
total = f(x, array)
assert_type(f.inputs, tuple[Variable, Variable])
assert_type(f.output, Variable)
assert_type(f.a, Array)
g = Split()
g(x)
assert_type(g.inputs, tuple[Variable, ...])
h = g(x)[0].creator
assert_type(h, Node | None)

x.grad = np.ones(2, dtype=np.float32)
x.grad = None
x.cleargrad()
x.backward(accumulate=True, retain_grad=False)
Variable(3.0).set_creator(f)

with no_grad():
    assert_type(Cube()(x), Variable)
assert_type(Interval(0.0, 1.0).without(0.5), Interval)


def loss(w: Variable, scale: float = 1.0) -> Variable:
    """A function that gives one number."""
    return bp.sum(bp.exp(w) * scale)


def some() -> Array:
    """Floats, of whatever precision and shape."""
    return np.ones(3)


floats = some()
assert_type(bp.isnan(x), NDArray[np.bool_])
assert_type(bp.less(x, 1.0), NDArray[np.bool_])
assert_type(bp.where(bp.isnan(x), 0.0, x), Variable)
assert_type(bp.argmax(x), np.intp)
assert_type(bp.argmax(x, axis=0), NDArray[np.intp])
assert_type(bp.argsort(x), NDArray[np.intp])
assert_type(bp.all(x), np.bool_)
assert_type(bp.allclose(x, [1.0, 2.0]), bool)
assert_type(bp.ndim(x), int)
assert_type(bp.shape(x), tuple[int, ...])
assert_type(bp.zeros_like(x), Array)
assert_type(bp.exp(x), Variable)
assert_type(bp.add(x, 1.0), Variable)
assert_type(bp.sum(floats, axis=0, keepdims=True), Variable)
assert_type(bp.linalg.norm(x), Variable)
assert_type(x.sum().reshape(1, 1).T, Variable)
assert_type(x[0], Variable)
assert_type(grad(loss)(floats), Array)
assert_type(grad(loss)(x, scale=2.0), Variable)
assert_type(grad(loss)(2.0), float)
assert_type(hessian(loss)(floats), Array)
assert_type(hessian(loss)(x), Variable)
assert_type(hessian(loss)(2.0), float)
assert_type(hessian(loss)(np.zeros(3)), NDArray[np.float64])
rows, columns = hessian(loss)(np.zeros(3)).shape
assert_type(jacobian(bp.exp)(np.zeros(3)), NDArray[np.float64])
assert_type(jacobian(bp.exp)(x), Variable)
rows, columns = jacobian(bp.exp)(np.zeros(3)).shape
assert_type(elementwise_grad(bp.exp)(floats), Array)
assert_type(hvp(loss)(floats, floats, scale=2.0), Array)
assert_type(value_and_grad(loss)(floats)[1], Array)
assert_type(value_and_grad(loss)(x)[0], Variable)
assert_type(gradients(loss(x), [x]), tuple[Variable, ...])


def product(a: Variable, b: Variable) -> Variable:
    """A function of two arguments to differentiate by."""
    return bp.sum(a * b)


def with_aux(w: Variable) -> tuple[Variable, str]:
    """A function that gives something besides."""
    return bp.sum(w), "text"


assert_type(grad(product, argnums=(0, 1))(floats, floats), tuple[Any, ...])
assert_type(value_and_grad(product, (0, 1))(floats, floats), tuple[Any, tuple[Any, ...]])
da, db = grad(product, argnums=(0, 1))(floats, floats)
slope, text = grad(with_aux, has_aux=True)(floats)
(value, text), slope = value_and_grad(with_aux, has_aux=True)(floats)


# Functions as NumPy's users annotate them.
def gives_float64(x: NDArray[np.float64]) -> np.float64:
    """A number, as NumPy types a sum of float64."""
    return np.sum(x**2)


def gives_float(x: NDArray[np.float64]) -> float:
    """A Python number, to who reads the annotation."""
    return np.sum(x**2)


def gives_floating(x: Array) -> np.floating[Any]:
    """A number of any precision."""
    return np.sum(x**2)


def residuals(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """An array."""
    return x**2 - 1.0


start = np.zeros(2)
assert_type(grad(gives_float)(floats), Array)
assert_type(grad(gives_float64)(floats), Array)
assert_type(grad(gives_floating)(floats), Array)
assert_type(grad(grad(lambda y: y**4))(2.0), float)
assert_type(value_and_grad(gives_float)(floats), tuple[np.floating[Any], Array])
assert_type(hessian(gives_float64)(start), NDArray[np.float64])
least_squares(residuals, start, jac=jacobian(residuals))
minimize(value_and_grad(gives_float), start, jac=True)
minimize(value_and_grad(loss), start, jac=True)
minimize(gives_float64, start, jac=grad(gives_float64))
second = hessian(gives_float64)
minimize(gives_float64, start, jac=grad(gives_float64), hess=second, method="trust-exact")
