"""A rule beside central differences: the tolerances, what is known, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backprop import Array, Multiply, Square
from backprop.ground.domain import REALS, Interval
from backprop.testing import CannotCall, GradientMismatch
from backprop.testing.examples import Example, _cotangents, examine, finding, judged, one
from backprop.testing.judging import measuring
from backprop.testing.judging.measuring import (
    Measurement,
    Point,
    compare,
    gradient_spread,
    measure,
    rounded,
    spread,
    widened,
)
from backprop.testing.judging.mismatch import broken, literal, raised, wrong
from backprop.testing.numeric.differences import Map, column, reach
from backprop.testing.numeric.limits import Derivative
from backprop.testing.rules import Rule, pair, rule_of, with_vjp

INF, NAN = np.inf, np.nan
SQUARE = rule_of(Square)


def derivative(value: Any, error: Any) -> Derivative:
    """One that is given."""
    return Derivative(np.array(value, np.longdouble), np.array(error, np.longdouble))


def plain(forward: Callable[[Array], Array], domain: Interval = REALS) -> Rule:
    """A rule of a function of arrays, of whose gradient nothing is asked."""
    return pair(forward, lambda x, gy: gy, domain, None)


def found(analytic: Any, numeric: Any, tolerance: Any) -> Measurement:
    """What was measured of one input."""
    exact, other, within = (np.array(a, np.longdouble) for a in (analytic, numeric, tolerance))
    return Measurement(0, list(range(exact.size)), exact, other, within, abs(other))


# -- What was measured -----------------------------------------------------------------------------


def test_the_ratio_is_the_error_as_a_part_of_its_tolerance() -> None:
    """0 where nothing is known, and without bound where the gradient is nan."""
    seen = found([1.0, 3.0, NAN, 1.0, 1.0], [2.0, 1.0, 1.0, NAN, 2.0], [4.0, 0.5, 1.0, 1.0, INF])

    assert seen.ratio.tolist() == [0.25, 4.0, INF, 0.0, 0.0]


def test_what_would_be_seen_is_the_least_relative_tolerance() -> None:
    """Of those that are finite; none is for a gradient of 0."""
    assert found([0.0] * 3, [2.0, -4.0, 0.0], [1.0, 0.5, 1.0]).detectable == 0.125
    assert found([0.0], [0.0], [1.0]).detectable == INF


def hand_made(value: Any, error: Any, rule: Rule = SQUARE) -> Point:
    """A point at which the Jacobian of input 0, of one or two elements, is given."""
    jacobian = derivative(value, error)
    rows, cols = jacobian.value.shape
    xs = (np.arange(1.0, 1.0 + cols),)
    return Point(rule, xs, np.ones(rows), np.longdouble, (list(range(cols)),), (jacobian,))


def test_a_point_is_known_if_one_error_is_finite() -> None:
    """Then there is something to compare with."""
    assert hand_made([[1.0], [NAN]], [[0.1], [INF]]).known
    assert not hand_made([[NAN], [NAN]], [[INF], [INF]]).known


def test_the_tolerance_is_four_errors_and_eight_roundings_of_the_terms() -> None:
    """And what the differences are off themselves, beside the steepest slope of each element.

    Outputs whose cotangent is 0 do not count, though nothing is known of them.
    """
    point = hand_made([[1.0, 8.0], [2.0, NAN], [-4.0, 0.5]], [[0.5, 0.25], [0.5, INF], [2.0, 1.0]])
    gy, info = np.array([2.0, 0.0, -3.0]), np.finfo(np.float64)

    (seen,) = compare(point, gy, [np.array([14.0, 15.0])])

    floor = np.longdouble(info.smallest_subnormal) * (8 + 3) + 8 * np.longdouble(info.eps) ** 2 * 24
    terms, error = np.array([14.0, 17.5]), np.array([7.0, 3.5])
    assert seen.analytic.tolist() == [14.0, 15.0]
    assert seen.numeric.tolist() == [14.0, 14.5]
    assert seen.terms.tolist() == terms.tolist()
    wide = 2**9 * np.finfo(np.longdouble).eps * 3 * np.array([4, 8], np.longdouble)
    expected = 4 * error + 8 * info.eps * terms.astype(np.longdouble) + floor + wide
    assert (abs(seen.tolerance - expected) <= 4 * np.finfo(np.longdouble).eps * expected).all()


def test_where_f_is_flat_the_tolerance_is_some_of_the_smallest_numbers() -> None:
    """Eight, and one for each output."""
    point, least = (
        hand_made([[0.0], [0.0]], [[0.0], [0.0]]),
        np.finfo(np.float32).smallest_subnormal,
    )

    (seen,) = compare(point, np.ones(2, np.float32), [np.zeros(1, np.float32)])

    assert seen.tolerance.tolist() == [10 * float(least)]


def test_of_a_gradient_that_the_dtype_cannot_hold_nothing_is_known() -> None:
    """It overflows there."""
    point = hand_made([[1e300]], [[0.0]])

    (seen,) = compare(point, np.ones(1, np.float32), [np.array([INF], np.float32)])

    assert np.isnan(seen.numeric[0])
    assert seen.ratio[0] == 0


def test_the_steepest_slope_of_any_input_bounds_what_products_of_roundings_leave() -> None:
    """Those that are not finite are no slopes."""
    point = hand_made([[0.0], [NAN]], [[0.0], [INF]])
    steep = derivative([[-5.0], [3.0]], [[0.0], [0.0]])
    both = replace(
        point, xs=point.xs * 2, columns=([0], [0]), jacobians=(point.jacobians[0], steep)
    )
    eps, least = np.finfo(np.float64).eps, np.finfo(np.float64).smallest_subnormal

    flat, _ = compare(both, np.array([2.0, 0.0]), [np.zeros(1), np.zeros(1)])

    assert flat.tolerance[0] == np.longdouble(least) * 10 + 8 * np.longdouble(eps) ** 2 * 10


def test_elements_are_compared_in_the_order_in_which_they_are_checked() -> None:
    """Of a gradient of several axes by their flat places."""
    point = replace(hand_made([[1.0, 2.0]], [[0.1, 0.1]]), columns=([1, 3],))

    (seen,) = compare(point, np.ones(1), [np.array([[5.0, 6.0], [7.0, 8.0]])])

    assert seen.analytic.tolist() == [6.0, 8.0]
    assert seen.columns == [1, 3]


# -- How it is measured ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 8])
def test_all_elements_of_a_small_input_are_checked(size: int) -> None:
    """Eight at most."""
    assert measuring._columns(size, 8, np.random.default_rng(0)) == list(range(size))


def test_of_a_large_input_the_first_the_last_and_some_between_are_checked() -> None:
    """All, if there is no generator to pick; any, if they are few."""
    picked = {tuple(measuring._columns(9, 4, np.random.default_rng(k))) for k in range(200)}

    assert picked == {(0, j, k, 8) for k in range(1, 8) for j in range(1, k)}
    few = {tuple(measuring._columns(3, 2, np.random.default_rng(k))) for k in range(60)}
    assert few == {(0, 1), (0, 2), (1, 2)}
    assert measuring._columns(9, 4, None) == list(range(9))


def test_a_measurement_says_where_and_in_which_dtype_it_was_made() -> None:
    """Its Jacobian is that of the flat output by the elements that are checked."""
    xs = np.array([[1.0], [3.0]], np.float32), np.array([2.0, 5.0], np.float32)

    point = measure(rule_of(Multiply), xs)

    assert point.wide is np.float64
    assert point.columns == ([0, 1], [0, 1])
    by_first = np.array([[2.0, 0.0], [5.0, 0.0], [0.0, 2.0], [0.0, 5.0]])
    by_second = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.0, 3.0]])
    for jacobian, exact in zip(point.jacobians, (by_first, by_second), strict=True):
        assert jacobian.value.shape == jacobian.error.shape == (4, 2)
        assert (abs(jacobian.value - exact) <= 4 * jacobian.error).all()
        assert jacobian.error.max() < 1e-12
    assert [x.dtype for x in widened(point)] == [np.float64, np.float64]
    assert widened(replace(point, wide=None)) is point.xs


def test_of_a_rule_of_second_order_fewer_elements_are_checked() -> None:
    """Two, where four are of the first order."""
    x, rng = np.arange(5.0), np.random.default_rng(0)

    assert len(measure(SQUARE, (x,), rng).columns[0]) == 4
    assert len(measure(replace(SQUARE, order=2), (x,), rng).columns[0]) == 2


def test_where_the_value_is_not_finite_nothing_is_measured() -> None:
    """Of no input."""
    point = measure(plain(lambda x: x * np.array([1.0, INF])), (np.array([1.0, 2.0]),))

    assert (point.wide, point.columns, point.known) == (None, ([],), False)
    assert point.jacobians[0].value.shape == point.jacobians[0].error.shape == (2, 0)


def narrow(x: Array) -> Array:
    return np.asarray(x, np.float32)


def other_in_float64(by: float) -> Callable[[Array], Array]:
    """x, but for a 3, which is by so much more in float64."""
    return lambda x: x + (x == 3) * x.dtype.type(by if x.dtype == np.float64 else 0.0)


def no_double(x: Array) -> Array:
    if x.dtype == np.float64:
        raise TypeError("float32 only")
    return x * 2


@pytest.mark.parametrize(
    ("forward", "wide", "noise"),
    [
        pytest.param(lambda x: x * 2, np.float64, [0.0, 0.0], id="it has"),
        pytest.param(narrow, None, [0.0, 0.0], id="it computes in float32"),
        pytest.param(no_double, None, [0.0, 0.0], id="it raises"),
        pytest.param(
            lambda x: x if x.dtype == np.float32 else x[:1], None, [0.0, 0.0], id="another shape"
        ),
        pytest.param(lambda x: x + 1e8 - 1e8, np.float64, [INF, INF], id="mostly rounding"),
        pytest.param(
            other_in_float64(2e-3),
            np.float64,
            [0.0, INF],
            id="one element is",
        ),
        pytest.param(
            other_in_float64(1e-4),
            np.float64,
            [0.0, 4e-4],
            id="less than half the digits",
        ),
    ],
)
def test_differences_are_taken_in_the_wider_dtype_if_the_rule_has_it(
    forward: Callable[[Array], Array], wide: type[np.floating[Any]] | None, noise: list[float]
) -> None:
    """And where the value has half its digits in common with the wider one."""
    x = np.array([1.25, 3.0], np.float32)

    assert measuring.wider(plain(forward), (x,), np.asarray(forward(x)))[0] is wide
    assert np.allclose(measuring.wider(plain(forward), (x,), forward(x))[1].astype(float), noise)


def test_longdouble_has_no_wider_dtype() -> None:
    """Its differences are taken in itself."""
    x = np.array([1.0, 3.0], np.longdouble)

    wide, noise = measuring.wider(SQUARE, (x,), SQUARE.forward(x))

    assert wide is None
    assert noise.tolist() == [0.0, 0.0]


def test_a_value_near_0_is_no_sign_of_rounding_unless_of_several_rules() -> None:
    """Where it may be all that is left."""
    rule = plain(lambda x: x * (1e-5 if x.dtype == np.float32 else 1.1e-5))
    x = np.array([1.0], np.float32)

    assert measuring.wider(rule, (x,), rule.forward(x))[1].tolist() == [0.0]
    composed = replace(rule, composed=True)
    assert measuring.wider(composed, (x,), rule.forward(x))[1].tolist() == [INF]


def test_a_function_is_known_as_exactly_as_its_other_inputs_leave_it() -> None:
    """A small operand beside large ones that cancel moves less than their roundings do."""
    big = np.array([2.0**60, -(2.0**60), 1.0])
    total = plain(lambda x: np.asarray(x.sum()))

    noise = measuring._noise(total, (big,), 0, 2)

    assert noise.shape == (1,)
    assert 1.0 < noise[0] < 2.0**60 * np.finfo(np.float64).eps * 4
    assert measuring._noise(total, (np.array([1.0]),), 0, 0).tolist() == [0.0]
    with np.errstate(invalid="ignore"):
        unknown = measuring._noise(plain(lambda x: x * INF), (np.ones(2),), 0, 0)
    assert unknown.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_rounded_is_some_roundings_away_each_by_another_number(dtype: Any) -> None:
    """Sixteen at most; what is 0 moves as if it were as large as it is told to be."""
    x: Array = np.array([[1.0, -2.0, 0.0], [4.0, 0.0, 8.0]], dtype)
    eps = float(np.finfo(dtype).eps)

    moved = rounded(x, 3, 4.0)
    part = (moved - x) / (np.where(x == 0, 4.0, x) * eps)

    cosines = 16 * np.cos(np.arange(6.0) ** 2 + 3).reshape(2, 3)
    assert moved.dtype == dtype
    assert abs(part - cosines).max() <= 1.0
    assert len(np.unique(part)) == 6
    assert rounded(x, 3)[x == 0].tolist() == [0.0, 0.0]
    assert not np.array_equal(rounded(x, 4, 4.0), moved)


def test_the_spread_is_between_the_least_and_the_largest_value() -> None:
    """Over so many trials, each of which moves all arrays, and each array otherwise."""
    seen: list[tuple[Array, Array]] = []

    def f(a: Array, b: Array) -> Array:
        seen.append((a, b))
        return np.array([[float(len(seen))], [1.0]])

    moves = spread(f, (np.ones(1), np.ones(1)), 5)

    assert moves.tolist() == [4.0, 0.0]
    assert len({float(x[0]) for at in seen for x in at}) == 10


def test_the_spread_of_a_gradient_is_that_of_one_input() -> None:
    """When the inputs and the cotangent move."""
    rule = rule_of(Multiply)
    a, b, gy = np.array([1.0, 2.0]), np.array([1e3, 0.0]), np.ones(2)

    first = gradient_spread(rule, (a, b), gy, 0)
    second = gradient_spread(rule, (a, b), gy, 1)

    eps = np.finfo(np.float64).eps
    assert 1e3 * eps < first[0] < 64 * 1e3 * eps + eps
    assert first[1] == 0
    assert (eps < second).all()
    assert (second < 64 * 2 * eps + eps).all()


def raises(x: Array) -> Array:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("forward", "values"),
    [
        (lambda x: x * 2, [2.0, 4.0]),
        (raises, [NAN, NAN]),
        (lambda x: np.ones(3), [NAN, NAN]),
    ],
)
def test_a_step_where_f_has_no_value_gives_nan(
    forward: Callable[[Array], Array], values: list[float]
) -> None:
    """As many as it has elsewhere."""
    f = measuring._partial(plain(forward), (np.zeros(2),), 0, 2)

    np.testing.assert_array_equal(f(np.array([1.0, 2.0])), values)


def test_a_function_of_one_input_leaves_the_others() -> None:
    """As they are at the point."""
    f = measuring._partial(rule_of(Multiply), (np.array(3.0), np.array(5.0)), 1, 1)

    assert f(np.array(7.0)) == 21.0


def test_what_is_asked_of_a_point_is_computed_once() -> None:
    """For each function, element, dtype and setting by itself."""
    point = measure(SQUARE, (np.array([1.0, 3.0], np.float32),))
    calls: list[type[np.floating[Any]]] = []

    def about(f: Map, x: Array, j: int, domain: Interval, by: float) -> float:
        calls.append(x.dtype.type)
        return float(f(x)[j]) * by

    answers = [point.ask(about, 0, j, wide, by) for wide, j, by in [(True, 1, 1.0)] * 2]
    answers += [point.ask(about, 0, *rest) for rest in ((0, True, 2.0), (1, False, 1.0))]

    assert answers == [9.0, 9.0, 2.0, 9.0]
    assert calls == [np.float64, np.float64, np.float32]
    assert point.ask(reach, 0, 0, True).shape == (2,)


@pytest.mark.parametrize(("own", "contradicts"), [(1.79, False), (1.81, True)])
def test_differences_in_two_dtypes_contradict_each_other_beyond_their_errors(
    own: float, contradicts: bool
) -> None:
    """Four times both."""
    point = hand_made([[1.0]], [[0.1]])
    point.asked[column, 0, 0, False] = derivative([own], [0.1])

    assert point.contradicted(0, 0).tolist() == [contradicts]


def test_one_dtype_does_not_contradict_itself() -> None:
    """There is no wider one to say otherwise."""
    point = replace(hand_made([[1.0], [1.0]], [[0.1], [0.1]]), wide=None)

    assert point.contradicted(0, 0).tolist() == [False, False]


# -- Examples --------------------------------------------------------------------------------------


def test_the_cotangents_are_ones_normal_graded_and_one_hot() -> None:
    """Of the shape and the dtype of the value."""
    y = np.zeros((2, 3), np.float32)

    every = [list(_cotangents(y, np.random.default_rng(k))) for k in range(40)]

    assert all(gy.shape == y.shape and gy.dtype == y.dtype for gys in every for gy in gys)
    ones, normal, graded, hot = (np.array(gys) for gys in zip(*every, strict=True))
    assert (ones == 1).all()
    assert abs(normal).max() < 6
    assert len(np.unique(normal)) == normal.size
    assert abs(graded).max() > 2.0**15
    assert abs(graded).min() < 2.0**-15
    assert set(np.unique(hot)) == {0.0, 1.0}
    assert {int(k) for k in hot.reshape(40, 6).argmax(axis=1)} == set(range(6))


def test_the_only_element_of_a_value_is_hot() -> None:
    """Else that cotangent would say nothing."""
    every = [list(_cotangents(np.zeros(1), np.random.default_rng(k)))[3] for k in range(20)]

    assert every == [[1.0]] * 20


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (3, 7)])
def test_a_value_of_any_shape_has_four_cotangents(shape: tuple[int, ...]) -> None:
    """Those of a large one repeat eight numbers, that a script can print."""
    gys = list(_cotangents(np.zeros(shape), np.random.default_rng(0)))

    assert [gy.shape for gy in gys] == [shape] * 4
    for gy in gys[:3]:
        assert np.array_equal(np.resize(gy.reshape(-1)[:8], shape), gy)


def test_an_example_says_how_it_went() -> None:
    """The worst ratio that is within, how many are beyond, and the least that would be seen."""
    x, gy = np.array([0.0, 3.0]), np.ones(2)

    def kinked(x: Array) -> Array:
        return np.asarray(abs(x) + x * x)

    rule = pair(kinked, lambda x, gy: gy * (np.sign(x) + 2 * x), REALS, None)
    example = examine(rule, (x,), np.random.default_rng(0), (gy, 2 * gy))
    seen = [m for g in (gy, 2 * gy) for m in compare(example.point, g, rule.vjp((x,), g))]
    off = pair(kinked, lambda x, gy: gy * (np.where(x < 0, -1.0, 1.0) + 2 * x), REALS, None)

    assert example.excused == 0
    assert example.worst == max(float(m.ratio.max()) for m in seen) < 1
    assert example.detectable == min(m.detectable for m in seen)
    assert examine(off, (x,), np.random.default_rng(0), (gy, 2 * gy)).excused == 2


def test_a_ratio_of_one_is_within(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither excused nor wrong."""
    monkeypatch.setattr(Measurement, "ratio", property(lambda seen: np.ones(2)))

    example = examine(SQUARE, (np.array([1.0, 2.0]),), np.random.default_rng(0))

    assert (example.worst, example.excused) == (1.0, 0)


