"""Right rules with kinks and steps."""

from __future__ import annotations

from typing import Final

import numpy as np

from backprop import Interval
from tests.testing.zoo.kinds import DOUBLE, HEIGHTS, KNOTS, Right, like, slope_between_knots

RIGHT: Final = (
    # Kinks and steps.
    Right("relu", lambda x: np.maximum(x, 0), lambda x, gy: gy * (x > 0)),
    Right("relu, 1/2 at 0", lambda x: np.maximum(x, 0), lambda x, gy: gy * np.heaviside(x, 0.5)),
    Right("abs", abs, lambda x, gy: gy * np.sign(x)),
    Right(
        "leaky relu",
        lambda x: np.where(x > 0, x, 0.01 * x),
        lambda x, gy: gy * np.where(x > 0, 1, like(0.01, x)),
    ),
    Right(
        "elu",
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x, gy: gy * np.exp(np.minimum(x, 0)),
    ),
    Right("clip to (-1, 1)", lambda x: np.clip(x, -1, 1), lambda x, gy: gy * (abs(x) <= 1)),
    Right(
        "huber",
        lambda x: np.where(abs(x) < 1, x * x / 2, abs(x) - 0.5),
        lambda x, gy: gy * np.clip(x, -1, 1),
    ),
    Right("relu squared", lambda x: np.maximum(x, 0) ** 2, lambda x, gy: gy * 2 * np.maximum(x, 0)),
    Right(
        "|x| sqrt|x|",
        lambda x: abs(x) * np.sqrt(abs(x)),
        lambda x, gy: gy * (1.5 * np.sqrt(abs(x)) * np.sign(x)),
    ),
    Right(
        "triangle wave",
        lambda x: abs(x - np.round(x)),
        lambda x, gy: gy * np.sign(x - np.round(x)),
        Interval(-100, 100),
    ),
    Right("floor", np.floor, lambda x, gy: gy * 0, Interval(-1000, 1000)),
    Right("sign", np.sign, lambda x, gy: gy * 0),
    Right(
        "steps of 0.01",
        lambda x: np.round(x * 100) / 100,
        lambda x, gy: gy * 0,
        Interval(-100, 100),
    ),
    Right("constant", lambda x: np.full_like(x, 3), lambda x, gy: np.zeros_like(gy)),
    Right("identity", lambda x: x.copy(), lambda x, gy: gy.copy()),
    Right("minus", lambda x: -x, lambda x, gy: -gy),
    Right(
        "where sqrt",
        lambda x: np.where(x > 0, np.sqrt(abs(x)), 0),
        lambda x, gy: gy * np.where(x > 0, 0.5 / np.sqrt(np.where(x > 0, x, 1)), 0),
    ),
    Right(
        "interp",
        lambda x: np.interp(x, KNOTS, HEIGHTS),
        lambda x, gy: gy * slope_between_knots(x),
        dtypes=DOUBLE,
    ),
)  # fmt: skip
