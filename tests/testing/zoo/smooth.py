"""Right rules of smooth functions of one variable."""

from __future__ import annotations

from math import inf, log, pi
from typing import Final

import numpy as np

from backprop import Interval
from backprop.ground.domain import POSITIVE
from tests.testing.zoo.kinds import (
    GELU,
    NONZERO,
    UNIT,
    Right,
    of_seventh,
    of_sinc,
    seventh,
    sigmoid,
)

RIGHT: Final = (
    # Smooth, of one variable.
    Right("square", lambda x: x * x, lambda x, gy: gy * 2 * x),
    Right("cube", lambda x: x * x * x, lambda x, gy: gy * 3 * x * x),
    Right("square at 1e9", lambda x: x * x, lambda x, gy: gy * 2 * x, Interval(1e9, 1e10)),
    Right("1e-7 x²", lambda x: 1e-7 * x**2, lambda x, gy: gy * 2e-7 * x, Interval(-10, 10)),
    Right("sin", np.sin, lambda x, gy: gy * np.cos(x)),
    Right("sin of many", np.sin, lambda x, gy: gy * np.cos(x), shapes=((3,), (1030,))),
    Right("sin at 1e9", np.sin, lambda x, gy: gy * np.cos(x), Interval(1e9, 1.1e9)),
    Right("sin(100x)", lambda x: np.sin(100 * x), lambda x, gy: gy * 100 * np.cos(100 * x)),
    Right(
        "sin(1e5 x)",
        lambda x: np.sin(1e5 * x),
        lambda x, gy: gy * 1e5 * np.cos(1e5 * x),
        Interval(-10, 10),
    ),
    Right(
        "sin(x²)",
        lambda x: np.sin(x * x),
        lambda x, gy: gy * np.cos(x * x) * 2 * x,
        Interval(-100, 100),
    ),
    Right("cos", np.cos, lambda x, gy: -gy * np.sin(x)),
    Right("tan", np.tan, lambda x, gy: gy * (1 + np.tan(x) ** 2), Interval(-pi / 2, pi / 2)),
    Right("exp", np.exp, lambda x, gy: gy * np.exp(x)),
    Right("exp2", np.exp2, lambda x, gy: gy * np.exp2(x) * log(2)),
    Right("log", np.log, lambda x, gy: gy / x, POSITIVE),
    Right("log at 1e-5", np.log, lambda x, gy: gy / x, Interval(1e-6, 1e-4)),
    Right("log2", np.log2, lambda x, gy: gy / x / log(2), POSITIVE),
    Right("log10", np.log10, lambda x, gy: gy / x / log(10), POSITIVE),
    Right("1/x", lambda x: 1 / x, lambda x, gy: -gy / x / x, NONZERO),
    Right("1/x at 1e-5", lambda x: 1 / x, lambda x, gy: -gy / x**2, Interval(1e-6, 1e-4)),
    Right("1/x from y", lambda x: 1 / x, lambda x, gy: -gy * (1 / x) * (1 / x), NONZERO),
    Right("sqrt", np.sqrt, lambda x, gy: gy * 0.5 / np.sqrt(x), POSITIVE),
    Right("sqrt near 0", np.sqrt, lambda x, gy: gy * 0.5 / np.sqrt(x), Interval(0, 1e-8)),
    Right("cbrt", np.cbrt, lambda x, gy: gy / 3 / np.cbrt(x) ** 2, NONZERO),
    Right("x**2.5", lambda x: x**2.5, lambda x, gy: gy * 2.5 * x**1.5, POSITIVE),
    Right("expm1", np.expm1, lambda x, gy: gy * np.exp(x)),
    Right("expm1, naive", lambda x: np.exp(x) - 1, lambda x, gy: gy * np.exp(x)),
    Right("expm1 from y", np.expm1, lambda x, gy: gy * (np.expm1(x) + 1)),
    Right("log1p", np.log1p, lambda x, gy: gy / (1 + x), Interval(-1, inf)),
    Right("log1p, naive", lambda x: np.log(1 + x), lambda x, gy: gy / (1 + x), Interval(-1, inf)),
    Right("sinh", np.sinh, lambda x, gy: gy * np.cosh(x)),
    Right("tanh", np.tanh, lambda x, gy: gy * (1 - np.tanh(x) ** 2)),
    Right("tanh, stable", np.tanh, lambda x, gy: gy / np.cosh(x) ** 2),
    Right("arcsin", np.arcsin, lambda x, gy: gy / np.sqrt((1 - x) * (1 + x)), UNIT),
    Right("arctan", np.arctan, lambda x, gy: gy / (1 + x * x)),
    Right("arcsinh", np.arcsinh, lambda x, gy: gy / np.hypot(x, 1)),
    Right(
        "arccosh",
        np.arccosh,
        lambda x, gy: gy / np.sqrt(x - 1) / np.sqrt(x + 1),
        Interval(1, inf),
    ),
    Right("arctanh", np.arctanh, lambda x, gy: gy / ((1 - x) * (1 + x)), UNIT),
    Right("hypot(x, 3)", lambda x: np.hypot(x, 3), lambda x, gy: gy * (x / np.hypot(x, 3))),
    Right("gaussian", lambda x: np.exp(-x * x), lambda x, gy: gy * (-2 * x * np.exp(-x * x))),
    Right(
        "lorentzian",
        lambda x: 1 / (1 + x * x),
        lambda x, gy: gy * -2 * x / (1 + x * x) ** 2,
        Interval(-1e9, 1e9),
    ),
    Right("sigmoid", sigmoid, lambda x, gy: gy * sigmoid(x) * sigmoid(-x)),
    Right("sigmoid from y", sigmoid, lambda x, gy: gy * sigmoid(x) * (1 - sigmoid(x))),
    Right("softplus", lambda x: np.logaddexp(0, x), lambda x, gy: gy * sigmoid(x)),
    Right(
        "softplus, naive",
        lambda x: np.log(1 + np.exp(x)),
        lambda x, gy: gy * sigmoid(x),
        Interval(-80, 80),
    ),
    Right("log sigmoid", lambda x: -np.logaddexp(0, -x), lambda x, gy: gy * sigmoid(-x)),
    Right(
        "swish",
        lambda x: x * sigmoid(x),
        lambda x, gy: gy * (sigmoid(x) + x * sigmoid(x) * sigmoid(-x)),
    ),
    Right(
        "gelu",
        lambda x: 0.5 * x * (1 + np.tanh(GELU * (x + 0.044715 * x**3))),
        lambda x, gy: (
            gy
            * (
                0.5 * (1 + np.tanh(GELU * (x + 0.044715 * x**3)))
                + 0.5
                * x
                * (1 - np.tanh(GELU * (x + 0.044715 * x**3)) ** 2)
                * GELU
                * (1 + 3 * 0.044715 * x**2)
            )
        ),
        Interval(-30, 30),
    ),
    Right("sinc", np.sinc, lambda x, gy: gy * of_sinc(x), Interval(-50, 50)),
    Right("x log x", lambda x: x * np.log(x), lambda x, gy: gy * (np.log(x) + 1), POSITIVE),
    Right("x**x", lambda x: x**x, lambda x, gy: gy * x**x * (np.log(x) + 1), Interval(0, 100)),
    Right(
        "x - sin x",
        lambda x: x - np.sin(x),
        lambda x, gy: gy * (1 - np.cos(x)),
        Interval(-1e9, 1e9),
    ),
    Right("1 - cos x", lambda x: 1 - np.cos(x), lambda x, gy: gy * np.sin(x)),
    Right("x + 1e8 - 1e8", lambda x: (x + 1e8) - 1e8, lambda x, gy: gy * 1),
    Right("(x - 1)**7 expanded", seventh, lambda x, gy: gy * of_seventh(x), Interval(-2, 3)),
)  # fmt: skip
