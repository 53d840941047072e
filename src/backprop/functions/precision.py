"""Which functions keep float32 where NumPy's own give float64: stated once.

Tests hold every function to it, and docs/functions.md lists it.
"""

from __future__ import annotations

from typing import Final

_SETTINGS: Final = "numbers in lists are weak, as numbers alone are in NumPy"
_ALWAYS: Final = "NumPy computes it in float64"

# By NumPy's names. A gradient has the dtype of its input: a value of another would gain nothing.
FLOAT32_STAYS: Final[dict[str, str]] = {
    "array": _SETTINGS,
    "bincount": _ALWAYS,
    "block": _SETTINGS,
    "corrcoef": _ALWAYS,
    "cov": _ALWAYS,
    "diff": _SETTINGS,
    "float_power": _ALWAYS,
    "float_power.outer": _ALWAYS,
    "geomspace": _ALWAYS,
    "histogram": "NumPy computes densities in float64",
    "histogram2d": _ALWAYS,
    "histogramdd": _ALWAYS,
    "interp": _ALWAYS,
    "logspace": _ALWAYS,
    "percentile": _SETTINGS,
    "polyder": _ALWAYS,
    "polyint": _ALWAYS,
    "quantile": _SETTINGS,
    "stack": _SETTINGS,
    "vander": _ALWAYS,
    "vectorize": _SETTINGS,
}
