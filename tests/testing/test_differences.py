"""Central differences: the bound holds, it is sharp where f allows, and nothing is made up."""

from __future__ import annotations

import ast
from collections.abc import Callable
from math import erf, erfc
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, strategies as st
from mpmath import mpf

from backprop import POSITIVE, REALS, Array, Interval
from backprop.errors import ArgumentTypeError
from backprop.testing import central_difference, entries
from backprop.testing.numeric import differences, limits, room
from backprop.testing.numeric.differences import column, curvature, ladder, one_sided, reach
from tests.helpers import needs_wider

Exact = Callable[[mpf], mpf]

# What is differentiated, its derivative to be computed in many digits, and where.
KNOWN: dict[str, tuple[Callable[[Array], Array], Exact, Interval]] = {
    "exp": (np.exp, mpmath.exp, Interval(-700.0, 700.0)),
    "log": (np.log, lambda x: 1 / x, Interval(1e-300, 1e300)),
    "sin": (np.sin, mpmath.cos, Interval(-1e9, 1e9)),
    "sqrt": (np.sqrt, lambda x: 1 / (mpmath.sqrt(x) * 2), POSITIVE),
    "reciprocal": (np.reciprocal, lambda x: -(1 / (x * x)), Interval(1e-150, 1e150)),
    "square": (np.square, lambda x: x * 2, Interval(-1e150, 1e150)),
    "tanh": (np.tanh, lambda x: 1 - mpmath.tanh(x) * mpmath.tanh(x), Interval(-10.0, 10.0)),
}

EVERYWHERE = st.floats(-1e300, 1e300) | st.floats(-20.0, 20.0)


@given(st.sampled_from(sorted(KNOWN)), EVERYWHERE, st.sampled_from([np.float64, np.longdouble]))
@example("sin", 1e9, np.float64)
@example("square", 1e9, np.float64)
@example("reciprocal", 1e-5, np.float64)
@example("log", 1e-5, np.float64)
@example("exp", 1e-300, np.float64)
@example("sin", 1e-300, np.longdouble)
def test_the_true_derivative_is_within_the_bound(
    name: str, at: float, dtype: type[np.floating]
) -> None:
    """At points of every magnitude, the error is at most 4 times the estimate, or unknown."""
    f, derivative, domain = KNOWN[name]
    x = np.array(abs(at) if domain.low >= 0 else at, dtype)
    if float(x) not in domain:
        return
    with np.errstate(all="ignore"):
        d = central_difference(f, x, domain=domain)
    with mpmath.workdps(700):
        high, low = float(d.value), float(d.value - np.longdouble(float(d.value)))
        error = abs(mpf(high) + mpf(low) - derivative(mpf(float(x))))
    assert np.isinf(d.error) or float(error) <= 4 * float(d.error)


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_the_bound_is_sharp_at_ordinary_points(name: str) -> None:
    """Ten digits are certain in float64, wherever f has them."""
    f, _, domain = KNOWN[name]
    for at in (0.3, 0.7, 1.5, 3.0):
        d = central_difference(f, np.array(at), domain=domain)
        assert d.error < 1e-10 * abs(d.value)


@given(st.floats(1e-300, 1e300), st.floats(1e-3, 1.0))
def test_f_is_called_inside_its_domain_only(at: float, width: float) -> None:
    """However near to an edge x is."""
    domain = Interval(at * (1 - width / 2), at * (1 + width))

    def inside(x: Array) -> Array:
        assert domain.low < float(x) < domain.high
        return np.asarray(x)

    central_difference(inside, np.array(at), domain=domain)


def test_holes_of_the_domain_are_kept_clear_of() -> None:
    """No step reaches an excluded point."""
    domain = REALS.without(0.0)
    steps = ladder(np.float64(1e-3), domain)
    assert steps
    assert max(steps) < 1e-3


@pytest.mark.parametrize("at", [0.0, -1.0, np.inf, np.nan])
def test_outside_its_domain_nothing_is_known(at: float) -> None:
    """Neither of the derivative nor of the slopes on both sides."""
    x = np.array(at)
    derivatives = (column(np.square, x, 0, POSITIVE), *one_sided(np.square, x, 0, POSITIVE))
    assert all(np.isnan(d.value).all() and np.isinf(d.error).all() for d in derivatives)


