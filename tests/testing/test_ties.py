"""The slopes around a tie: where they are looked for, and what they say of a kink."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backprop import Array
from backprop.ground.domain import POSITIVE, REALS, Interval
from backprop.testing.numeric.limits import Derivative
from backprop.testing.numeric.ties import extremes, slopes_around, tied

INF, NAN = np.inf, np.nan


def derivative(value: Any, error: Any = 0.0) -> Derivative:
    """One that is given: a row for each point, a column for each output."""
    found = np.array(value, np.longdouble)
    return Derivative(found, np.broadcast_to(np.array(error, np.longdouble), found.shape))


def ascending(x: Array) -> Array:
    return np.sort(x.reshape(-1))


@pytest.mark.parametrize(
    ("x", "j", "is_tied"),
    [
        ([1.0, 2.0, 1.0], 0, True),
        ([1.0, 2.0, 1.0], 1, False),
        ([[1.0, -3.0], [3.0, 0.0]], 1, True),
        ([[1.0, -3.0], [3.0, 0.0]], 3, False),
        (5.0, 0, False),
    ],
)
def test_an_element_is_tied_with_another_of_the_same_size(x: Any, j: int, is_tied: bool) -> None:
    """Whatever their signs are; with itself it is not."""
    assert tied(np.array(x), j) is is_tied


@pytest.mark.parametrize(
    ("x", "j"), [([2.0] * 3, 1), ([0.0, 0.0, 2.0], 0), ([0.0, 0.0, 1.0], 0), ([0.0] * 3, 2)]
)
def test_around_a_tie_an_element_is_at_every_rank(x: list[float], j: int) -> None:
    """At ten points, far and near; where another element is too near, nothing is known."""
    at = np.array(x)
    equals = int((at == at[j]).sum())

    for slopes in slopes_around(ascending, at, j, REALS):
        assert slopes.value.shape == slopes.error.shape == (10, 3)
        known = np.isfinite(slopes.error).all(axis=1)
        values, errors = slopes.value[known], slopes.error[known]
        assert known.sum() >= 8
        assert (abs(values.sum(axis=1) - 1) <= 4 * errors.sum(axis=1)).all()
        assert len(set(values.argmax(axis=1))) == equals
        assert errors.max() < 1e-6


def test_the_points_around_are_near_enough_to_leave_the_others_in_their_order() -> None:
    """A part of x, of the least element for a 0; nearer ones a part of that."""
    x, tried = np.array([0.0, 0.0, 0.5, 8.0]), list[Array]()

    def f(p: Array) -> Array:
        tried.append(p)
        return p

    slopes_around(f, x, 0, REALS)

    moved = np.array([abs(p - x) for p in tried]).max(axis=0)
    assert (moved <= np.array([0.5, 0.5, 0.5, 8.0]) * 2.0**-4 * 1.2).all()
    assert (moved > 0).all()


@pytest.mark.parametrize("domain", [POSITIVE, Interval(0.9999, 1.5), Interval(0.0, 1.00001)])
def test_the_points_around_stay_inside_the_domain(domain: Interval) -> None:
    """However near its edge is."""

    def f(p: Array) -> Array:
        assert all(float(v) in domain for v in p)
        return ascending(p)

    far, near = slopes_around(f, np.ones(3), 0, domain)

    assert len(far.value) == len(near.value) == 10


def test_without_room_there_are_no_points_around() -> None:
    """At the last number of a domain."""
    last = np.full(2, np.nextafter(1.0, 0.0))

    far, near = slopes_around(ascending, last, 0, Interval(0.0, 1.0))

    assert far.value.size == far.error.size == near.value.size == near.error.size == 0


STEP = derivative([[0.0], [1.0]])


@pytest.mark.parametrize(
    ("far", "near", "g", "ends"),
    [
        pytest.param(STEP, STEP, [1.0], (0.0, 1.0), id="a kink"),
        pytest.param(STEP, STEP, [-2.0], (-2.0, 0.0), id="turned round"),
        pytest.param(STEP, derivative([[0.0], [1.0]], 0.1), [-2.0], (-2.8, 0.8), id="errors"),
        pytest.param(STEP, derivative([[1.0], [3.0]], 0.1), [1.0], (0.6, 3.4), id="more errors"),
        pytest.param(STEP, derivative([[0.0], [0.5]]), [1.0], None, id="they come together"),
        pytest.param(STEP, derivative([[0.0], [0.51]]), [1.0], (0.0, 0.51), id="hardly"),
        pytest.param(STEP, derivative([[0.0], [0.79]], 0.1), [1.0], None, id="hardly known"),
        pytest.param(STEP, derivative([[0.0], [0.81]], 0.1), [1.0], (-0.4, 1.21), id="known"),
        pytest.param(derivative([[0.0], [1.0]], INF), STEP, [1.0], None, id="unknown far"),
        pytest.param(STEP, derivative([[0.0], [1.0]], INF), [1.0], None, id="unknown near"),
        pytest.param(
            STEP,
            derivative([[0.0], [1.0], [50.0]], [[0.0], [0.0], [INF]]),
            [1.0],
            (0.0, 1.0),
            id="one point is unknown",
        ),
        pytest.param(
            derivative([[0.0], [NAN], [1.0]], [[0.0], [INF], [0.0]]),
            STEP,
            [2.0],
            (0.0, 2.0),
            id="one far",
        ),
        pytest.param(
            derivative([[0.0, NAN], [1.0, NAN]], [[0.0, INF]] * 2),
            derivative([[0.0, NAN], [1.0, NAN]], [[0.0, INF]] * 2),
            [3.0, 0.0],
            (0.0, 3.0),
            id="beside an unknown output that does not count",
        ),
        pytest.param(
            derivative([[0.0, 1.0], [1.0, 1.0]]),
            derivative([[0.0, 1.0], [1.0, 1.0]]),
            [0.0, 1.0],
            None,
            id="a kink that does not count",
        ),
        pytest.param(
            derivative([[0.0, 2.0], [1.0, -1.0]]),
            derivative([[0.0, 2.0], [1.0, -1.0]]),
            [1.0, 1.0],
            (0.0, 2.0),
            id="both at a time",
        ),
    ],
)
def test_the_extreme_slopes_are_those_near_by_if_there_is_a_kink(
    far: Derivative, near: Derivative, g: list[float], ends: tuple[float, float] | None
) -> None:
    """Widened by four times what they may be off; none if they come together."""
    with np.errstate(invalid="ignore"):
        found = extremes(far, near, np.array(g))

    near_by = found and tuple(map(float, found))
    assert near_by == (ends and pytest.approx(ends, rel=8 * np.finfo(float).eps))
