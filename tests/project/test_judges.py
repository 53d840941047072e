"""Values and derivatives of the elementwise functions against mpmath's in forty digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import mpmath
import numpy as np
import pytest
from hypothesis import given, strategies as st
from mpmath import mpf

from backprop import Array, numpy as differentiable
from backprop.testing.generators.expressions import cases_of, numpy_functions
from tests.helpers import grad, leaf

Real: TypeAlias = Callable[..., mpf]
Range: TypeAlias = tuple[float, float]

EPS: Final = float(np.finfo(np.float64).eps)
TINY: Final = float(np.finfo(np.float64).tiny)  # below it, digits are lost
BELOW_ONE: Final = math.nextafter(1.0, 0.0)
ABOVE_ONE: Final = math.nextafter(1.0, 2.0)


def nothing(*xs: mpf) -> mpf:
    """No loss beyond the roundings of the result."""
    return mpf(0.0)


def both(smallest: float, largest: float) -> tuple[Range, ...]:
    """Magnitudes, of either sign."""
    return (smallest, largest), (-largest, -smallest)


@dataclass(frozen=True)
class Known:
    """A function, its slopes, and where it is asked: where neither overflows nor underflows.

    `lost` is what a slope may lose by roundings on the way to it, beyond those of the result: of
    the slope and the inputs, in units of the rounding of 1. `value_lost` is NumPy's own loss.
    """

    value: Real
    slopes: tuple[Real, ...]
    ranges: tuple[tuple[Range, ...], ...]
    lost: Real = nothing
    value_lost: Real = nothing


def of_one(
    value: Real, slope: Real, *ranges: Range, lost: Real = nothing, value_lost: Real = nothing
) -> Known:
    """A function of one number."""
    return Known(value, (slope,), (ranges,), lost, value_lost)


def of_two(
    value: Real,
    left: Real,
    right: Real,
    *each: Range,
    lost: Real = nothing,
    value_lost: Real = nothing,
) -> Known:
    """A function of two numbers, both from the same ranges."""
    return Known(value, (left, right), (each, each), lost, value_lost)


def constant(number: float | mpf) -> Real:
    """The same everywhere."""
    return lambda *xs: mpf(1) * number


def sign(x: mpf) -> mpf:
    """1 or -1."""
    return mpf(-1.0) if x < 0 else mpf(1.0)


def root3(x: mpf) -> mpf:
    """The real cube root."""
    return sign(x) * mpmath.cbrt(abs(x))


def wide(x: mpf) -> mpf:
    """√(1 + x²)."""
    return mpmath.sqrt(1 + x * x)


def narrow(x: mpf) -> mpf:
    """√|1 - x²|."""
    return mpmath.sqrt(abs((1 - x) * (1 + x)))


def sinc_slope(x: mpf) -> mpf:
    """The slope of sin(πx) / (πx), by a series where the quotients cancel."""
    z = mpmath.pi * x
    if abs(x) < 1e-8:
        return -mpmath.pi * z / 3 * (1 - z * z / 10)
    return (mpmath.cos(z) - mpmath.sincpi(x)) / x


def log_sum(a: mpf, b: mpf) -> mpf:
    """ln(eᵃ + eᵇ)."""
    return max(a, b) + mpmath.log1p(mpmath.exp(-abs(a - b)))


def share(a: mpf, b: mpf) -> mpf:
    """The part of eᵃ in eᵃ + eᵇ."""
    return 1 / (1 + mpmath.exp(b - a))


def share2(a: mpf, b: mpf) -> mpf:
    """The part of 2ᵃ in 2ᵃ + 2ᵇ."""
    return share(a * LN2, b * LN2)


with mpmath.workdps(60):
    LN2: Final = mpmath.log(mpf(2.0))
    LN10: Final = mpmath.log(mpf(10.0))
    DEGREES: Final = 180 / mpmath.pi
    RADIANS: Final = mpmath.pi / 180

ANY: Final = both(1e-300, 1e300)
HALF: Final = both(1e-150, 1e150)
PLUS: Final = (1e-300, 1e300)

CASES: Final[dict[str, Known]] = {
    "absolute": of_one(abs, sign, *ANY),
    "add": of_two(lambda a, b: a + b, constant(1), constant(1), *ANY),
    "arccos": of_one(mpmath.acos, lambda x: -1 / narrow(x), *both(1e-300, BELOW_ONE)),
    "arccosh": of_one(mpmath.acosh, lambda x: 1 / narrow(x), (ABOVE_ONE, 1e300)),
    "arcsin": of_one(mpmath.asin, lambda x: 1 / narrow(x), *both(1e-300, BELOW_ONE)),
    "arcsinh": of_one(mpmath.asinh, lambda x: 1 / wide(x), *ANY),
    "arctan": of_one(mpmath.atan, lambda x: 1 / (1 + x * x), *HALF),
    "arctan2": of_two(
        mpmath.atan2,
        lambda a, b: b / (a * a + b * b),
        lambda a, b: -a / (a * a + b * b),
        *both(1e-100, 1e100),
    ),
    "arctanh": of_one(mpmath.atanh, lambda x: 1 / narrow(x) ** 2, *both(1e-300, BELOW_ONE)),
    "cbrt": of_one(root3, lambda x: 1 / (3 * root3(x) ** 2), *ANY),
    "cos": of_one(mpmath.cos, lambda x: -mpmath.sin(x), *both(1e-300, 1e6)),
    "cosh": of_one(mpmath.cosh, mpmath.sinh, *both(1e-300, 700.0)),
    "degrees": of_one(lambda x: x * DEGREES, constant(DEGREES), *ANY),
    "divide": of_two(
        lambda a, b: a / b, lambda a, b: 1 / b, lambda a, b: -a / b / b, *both(1e-100, 1e100)
    ),
    "exp": of_one(mpmath.exp, mpmath.exp, *both(1e-300, 700.0)),
    "exp2": of_one(lambda x: mpf(2.0) ** x, lambda x: LN2 * mpf(2.0) ** x, *both(1e-300, 1000.0)),
    "expm1": of_one(mpmath.expm1, mpmath.exp, *both(1e-300, 700.0)),
    "fabs": of_one(abs, sign, *ANY),
    "hypot": of_two(
        mpmath.hypot,
        lambda a, b: a / mpmath.hypot(a, b),
        lambda a, b: b / mpmath.hypot(a, b),
        *both(1e-100, 1e100),
    ),
    "i0": of_one(
        lambda x: mpmath.besseli(0, x),
        lambda x: mpmath.besseli(1, x),
        *both(1e-300, 700.0),
        lost=lambda slope, x: 4 * abs(slope),  # sums of many terms
        value_lost=lambda value, x: 4 * value,
    ),
    "log": of_one(mpmath.log, lambda x: 1 / x, PLUS),
    "log10": of_one(mpmath.log10, lambda x: 1 / (x * LN10), PLUS),
    "log1p": of_one(mpmath.log1p, lambda x: 1 / (1 + x), PLUS, (-BELOW_ONE, -1e-300)),
    "log2": of_one(lambda x: mpmath.log(x) / LN2, lambda x: 1 / (x * LN2), PLUS),
    "logaddexp": of_two(
        log_sum,
        share,
        lambda a, b: share(b, a),
        *both(1e-300, 300.0),
        lost=lambda slope, a, b: slope * abs(a - b),
        value_lost=constant(1),
    ),
    "logaddexp2": of_two(
        lambda a, b: log_sum(a * LN2, b * LN2) / LN2,
        share2,
        lambda a, b: share2(b, a),
        *both(1e-300, 400.0),
        lost=lambda slope, a, b: slope * abs(a - b),
        value_lost=constant(1),
    ),
    "multiply": of_two(lambda a, b: a * b, lambda a, b: b, lambda a, b: a, *both(1e-100, 1e100)),
    "negative": of_one(lambda x: -x, constant(-1), *ANY),
    "positive": of_one(lambda x: x, constant(1), *ANY),
    "power": Known(
        lambda a, b: a**b,
        (lambda a, b: b * a ** (b - 1), lambda a, b: a**b * mpmath.log(a)),
        (((1e-20, 1e20),), both(1e-20, 10.0)),
        lost=lambda slope, a, b: abs(slope * (b - 1) * mpmath.log(a)),  # b - 1 is rounded
    ),
    "radians": of_one(lambda x: x * RADIANS, constant(RADIANS), *ANY),
    "reciprocal": of_one(lambda x: 1 / x, lambda x: -(1 / x) / x, *both(1e-150, 1e150)),
    "sin": of_one(mpmath.sin, mpmath.cos, *both(1e-300, 1e6)),
    "sinc": of_one(
        mpmath.sincpi,
        sinc_slope,
        *both(1e-300, 1e3),
        lost=lambda slope, x: 4 * min(abs(x), 1 / abs(x)),
        value_lost=constant(1),
    ),
    "sinh": of_one(mpmath.sinh, mpmath.cosh, *both(1e-300, 700.0)),
    "sqrt": of_one(mpmath.sqrt, lambda x: 1 / (mpmath.sqrt(x) * 2), PLUS),
    "square": of_one(lambda x: x * x, lambda x: x * 2, *HALF),
    "subtract": of_two(lambda a, b: a - b, constant(1), constant(-1), *ANY),
    "tan": of_one(mpmath.tan, lambda x: 1 + mpmath.tan(x) ** 2, *both(1e-300, 1e6)),
    "tanh": of_one(
        mpmath.tanh,
        lambda x: mpmath.sech(x) ** 2,
        *both(1e-300, 300.0),
        lost=lambda slope, x: mpf(2.0),  # 1 - y² loses what y lost: half an ulp of 1, twice
    ),
}

# Their slopes are 0, 1 or -1, or they are another function under a second name.
PLAIN: Final = {
    *("ceil", "conjugate", "copysign", "floor", "fmax", "fmin", "heaviside", "maximum", "minimum"),
    *("float_power", "rint", "sign", "trunc"),
}
UFUNCS: Final = {
    name for name, (f, _) in numpy_functions().items() if isinstance(cases_of(f), type)
}


def test_no_ufunc_is_left_out() -> None:
    """Every ufunc with a derivative worth computing is judged here."""
    assert CASES.keys() >= UFUNCS - PLAIN


@pytest.mark.parametrize("name", CASES)
def test_derivatives_of_the_judge(name: str) -> None:
    """The derivatives written above are those that mpmath finds by differences."""
    known = CASES[name]
    at = [mpf(min(max(0.75, low), high)) for (low, high), *_ in known.ranges]
    if name == "arccosh":
        at = [mpf(1.75)]
    with mpmath.workdps(60):
        for i, slope in enumerate(known.slopes):

            def along(x: mpf, i: int = i) -> mpf:
                return known.value(*at[:i], x, *at[i + 1 :])

            numeric = mpmath.diff(along, at[i])
            assert abs(numeric - slope(*at)) * 1e25 <= abs(numeric)


@st.composite
def numbers(draw: st.DrawFn, *ranges: Range) -> float:
    """Of every magnitude in one of the ranges, or close to its ends."""
    low, high = draw(st.sampled_from(ranges))
    exponents = [math.log2(abs(end)) for end in sorted((low, high), key=abs)]
    scaled = math.copysign(2.0 ** draw(st.floats(*exponents)), low + high)
    return draw(st.sampled_from([min(max(scaled, low), high), draw(st.floats(low, high))]))


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_value_and_derivative(name: str, data: st.DataObject) -> None:
    """Value and slopes are right to a few roundings wherever they are representable."""
    known = CASES[name]
    at = [data.draw(numbers(*ranges)) for ranges in known.ranges]
    xs = list(map(leaf, at))

    y = getattr(differentiable, name)(*xs)
    y.backward()

    with mpmath.workdps(60):
        exact = list(map(mpf, at))
        judge(y.data, known.value(*exact), known.value_lost, exact)
        for x, slope in zip(xs, known.slopes):
            judge(grad(x), slope(*exact), known.lost, exact)


def judge(got: Array, true: mpf, lost: Real, at: list[mpf]) -> None:
    """Fail if it is off by more than four roundings, and what is lost."""
    allowed = (abs(true) * 4 + lost(true, *at)) * EPS + TINY
    assert float(abs(mpf(float(got)) - true) - allowed) <= 0.0, (got, true)
