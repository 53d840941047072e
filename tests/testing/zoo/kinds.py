"""What a rule of the zoo is, and the functions and numbers that several are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any, Final, TypeAlias

import numpy as np

from backprop import Array, Interval
from backprop.ground.arrays import Shape
from backprop.ground.domain import REALS

Forward: TypeAlias = Callable[[Array], Array]
Vjp: TypeAlias = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True)
class Right:
    """A right rule."""

    name: str
    forward: Forward
    vjp: Vjp
    domain: Interval = REALS
    shapes: Sequence[Shape] | None = None
    dtypes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong pullback of the function of a right rule."""

    right: str  # the name of the right rule
    fault: str
    vjp: Vjp
    at: Any = None  # a point where it is wrong, if that is in so small a region that few hit it

    @property
    def name(self) -> str:
        """The right rule's name and what is wrong here."""
        return f"{self.right}: {self.fault}"


# -- What the tables below share -------------------------------------------------------------------

NONZERO: Final = REALS.without(0.0)
UNIT: Final = Interval(-1.0, 1.0)
VECTORS: Final = ((1,), (3,), (5,))
MATRICES: Final = ((2, 3), (3, 2), (3, 3))
SQUARE: Final = ((2, 2), (3, 3))
DOUBLE: Final = ("float64",)
RNG: Final = np.random.default_rng(20)
WEIGHTS: Final = RNG.standard_normal((3, 3))
HILBERT: Final = np.array([[1 / (i + j + 1) for j in range(6)] for i in range(6)])
STEEP: Final = np.array([[10.0 ** (3 * i - 2 * j) for j in range(6)] for i in range(6)])
PLACES: Final = np.array([0, 2, 2, 1])
KERNEL: Final = np.array([1.0, -2.0, 0.5])
KNOTS: Final = np.array([-3.0, -1.0, 0.0, 2.0, 5.0])
HEIGHTS: Final = np.array([1.0, -1.0, 2.0, 2.0, 0.0])
GELU: Final = sqrt(2 / pi)


def like(a: object, x: Array) -> Array:
    """`a` as an array of the dtype of x."""
    return np.asarray(a, x.dtype)


def total(x: Array, axis: int | None = None) -> Array:
    return np.asarray(x.sum(axis=axis))


def rows(x: Array) -> Array:
    """The sums of the last axis, kept."""
    return np.asarray(x.sum(axis=-1, keepdims=True))


def highest(x: Array) -> Array:
    return np.asarray(x.max(axis=-1, keepdims=True))


def doubles(f: Callable[[float], float]) -> Forward:
    """A function of Python floats on arrays; it computes in float64 whatever the dtype."""
    vectorised = np.vectorize(f, otypes=[np.float64])
    return lambda x: like(vectorised(x.astype(np.float64)), x)


erf, erfc = doubles(math.erf), doubles(math.erfc)
gamma, lgamma = doubles(math.gamma), doubles(math.lgamma)


def digamma(x: Array) -> Array:
    """The derivative of lgamma for x > 0: recurrence up to 16, then the asymptotic series."""
    x, sum_ = x.astype(np.float64), np.zeros(x.shape)
    for _ in range(16):
        sum_ = sum_ - np.where(x < 16, 1 / x, 0.0)
        x = np.where(x < 16, x + 1, x)
    r = 1 / x**2
    series = r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r / 132))))
    return np.asarray(sum_ + np.log(x) - 0.5 / x - series)


def sigmoid(x: Array) -> Array:
    e = np.exp(-abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def softmax(x: Array) -> Array:
    e = np.exp(x - highest(x))
    return np.asarray(e / rows(e))


def log_softmax(x: Array) -> Array:
    z = x - highest(x)
    return np.asarray(z - np.log(rows(np.exp(z))))


def logsumexp(x: Array) -> Array:
    m = highest(x)
    return np.asarray((m + np.log(rows(np.exp(x - m))))[..., 0])


def of_sinc(x: Array) -> Array:
    """The derivative of np.sinc; near 0, where cos - sinc cancels, its series."""
    z = pi * x
    near = abs(z) < 0.5
    safe = np.where(near, 1.0, x)
    q = np.where(near, z, 0.0) ** 2
    terms = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 11)]
    series = np.zeros_like(q)
    for c in reversed(terms):
        series = series * q + c
    return np.where(near, series * z * pi, (np.cos(pi * safe) - np.sinc(safe)) / safe)


def others(x: Array) -> Array:
    """The product of all elements but one, for each; exact with zeros among them."""
    flat = x.reshape(-1)
    below = np.concatenate([np.ones(1, x.dtype), np.cumprod(flat)[:-1]])
    above = np.concatenate([np.ones(1, x.dtype), np.cumprod(flat[::-1])[:-1]])[::-1]
    return np.asarray((below * above).reshape(x.shape))


def share(x: Array) -> Array:
    """A part of 1 for each of the largest elements of x, equal ones."""
    best = x == x.max()
    return like(best / best.sum(), x)


def unsorted(x: Array, gy: Array) -> Array:
    gx = np.empty_like(gy)
    gx[np.argsort(x, kind="stable")] = gy
    return gx


def placed(x: Array, gy: Array, at: slice | tuple[slice, ...]) -> Array:
    """Zeros like x with gy at some places."""
    gx = np.zeros_like(x)
    gx[at] = gy
    return gx


def scattered(x: Array, gy: Array) -> Array:
    gx = np.zeros_like(x)
    np.add.at(gx, PLACES, gy)
    return gx


def regular(x: Array) -> Array:
    """A matrix that has an inverse, for x within (-1, 1)."""
    return np.asarray(x + 4 * np.eye(len(x), dtype=x.dtype))


def inverse(x: Array) -> Array:
    return np.asarray(np.linalg.inv(regular(x)))


def scaled_norm(x: Array) -> Array:
    """The Euclidean norm without overflow."""
    m = np.maximum(abs(x).max(), np.finfo(x.dtype).tiny)
    return np.asarray(m * np.sqrt(((x / m) ** 2).sum()))


def suffix_sums(g: Array) -> Array:
    return np.asarray(np.cumsum(g[..., ::-1], axis=-1)[..., ::-1])


def seventh(x: Array) -> Array:
    """(x - 1)**7 expanded: noise everywhere near 1."""
    return np.asarray(x**7 - 7 * x**6 + 21 * x**5 - 35 * x**4 + 35 * x**3 - 21 * x**2 + 7 * x - 1)


def of_seventh(x: Array) -> Array:
    return np.asarray(7 * x**6 - 42 * x**5 + 105 * x**4 - 140 * x**3 + 105 * x**2 - 42 * x + 7)


def slope_between_knots(x: Array) -> Array:
    slopes = np.concatenate([[0.0], np.diff(HEIGHTS) / np.diff(KNOTS), [0.0]])
    return np.asarray(slopes[np.searchsorted(KNOTS, x)])