def test_a_large_input_is_sampled_unless_that_is_not_wanted() -> None:
    """check_gradient checks every element."""
    x = np.arange(1.0, 21.0)

    assert len(examine(SQUARE, (x,), np.random.default_rng(0)).point.columns[0]) == 4
    whole = examine(SQUARE, (x,), np.random.default_rng(0), sample=False)
    assert whole.point.columns == (list(range(20)),)


def test_a_wrong_rule_and_one_that_raises_are_found() -> None:
    """The one as it is, the others with their errors: what cannot be called is not wrong."""
    x, rng = np.array([1.0, 2.0]), np.random.default_rng(0)

    with pytest.raises(GradientMismatch, match="backward is wrong for input 0"):
        examine(with_vjp(SQUARE, lambda xs, gy: (3 * xs[0] * gy,)), (x,), rng)
    with pytest.raises(GradientMismatch, match=r"raised ZeroDivisionError: \n") as caught:
        examine(with_vjp(SQUARE, lambda xs, gy: (raises(gy),)), (x,), rng)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(
        CannotCall, match=r"float64 of shape \(2,\) \(ZeroDivisionError:\)"
    ) as named:
        examine(plain(raises), (x,), rng)
    assert isinstance(named.value.__cause__, ZeroDivisionError)


def test_a_rule_is_held_against_the_laws_the_numbers_and_its_tangents() -> None:
    """What is wrong is said; of a right rule, nothing."""
    x, rng = np.array([1.0, 2.0]), np.random.default_rng(0)
    example = examine(SQUARE, (x,), rng)
    forward = replace(SQUARE, jvp=lambda xs, vs: 3 * xs[0] * vs[0])

    assert finding(SQUARE, example) is None
    said = [
        str(finding(rule, example))
        for rule in (
            with_vjp(SQUARE, lambda xs, gy: (2 * xs[0] * gy, gy)),
            with_vjp(SQUARE, lambda xs, gy: (2.5 * xs[0] * gy,)),
            forward,
        )
    ]
    assert "backward breaks a law: returned 2 gradients for 1 inputs" in said[0]
    assert "backward is wrong for input 0 at index (0,)" in said[1]
    assert "backward breaks a law: jvp gives" in said[2]