@pytest.mark.parametrize("at", [1e20, 1e30, 6e293])
def test_a_function_faster_than_the_steps_is_not_resolved(at: float) -> None:
    """sin at 1e30 has values, but no derivative that differences could see."""
    assert np.isinf(central_difference(np.sin, np.array(at)).error)


def test_a_quantised_function_gives_no_false_certainty() -> None:
    """Its steps are flat: still the slope of what it rounds is within the bound."""

    def rounded(x: Array) -> Array:
        return np.sin(x).astype(np.float32).astype(x.dtype)

    for at in (0.3, 1.0, 2.0):
        d = central_difference(rounded, np.array(at))
        assert np.isinf(d.error) or abs(d.value - np.cos(at)) <= 4 * d.error
        assert d.error > 1e-9


def test_noise_widens_the_bound() -> None:
    """A function that is only known to 1e-9 has no derivative known to 1e-12."""
    rng = np.random.default_rng(0)
    d = central_difference(lambda x: np.sin(x) + 1e-9 * rng.standard_normal(), np.array(1.0))
    assert np.isinf(d.error) or d.error > 1e-10
    assert np.isinf(d.error) or abs(d.value - np.cos(1.0)) <= 4 * d.error


def test_noise_known_otherwise_counts() -> None:
    """What the caller knows of f's exactness bounds the error from below."""
    sure = column(np.sin, np.array(1.0), 0)
    unsure = column(np.sin, np.array(1.0), 0, noise=1e-9)
    assert unsure.error[0] > 1e-9 > 1e3 * sure.error[0]


def test_overflow_of_some_steps_does_not_matter() -> None:
    """Just below the largest exponential, the steps that overflow are left out."""
    with np.errstate(over="ignore"):
        d = central_difference(np.exp, np.array(709.7))
    assert abs(d.value / np.exp(709.7) - 1) < 1e-10


def test_the_slopes_on_both_sides_of_a_kink() -> None:
    """abs has -1 to the left of 0 and 1 to the right."""
    left, right = one_sided(np.abs, np.array(0.0), 0)
    assert (left.value[0], right.value[0]) == (-1.0, 1.0)
    assert max(left.error[0], right.error[0]) < 1e-10


def test_the_jacobian_has_the_shape_of_f_then_that_of_x() -> None:
    """Element (i, j, k) is the derivative of output i by input (j, k)."""
    x = np.arange(1.0, 7.0).reshape(2, 3)
    d = central_difference(lambda x: np.asarray(x.sum(axis=1)), x)
    assert d.value.shape == d.error.shape == (2, 2, 3)
    np.testing.assert_allclose(
        d.value.astype(float), np.eye(2)[:, :, None] * np.ones(3), atol=1e-14
    )


def test_an_empty_array_has_an_empty_jacobian() -> None:
    """Nothing to differentiate by."""
    assert central_difference(np.exp, np.zeros((0, 3))).value.shape == (0, 3, 0, 3)
    empty = central_difference(lambda x: np.ones(2), np.zeros(0))
    assert empty.value.shape == empty.error.shape == (2, 0)


def test_the_judge_knows_nothing_of_what_it_judges() -> None:
    """Numerical differentiation imports nothing of the kernel, nor what checks its arguments."""
    imported = {
        f"{node.module}.{name.name}" if node.module == "backprop.testing" else f"{node.module}"
        for module in (differences, limits, room, entries)
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text()))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    ours = {module for module in imported if module.startswith("backprop")}
    judge = {
        "backprop.testing.entries",
        "backprop.testing.numeric.limits",
        "backprop.testing.numeric.room",
        "backprop.ground.narrowing",
    }
    assert ours == judge | {
        "backprop.ground.arrays",
        "backprop.ground.domain",
        "backprop.errors",
    }


def test_a_function_of_whole_numbers_has_no_derivative() -> None:
    """What f gives must be floats."""
    with pytest.raises(ArgumentTypeError, match="f returns an array of floats"):
        central_difference(lambda x: np.array(1), np.array(1.0))


