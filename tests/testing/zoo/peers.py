"""The kinds of wrong rules that were found in PyTorch, JAX and MyGrad, made anew in NumPy."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Final

import numpy as np

from backprop import Array, Interval
from tests.testing.zoo.kinds import Right, Wrong, erfc, like, share

_SLOPE: Final = log(2.0)
_FAR: Final = -30.0


def _box_cox(x: Array) -> Array:
    """The Box-Cox transform of 2, by its power x."""
    z = x * _SLOPE
    return like(np.where(x == 0, _SLOPE, np.expm1(z) / np.where(x == 0, 1, x)), x)


def _of_box_cox(x: Array) -> Array:
    """The derivative: log(2)² times the mean of t exp(z t) for t from 0 to 1."""
    z = x.astype(np.float64) * _SLOPE
    t, weights = _NODES
    return like(_SLOPE**2 * (weights * t * np.exp(z[..., np.newaxis] * t)).sum(axis=-1), x)


def _nodes() -> tuple[Array, Array]:
    t, weights = np.polynomial.legendre.leggauss(24)
    return (t + 1) / 2, weights / 2


_NODES: Final = _nodes()


def _series(x: Array) -> Array:
    """1 - 1/x² + 3/x⁴ - 15/x⁶ ...: what a tail of the normal distribution is beside its density."""
    terms = (np.prod(np.arange(1.0, 2 * k, 2)) * (-1 / x**2) ** k for k in range(9))
    return np.asarray(sum(terms))


def _log_ndtr(x: Array) -> Array:
    far, z = x < _FAR, x.astype(np.float64)
    tail, near = np.where(far, z, _FAR), np.where(far, 0, z)
    there = -(tail**2) / 2 - np.log(-tail * sqrt(2 * pi)) + np.log(_series(tail))
    return like(np.where(far, there, np.log(erfc(-near / sqrt(2)) / 2)), x)


def _of_log_ndtr(x: Array) -> Array:
    far, z = x < _FAR, x.astype(np.float64)
    tail, near = np.where(far, z, _FAR), np.where(far, 0, z)
    here = np.exp(-(near**2) / 2) * sqrt(2 / pi) / erfc(-near / sqrt(2))
    return like(np.where(far, -tail / _series(tail), here), x)


def _of_difference(x: Array, gy: Array) -> Array:
    """The exponential of a difference of large numbers, in the dtype of x."""
    large = (x * x / 2).astype(x.dtype) + _log_ndtr(x)
    return like(gy * np.exp(-large) / sqrt(2 * pi), x)


def _twice_at_ties(x: Array, gy: Array) -> Array:
    """Equal elements share what is positive, and each gets all of what is negative."""
    return like(gy * np.where(gy > 0, share(x), share(x) > 0), x)


RIGHT: Final = (
    Right("Box-Cox by its power", _box_cox, lambda x, gy: gy * _of_box_cox(x), Interval(-4, 4)),
    Right("log ndtr", _log_ndtr, lambda x, gy: gy * _of_log_ndtr(x), Interval(-1e4, 5)),
    Right(
        "hard sigmoid",
        lambda x: like((x + 3) / 6, x),
        lambda x, gy: like(gy / 6, x),
        Interval(-3, 3),
    ),
    Right(
        "csch",
        lambda x: like(1 / np.sinh(x), x),
        lambda x, gy: like(-gy / np.sinh(x) / np.tanh(x), x),
        Interval(0.1, 740),
        dtypes=("float64",),
    ),
)
WRONG: Final = (
    Wrong(
        "Box-Cox by its power",
        "0 at 0, where the value is a logarithm",
        lambda x, gy: gy * np.where(x == 0, 0, _of_box_cox(x)),
        at=[0.0],
    ),
    Wrong("log ndtr", "a difference of large numbers", _of_difference),
    Wrong("hard sigmoid", "a float32 as factor", lambda x, gy: like(gy * np.float32(1 / 6), x)),
    Wrong("max", "twice at ties, if negative", _twice_at_ties),
    Wrong(
        "sin",
        "nan of a branch that is not taken",
        lambda x, gy: gy * np.cos(x) * np.where((x > 1) & (x <= 2), np.nan, 1).astype(x.dtype),
    ),
    Wrong(
        "csch",
        "nan where cosh overflows",
        lambda x, gy: like(-gy * np.cosh(x) / np.sinh(x) ** 2, x),
        at=[730.0],
    ),
)
