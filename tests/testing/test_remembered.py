"""What is kept of a right rule while faults are planted in it."""

from __future__ import annotations

import numpy as np

from backprop import Array
from backprop.ground.domain import REALS
from backprop.testing import remembered
from backprop.testing.remembered import remembered as kept
from backprop.testing.rules import Rule, pair

X, GY = np.array([1.0, -2.0]), np.array([3.0, 0.5])


def counted() -> tuple[Rule, list[str]]:
    """The rule of the square, and what it was asked."""
    asked: list[str] = []

    def forward(x: Array) -> Array:
        asked.append("forward")
        return x * x

    def vjp(x: Array, gy: Array) -> Array:
        asked.append("vjp")
        return 2 * x * gy

    rule = pair(forward, vjp, REALS, None)
    asked.clear()
    return kept(rule), asked


def test_each_answer_is_computed_once() -> None:
    """The same arrays have the same value and the same gradient; others are asked about."""
    rule, asked = counted()

    for _ in range(3):
        assert np.array_equal(rule.forward(X), X * X)
        assert np.array_equal(rule.vjp((X,), GY)[0], 2 * X * GY)

    assert asked == ["forward", "vjp"]
    assert np.array_equal(rule.vjp((X,), -GY)[0], -2 * X * GY)
    assert np.array_equal(rule.vjp((X.astype(np.float32),), GY)[0], 2 * X * GY)
    assert asked == ["forward", "vjp", "vjp", "vjp"]


def test_an_answer_is_written_into_and_the_next_is_not_changed() -> None:
    """Each is a copy: some planted faults write into it."""
    rule, _ = counted()

    rule.vjp((X,), GY)[0][...] = 7
    rule.vjp((X,), GY)[0][...] = 7

    assert np.array_equal(rule.vjp((X,), GY)[0], 2 * X * GY)


def test_not_everything_is_kept() -> None:
    """Large arrays are asked about again, and many small ones take the place of others."""
    rule, asked = counted()
    large = np.ones(remembered._LARGE)
    rule.forward(large)
    rule.forward(large)
    assert asked == ["forward"] * 2

    for k in range(remembered._MANY + 1):
        rule.forward(np.array([float(k)]))
    rule.forward(np.array([0.0]))

    assert len(asked) == 2 + remembered._MANY + 2
