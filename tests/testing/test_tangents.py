"""How forward mode is judged: J v beside central differences, and beside the gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backprop import Array, Multiply, Square
from backprop.errors import GradientShapeError, GradientTypeError
from backprop.functions.elementwise.piecewise import Absolute
from backprop.ground.domain import REALS
from backprop.testing.judging import forward
from backprop.testing.judging.forward import wrong_tangent
from backprop.testing.judging.measuring import Point, measure, spread
from backprop.testing.numeric.differences import column
from backprop.testing.numeric.limits import Derivative
from backprop.testing.rules import Arrays, Rule, rule_of

INF, NAN = np.inf, np.nan
EPS = float(np.finfo(np.float64).eps)
SQUARE = rule_of(Square)
X, GY = np.array([1.0, 3.0]), np.array([1.0, -2.0])


def derivative(value: Any, error: Any) -> Derivative:
    """One that is given."""
    return Derivative(np.array(value, np.longdouble), np.array(error, np.longdouble))


def at(value: Any, error: Any, rule: Rule = SQUARE) -> Point:
    """A point at which the Jacobian by two elements is given."""
    jacobian = derivative(value, error)
    return Point(rule, (X,), np.ones(len(jacobian.value)), None, ([0, 1],), (jacobian,))


@pytest.mark.parametrize(
    ("tangent", "off"),
    [
        pytest.param([-3.0, -5.0], [0, 0], id="right"),
        pytest.param([-3.0 + 3.9, -5.0], [0, 0], id="four errors"),
        pytest.param([-3.0 - 4.1, -5.0], [4.1, 0], id="more"),
        pytest.param([-3.0, -5.0 + 80 * EPS], [0, 0], id="eight roundings of the terms"),
        pytest.param([-3.0, -5.0 - 96 * EPS], [0, 96 * EPS], id="more of them"),
        pytest.param([-3.0, NAN], [0, INF], id="nan"),
        pytest.param([-3.0, -INF], [0, INF], id="infinite"),
    ],
)
def test_a_tangent_is_off_beyond_four_errors_and_eight_roundings(
    tangent: list[float], off: list[float]
) -> None:
    """Of the sum over the elements that are moved: here by 1 and by -2."""
    point = at([[1.0, 2.0], [3.0, 4.0]], [[0.5, 0.25], [0.0, 0.0]])

    found = forward._off(point, (np.array([1.0, -2.0]),), np.array(tangent))

    assert found.astype(float).tolist() == pytest.approx(off, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("value", "error", "tangent"),
    [(NAN, INF, 5.0), (1.0, INF, 5.0), (1e39, 0.0, 5.0), (1e39, 0.0, INF)],
)
def test_where_nothing_is_known_no_tangent_is_off(
    value: float, error: float, tangent: float
) -> None:
    """Nor where the dtype cannot hold the true one."""
    point = at([[value, 0.0]], [[error, 0.0]])

    found = forward._off(point, (np.array([1.0, 0.0]),), np.array([tangent], np.float32))

    assert found.tolist() == [0.0]


@pytest.mark.parametrize(("times", "off"), [(8, 0), (9, 9)])
def test_where_f_is_flat_eight_of_the_smallest_numbers_are_rounding(times: int, off: int) -> None:
    """A product of small numbers is one of them."""
    least = float(np.finfo(np.float64).smallest_subnormal)
    point = at([[0.0, 0.0]], [[0.0, 0.0]])

    found = forward._off(point, (np.ones(2),), np.array([times * least]))

    assert found.astype(float).tolist() == [off * least]


def test_tangents_of_all_inputs_are_summed() -> None:
    """Each moves its own elements."""
    point = measure(rule_of(Multiply), (X, np.array([2.0, 5.0])))
    vs = np.array([1.0, 0.5]), np.array([2.0, -1.0])

    tangent = vs[0] * np.array([2.0, 5.0]) + X * vs[1]

    assert forward._off(point, vs, tangent).tolist() == [0.0, 0.0]
    assert (forward._off(point, vs, tangent + 1e-6) > 0.9e-6).all()


def test_only_elements_that_were_checked_are_moved() -> None:
    """By 1, 2, a half or back."""
    point = replace(measure(SQUARE, (np.arange(1.0, 41.0),)), columns=(list(range(0, 40, 2)),))

    (v,) = forward._directions(point)

    assert set(v[::2]) == {-1.0, 0.5, 1.0, 2.0}
    assert set(v[1::2]) == {0.0}


@pytest.mark.parametrize(
    ("part", "holds"), [(0.99, True), (1.01, False), (-0.99, True), (-1.01, False)]
)
def test_a_tangent_agrees_with_the_gradient_to_some_roundings_of_the_terms(
    part: float, holds: bool
) -> None:
    """Those are both products, 6 each, and 3: what y would move by if it moved as x does."""
    point = replace(measure(SQUARE, (np.array([3.0]),)), wide=None)
    most = 2.0**12 * EPS * (6.0 + 6.0 + 3.0)

    def jvp(xs: Arrays, vs: Arrays) -> Array:
        return 2 * xs[0] * vs[0] + part * most

    assert forward._adjoint(point, SQUARE, jvp, np.ones(1), (np.ones(1),)) is holds


def test_the_wider_dtype_tells_more() -> None:
    """It is asked in it: what float64 would take for rounding is an error there."""
    point = measure(SQUARE, (np.array([3.0], np.float32),))
    one = np.ones(1, np.float32)

    def jvp(xs: Arrays, vs: Arrays) -> Array:
        assert xs[0].dtype == vs[0].dtype == np.float64
        return 2 * xs[0] * vs[0] * (1 + 1e-6)

    assert not forward._adjoint(point, SQUARE, jvp, one, (one,))


def test_products_that_are_not_finite_say_nothing() -> None:
    """Against a tangent."""
    point = replace(measure(SQUARE, (np.array([3.0]),)), wide=None)
    with np.errstate(all="ignore"):
        found = forward._adjoint(
            point, SQUARE, lambda xs, vs: np.array([INF]), np.ones(1), (np.ones(1),)
        )

    assert found is True


def test_a_product_with_a_tangent_of_0_is_0() -> None:
    """Whatever the other factor is."""
    with np.errstate(invalid="ignore"):
        found = forward._products([np.array([INF, 3.0])], [np.array([0.0, -2.0])])

    assert [part.tolist() for part in found] == [[0.0, -6.0]]


@pytest.mark.parametrize(
    ("x", "v", "size"),
    [
        ([2.0, 4.0], [1.0, -3.0], 3 / 4 * 5),
        ([0.0, 0.0], [1.0, 1.0], 0.0),
        ([0.0, 4.0], [2.0, 0.0], 2.5),
    ],
)
def test_the_natural_size_is_what_y_would_move_by(
    x: list[float], v: list[float], size: float
) -> None:
    """By as large a part of itself as x moves by at most, times the cotangent; 0 moves nothing."""
    point = replace(at([[1.0, 1.0]], [[0.0, 0.0]]), xs=(np.array(x),), y=np.array([1.0, -2.0]))

    assert forward._natural(point, GY, (np.array(v),)) == size


def test_a_tangent_cancels_where_roundings_of_x_and_v_move_it_as_far() -> None:
    """Half as far at least."""
    point = at([[0.0, 0.0]], [[0.0, 0.0]])

    def jvp(xs: Arrays, vs: Arrays) -> Array:
        return np.asarray((xs[0] - X) * vs[0] * 1e9)

    moves = spread(lambda *both: jvp(both[:1], both[1:]), (X, np.ones(2)))

    off = np.array([2 * moves[0], 2.01 * moves[1]])
    assert moves.min() > 0
    assert forward._cancels(point, jvp, (np.ones(2),), off).tolist() == [True, False]


def test_an_output_is_contradicted_along_any_element() -> None:
    """By the differences in its own dtype."""
    point = replace(at([[1.0, 2.0], [3.0, 4.0]], [[0.0] * 2] * 2), wide=np.longdouble)
    point.asked[column, 0, 0, False] = derivative([1.0, 3.0], [0.1, 0.1])
    point.asked[column, 0, 1, False] = derivative([2.0, 5.0], [0.1, 0.1])

    assert forward._contradicted(point).tolist() == [False, True]


# -- All of it -------------------------------------------------------------------------------------


def with_jvp(jvp: Callable[[Arrays, Arrays], Array], composed: bool = False) -> Rule:
    """A square with this forward mode."""
    return replace(SQUARE, jvp=jvp, composed=composed)


def off_by(part: float) -> Callable[[Arrays, Arrays], Array]:
    """The tangent of a square, off in its second element."""
    return lambda xs, vs: 2 * xs[0] * vs[0] + np.array([0.0, part], xs[0].dtype)


def raising(error: Exception) -> Callable[[Arrays, Arrays], Array]:
    def jvp(xs: Arrays, vs: Arrays) -> Array:
        raise error

    return jvp


POINT = measure(SQUARE, (X,))


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        pytest.param(SQUARE, None, id="right"),
        pytest.param(replace(SQUARE, jvp=None), None, id="none is claimed"),
        pytest.param(with_jvp(off_by(0.5)), "for element 1 of the output, along", id="wrong"),
        pytest.param(with_jvp(off_by(0.5), True), "for element 1 of the", id="of several rules"),
        pytest.param(with_jvp(raising(GradientShapeError("its shape"))), "its shape", id="shape"),
        pytest.param(with_jvp(raising(GradientTypeError("its dtype"))), "its dtype", id="dtype"),
        pytest.param(with_jvp(raising(ValueError("no"))), "jvp raised ValueError: no", id="error"),
        pytest.param(with_jvp(raising(ValueError()), True), None, id="a part has none"),
        pytest.param(replace(with_jvp(off_by(0.5)), offers_jvp=False), None, id="not offered"),
    ],
)
def test_forward_mode_is_right_or_said_to_be_wrong(rule: Rule, says: str | None) -> None:
    """Or not there."""
    found = wrong_tangent(POINT, rule, GY)

    assert (found is None) if says is None else (says in str(found))


def test_the_tangent_that_is_off_most_is_shown() -> None:
    """With what was given, and along what."""
    v = forward._directions(POINT)[0]

    found = wrong_tangent(POINT, with_jvp(lambda xs, vs: 2 * xs[0] * vs[0] + [1, 2]), GY)

    assert found == f"jvp gives {6 * v[1] + 2!s} for element 1 of the output, along {(v,)!r}"


def test_where_nothing_is_known_of_the_derivative_nothing_is_said() -> None:
    """The rule is not even asked."""
    unknown = replace(POINT, jacobians=(derivative([[NAN] * 2] * 2, [[INF] * 2] * 2),))

    assert wrong_tangent(unknown, with_jvp(raising(GradientShapeError("no"))), GY) is None


def test_at_a_kink_a_tangent_that_agrees_with_the_gradient_is_right() -> None:
    """Though central differences say 0 of |x| at 0; one that does not is wrong."""
    rule = rule_of(Absolute, domain=REALS)
    point = measure(rule, (np.zeros(1),))
    right = replace(rule, vjp=lambda xs, gy: (gy.copy(),), jvp=lambda xs, vs: vs[0].copy())

    assert wrong_tangent(point, right, np.ones(1)) is None
    assert wrong_tangent(point, replace(right, vjp=rule.vjp), np.ones(1)) is not None


@pytest.mark.parametrize(("composed", "wrong"), [(True, False), (False, True)])
def test_a_tangent_of_several_rules_may_cancel(composed: bool, wrong: bool) -> None:
    """Then it moves by roundings as far as it is off."""

    def jvp(xs: Arrays, vs: Arrays) -> Array:
        return np.asarray(2 * xs[0] * vs[0] * (1 + (xs[0] - X) * 1e18) + 0.01)

    assert (wrong_tangent(POINT, with_jvp(jvp, composed), GY) is not None) is wrong


@pytest.mark.parametrize("contradicted", [[6.2, 0.01], [6.0, 0.01]])
def test_a_tangent_of_several_rules_is_not_judged_where_dtypes_contradict_each_other(
    contradicted: list[float],
) -> None:
    """Else it is."""
    value, error = contradicted
    point = replace(POINT, wide=np.longdouble, asked={})
    point.asked[column, 0, 0, False] = derivative([2.0, 0.0], [0.01, 0.01])
    point.asked[column, 0, 1, False] = derivative([0.0, value], [0.01, error])

    found = wrong_tangent(point, with_jvp(off_by(0.5), composed=True), GY)

    assert (found is None) is (value != 6.0)
