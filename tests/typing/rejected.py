"""What a type checker must reject: one mistake a line, and an ignore without a mistake fails."""

# pyright: standard
# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import numpy as np
from typing_extensions import override

from backprop import (
    Add,
    Array,
    BinaryFunction,
    Function,
    NaryFunction,
    Square,
    Variable,
    grad,
    jacobian,
    no_grad,
)

x = Variable(np.array(2.0))
array: Array = np.zeros(3)


def loss(w: Variable, scale: float = 1.0) -> Variable:
    """A function that gives one number."""
    return (w * scale).sum()


x.gard = np.ones(())  # type: ignore[attr-defined]
x.grad = "one"  # type: ignore[assignment]
x.creator = Square()  # type: ignore[misc]
x.shape = (1,)  # type: ignore[misc]
x.backward(True)  # type: ignore[call-arg]
x.backward(acumulate=True)  # type: ignore[arg-type]
x.set_creator(np.exp)  # type: ignore[arg-type]
x.grad * 2.0  # type: ignore[operator]
Square()(x).creator.inputs  # type: ignore[union-attr]
x + "a"  # type: ignore[operator]
x * None  # type: ignore[operator]
Variable()  # type: ignore[call-arg]
Variable("a")  # type: ignore[arg-type]
Variable(["a"])  # type: ignore[list-item]
Variable(None)  # type: ignore[arg-type]
Variable(2j)  # type: ignore[arg-type]
Variable(x)  # type: ignore[arg-type]
x.data = "a"  # type: ignore[assignment]
Square(2.0)  # type: ignore[arg-type]
Square()(x, x)  # type: ignore[call-arg]
Square()("a")  # type: ignore[arg-type]
Square()(x).grad.shape  # type: ignore[union-attr]
Square().x = 1.0  # type: ignore[assignment]
Square().inputt  # type: ignore[attr-defined]
Add()(x)  # type: ignore[call-arg]
a, b, c = Add()(x, x).creator  # type: ignore[misc]
no_grad(True)  # type: ignore[arg-type]
x[0] += 1.0  # type: ignore[index]
np.sum(x)  # type: ignore[call-overload]
grad(loss)(array, scale="a")  # type: ignore[arg-type]
grad(loss)()  # type: ignore[call-arg]
grad(loss, argnums="x")  # type: ignore[call-overload]
jacobian(loss)(array, 1.0, 2.0)  # type: ignore[call-overload]


class TwoInputs(Function):
    """The wrong kind for two inputs."""

    @override
    def forward(self, a: Array, b: Array) -> Array:  # type: ignore[override]
        return a + b


class OneInput(BinaryFunction):
    """The wrong kind for one input."""

    @override
    def forward(self, a: Array) -> Array:  # type: ignore[override]
        return a


class OneGradient(BinaryFunction):
    """One gradient for two inputs."""

    @override
    def backward(self, gy: Array) -> Array:  # type: ignore[override]
        return gy


class NoTuple(NaryFunction):
    """An array for a tuple of arrays."""

    @override
    def forward(self, *xs: Array) -> Array:  # type: ignore[override]
        return xs[0]


class GivesNumber(Function):
    """A number for an array."""

    @override
    def forward(self, x: Array) -> Array:
        return 1.0  # type: ignore[return-value]

    @override
    def backwards(self, gy: Array) -> Array:  # type: ignore[misc]
        return gy


class NoReturn(Function):
    """Nothing for an array."""

    @override
    def forward(self, x: Array) -> Array:  # type: ignore[return]
        np.exp(x)