def test_every_cotangent_counts() -> None:
    """A fault that only the last shows is found."""
    x = np.array([1.0, 2.0])
    positive = np.array([1.0, 1.0]), np.array([2.0, 1.0]), np.array([1.0, 0.0])
    example = examine(SQUARE, (x,), np.random.default_rng(0), positive)
    hot = with_vjp(SQUARE, lambda xs, gy: (2 * xs[0] * gy * (1 + (gy[1] == 0)),))

    assert finding(hot, example) is not None


def test_the_cotangent_of_the_laws_is_the_second_or_the_only_one() -> None:
    """The first is of ones."""
    point = hand_made([[1.0]], [[0.1]])
    first, second, third = np.array([1.0]), np.array([2.0]), np.array([3.0])

    assert one(Example(point, (first, second, third))) is second
    assert one(Example(point, (first,))) is first


@pytest.mark.parametrize(
    ("y", "xs", "is_judged"),
    [
        (np.ones(1), (np.ones(0), np.ones(1)), True),
        (np.ones(1), (np.ones(0), np.ones(0)), False),
        (np.ones(0), (np.ones(1),), False),
    ],
)
def test_there_is_no_derivative_of_or_by_an_empty_array(
    y: Array, xs: tuple[Array, ...], is_judged: bool
) -> None:
    """One input with elements is enough."""
    point = replace(hand_made([[1.0]], [[0.1]]), y=y, xs=xs)

    assert judged(Example(point, (y,))) is is_judged


