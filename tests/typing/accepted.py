"""What a user may write: type-checked only, every line exact and free of Any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_type

import numpy as np
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
    grad,
    gradients,
    hessian,
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


x = Variable(np.array([1.0, 2.0], dtype=np.float32))
array = np.array([1.0, 2.0])

assert_type(Variable(1.0), Variable)
assert_type(Variable([1.0, 2.0]), Variable)
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


floats: Array = np.ones(3)
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
assert_type(value_and_grad(loss)(floats)[1], Array)
assert_type(value_and_grad(loss)(x)[0], Variable)
assert_type(gradients(loss(x), [x]), tuple[Variable, ...])
