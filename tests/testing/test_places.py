"""Where numbers are put: inside a domain, into binades, into regions, at the edges of each."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from backprop import Array, Exp, Interval
from backprop.ground.domain import REALS
from backprop.testing.domains.structured import Triangular
from backprop.testing.front_door import _is_ours
from backprop.testing.generators.inner import inside
from backprop.testing.generators.programs import _well_inside
from backprop.testing.generators.strategies import PAIRS
from backprop.testing.laws.laws import _is_near, lent, promise_kept
from backprop.testing.looks import Look, regions
from backprop.testing.rules import pair, rule_of
from backprop.testing.screening.sweep import _binades, swept


@pytest.mark.parametrize(
    ("domain", "number", "there"),
    [
        (Interval(0.5, 2.0), 3.0, 1.5),
        (Interval(-inf, -3.0), 2.0, -8.0),
        (Interval(3.0, inf), 1.0, 5.0),
        (Interval(3.0, inf), -4.0, 4.0),
        (REALS, -7.0, -7.0),
    ],
)
def test_a_number_outside_is_folded_at_the_edge(
    domain: Interval, number: float, there: float
) -> None:
    """Or its negative is taken, if that is inside."""
    assert inside(np.array([number]), domain, "float64").tolist() == [there]


def test_each_binade_of_either_sign_has_a_number_of_its_own() -> None:
    """Small ones for ordinary sizes, for those come first."""
    assert _binades(np.array([4.0, 0.25, -4.0, -0.25, 1.0])).tolist() == [6, -2, -7, 1, 2]


def test_what_gives_no_floats_is_not_swept() -> None:
    """Its roundings cannot be told."""
    rule = pair(lambda x: np.floor(x).astype(int), lambda x, gy: 0 * gy, Interval(-9, 9), None)
    assert list(swept(rule, "float64", np.random.default_rng(0), [])) == []


def test_regions_end_at_powers_of_two() -> None:
    """A number at an edge is in the region above it; what is beyond its tolerance is no worst."""
    sizes = np.array([0.0, *(2.0**k for k in (-40, -20, -10, 0, 10, 20, 40))])
    look = Look("float64", sizes, np.array([0.5, *[1.5] * 7]), np.zeros(8))

    found = regions([look])

    assert [region.low for region in found] == sizes.tolist()
    assert [region.numbers for region in found] == [1] * 8
    assert [region.worst for region in found] == [0.5, *[0.0] * 7]


def test_the_end_of_a_domain_is_not_well_inside() -> None:
    """Nor is anything close to it."""
    assert not _well_inside(np.array(2.0), Interval(0.0, 2.0))
    assert not _well_inside(np.array(2.0 - 1e-12), Interval(0.0, 2.0))
    assert _well_inside(np.array(1.0), Interval(0.0, 2.0))


def test_pairs_are_shapes_that_broadcast_and_one_of_each_is_stretched() -> None:
    """Along a leading axis and along an inner one together, too."""
    for a, b in PAIRS:
        np.broadcast_shapes(a, b)
    assert any(len(a) == 3 and len(b) == 2 and b[0] == 1 and a[1] == 1 for a, b in PAIRS)


def test_the_diagonal_of_a_triangle_is_no_less_than_an_eighth_of_its_row() -> None:
    """And no more than the largest there."""
    drawn = Triangular().draw(np.array([[0.5, 8.0], [2.0, 1e-3]]))
    assert abs(np.diagonal(drawn)).tolist() == [1.0, 0.25]


def test_a_gradient_in_the_memory_of_an_input_is_named() -> None:
    """And one in memory of its own is given."""
    x, gy = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    bad = pair(np.square, lambda x, gy: x, REALS, None)
    good = pair(np.square, lambda x, gy: 2 * x * gy, REALS, None)

    assert "shares memory" in str(lent(bad, (x,), gy))
    assert np.array_equal(lent(good, (x,), gy)[0], [6.0, 16.0])


class Doubled(Exp, fresh=True):
    """Its `consume` is not its `backward`."""

    def backward(self, gy: Array) -> Array:
        return gy * self.y

    def consume(self, gy: Array) -> Array:
        return 2 * gy * self.y


def test_what_consume_gives_is_held_against_backward() -> None:
    """Though no cotangent is the sweep's own at the root."""
    said = promise_kept(rule_of(Doubled()), (np.array([1.0]),), np.array([1.0]))
    assert said == "Doubled.consume gives another gradient than backward"


def test_a_class_of_a_user_is_ours_to_verify() -> None:
    """A function of NumPy is not, before it is told which of our rules is meant."""
    assert _is_ours(Doubled)
    assert _is_ours(Doubled())
    assert not _is_ours(np.sin)


def test_gradients_are_near_if_shape_and_numbers_are() -> None:
    """To some roundings of the largest."""
    a = np.array([1e6, 1.0])
    assert _is_near(a, a + np.array([0.0, 1e-9]))
    assert not _is_near(a, a + np.array([0.0, 1e-3]))
    assert not _is_near(a, a[np.newaxis])
