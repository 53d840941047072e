"""Looks at thousands of points: what they suspect, and that only the judge convicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest

from backprop import Array, Interval, Square
from backprop.ground.domain import POSITIVE, REALS
from backprop.testing import GradientMismatch, verify_rule
from backprop.testing.numeric.differences import elementwise
from backprop.testing.rules import Rule, pair, rule_of, with_vjp
from backprop.testing.screening import directions, sweep
from backprop.testing.screening.screen import screened
from backprop.testing.screening.shapes import every
from backprop.testing.screening.strata import strata
from backprop.testing.screening.suspects import Suspect, convicted

DOMAINS = [
    REALS,
    POSITIVE,
    Interval(-inf, -3.0).without(-5.0),
    Interval(-1.0, 1.0),
    Interval(1e-3, 1.0000001e-3),
    Interval(0.0, 1e60),
    REALS.without(0.0),
]


def rng() -> np.random.Generator:
    """The same numbers every time."""
    return np.random.default_rng(1)


def sine(wrong: Callable[[Array], Any], factor: float = 1.1) -> Rule:
    """The rule of a sine, whose gradient is off by a factor where `wrong` says so."""

    def vjp(x: Array, gy: Array) -> Array:
        return np.asarray(gy * np.cos(x) * np.where(wrong(x), factor, 1.0), x.dtype)

    return pair(np.sin, vjp, REALS, None)


@pytest.mark.parametrize("domain", DOMAINS, ids=repr)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_strata_are_inside_the_domain(domain: Interval, dtype: str) -> None:
    """As many as were asked for, in the dtype."""
    numbers = strata(domain, 1000, dtype, rng())

    assert numbers.shape == (1000,)
    assert numbers.dtype == dtype
    assert all(float(x) in domain for x in numbers)


def test_strata_are_near_far_and_beside_whole_numbers() -> None:
    """Every window as wide as 4 below 100 is met, and every power of ten from 1e-5 to 1e5."""
    numbers = strata(REALS, 2500, "float64", rng())

    assert np.histogram(numbers, np.arange(-100, 101, 4))[0].all()
    sizes = abs(numbers[numbers != 0])
    assert np.histogram(np.log10(sizes), np.arange(-5, 6))[0].all()
    assert np.isin([1.0, -0.5, 3.0], numbers).all()
    assert abs(numbers).max() > 1e200


@pytest.mark.parametrize("f", [np.sin, np.exp, np.tanh, np.arctan])
def test_all_derivatives_of_an_elementwise_function_at_once(f: Callable[[Array], Array]) -> None:
    """Each is within its error, which is small."""
    x = np.linspace(-9.0, 9.0, 500)
    true = {"sin": np.cos(x), "exp": np.exp(x), "tanh": np.cosh(x) ** -2.0}.get(
        f.__name__, 1 / (1 + x * x)
    )

    found = elementwise(f, x)

    assert (abs(found.value - true) <= found.error + 4e-16).all()
    assert np.median(found.error) < 1e-7


def test_a_kink_between_the_steps_is_not_known_well() -> None:
    """Steps of one scale may all stride over it."""
    found = elementwise(abs, np.array([1e-7, 3.0]))
    assert abs(found.value[0] - 1.0) <= found.error[0]
    assert found.error[1] < 1e-9


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda x: (x > 33) & (x < 37), id="a window"),
        pytest.param(lambda x: (abs(x) > 1e-5) & (abs(x) < 1e-4), id="near 0"),
        pytest.param(lambda x: abs(x) > 2000, id="far out"),
        pytest.param(lambda x: x == 3.0, id="at a whole number"),
    ],
)
def test_a_sweep_suspects_what_is_wrong_in_a_window(wrong: Callable[[Array], Any]) -> None:
    """And the judge convicts it; the rule that is right everywhere he acquits."""
    failure = convicted(sweep.swept(sine(wrong), "float64", rng(), []))

    assert failure is not None
    x = float(str(failure).split("x = ")[1].split()[0])
    assert wrong(np.array(x))
    assert convicted(sweep.swept(sine(lambda x: False), "float64", rng(), [])) is None


def test_a_sweep_finds_what_is_wrong_within_a_long_array_only() -> None:
    """Alone the point is right: it is judged in its place."""

    def vjp(x: Array, gy: Array) -> Array:
        gx = gy * np.cos(x)
        gx[2048:] *= 1.0 + 1e-3
        return gx

    failure = convicted(sweep.swept(pair(np.sin, vjp, REALS, None), "float64", rng(), []))

    assert failure is not None
    assert "backward is wrong" in str(failure)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(replace(rule_of(Square), shapes=(((3,),),)), id="of some shapes"),
        pytest.param(pair(np.cumsum, lambda x, gy: gy, REALS, None), id="not elementwise"),
        pytest.param(pair(np.sum, lambda x, gy: gy, REALS, None), id="of another shape"),
        pytest.param(pair(np.linalg.inv, lambda x, gy: gy, REALS, None), id="not of vectors"),
    ],
)
def test_other_rules_are_not_swept(rule: Rule) -> None:
    """What does not go by elements is looked at along directions."""
    assert list(sweep.swept(rule, "float64", rng(), [])) == []


def test_what_cannot_be_compared_is_left_to_the_search() -> None:
    """A gradient that raises, or has another shape."""

    def raises(x: Array, gy: Array) -> Array:
        raise ZeroDivisionError

    for vjp in (raises, lambda x, gy: np.zeros((7, 9))):
        rule = pair(np.sin, vjp, REALS, None)
        assert list(sweep.swept(rule, "float64", rng(), [])) == []
        assert list(directions.along(rule, "float64", 12, rng())) == []


def softmax(x: Array) -> Array:
    """By the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    found: Array = e / e.sum(axis=-1, keepdims=True)
    return found


