"""The true derivative, by mpmath, in sixty digits: of numbers as float64 or float32 hold them."""

from __future__ import annotations

from typing import Any, Final

import mpmath
import numpy as np

DIGITS: Final = 60
_BESIDE: Final = 30  # digits of the step's exponent more than the value of x has


def truth(text: str, at: float, dtype: str, exact: bool = False) -> Any:
    """The derivative by x of an expression in mpmath's words, or with `exact` its value.

    >>> print(mpmath.nstr(truth("sin(x)", 0.0, "float64"), 5))
    1.0
    """
    digits = DIGITS + (0 if exact else _room(at))
    with mpmath.workdps(digits):
        x = mpmath.mpf(float(np.asarray(at, dtype)))
        value = _function(text)
        return value(x) if exact else _slope(value, x)


def _slope(value: Any, x: Any) -> Any:
    """The central difference, of which half the digits that are computed are right."""
    step = mpmath.mpf(10) ** (-(DIGITS // 3)) * (abs(x) or 1)
    with mpmath.workdps(3 * DIGITS + _BESIDE):
        coarse = (value(x + step) - value(x - step)) / (2 * step)
        fine = (value(x + step / 2) - value(x - step / 2)) / step
        return (4 * fine - coarse) / 3


def _room(at: float) -> int:
    return _BESIDE if at else 0


def _function(text: str) -> Any:
    """An expression of x, in the words of mpmath."""
    names = {name: getattr(mpmath, name) for name in dir(mpmath) if not name.startswith("_")}
    made: Any = eval(f"lambda x: {text}", names)
    return made