# -- The parts of an estimate, by themselves -------------------------------------------------------


def exact(*rows: Any) -> Array:
    """A column for one output: a row for each step or candidate."""
    found = np.array(rows, np.longdouble)
    return found if found.ndim > 1 else found[:, np.newaxis]


STEPS = exact(*(8.0**-k for k in range(5)))


@pytest.mark.parametrize("at", [2.0**-60, 1e9, 3e-200, -(2.0**-60)])
def test_a_ladder_begins_at_half_of_x_and_at_a_half(at: float) -> None:
    """Each step is an eighth of the one before; the finest moves x by many of its last places."""
    steps = np.array(ladder(np.float64(at), REALS))
    near = steps[steps < abs(at)]

    assert steps.max() > 1 / 16
    assert abs(at) / 32 < near.max() <= abs(at) / 2
    assert not ((steps > abs(at) / 2) & (steps < 2.0**-50)).any()
    assert steps.max() <= max(abs(at), 1.0) / 2
    assert set(near[:-1] / near[1:]) == {8.0}
    assert steps.min() >= 2.0**11 * np.spacing(abs(at))
    assert len(steps) <= 24


def test_the_ladder_at_0_begins_at_a_half() -> None:
    """There is no other scale."""
    steps = np.array(ladder(np.float64(0.0), REALS))

    assert 1 / 16 < steps.max() <= 1 / 2
    assert set(steps[:-1] / steps[1:]) == {8.0}
    assert len(steps) == 12


def test_with_room_for_one_step_nothing_is_known() -> None:
    """There is no other to hold it against."""
    width = 2.0**15 * float(np.spacing(1.0))
    domain = Interval(1 - width, 1 + width)

    assert len(ladder(np.float64(1.0), domain)) == 1
    assert np.isinf(column(np.square, np.array(1.0), 0, domain).error).all()
    assert all(np.isinf(d.error).all() for d in one_sided(np.square, np.array(1.0), 0, domain))


@pytest.mark.parametrize(
    ("slopes", "powers"),
    [
        (3 + STEPS + STEPS**2, limits.ONE_SIDED),
        (3 + STEPS**2 + STEPS**4, limits.CENTRAL),
    ],
    ids=["one-sided", "central"],
)
def test_extrapolation_removes_two_terms(slopes: Array, powers: tuple[int, ...]) -> None:
    """Of one-sided slopes what errs in h and h², of central ones in h² and h⁴: 3 is left."""
    found = limits.limit(slopes, STEPS, 0 * STEPS, STEPS, powers)

    assert abs(found.value[0] - 3) <= 64 * np.finfo(np.longdouble).eps


@pytest.mark.parametrize(
    ("even", "falsified"),
    [
        pytest.param(2 * STEPS, [0.0] * 5, id="in x"),
        pytest.param(2 * STEPS**2, [0.0] * 5, id="smooth"),
        pytest.param(2 * np.maximum(STEPS - 0.01, 0), [0.99, 0.92, 0.0, 0.0, 0.0], id="beside x"),
        pytest.param(exact(2.0, 2 / 64, 2 / 4096, 2 / 4096, 2 / 4096), None, id="at fine steps"),
        pytest.param(0 * STEPS, [0.0] * 5, id="straight"),
        pytest.param(
            2 * STEPS * exact(1.0, 0.5, 0.25, 0.125, 0.0625), [0.0] * 5, id="just not a kink"
        ),
        pytest.param(
            2 * STEPS * exact(2.0, 1.5, 1.2, 1.0, 1.0), [0.0] * 5, id="in x, of a bent function"
        ),
    ],
)
def test_a_kink_falsifies_the_steps_that_stride_over_it(
    even: Array, falsified: list[float] | None
) -> None:
    """Not those nearer to x than it, and none if it is in x, where both slopes have a mean."""
    found = limits.kink(even, STEPS, 0 * STEPS)

    bend = even / (2 * STEPS)
    expected = np.where(STEPS < 1 / 64, bend, 0) if falsified is None else exact(*falsified)
    np.testing.assert_allclose(found.astype(float), expected.astype(float), atol=1e-15)


