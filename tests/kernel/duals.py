"""A second opinion on gradients: forward mode in plain NumPy, which knows nothing of the kernel.

Every value carries its Jacobian with respect to each value that it was computed from, itself
included, and beside it the same sum over paths with every term made positive: what rounding errors
are measured by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from backprop import Array

EPS = float(np.finfo(np.float64).eps)
ROUNDINGS = 8  # at most, in one local derivative, its product and its sum


@dataclass(eq=False)
class Dual:
    """A value, its derivatives and how many operations it took."""

    value: Array
    partials: dict[Dual, Array] = field(default_factory=dict)
    absolute: dict[Dual, Array] = field(default_factory=dict)
    is_leaf: bool = True
    links: int = 0

    def __post_init__(self) -> None:
        identity = np.eye(self.value.size).reshape(self.value.shape * 2)
        self.partials[self] = self.absolute[self] = identity

    def pulled_back(self, seed: Array, source: Dual) -> tuple[Array, Array]:
        """The gradient of (seed * self).sum() with respect to `source`, and its rounding error."""
        g = np.tensordot(seed, self.partials[source], axes=seed.ndim)
        size = np.tensordot(abs(seed), self.absolute[source], axes=seed.ndim)
        return g, EPS * ROUNDINGS * (1 + self.links) * size


@dataclass(frozen=True)
class Link:
    """An operand with the derivative by it (output's shape, then operand's), and its size."""

    operand: Dual
    jacobian: Array
    size: Array


def linked(value: Array, links: Sequence[Link]) -> Dual:
    """The value computed from the operands of `links`, by the chain rule."""
    y = Dual(value, is_leaf=False, links=1 + sum(link.operand.links for link in links))
    for link in links:
        x = link.operand
        for source in x.partials:
            for table, jacobian, inner in (
                (y.partials, link.jacobian, x.partials),
                (y.absolute, link.size, x.absolute),
            ):
                term = np.tensordot(jacobian, inner[source], axes=x.value.ndim)
                table[source] = table.get(source, 0.0) + term
    return y


def elementwise(x: Dual, derivative: Array, size: Array | None = None) -> Link:
    """A link of an operation that computes each element from one, broadcasting a 0-d operand."""
    jacobian = np.diag(derivative) if x.value.ndim else derivative
    sizes = abs(derivative) if size is None else size
    return Link(x, jacobian, np.diag(sizes) if x.value.ndim else sizes)


@dataclass(frozen=True)
class UnaryRule:
    """A function of one with its derivative, on the interval where both are tame."""

    value: Callable[[Array], Array]
    derivative: Callable[[Array], Array]
    low: float = -30.0
    high: float = 30.0
    extra: float = 0.0  # absolute terms that cancel in the derivative

    def takes(self, x: Array) -> bool:
        """Whether `x` is on that interval."""
        return bool(((self.low < x) & (x < self.high)).all())

    def __call__(self, x: Dual) -> Dual:
        d = self.derivative(x.value)
        return linked(self.value(x.value), [elementwise(x, d, abs(d) + self.extra)])


@dataclass(frozen=True)
class BinaryRule:
    """An elementwise function of two with its derivatives, where both operands are tame."""

    value: Callable[[Array, Array], Array]
    by_a: Callable[[Array, Array], Array]
    by_b: Callable[[Array, Array], Array]
    takes: Callable[[Array, Array], bool]

    def __call__(self, a: Dual, b: Dual) -> Dual:
        ones = np.ones(np.broadcast_shapes(a.value.shape, b.value.shape))
        return linked(
            self.value(a.value, b.value),
            [
                elementwise(a, ones * self.by_a(a.value, b.value)),
                elementwise(b, ones * self.by_b(a.value, b.value)),
            ],
        )


def total(*xs: Dual) -> Dual:
    """The sum of all elements."""
    value = np.asarray(sum(x.value.sum() for x in xs))
    ones = [np.ones(x.value.shape) for x in xs]
    return linked(value, [Link(x, one, one) for x, one in zip(xs, ones, strict=True)])


def dot(a: Dual, b: Dual) -> Dual:
    """The product of two vectors."""
    return linked(
        np.asarray(a.value @ b.value),
        [Link(a, b.value, abs(b.value)), Link(b, a.value, abs(a.value))],
    )


def tame(*arrays: Array) -> bool:
    """Whether products of these are far from overflow."""
    return all(bool((abs(x) < 1e3).all()) for x in arrays)


UNARY = {
    "Cos": UnaryRule(np.cos, lambda x: -np.sin(x)),
    "Cube": UnaryRule(lambda x: x**3, lambda x: 3 * x * x),
    "Exp": UnaryRule(np.exp, np.exp, -5.0, 5.0),
    "Log": UnaryRule(np.log, lambda x: 1 / x, 1e-2, 1e3),
    "Negative": UnaryRule(np.negative, lambda x: -np.ones(x.shape), -1e3, 1e3),
    "Reciprocal": UnaryRule(lambda x: 1 / x, lambda x: -1 / (x * x), 1e-2, 1e3),
    "Sin": UnaryRule(np.sin, np.cos),
    "Sqrt": UnaryRule(np.sqrt, lambda x: 0.5 / np.sqrt(x), 1e-2, 1e3),
    "Square": UnaryRule(np.square, lambda x: 2 * x, -1e3, 1e3),
    "Tanh": UnaryRule(np.tanh, lambda x: 1 - np.tanh(x) ** 2, extra=2.0),
}


BINARY = {
    "Add": BinaryRule(
        np.add, lambda a, b: np.ones(()), lambda a, b: np.ones(()), lambda a, b: tame(a, b)
    ),
    "Subtract": BinaryRule(
        np.subtract, lambda a, b: np.ones(()), lambda a, b: -np.ones(()), lambda a, b: tame(a, b)
    ),
    "Multiply": BinaryRule(np.multiply, lambda a, b: b, lambda a, b: a, lambda a, b: tame(a, b)),
    "Divide": BinaryRule(
        np.divide,
        lambda a, b: 1 / b,
        lambda a, b: -a / (b * b),
        lambda a, b: tame(a, b) and bool((abs(b) > 1e-2).all()),
    ),
    "Power": BinaryRule(
        np.power,
        lambda a, b: b * a ** (b - 1),
        lambda a, b: a**b * np.log(a),
        lambda a, b: bool(((a > 0.1) & (a < 10)).all() and (abs(b) < 3).all()),
    ),
}
