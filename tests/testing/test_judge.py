"""The judge, stage by stage: what acquits a gradient that is off, and what does not.

Most stages are asked at a point whose slopes are given instead of measured: so each number that
they compare is known, and the last one that is let off stands beside the first one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backprop import Array, Exp, Square
from backprop.testing import GradientMismatch, check_gradient
from backprop.testing.judging import judge
from backprop.testing.judging.judge import mismatch
from backprop.testing.judging.measuring import (
    FEW_TRIALS,
    MANY_TRIALS,
    Measurement,
    Point,
    compare,
    gradient_spread,
    measure,
)
from backprop.testing.numeric.differences import column, curvature, one_sided, reach
from backprop.testing.numeric.limits import Derivative
from backprop.testing.numeric.ties import slopes_around
from backprop.testing.rules import Arrays, Rule, rule_of, with_vjp
from tests.helpers import needs_wider

EPS = float(np.finfo(np.float64).eps)
MOST = float(np.finfo(np.float64).max)
LEAST = float(np.finfo(np.float64).smallest_normal)
INF, NAN = np.inf, np.nan
CLOSE = 2.0**-10
MORE = 1.001  # beyond what is let off
ONE = np.array([1.0])
SQUARE = rule_of(Square)
COMPOSED = rule_of(lambda x: Square()(x))


@pytest.fixture(autouse=True)
def quietly() -> Iterator[None]:
    """As `mismatch` asks the stages: inf and nan are among their numbers."""
    with np.errstate(all="ignore"):
        yield


def known(value: Any, error: Any = 0.0) -> Derivative:
    """A derivative that is given."""
    found = np.array(value, np.longdouble)
    return Derivative(found, np.broadcast_to(np.array(error, np.longdouble), found.shape))


def at(
    slopes: Sequence[float],
    asked: dict[tuple[object, ...], Any],
    x: Sequence[float] = (3.0,),
    y: Sequence[float] | None = None,
    rule: Rule = SQUARE,
    wide: type[np.floating[Any]] | None = None,
) -> Point:
    """A point where the outputs have these slopes, and that knows the answers to what is asked."""
    data = np.array(x)
    outputs = np.zeros(len(slopes)) if y is None else np.array(y)
    jacobian = known([[slope] for slope in slopes])
    return Point(rule, (data,), outputs, wide, ([0],), (jacobian,), asked)


def off(analytic: float, numeric: float = 0.0, tolerance: float = 0.0) -> Measurement:
    """A gradient beside the numeric one."""
    parts = (np.array([part], np.longdouble) for part in (analytic, numeric, tolerance, 0.0))
    return Measurement(0, [0], *parts)


# -- Between the slopes on both sides --------------------------------------------------------------


def sides(left: Derivative, right: Derivative) -> dict[tuple[object, ...], Any]:
    return {(one_sided, 0, 0, True): (left, right)}


@pytest.mark.parametrize(
    ("left", "right", "g", "analytic", "tolerance", "let_off"),
    [
        pytest.param([-1.0], [1.0], [1.0], 0.5, 0.0, True, id="between"),
        pytest.param([-1.0], [1.0], [1.0], 1.0 + 7 * EPS, 0.0, True, id="to its rounding"),
        pytest.param([-1.0], [1.0], [1.0], 1.0 + 9 * EPS, 0.0, False, id="no further"),
        pytest.param([-1.0], [1.0], [1.0], 1.5, 0.5, True, id="within the tolerance"),
        pytest.param([-1.0], [0.0], [1.0], 0.0, 0.0, True, id="the right slope itself"),
        pytest.param([0.0], [1.0], [1.0], 0.0, 0.0, True, id="the left slope itself"),
        pytest.param([-1.0], [1.0], [1.0], 2.0, 0.0, False, id="above"),
        pytest.param([-1.0], [1.0], [1.0], -2.0, 0.0, False, id="below"),
        pytest.param([-1.0], [4.0], [2.0], 7.0, 0.0, True, id="a larger cotangent"),
        pytest.param([-4.0], [1.0], [-2.0], 7.0, 0.0, True, id="a negative cotangent"),
        pytest.param([-4.0], [1.0], [-2.0], 9.0, 0.0, False, id="above, turned round"),
        pytest.param([1.0], [1.0], [1.0], 1.0, 0.0, False, id="no kink"),
        pytest.param([-1.0, 1.0], [1.0, 1.0], [0.0, 1.0], 1.0, 1.0, False, id="elsewhere"),
        pytest.param([NAN, -1.0], [NAN, 1.0], [0.0, 1.0], 0.5, 0.0, True, id="beside none"),
        pytest.param([NAN, -1.0], [NAN, 1.0], [0.0, 1.0], 1.5, 0.0, False, id="above, beside"),
        pytest.param([5.0, -1.0], [9.0, 1.0], [0.0, 1.0], -1.5, 0.0, False, id="below, beside"),
    ],
)
def test_at_a_kink_any_slope_between_both_sides_is_right(
    left: list[float],
    right: list[float],
    g: list[float],
    analytic: float,
    tolerance: float,
    let_off: bool,
) -> None:
    """Of the outputs whose cotangent is not 0, and nothing beyond them but rounding."""
    mean = [(a + b) / 2 for a, b in zip(left, right, strict=True)]
    point = at(mean, sides(known(left), known(right)))

    assert judge._between_slopes(point, np.array(g), off(analytic, 0.0, tolerance), 0) is let_off


@pytest.mark.parametrize(
    ("g", "analytic", "let_off"),
    [
        (1.0, 1.0 + 0.75, True),
        (1.0, 1.0 + 0.8 * MORE, False),
        (1.0, -1.0 - 0.75, True),
        (1.0, -1.0 - 0.8 * MORE, False),
        (-2.0, 2.0 + 1.5, True),
        (-2.0, 2.0 + 1.6 * MORE, False),
    ],
)
def test_slopes_on_both_sides_count_as_far_as_they_are_known(
    g: float, analytic: float, let_off: bool
) -> None:
    """Each to a tenth: both errors four times, 0.8, times the cotangent."""
    point = at([0.0], sides(known([-1.0], 0.1), known([1.0], 0.1)))

    assert judge._between_slopes(point, np.array([g]), off(analytic), 0) is let_off


@pytest.mark.parametrize(("gap", "let_off"), [(0.75, False), (0.85, True)])
def test_slopes_differ_if_that_is_more_than_their_errors(gap: float, let_off: bool) -> None:
    """Four times both: else there is no kink, and nothing between to be right."""
    left, right = known([1.0], 0.1), known([1.0 + gap], 0.1)
    point = at([1.0 + gap / 2], sides(left, right))

    assert judge._between_slopes(point, ONE, off(1.0 + gap), 0) is let_off


@pytest.mark.parametrize(("mean", "let_off"), [(3.0, True), (1.0, False)])
def test_a_side_that_is_unknown_may_be_anything(mean: float, let_off: bool) -> None:
    """If the other side is not the mean: then there is a kink nearer than any step."""
    unknown = known([NAN], INF)
    for pair in ((unknown, known([1.0])), (known([1.0]), unknown)):
        point = at([mean], sides(*pair))

        assert judge._between_slopes(point, ONE, off(100.0), 0) is let_off
        assert judge._between_slopes(point, ONE, off(-100.0), 0) is let_off


# -- In the last places of the slopes close by -----------------------------------------------------


FAR = 3.0  # the x that these are at


@pytest.mark.parametrize(
    ("rule", "slopes", "g", "steepest"),
    [
        (SQUARE, [1.0, 3.0], [1.0, -1.0], 4.0),
        (SQUARE, [INF, 3.0], [0.0, 2.0], 6.0),
        (SQUARE, [100.0, 1.0], [0.0, -2.0], 2.0),
        (COMPOSED, [100.0, 1.0], [0.0, -2.0], 200.0 * FAR),
        (COMPOSED, [3.0, 3.0], [1.0, 1.0], 3.0 * FAR),
    ],
)
def test_an_error_of_eight_roundings_of_the_slopes_close_by_is_rounding(
    rule: Rule, slopes: list[float], g: list[float], steepest: float
) -> None:
    """Summed with the cotangents; of several rules the largest with the largest one, and with x."""
    point = at([0.0, 0.0], {(reach, 0, 0, True, CLOSE): np.array(slopes)}, rule=rule)

    assert point.xs[0].flat[0] == FAR
    assert judge._last_places(point, np.array(g), off(8 * EPS * steepest), 0)
    assert not judge._last_places(point, np.array(g), off(8 * EPS * steepest * MORE), 0)
    assert judge._last_places(point, np.array(g), off(0.0, 8 * EPS * steepest), 0)


# -- Ill-conditioned -------------------------------------------------------------------------------


def counting(*values: float) -> Rule:
    """A rule whose gradient is the next of these at every call, then 0."""
    left = list(values)
    return with_vjp(SQUARE, lambda xs, gy: (np.array([left.pop(0) if left else 0.0]),))


def test_what_some_roundings_of_the_inputs_move_as_far_is_ill_conditioned() -> None:
    """By half the error beyond its tolerance at least."""
    rule = with_vjp(SQUARE, lambda xs, gy: ((xs[0] - 3.0) * 1e10,))
    point = at([0.0], {}, rule=rule)
    moves = float(gradient_spread(rule, point.xs, ONE, 0, FEW_TRIALS)[0])

    assert moves > 1e-6
    for tolerance in (0.0, moves / 2):
        error = off(2 * moves / MORE + tolerance, 0.0, tolerance)
        assert judge._ill_conditioned(point, rule, ONE, error, 0, stable=False)
        error = off(2 * moves * MORE + tolerance, 0.0, tolerance)
        assert not judge._ill_conditioned(point, rule, ONE, error, 0, stable=False)


def test_what_moves_in_a_few_trials_is_not_moved_more_often() -> None:
    """What comes later does not count, but for what did not move beyond its tolerance."""
    point = at([0.0], {})
    few, late = [0.0, 1.0] * (FEW_TRIALS // 2), [100.0]

    assert not judge._ill_conditioned(point, counting(*few, *late), ONE, off(50.0), 0, stable=False)
    slow = counting(*few, *few, *late)
    assert judge._ill_conditioned(point, slow, ONE, off(50.0, 0.0, 1.0), 0, stable=False)


def test_what_moves_seldom_is_seen_in_many_trials() -> None:
    """In the last of them too."""
    point, still = at([0.0], {}), [0.0] * (FEW_TRIALS + MANY_TRIALS - 1)

    assert judge._ill_conditioned(point, counting(*still, 1.0), ONE, off(2.0), 0, stable=False)
    assert not judge._ill_conditioned(
        point, counting(*still, 1.0), ONE, off(2.0 * MORE), 0, stable=False
    )


# -- Between the slopes around a tie ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "near", "analytic", "let_off"),
    [
        pytest.param([2.0, 2.0, 1.0], [[0.0], [1.0]], 0.5, True, id="between"),
        pytest.param([2.0, -2.0, 1.0], [[0.0], [1.0]], 1.0, True, id="but for the sign"),
        pytest.param([2.0, 2.0, 1.0], [[0.0], [1.0]], 1.1, False, id="above"),
        pytest.param([2.0, 2.0, 1.0], [[0.0], [1.0]], -0.1, False, id="below"),
        pytest.param([2.0, 3.0, 3.0], [[0.0], [1.0]], 0.5, False, id="no tie"),
        pytest.param([2.0, 2.0, 1.0], [[0.0], [0.1]], 0.05, False, id="no kink"),
    ],
)
def test_at_a_tie_any_slope_between_those_around_is_right(
    x: list[float], near: list[list[float]], analytic: float, let_off: bool
) -> None:
    """If they do not come together as the points around come near."""
    around = known([[0.0], [1.0]]), known(near)
    point = at([0.5], {(slopes_around, 0, 0, True): around}, x=x)

    assert judge._between_around(point, ONE, off(analytic), 0) is let_off


# -- Rounding, where the wider dtype is right ------------------------------------------------------


def rounding(slopes: list[float], bend: list[float]) -> dict[tuple[object, ...], Any]:
    return {
        (reach, 0, 0, True): np.array(slopes, np.longdouble),
        (curvature, 0, 0, True): np.array(bend, np.longdouble),
    }


@pytest.mark.parametrize(
    ("slope", "numeric", "let_off"),
    [
        (1.0, 1.0, False),
        (1.0, MOST / 16, False),
        (1.0, MOST / 16 * MORE, True),
        (1.0, -MOST / 15, True),
        (-MOST / 15, 1.0, True),
        (MOST / 20, MOST / 20, False),
    ],
)
def test_overflow_is_rounding_if_a_slope_is_almost_too_large(
    slope: float, numeric: float, let_off: bool
) -> None:
    """Above a sixteenth of the largest number; below, nothing makes a gradient infinite."""
    point = at([slope, 0.0], {})
    for analytic in (NAN, INF, -INF):
        found = judge._rounding(point, np.array([1.0, 0.0]), off(analytic, numeric), 0)
        assert found is let_off


@pytest.mark.parametrize(
    ("slopes", "g", "most"),
    [
        pytest.param([2.0, 7.0], [1.0, 0.0], EPS**0.5 * 2.0, id="half the digits"),
        pytest.param([2.0, 3.0], [1.0, -4.0], EPS**0.5 * 14.0, id="of all the terms"),
        pytest.param([0.0, 2.0**30], [-2.0, 0.0], 8 * EPS * 2.0 * 2.0**30, id="they cancel"),
        pytest.param([0.0], [1.0], 9 * LEAST, id="one is flushed to 0"),
        pytest.param([0.0, 0.0], [1.0, 0.0], 10 * LEAST, id="two are flushed to 0"),
    ],
)
def test_rounding_costs_half_the_digits_at_most(
    slopes: list[float], g: list[float], most: float
) -> None:
    """Of the steepest slopes around, times their cotangents, or what cancels or is too small."""
    point = at(
        [1.0] * len(g),
        rounding(slopes, [0.0] * len(g)),
        x=[3.0, 2.0][: len(g)],
        y=[9.0, 4.0][: len(g)],
    )
    gy = np.array(g)

    assert judge._rounding(point, gy, off(most / MORE), 0)
    assert not judge._rounding(point, gy, off(most * MORE), 0)
    assert judge._rounding(point, gy, off(most * MORE, 0.0, most * MORE), 0)


@pytest.mark.parametrize(
    ("y", "slope", "bend", "moves"),
    [
        pytest.param(9.0, 4.0, 8.0, 2.0**-48 + 2.0**-48, id="x and y by a rounding"),
        pytest.param(9.0, 0.0, 8.0, 2.0**-48, id="a flat f by one of x"),
        pytest.param(9.0 + 2.0**-40, 4.0, 8.0, 2.0**-48 + 2.0**-39, id="what y lost"),
    ],
)
def test_rounding_may_cost_what_a_rounding_of_x_and_y_moves_the_slope(
    y: float, slope: float, bend: float, moves: float
) -> None:
    """Four times; at outputs whose cotangent is 0 it may be anything."""
    asked = rounding([0.0, 0.0], [bend, NAN])
    point = at([slope, 1.0], asked, x=[3.0, 2.0], y=[y, 4.0])
    gy, most = np.array([2.0, 0.0]), 4 * 2.0 * moves

    assert judge._rounding(point, gy, off(most / MORE), 0)
    assert not judge._rounding(point, gy, off(most * MORE), 0)
    assert judge._rounding(point, gy, off(most * MORE, 0.0, most), 0)


# -- The same rule in the wider dtype --------------------------------------------------------------


def right(xs: Arrays, gy: Array) -> Sequence[Array]:
    """The gradient of a square."""
    return (2 * xs[0] * gy,)


def refusing(xs: Arrays, gy: Array) -> Sequence[Array]:
    raise TypeError("no longdouble here")


def slightly(xs: Arrays, gy: Array) -> Sequence[Array]:
    """Off by one and a half tolerances."""
    point = measure(SQUARE, (xs[0].astype(np.float32),))
    (seen,) = compare(point, gy.astype(np.float32), right(xs, gy))
    return (right(xs, gy)[0] + 1.5 * seen.tolerance.astype(np.float64),)


@pytest.mark.parametrize(
    ("vjp", "found"),
    [
        pytest.param(right, [True, True], id="right"),
        pytest.param(lambda xs, gy: (3 * xs[0] * gy,), [False, False], id="wrong"),
        pytest.param(slightly, [False, False], id="hardly wrong"),
        pytest.param(lambda xs, gy: (2 * xs[0] ** 2 * gy,), [True, False], id="one of them"),
        pytest.param(refusing, [False, False], id="it raises"),
        pytest.param(lambda xs, gy: (*right(xs, gy), gy), [False, False], id="one too many"),
        pytest.param(
            lambda xs, gy: (right(xs, gy)[0].astype(np.float32),), [False, False], id="dtype"
        ),
        pytest.param(lambda xs, gy: (right(xs, gy)[0][:1],), [False, False], id="shape"),
        pytest.param(lambda xs, gy: (), [False, False], id="none"),
    ],
)
def test_a_rule_is_asked_again_in_the_wider_dtype(
    vjp: Callable[[Arrays, Array], Sequence[Array]], found: list[bool]
) -> None:
    """Where it is right there, and gives what it should, element by element."""
    x, gy = np.array([1.0, 3.0], np.float32), np.ones(2, np.float32)
    point = measure(SQUARE, (x,))
    (seen,) = compare(point, gy, [3 * x])

    assert point.wide is np.float64
    assert judge._right_in_wider(point, with_vjp(SQUARE, vjp), gy, seen).tolist() == found


def test_without_a_wider_dtype_a_rule_is_right_nowhere() -> None:
    """In it, that is."""
    point = replace(measure(SQUARE, (np.array([1.0, 3.0]),)), wide=None)
    (seen,) = compare(point, np.ones(2), [np.array([2.0, 6.0])])

    assert judge._right_in_wider(point, SQUARE, np.ones(2), seen).tolist() == [False, False]


# -- All of it -------------------------------------------------------------------------------------

GUILTY: dict[tuple[object, ...], Any] = {  # of a gradient of 5 where 6 is right
    (reach, 0, 0, True, CLOSE): np.array([6.0]),
    (one_sided, 0, 0, True): (known([6.0]), known([6.0])),
    (column, 0, 0, False): known([6.0], 0.01),
}
WRONG = with_vjp(SQUARE, lambda xs, gy: (np.array([5.0]),))

ACQUITTED: dict[str, dict[tuple[object, ...], Any]] = {
    "the last places": {(reach, 0, 0, True, CLOSE): np.array([1.0 / EPS])},
    "between the slopes": {(one_sided, 0, 0, True): (known([4.0]), known([8.0]))},
    "contradicted": {(column, 0, 0, False): known([6.1], 0.01)},
}


@pytest.mark.parametrize("stage", ["none", *ACQUITTED])
def test_one_stage_is_enough_to_acquit(stage: str) -> None:
    """Whichever it is; if none does, the gradient is wrong."""
    asked = {**GUILTY, **ACQUITTED.get(stage, {})}
    point = at([6.0], asked, wide=np.longdouble)

    found = mismatch(point, WRONG, ONE, off(5.0, 6.0, 0.01))

    assert found == (0 if stage == "none" else None)


def test_an_ill_conditioned_gradient_is_acquitted() -> None:
    """No other stage does."""
    rule = with_vjp(SQUARE, lambda xs, gy: (5.0 + (xs[0] - 3.0) / EPS,))
    point = at([6.0], GUILTY, wide=np.longdouble)

    assert mismatch(point, rule, ONE, off(5.0, 6.0, 0.01)) is None


@pytest.mark.parametrize(("near", "found"), [([[4.0], [8.0]], None), ([[6.0], [6.0]], 0)])
def test_a_gradient_at_a_tie_is_acquitted_by_the_slopes_around(
    near: list[list[float]], found: int | None
) -> None:
    """No other stage does."""
    asked = GUILTY | {(slopes_around, 0, 0, True): (known([[4.0], [8.0]]), known(near))}
    point = at([6.0], asked, x=[3.0, 3.0], wide=np.longdouble)
    rule = with_vjp(SQUARE, lambda xs, gy: (np.array([5.0, 5.0]),))

    assert mismatch(point, rule, ONE, off(5.0, 6.0, 0.01)) == found


@pytest.mark.parametrize("analytic", [NAN, INF, -INF])
def test_what_is_not_finite_is_acquitted_by_none_of_these(analytic: float) -> None:
    """Though it lies between unknown slopes."""
    asked = GUILTY | {(one_sided, 0, 0, True): (known([NAN], INF), known([8.0]))}
    point = at([6.0], asked, wide=np.longdouble)

    assert mismatch(point, WRONG, ONE, off(analytic, 6.0, 0.01)) == 0


def test_a_gradient_within_its_tolerance_is_not_tried() -> None:
    """Nothing is asked."""
    point = at([6.0], {}, wide=np.longdouble)

    assert mismatch(point, WRONG, ONE, off(5.0, 6.0, 1.0)) is None
    assert point.asked == {}


def test_the_first_wrong_element_is_named() -> None:
    """By its place among those that are checked."""
    x = np.array([1.0, 2.0, 3.0])
    point = measure(SQUARE, (x,))
    wrong = with_vjp(SQUARE, lambda xs, gy: (np.array([2.0, 5.0, 7.0], gy.dtype),))
    (seen,) = compare(point, np.ones(3), wrong.vjp((x,), np.ones(3)))

    assert mismatch(point, wrong, np.ones(3), seen) == 1


def in_float32(factor: float) -> Callable[[Arrays, Array], Sequence[Array]]:
    """The gradient of a square, off by this factor in float32 only."""

    def vjp(xs: Arrays, gy: Array) -> Sequence[Array]:
        return (2 * xs[0] * gy * gy.dtype.type(factor if gy.dtype == np.float32 else 1.0),)

    return vjp


@pytest.mark.parametrize(
    ("rule", "factor", "found"),
    [
        (SQUARE, 1 + 2e-6, None),  # some roundings
        (SQUARE, 1 + 1e-5, 0),  # less than half the digits, but the same all around
        (SQUARE, 1 + 1e-1, 0),
        (COMPOSED, 1 + 2e-6, None),
        (COMPOSED, 1 + 1e-4, 0),
        (COMPOSED, 1 + 1e-1, 0),
    ],
)
def test_an_error_that_the_wider_dtype_has_not_is_rounding(
    rule: Rule, factor: float, found: int | None
) -> None:
    """As large a one as rounding can make: half the digits of several rules, fewer of one."""
    x, gy = np.array([3.0], np.float32), np.ones(1, np.float32)
    point, wrong = measure(rule, (x,)), with_vjp(rule, in_float32(factor))
    (seen,) = compare(point, gy, wrong.vjp((x,), gy))

    assert seen.ratio[0] > 1
    assert mismatch(point, wrong, gy, seen) == found


def test_several_rules_that_are_wrong_in_the_wider_dtype_too_are_wrong() -> None:
    """Then it is no rounding."""
    x = np.array([3.0], np.float32)
    point = measure(COMPOSED, (x,))
    wrong = with_vjp(COMPOSED, lambda xs, gy: (3 * xs[0] * gy,))
    (seen,) = compare(point, np.ones_like(x), wrong.vjp((x,), np.ones_like(x)))

    assert mismatch(point, wrong, np.ones_like(x), seen) == 0


def test_an_infinite_gradient_of_a_finite_one_is_wrong_unless_it_may_overflow() -> None:
    """exp of 88 is almost the largest float32, exp of 80 is not."""
    rule = rule_of(Exp)
    overflowing = with_vjp(
        rule,
        lambda xs, gy: (np.exp(xs[0]) * gy if gy.dtype != np.float32 else np.full_like(gy, INF),),
    )
    for at_, found in ((88.0, None), (80.0, 0)):
        x = np.array([at_], np.float32)
        point = measure(rule, (x,))
        (seen,) = compare(point, np.ones_like(x), overflowing.vjp((x,), np.ones_like(x)))

        assert mismatch(point, overflowing, np.ones_like(x), seen) == found


def test_an_unstable_rule_is_no_ill_conditioned_point() -> None:
    """Where the same rule is right in a wider dtype, and the truth hardly moves, it is the rule."""

    def vjp(x: Array, gy: Array) -> Array:
        return np.asarray(gy * ((x + 1e6) - 1e6), x.dtype)

    with pytest.raises(GradientMismatch, match="backward is wrong"):
        check_gradient(lambda x: x * x / 2, np.array([1e-3], np.float32), vjp=vjp)
    check_gradient(lambda x: x * x / 2, np.array([1e-3], np.float32), vjp=lambda x, gy: x * gy)


@needs_wider
def test_a_rule_that_moves_where_the_truth_does_not_is_unstable() -> None:
    """In its own dtype it moves as far as the error; whether it does in the wider one decides."""

    def steep(xs: Arrays, gy: Array) -> tuple[Array]:
        return ((xs[0] - 3.0) * 1e10,)

    def lossy(xs: Arrays, gy: Array) -> tuple[Array]:
        return ((xs[0] - 3.0) * (1e10 if xs[0].dtype == np.float64 else 0.0),)

    for vjp, excused in ((steep, True), (lossy, False)):
        rule = with_vjp(SQUARE, vjp)
        point = at([0.0], {}, rule=rule, wide=np.longdouble)
        error = off(1e-6, 0.0, 0.0)
        found = judge._ill_conditioned(point, rule, ONE, error, 0, stable=True)
        assert found is excused


def test_an_error_is_no_fault_of_one_dtype_if_the_rule_cannot_be_asked_around() -> None:
    """It may be meant for this point alone."""
    x, gy = np.array([3.0], np.float32), np.ones(1, np.float32)

    def vjp(xs: Arrays, gy: Array) -> Sequence[Array]:
        if xs[0] != 3:
            raise ValueError("elsewhere")
        return in_float32(1 + 1e-5)(xs, gy)

    point, wrong = measure(SQUARE, (x,)), with_vjp(SQUARE, vjp)
    (seen,) = compare(point, gy, wrong.vjp((x,), gy))

    assert seen.ratio[0] > 1
    assert mismatch(point, wrong, gy, seen) is None