# -- What is said ----------------------------------------------------------------------------------


def test_a_wrong_gradient_is_said_with_its_place_and_its_numbers() -> None:
    """And a script that has the point and the cotangent."""
    x, gy = np.array([[1.5, 2.0], [3.0, 4.0]]), np.ones((2, 2))
    point = replace(measure(SQUARE, (x,)), columns=([1, 2],))
    seen = replace(found([1.0, 2.0], [1.5, 2.5], [0.25, 0.125]), columns=[1, 2])

    error = wrong(SQUARE, point, gy, seen, 1)

    assert str(error).split("\n\n") == [
        "Square: backward is wrong for input 0 at index (1, 0), x = 3.0\n"
        "    analytic   2e+00\n"
        "    numeric    2.5e+00   (central differences)\n"
        "    error      0.5, where 0.125 is the tolerance",
        "This script repeats it:",
        *error.script.split("\n\n"),
    ]
    assert error.script.split("\n") == [
        "import numpy as np",
        "from backprop.testing import check_gradient",
        "from backprop.functions.elementwise.powers import Square",
        "",
        "check_gradient(Square(), np.array([[1.5, 2.0], [3.0, 4.0]]), "
        "gy=np.array([[1.0, 1.0], [1.0, 1.0]]))",
    ]


def test_a_number_has_no_index() -> None:
    """Its place is the input alone."""
    point = measure(SQUARE, (np.array(3.0),))

    error = wrong(SQUARE, point, np.array(1.0), found([1.0], [2.0], [0.5]), 0)

    assert str(error).startswith("Square: backward is wrong for input 0, x = 3.0\n")