def softmax_vjp(x: Array, gy: Array) -> Array:
    """Its gradient."""
    y = softmax(x)
    found: Array = y * (gy - (gy * y).sum(axis=-1, keepdims=True))
    return found


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda x: x.shape == (3, 3), id="of one shape"),
        pytest.param(lambda x: x.ndim == 4, id="of four axes"),
        pytest.param(lambda x: x.size > 2048, id="of many elements"),
    ],
)
def test_a_direction_shows_what_is_wrong_for_some_shapes(wrong: Callable[[Array], bool]) -> None:
    """One look sees all elements, and names a few to the judge."""

    def vjp(x: Array, gy: Array) -> Array:
        gx = softmax_vjp(x, gy)
        if wrong(x):
            gx.flat[x.size // 2] *= 1.01
        return gx

    rule = pair(softmax, vjp, Interval(-8.0, 8.0), None)

    assert convicted(directions.along(rule, "float64", 60, rng())) is not None
    right = with_vjp(rule, lambda xs, gy: (softmax_vjp(xs[0], gy),))
    assert convicted(directions.along(right, "float64", 60, rng())) is None


def test_a_direction_stays_inside_the_domain() -> None:
    """Where it has no room, and where f has no value, nothing is suspected."""

    def only_inside(x: Array) -> Array:
        if (x <= 0.0).any() or (x >= 1.0).any():
            raise ArithmeticError
        return np.log(x)

    domain = Interval(0.0, 1.0)
    rule = pair(only_inside, lambda x, gy: gy / x, domain, None)
    assert list(directions.along(rule, "float64", 20, rng())) == []
    on_edge = directions._Line.through(rule, (np.array([0.5]),), rng())
    assert on_edge is not None
    assert replace(on_edge, at=(np.array([1.0]),)).excess(np.ones(1)) == 0.0
    outside = replace(on_edge, at=(np.array([2.0]),), rule=replace(rule, domains=(REALS,)))
    assert outside.excess(np.ones(1)) == 0.0


def test_a_suspect_is_no_convict() -> None:
    """The judge looks at the elements that are named."""
    rule, x = rule_of(Square), np.array([1.0, 2.0])
    wrong = with_vjp(rule, lambda xs, gy: (2 * xs[0] * gy * [1.0, 1.5],))

    assert convicted([Suspect(wrong, (x,), np.ones(2), ([0],))]) is None
    assert convicted([Suspect(wrong, (x,), np.ones(2), ([1],))]) is not None
    assert screened([rule], ["float64"], 1) is None
    assert screened([wrong], ["float64"], 1) is not None
    assert screened([replace(wrong, order=2)], ["float64"], 1) is None  # its function is looked at


@pytest.mark.parametrize("arity", [1, 2, 3])
def test_shapes_broadcast_and_a_square_is_always_there(arity: int) -> None:
    """Of one input or two any; of more, or of a rule's own, those that it has."""
    rule = replace(rule_of(Square), domains=(REALS,) * arity)

    ways = every(rule, 40, rng())

    assert len(ways) == 40
    assert all(len(way) == arity for way in ways)
    for way in ways:
        np.broadcast_shapes(*way)
    assert arity > 2 or ((3, 3),) * arity in ways
    own = every(replace(rule, shapes=(((7,),) * arity,)), 3, rng())
    assert own == [((7,),) * arity] * 3


def test_a_verification_looks_everywhere() -> None:
    """What its examples do not meet, its looks do."""
    rule = sine(lambda x: (x > 33) & (x < 37))
    with pytest.raises(GradientMismatch, match="backward is wrong"):
        verify_rule(rule.forward, lambda x, gy: np.asarray(rule.vjp((x,), gy)[0]), seed=1)