def test_what_noise_bends_is_no_kink() -> None:
    """Up to four times the noise."""
    even = 2 * np.maximum(STEPS - 0.001, 0)
    quarter = even / 4

    assert limits.kink(even, STEPS, quarter).max() == 0
    assert limits.kink(even, STEPS, quarter * 0.99).max() > 0.9


@pytest.mark.parametrize(
    ("jump", "quantum"),
    [
        pytest.param(STEPS, 0.0, id="smooth"),
        pytest.param(STEPS**3, 0.0, id="flatter and flatter"),
        pytest.param(exact(1, 1 / 8, 1e-5, 1e-6, 1e-7), 1 / 8, id="between its jumps"),
        pytest.param(exact(1, 1 / 8, 1 / 64, 0, 0), 1 / 64, id="wholly"),
        pytest.param(exact(1, 1 / 8, 1 / 64, 1 / 512, 0), 1 / 512, id="at last"),
        pytest.param(exact(1, 0, 0, 0, 0), 1.0, id="at first"),
        pytest.param(exact(1, 1 / 8, 1 / 512, 1 / 4096, 1 / 2**15), 0.0, id="the square is left"),
        pytest.param(exact(1, 1e-3, 1e-6, 1e-7, 1e-8), 0.0, id="twice: it goes on"),
        pytest.param(exact(np.inf, 1, 1 / 8, 1 / 64, 1 / 512), 0.0, id="after an overflow"),
    ],
)
def test_the_jumps_of_a_quantised_function_are_what_it_loses_at_once(
    jump: Array, quantum: float
) -> None:
    """More than the square of the ratio of two steps, and not before and not after, or all."""
    assert limits._quantum(jump, STEPS, 0 * STEPS).tolist() == [quantum]


def test_a_loss_below_the_rounding_of_f_is_no_jump() -> None:
    """Four times 2 units in its last place."""
    jump = exact(1, 1 / 8, 1 / 64, 0, 0)
    hidden = exact(0, 0, 0, 1 / 64 / 64 / 4, 0)

    assert limits._quantum(jump, STEPS, hidden).tolist() == [0.0]
    assert limits._quantum(jump, STEPS, hidden * 0.99).tolist() == [1 / 64]


def test_the_noise_is_what_the_finest_steps_scatter_by() -> None:
    """The larger of two moves of the slope, times the step; without three neighbours, any."""
    slopes = exact(9, 1, 3, 2, 2.5)

    assert limits._tail(slopes, STEPS).tolist() == [1 / 512]
    assert limits._tail(exact(9, 1, 3, 2, 6), STEPS).tolist() == [1 / 512]
    assert limits._tail(exact(9, 1, 3, 2, 16), STEPS).tolist() == [14 / 4096]
    assert limits._tail(exact(9, 1, 3, np.nan, 2), STEPS).tolist() == [np.inf]
    assert limits._tail(slopes[:2], STEPS[:2]).tolist() == [np.inf]
    assert limits._tail(slopes, exact(1, 1 / 8, 1 / 64, 1 / 512, 1 / 5120)) == [np.inf]


def test_an_error_is_the_move_from_the_coarser_step_and_the_noise_of_f() -> None:
    """That is what f is known to, or what all finer steps differ by, as a part of the step."""
    t, h = exact(4, 2, 3), exact(1, 1 / 8, 1 / 64)

    quiet = limits._error(t, t, h, exact(0, 0, 0), np.full((2, 1), True))
    noisy = limits._error(t, t, h, exact(0.5, 0.5, 0.5), np.full((2, 1), True))
    alone = limits._error(t, t, h, exact(0, 0, 0), np.full((2, 1), False))
    extrapolated = limits._error(exact(np.nan, 2, 3), t, h, exact(0, 0, 0), np.full((2, 1), True))

    assert quiet.tolist() == [[np.inf], [2 + 1 / 8], [1]]
    assert noisy.tolist() == [[np.inf], [2 + 4], [1 + 32]]
    assert alone.tolist() == [[np.inf]] * 3
    assert extrapolated.tolist() == [[np.inf], [np.inf], [1]]


