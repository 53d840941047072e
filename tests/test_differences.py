"""Central differences: the bound holds, it is sharp where f allows, and nothing is made up."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, strategies as st
from mpmath import mpf

from backprop import POSITIVE, REALS, Array, Interval
from backprop.errors import ArgumentTypeError
from backprop.testing import central_difference, differences, entries
from backprop.testing.differences import column, ladder, one_sided

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


def test_the_judge_knows_nothing_of_what_it_judges() -> None:
    """Numerical differentiation imports nothing of the kernel, nor what checks its arguments."""
    imported = {
        f"{node.module}.{name.name}" if node.module == "backprop.testing" else f"{node.module}"
        for module in (differences, entries)
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text()))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    ours = {module for module in imported if module.startswith("backprop")}
    judge = {"backprop.testing.entries", "backprop.ground.narrowing"}
    assert ours == judge | {
        "backprop.ground.arrays",
        "backprop.ground.domain",
        "backprop.errors",
    }


def test_a_function_of_whole_numbers_has_no_derivative() -> None:
    """What f gives must be floats."""
    with pytest.raises(ArgumentTypeError, match="f returns an array of floats"):
        central_difference(lambda x: np.array(1), np.array(1.0))
