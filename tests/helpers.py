"""What several tests share: Functions as a user would write them, and short ways to ask."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typing_extensions import override

from backprop import Array, Function, NaryFunction, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, DTypeLike


# Windows and macOS for ARM have no float wider than float64; `-p tests.narrow` does as they do.
HAS_WIDER = bool(np.finfo(np.longdouble).eps < np.finfo(np.float64).eps)
needs_wider = pytest.mark.skipif(not HAS_WIDER, reason="only a wider float than float64 shows it")


class Cube(Function):
    """x³ in the style of the notes: `backward` reads `self.input.data`."""

    @override
    def forward(self, x: Array) -> Array:
        return x**3

    @override
    def backward(self, gy: Array) -> Array:
        return gy * 3 * self.input.data**2


class Split(NaryFunction):
    """One input, two outputs: 2x and 3x."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return 2 * xs[0], 3 * xs[0]

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        return (2 * gys[0] + 3 * gys[1],)


class Total(NaryFunction):
    """The sum of all elements of any number of inputs."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        total = xs[0].sum()
        for x in xs[1:]:
            total = total + x.sum()
        return (np.asarray(total),)

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        return tuple(np.full_like(x, gys[0]) for x in self.xs)


def leaf(value: ArrayLike, dtype: DTypeLike = np.float64) -> Variable:
    """A new Variable."""
    return Variable(np.array(value, dtype=dtype))


def grad(x: Variable) -> Array:
    """The gradient that `x` must have."""
    assert x.grad is not None
    return x.grad


def grads(xs: Iterable[Variable]) -> list[object]:
    """Their gradients as nested lists, to compare exactly."""
    return [None if x.grad is None else x.grad.tolist() for x in xs]


@contextmanager
def no_collector() -> Iterator[None]:
    """Nothing is freed but by reference counts."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