@pytest.mark.parametrize(
    ("values", "errors", "steps", "value", "error"),
    [
        pytest.param([1, 1, 1], [3, 1, 2], [4, 2, 1], 1, 1, id="the least"),
        pytest.param([2, 1, 1], [0.15, 0.01, 9], [4, 2, 1], 1, 1, id="a coarser one, as good"),
        pytest.param([2, 1, 1], [0.165, 0.01, 9], [4, 2, 1], 1, 0.01, id="one that is worse"),
        pytest.param([1, 1, 3], [9, 0.01, 0.2], [4, 2, 1], 1, 2, id="a finer one"),
        pytest.param([1, 1, 3], [9, 0.01, 0.5], [4, 2, 1], 1, 0.01, id="within four errors"),
        pytest.param([1, 2, 3], [np.inf] * 3, [4, 2, 1], np.nan, np.inf, id="none"),
    ],
)
def test_the_best_candidate_is_widened_by_what_contradicts_it(
    values: list[float], errors: list[float], steps: list[float], value: float, error: float
) -> None:
    """Finer ones, and coarser ones of less than 16 times its error."""
    flat = np.full((3, 1), False)

    found = limits._best(exact(*values), exact(*errors), exact(*steps), flat)

    np.testing.assert_array_equal(found.value.astype(float), [value])
    np.testing.assert_array_equal(found.error.astype(float), [error])


def test_a_flat_candidate_of_a_quantised_function_says_nothing() -> None:
    """Another is taken, and where all are flat nothing is known."""
    values, errors, steps = exact(0, 1), exact(0.1, 0.5), exact(2, 1)

    some = limits._best(values, errors, steps, np.array([[True], [False]]))
    none = limits._best(values, errors, steps, np.array([[True], [True]]))

    assert some.value.tolist() == [1.0]
    assert none.error.tolist() == [np.inf]


def test_a_flat_function_is_known_to_the_rounding_of_its_argument() -> None:
    """Or of its own largest value, in float64 at least; one that moves, to that of its values."""
    x = np.array([8.0, 2.0])
    steps = [0.5, 0.25]
    eps = np.finfo(np.float64).eps

    def f(x: Array) -> Array:
        return np.array([0.0 * x[0], x[0], 64.0])

    *_, ulps = differences._evaluate(f, x, 0, steps)
    *_, small = differences._evaluate(lambda x: 0 * x, x, 0, steps)

    assert ulps.tolist() == [[128 * eps, 16 * eps, 128 * eps]] * 2
    assert small.tolist() == [[16 * eps, 16 * eps]] * 2


@pytest.mark.parametrize(
    ("f", "at", "within", "steepest"),
    [
        (np.abs, -3.0, np.inf, 1.0),
        (lambda x: np.maximum(x, 5 * x), 1e-3, np.inf, 5.0),
        (lambda x: np.maximum(-7 * x, x), 1e-3, np.inf, 7.0),
        (lambda x: np.maximum(-7 * x, x), 1.0, 2.0**-10, 1.0),
        (lambda x: x * x, 8.0, 2.0**-10, 16.0),
    ],
)
def test_the_reach_is_the_steepest_slope_over_all_steps(
    f: Callable[[Array], Array], at: float, within: float, steepest: float
) -> None:
    """Or over those up to a part of x or of 1; a kink beside x shows in the long ones."""
    found = reach(f, np.array(at), 0, within=within)

    assert found[0] == pytest.approx(steepest, rel=0.1 if within == np.inf else 2.0**-9)
    assert found[0] <= steepest * (1 + 2.0**-9)


def test_without_steps_nothing_is_steep() -> None:
    """Outside the domain, or where none is short enough."""
    assert reach(np.square, np.array([-1.0, 2.0]), 0, POSITIVE).tolist() == [0.0, 0.0]
    assert reach(np.square, np.array(1.0), 0, within=1e-30).tolist() == [0.0]
    with np.errstate(all="ignore"):
        assert reach(lambda x: x * np.inf, np.array(1.0), 0).tolist() == [0.0]


