"""Values and derivatives of the built-in functions against mpmath's in forty digits."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from backprop import Cos, Exp, Function, Log, Negative, Reciprocal, Sin, Sqrt, Square, Tanh
from tests.helpers import grad, leaf

Real = Callable[[mpf], mpf]

# Each with its derivative, and the magnitudes of x that neither overflow nor underflow.
CASES: dict[type[Function], tuple[Real, Real, float, float]] = {
    Cos: (mpmath.cos, lambda x: -mpmath.sin(x), 1e-100, 1e6),
    Exp: (mpmath.exp, mpmath.exp, 1e-100, 700.0),
    Log: (mpmath.log, lambda x: 1 / x, 1e-100, 1e100),
    Negative: (lambda x: -x, lambda x: mpf(-1.0), 1e-100, 1e100),
    Reciprocal: (lambda x: 1 / x, lambda x: -(1 / x) / x, 1e-100, 1e100),
    Sin: (mpmath.sin, mpmath.cos, 1e-100, 1e6),
    Sqrt: (mpmath.sqrt, lambda x: 1 / (mpmath.sqrt(x) * 2), 1e-100, 1e100),
    Square: (lambda x: x * x, lambda x: x * 2, 1e-100, 1e100),
    Tanh: (mpmath.tanh, lambda x: 1 - mpmath.tanh(x) ** 2, 1e-100, 300.0),
}


def test_derivatives_of_the_judge() -> None:
    """The derivatives written above are those that mpmath finds by differences."""
    with mpmath.workdps(60):
        for value, derivative, *_ in CASES.values():
            numeric = mpmath.diff(value, mpf(0.75))
            assert abs(numeric - derivative(mpf(0.75))) * 1e25 < abs(numeric), value


@pytest.mark.parametrize("rule", CASES, ids=lambda rule: rule.__name__)
@given(data=st.data())
def test_value_and_derivative(rule: type[Function], data: st.DataObject) -> None:
    """Value and derivative are right to a few roundings wherever they are representable."""
    value, derivative, smallest, largest = CASES[rule]
    magnitude = data.draw(st.floats(smallest, largest))
    negative = rule not in (Log, Sqrt) and data.draw(st.booleans())
    number = -magnitude if negative else magnitude
    x = leaf(number)

    y = rule()(x)
    y.backward()

    with mpmath.workdps(40):
        true_value, slope = value(mpf(number)), derivative(mpf(number))
        # 1 - y² loses what y lost by being rounded: half an ulp of 1 at most, twice.
        lost = 2.0 if rule is Tanh else 0.0
        for got, true, absolute in ((y.data, true_value, 0.0), (grad(x), slope, lost)):
            error = abs(mpf(float(got)) - true)
            allowed = (abs(true) * 4 + absolute) * float(np.finfo(np.float64).eps)
            assert float(error - allowed) <= 0.0
