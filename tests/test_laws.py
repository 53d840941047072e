"""The laws, each against a small rule that breaks it and no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backprop import Array, BinaryFunction, Function
from backprop.testing import GradientMismatch, check_gradient, verify_rule

X = np.array([1.0, 2.0])


class Triple(Function):
    """3x, whose pullback writes into what it is given."""

    def forward(self, x: Array) -> Array:
        return 3 * x

    def backward(self, gy: Array) -> Array:
        gy *= 3
        return gy


class WritesInput(Triple):
    def backward(self, gy: Array) -> Array:
        self.x[...] = 0
        return gy * 3


class FreshTriple(Triple, fresh=True):
    """It says that it writes nowhere."""


class KeepsSlope(Triple, fresh=True):
    def __init__(self) -> None:
        self.slope: Array = np.zeros(0)

    def backward(self, gy: Array) -> Array:
        self.slope = np.asarray(gy * 3)
        return self.slope


class KeepsTangent(Triple, fresh=True):
    def __init__(self) -> None:
        self.slope: Array = np.zeros(0)

    def backward(self, gy: Array) -> Array:
        return gy * 3

    def jvp(self, tx: Array) -> Array:
        self.slope = np.asarray(tx * 3)
        return self.slope


class GivesInput(Function, fresh=True):
    """x²/2, whose gradient for a cotangent of ones is x itself."""

    def forward(self, x: Array) -> Array:
        return x * x / 2

    def backward(self, gy: Array) -> Array:
        return self.x if (gy == 1).all() else gy * self.x


class GivesOneTwice(BinaryFunction, fresh=True):
    def forward(self, a: Array, b: Array) -> Array:
        return 2 * (a + b)

    def backward(self, gy: Array) -> tuple[Array, Array]:
        g = gy * 2
        return g, g


@pytest.mark.parametrize("rule", [Triple, WritesInput, FreshTriple])
def test_a_rule_that_writes_into_what_it_is_lent_is_a_mismatch(rule: type[Function]) -> None:
    """Whether the law sees the change, or the kernel lends arrays that are read-only."""
    with pytest.raises(GradientMismatch, match="backward writes into"):
        check_gradient(rule, X)


def test_a_plain_pair_that_writes_is_a_mismatch() -> None:
    """Into the cotangent, or into its input."""

    def overwrite(x: Any, gy: Any) -> Any:
        x *= 2
        return gy * 3

    def scale(x: Any, gy: Any) -> Any:
        gy *= 3
        return gy.copy()

    for vjp in (overwrite, scale):
        with pytest.raises(GradientMismatch, match="backward writes into"):
            verify_rule(lambda x: x * 3, vjp, examples=5, seed=1)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (KeepsSlope, "backward gives an array that is kept"),
        (KeepsTangent, "jvp gives an array that is kept"),
        (GivesInput, "backward gives an array that is kept"),
    ],
)
def test_a_rule_that_says_fresh_and_keeps_an_array_is_a_mismatch(
    rule: type[Function], says: str
) -> None:
    """Its result would change under whoever has it."""
    with pytest.raises(GradientMismatch, match=says):
        check_gradient(rule, X, gy=np.ones(2))


def test_a_rule_that_gives_one_new_array_twice_is_a_mismatch() -> None:
    """Two gradients would be one."""
    with pytest.raises(GradientMismatch, match="backward gives one new array twice"):
        check_gradient(GivesOneTwice, X, X)
