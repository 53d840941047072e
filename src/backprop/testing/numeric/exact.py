"""Numbers of any kind in the widest dtype of NumPy."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from backprop.ground.arrays import Array


def exact(values: Any) -> Array:
    """Numbers of any kind, those of mpmath or fractions too, in the widest dtype of NumPy."""
    found: Any = np.asarray(values)
    if found.dtype != object:
        return np.asarray(found, np.longdouble)
    both: Array = np.array([_exact(v) for v in found.reshape(-1)], np.longdouble)
    return both.reshape(found.shape)


def _exact(value: Any) -> np.longdouble:
    """A number of any kind as the sum of two floats."""
    high = float(value)
    low = float(value - type(value)(high)) if isfinite(high) else 0.0
    return np.longdouble(high) + np.longdouble(low)
