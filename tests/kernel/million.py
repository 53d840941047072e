"""A million nodes, deep or wide, forward, backward and away: `python tests/kernel/million.py deep`.

A program of its own, so that neither a coverage tool nor the other tests' memory slow it down.
"""

from __future__ import annotations

import gc
import sys
from weakref import ref

import numpy as np
from typing_extensions import override

from backprop import Array, NaryFunction, Negative, Variable

MILLION = 1_000_000


class Sum(NaryFunction):
    """The sum of any number of 0-d inputs."""

    @override
    def forward(self, *xs: Array) -> tuple[Array, ...]:
        return (np.array(sum(map(float, xs))),)

    @override
    def backward(self, *gys: Array) -> tuple[Array, ...]:
        return tuple(gys[0].copy() for _ in self.xs)


def deep(x: Variable) -> Variable:
    """The end of a chain of a million calls on `x`."""
    for _ in range(MILLION):
        x = Negative()(x)
    return x


def wide(x: Variable) -> Variable:
    """The sum of a million calls on `x`."""
    return Sum()(*[Negative()(x) for _ in range(MILLION)])[0]


def main(shape: str) -> None:
    """Print the gradient, and whether the graph is gone."""
    gc.disable()
    x = Variable(np.array(1.0))
    y = {"deep": deep, "wide": wide}[shape](x)
    end = ref(y)
    y.backward(retain_grad=False)
    del y
    print(x.grad, end() is None)


if __name__ == "__main__":
    main(sys.argv[1])
