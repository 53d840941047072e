"""Right rules that are hard by their precision or their scales."""

from __future__ import annotations

import math
from math import pi, sqrt
from typing import Final

import numpy as np

from backprop import Interval
from tests.testing.zoo.kinds import DOUBLE, Right, digamma, doubles, erf, erfc, gamma, lgamma, like

RIGHT: Final = (
    # Only in float64, or cast inside.
    Right("erf", erf, lambda x, gy: gy * (2 / sqrt(pi) * np.exp(-x * x))),
    Right("erf in float64", erf, lambda x, gy: gy * (2 / sqrt(pi) * np.exp(-x * x)), dtypes=DOUBLE),
    Right("erfc", erfc, lambda x, gy: gy * (-2 / sqrt(pi) * np.exp(-x * x)), Interval(-5, 25)),
    Right("lgamma", lgamma, lambda x, gy: gy * like(digamma(x), x), Interval(0.1, 100)),
    Right(
        "gamma",
        gamma,
        lambda x, gy: gy * like(gamma(x) * digamma(x), x),
        Interval(0.1, 20),
        dtypes=DOUBLE,
    ),
    Right("sin in float64", doubles(math.sin), lambda x, gy: gy * np.cos(x), Interval(-1e9, 1e9)),
    Right(
        "sin in float32",
        lambda x: like(np.sin(x.astype(np.float32)), x),
        lambda x, gy: gy * like(np.cos(x.astype(np.float32)), x),
        Interval(-10, 10),
        dtypes=("float32",),
    ),
    # Scales.
    Right(
        "1e-200 sin",
        lambda x: 1e-200 * np.sin(x),
        lambda x, gy: gy * (1e-200 * np.cos(x)),
        dtypes=DOUBLE,
    ),
    Right(
        "1e200 x",
        lambda x: 1e200 * x,
        lambda x, gy: gy * 1e200,
        Interval(-1e50, 1e50),
        dtypes=DOUBLE,
    ),
    Right(
        "1e-300 exp",
        lambda x: 1e-300 * np.exp(x),
        lambda x, gy: gy * (1e-300 * np.exp(x)),
        Interval(-50, 700),
        dtypes=DOUBLE,
    ),
    Right(
        "1e12 + sin", lambda x: 1e12 + np.sin(x), lambda x, gy: gy * np.cos(x), Interval(-10, 10)
    ),
)  # fmt: skip
