"""Equal elements moved together: parts that each may be right must add up."""

from __future__ import annotations

import numpy as np
import pytest

from backprop import Array, Interval, Square
from backprop.ground.domain import REALS
from backprop.testing import GradientMismatch, check_gradient, verify_rule
from backprop.testing.judging.measuring import measure
from backprop.testing.judging.together import wrong_together
from backprop.testing.rules import pair, rule_of

TIED = np.array([2.0, 1.0, 2.0, 2.0])


def largest(x: Array) -> Array:
    """Of a vector."""
    return np.asarray(x.max())


def all_of_it(x: Array, gy: Array) -> Array:
    """The full cotangent for each element that is the largest: wrong at ties."""
    return np.where(x == x.max(), gy, 0.0).astype(x.dtype)


def shares(x: Array, gy: Array) -> Array:
    """An equal part for each of them."""
    most = x == x.max()
    return np.asarray(most * gy / most.sum(), x.dtype)


def the_first(x: Array, gy: Array) -> Array:
    """All for the first of them."""
    gx = np.zeros_like(x)
    gx.flat[x.argmax()] = gy
    return gx


def test_the_full_gradient_at_every_tied_element_is_wrong() -> None:
    """Each is between its slopes; together they are three times as much as the value moves."""
    with pytest.raises(GradientMismatch, match="elements that are 2 move together"):
        check_gradient(largest, TIED, vjp=all_of_it, gy=np.array(1.0))
    with pytest.raises(GradientMismatch):
        verify_rule(largest, all_of_it, shapes=[(3,), (2, 3)], seed=1)


@pytest.mark.parametrize("vjp", [shares, the_first])
def test_parts_that_add_up_are_right(vjp: object) -> None:
    """Whichever they are."""
    assert callable(vjp)
    check_gradient(largest, TIED, vjp=vjp, gy=np.array(1.0))


def test_equal_elements_of_several_inputs_move_together() -> None:
    """As maximum's do, where each operand may get all."""
    rule = rule_of(lambda a, b: a * 1.0 + b * 0.0, (REALS, REALS))
    xs = (np.ones(2), np.ones(2))
    point = measure(rule, xs)
    assert wrong_together(point, rule, np.ones(2)) is None
    wrong = pair(largest, all_of_it, REALS, None)
    text = wrong_together(measure(wrong, (TIED,)), wrong, np.ones(()))
    assert text is not None
    assert "backward gives them" in text


def test_nothing_is_said_where_nothing_can_be_seen() -> None:
    """Without ties, beside an edge, of many elements, of second order."""
    wrong = pair(largest, all_of_it, Interval(-10.0, 2.0 + 1e-6), None)
    assert wrong_together(measure(wrong, (TIED,)), wrong, np.ones(())) is None
    many = rule_of(Square)
    assert wrong_together(measure(many, (np.ones(100),)), many, np.ones(100)) is None
    assert wrong_together(measure(many, (np.arange(3.0),)), many, np.ones(3)) is None