@pytest.mark.parametrize(
    ("f", "at", "bend"),
    [
        pytest.param(lambda x: x**2, 3.0, 2.0, id="a parabola"),
        pytest.param(lambda x: -(x**2), 0.0, 2.0, id="of either sign"),
        pytest.param(lambda x: 1 / x, 1e-5, 2e15, id="at the scale of x"),
        pytest.param(np.sin, 1e6 * np.pi + np.pi / 2, 1.0, id="at its own"),
        pytest.param(lambda x: np.sqrt(x**2 + 2.0**-40), 0.0, 2.0**20, id="at a fine one"),
        pytest.param(lambda x: x**4 / 12, 0.0, 2.0**-20 / 3, id="a thousandth to either side"),
        pytest.param(lambda x: 3 * x, 1.0, 0.0, id="a line"),
    ],
)
def test_the_curvature_is_how_fast_the_slope_changes(
    f: Callable[[Array], Array], at: float, bend: float
) -> None:
    """To its size: between points a thousandth and a millionth of x, or of 1, to either side."""
    found = curvature(f, np.array(at, np.longdouble), 0)

    assert found.shape == (1,)
    assert float(found[0]) == pytest.approx(bend, rel=0.6, abs=1e-9)
    assert float(found[0]) <= bend * 1.05 + 1e-9


def test_the_curvature_beside_an_edge_is_measured_inside() -> None:
    """No point is outside the domain; where x is, nothing is known to bend."""

    def inside(x: Array) -> Array:
        assert (x > 0).all()
        return np.asarray(np.log(x))

    assert curvature(inside, np.array(1e-8), 0, POSITIVE)[0] == pytest.approx(1e16, rel=1e-3)
    assert curvature(np.square, np.array(-1.0), 0, POSITIVE).tolist() == [0.0]


@pytest.mark.parametrize(
    ("noise", "ulps", "jump", "known"),
    [
        pytest.param(4000.0, 1.0, 4000.0, True, id="some last places of f"),
        pytest.param(4200.0, 1.0, 4200.0, False, id="too many"),
        pytest.param(1.0, 0.0, 4200.0, True, id="a small part of what f changes by"),
        pytest.param(1.0, 0.0, 4000.0, False, id="too large a part"),
    ],
)
def test_nothing_is_known_where_noise_hides_all(
    noise: float, ulps: float, jump: float, known: bool
) -> None:
    """Above 4096 units of what f is known to, and above that part of what it changes by."""
    slopes, places = 0 * STEPS + 3, 0 * STEPS + ulps

    found = limits.limit(slopes, STEPS, places, jump * STEPS**0, (), noise)

    assert np.isfinite(found.error[0]) == known
    assert np.isfinite(found.value[0]) == known


@needs_wider
def test_a_staircase_may_have_the_slope_0_that_it_has_between_its_jumps() -> None:
    """Over long steps floor has the slope 1; where it jumps nothing is known."""
    between = column(np.floor, np.array([-632869.09], np.longdouble), 0)
    jump = column(np.floor, np.array([16384.0]), 0)

    assert between.error[0] >= abs(between.value[0])
    assert jump.error[0] == np.inf


def test_beside_an_edge_the_noise_of_what_is_inside_counts() -> None:
    """Between the jumps of 1 + erf the product with x is a straight line."""

    def gelu(x: Array) -> Array:
        inside = np.round((1 + np.vectorize(erf)(x / 2**0.5)) * 2.0**52) / 2.0**52
        return np.asarray(x * 0.5 * inside)

    x = -7.99998
    found = column(gelu, np.array([x]), 0, Interval(-8.0, 8.0))
    slope = 0.5 * erfc(-x / 2**0.5) + x * np.exp(-x * x / 2) / (2 * np.pi) ** 0.5
    assert abs(found.value[0] - slope) <= 4 * found.error[0]


@needs_wider
def test_two_ladders_that_see_two_slopes_know_neither() -> None:
    """Far out x - sin(x) has the slope 1 over long steps, and another close by."""
    x = np.array([691611136.0], np.longdouble)
    found = column(lambda x: x - np.sin(x), x, 0)
    assert abs(found.value[0] - (1 - np.cos(x[0]))) <= 4 * found.error[0]