def sine(x: Array) -> Array:
    return np.asarray(np.sin(x))


def slope_of_sine(x: Array, gy: Array) -> Array:
    return np.asarray(gy * np.cos(x))


def test_a_broken_law_and_an_error_are_said_of_the_rule_with_a_script() -> None:
    """That of a pair names both functions; where there is no cotangent it has none."""
    rule, x = pair(sine, slope_of_sine, REALS, None), np.array(0.5)

    law = broken(rule, (x,), np.array(2.0), "it is late", "lateness")
    error = raised(rule, (x,), ValueError("no"))

    name = "sine, slope_of_sine"
    assert str(law).startswith(f"{name}: backward breaks a law: it is late\n\nThis script")
    assert law.kind == "lateness"
    assert str(error).startswith(f"{name} raised ValueError: no\n\nThis script")
    given = "sine, np.array(0.5), vjp=slope_of_sine"
    assert law.script.endswith(f"\n\ncheck_gradient({given}, gy=np.array(2.0))")
    assert error.script.endswith(f"\n\ncheck_gradient({given})")


EXACT: list[tuple[Any, str]] = [
    (np.array([1.0, INF, -INF]), "np.array([1.0, np.inf, -np.inf])"),
    (np.array(1.5, np.float32), "np.array(1.5, np.float32)"),
    (np.zeros((0, 3), np.float32), "np.zeros((0, 3), np.float32)"),
    (np.array([NAN]), "np.array([np.nan])"),
    (
        np.resize(np.arange(8.0), (3, 11)),
        f"np.resize(np.array({np.arange(8.0).tolist()}), (3, 11))",
    ),
    (np.resize(np.arange(8.0), 32), f"np.array({np.resize(np.arange(8.0), 32).tolist()})"),
    (np.arange(33.0), f"np.array({np.arange(33.0).tolist()})"),
    (
        np.resize(np.array([NAN, 1.0], np.float32), 40),
        f"np.resize(np.array({'[' + ', '.join(['np.nan, 1.0'] * 4) + ']'}, np.float32), (40,))",
    ),
]


@pytest.mark.parametrize(("x", "text"), EXACT, ids=range(len(EXACT)))
def test_an_array_is_written_as_the_python_that_makes_it(x: Array, text: str) -> None:
    """What repeats eight numbers often is written short."""
    assert literal(x) == text
    again = eval(text, {"np": np})
    np.testing.assert_array_equal(again, x, strict=True)


def test_what_a_value_loses_inside_is_told_by_a_wider_dtype_alone() -> None:
    """If the rule computes in one."""
    x = np.array([1.25, 3.0], np.float32)
    narrow = plain(lambda x: np.asarray(2 * x, np.float64 if x.dtype == np.longdouble else x.dtype))

    assert measuring.wider(narrow, (x,), 2 * x)[1].tolist() == [0.0, 0.0]
