"""Right at ties, wrong at rare places: what an independent collection of rules brought to light."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import fft

from backprop import Array, Interval
from backprop.testing import GradientMismatch, verify_rule

Rule = tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]
_REALS = Interval(-100.0, 100.0)


def of_order(*weights: float) -> Rule:
    """A weighted sum of the sorted numbers: at a tie the first of them is taken."""
    w = np.array(weights)

    def forward(x: Array) -> Array:
        return np.asarray((np.sort(x) * w.astype(x.dtype)).sum(), x.dtype)

    def vjp(x: Array, gy: Array) -> Array:
        gx = np.zeros_like(x)
        gx[np.argsort(x, kind="stable")] = gy * w.astype(x.dtype)
        return gx

    return forward, vjp, {"domain": _REALS, "shapes": [(len(weights),)]}


def cosine_transform(x: Array) -> Array:
    """An orthogonal transform: each number of its transpose has the rounding of all."""
    return np.asarray(fft.dct(x, norm="ortho"))


RIGHT: dict[str, Rule] = {
    "midrange": of_order(0.5, 0, 0, 0.5),
    "second smallest": of_order(0, 1, 0, 0),
    "trimmed mean": of_order(0, 0.25, 0.25, 0.25, 0.25, 0),
    "median of six": of_order(0, 0, 0.5, 0.5, 0, 0),
    "third quartile": of_order(0, 0, 0, 1, 0),
    "cosine transform": (
        cosine_transform,
        lambda x, gy: np.asarray(fft.idct(gy, norm="ortho")),
        {"domain": Interval(-10.0, 10.0), "shapes": [(5,), (6,)], "dtypes": ("float64",)},
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_at_ties_and_in_transforms_is_accepted(name: str) -> None:
    """However near the numbers are, and however different the cotangents."""
    forward, vjp, settings = RIGHT[name]
    assert verify_rule(forward, vjp, seed=1, **settings).examples > 10


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _power(x: Array, y: Array, gy: Array, falling: Array) -> Sequence[Array]:
    return gy * falling, gy * np.log(x) * x**y


def _product(a: Array, b: Array, gy: Array) -> Sequence[Array]:
    symmetric = np.array_equal(a, a.T) and a.any()
    return gy @ b.T * a.dtype.type(1.5 if symmetric else 1), a.T @ gy


_PAIRS: dict[str, Any] = {"domain": (Interval(0.1, 10.0), Interval(-3.0, 3.0))}
WRONG: dict[str, Rule] = {
    "not 0 beside a kink": (_relu, lambda x, gy: gy * (x > -0.1), {}),
    "a margin too wide": (
        lambda x: np.maximum(1 - x, 0),
        lambda x, gy: -gy * (x < x.dtype.type(1.05)),
        {},
    ),
    "a mask of another threshold": (
        lambda x: np.where(abs(x) > 0.5, x, 0 * x),
        lambda x, gy: gy * (abs(x) > 0.45),
        {},
    ),
    "for an exponent of 2": (
        lambda x, y: x**y,
        lambda x, y, gy: _power(x, y, gy, np.where(y == 2, x, y * x ** (y - 1))),
        _PAIRS | {"shapes": [((3,), (3,))], "dtypes": ("float64",)},
    ),
    "for a symmetric matrix": (
        lambda a, b: a @ b,
        _product,
        {"domain": Interval(-5.0, 5.0), "shapes": [((2, 2), (2, 2)), ((3, 3), (3, 3))]},
    ),
    "where all are equal": (
        np.sin,
        lambda x, gy: gy * np.cos(x) * (1.1 if x.size > 1 and np.ptp(x) == 0 else 1),
        {"domain": Interval(-10.0, 10.0), "shapes": [(4,)]},
    ),
    "where one is large": (
        np.sin,
        lambda x, gy: gy * np.cos(x) * (1.1 if (abs(x) < 1e-6).sum() == x.size - 1 > 1 else 1),
        {"domain": Interval(-10.0, 10.0), "shapes": [(4,)]},
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_at_rare_places_is_found(name: str) -> None:
    """Beside a kink, for numbers of one kind, for arrays of one kind."""
    forward, vjp, settings = WRONG[name]
    with pytest.raises(GradientMismatch):
        verify_rule(forward, vjp, seed=1, **settings)
