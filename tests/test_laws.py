"""The laws, each against a small rule that breaks it and no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backprop import Array, BinaryFunction, Function, Multiply, Square
from backprop.testing import GradientMismatch, check_gradient, verify_rule
from backprop.testing.examples import examine, finding
from backprop.testing.faults import planted
from backprop.testing.rules import rule_of

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


BUFFER = np.zeros(2)
CALLS: list[int] = []


def _buffered(x: Any, gy: Any) -> Any:
    target = BUFFER if x.shape == BUFFER.shape and x.dtype == BUFFER.dtype else np.zeros_like(x)
    return np.multiply(gy, 2 * x, out=target)


def _counting(x: Any, gy: Any) -> Any:
    CALLS.append(1)
    return gy * (3 + 1e-3 * len(CALLS))


BROKEN: dict[str, Any] = {
    "has shape": lambda x, gy: (gy * 3).sum(),
    "has dtype": lambda x, gy: (gy * 3).astype(np.float32),
    "shares memory with an argument": lambda x, gy: gy,
    "a second call wrote into the gradient": _buffered,
    "another gradient the second time": _counting,
    "not linear in gy": lambda x, gy: 3 * gy + 1,
}


@pytest.mark.parametrize("law", BROKEN)
def test_a_pair_that_breaks_one_law_is_told_which(law: str) -> None:
    """Each law is the one that says it: without it, another or none would."""
    with pytest.raises(GradientMismatch, match=law):
        check_gradient(lambda x: x * x, X, vjp=BROKEN[law], gy=np.array([1.0, -2.0]))


def test_every_planted_fault_is_rejected_at_one_point() -> None:
    """None is harmless: of a product that broadcasts and of a sine, each is seen at once."""
    wide, row = np.array([[6.0, -7.0, 0.5], [1.5, -2.0, 3.0]]), np.array([[2.0, -1.0, 0.3]])
    square = np.array([[6.0, -7.0], [0.5, 1.5]])
    seen = set[str]()
    with np.errstate(all="ignore"):
        for rule, xs in ((rule_of(Multiply), (wide, row)), (rule_of(Square), (square,))):
            example = examine(rule, xs, np.random.default_rng(1))
            seen |= {n for n, bad in planted(rule).items() if finding(bad, example) is not None}
    assert seen == set(planted(rule_of(Square)))
