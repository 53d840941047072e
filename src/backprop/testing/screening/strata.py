"""Thousands of numbers of every kind inside a domain, spread evenly over each kind."""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.domain import Interval
from backprop.testing.generators.inner import inside
from backprop.testing.generators.strategies import span_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BELL: Final = 8  # the deviation of the exponents of two around 0
_BESIDE: Final = 40  # how many powers of two nearer than 1 to an edge or a whole number


def strata(
    domain: Interval,
    size: int,
    dtype: str,
    rng: np.random.Generator,
    landmarks: tuple[float, ...] = (),
) -> Array:
    """So many numbers inside `domain` that `dtype` holds, in an order that tells nothing.

    A third of them is uniform between -10 and 10, or over the domain, a fifth between -100 and 100,
    a third has exponents from a bell around 0; the rest is of any magnitude, or lies at and beside
    whole numbers, halves and the edges of the domain. Of `landmarks`, the numbers in a rule's code,
    half of these last are at and beside one, and half of the second part are between two.
    """
    parts = (size * 5 // 15, size * 3 // 15, size * 4 // 15, size // 15)
    rest = size - sum(parts)
    low, high = span_of(domain)
    signs = rng.choice((-1.0, 1.0), size)
    among = parts[1] // 2 if landmarks else 0
    info = np.finfo(dtype)
    every = _even(parts[3], float(info.minexp) + 2, float(info.maxexp) - 2, rng)
    numbers = np.concatenate(
        [
            _even(parts[0], low, high, rng),
            _even(parts[1] - among, -100.0, 100.0, rng),
            between(landmarks, among, rng),
            signs[: parts[2]] * 2.0 ** rng.normal(0.0, _BELL, parts[2]),
            signs[: parts[3]] * 2.0 ** np.clip(every, -1021, 1022),
            _beside(domain, rest, rng, landmarks),
        ]
    )
    rng.shuffle(numbers)
    return inside(numbers, domain, dtype)


def _even(size: int, low: float, high: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """One number in each of so many equal parts from `low` to `high`."""
    return low + (high - low) * (np.arange(size) + rng.random(size)) / max(size, 1)


def between(
    landmarks: tuple[float, ...], size: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """So many numbers between neighbouring landmarks of either sign, or beyond the last."""
    if not size:
        return np.zeros(0)
    marks = np.unique([s * mark for mark in (*landmarks, 2 * max(landmarks)) for s in (-1.0, 1.0)])
    at = rng.integers(0, len(marks) - 1, size)
    found: NDArray[np.float64] = marks[at] + (marks[at + 1] - marks[at]) * rng.random(size)
    return found


def _made_of(landmarks: tuple[float, ...]) -> tuple[float, ...]:
    """The landmarks, their roots and logarithms: where x**2 or exp(x) is as large."""
    return (*landmarks, *map(sqrt, landmarks), *map(log, landmarks))


def _beside(
    domain: Interval, size: int, rng: np.random.Generator, landmarks: tuple[float, ...]
) -> NDArray[np.float64]:
    """Whole numbers, halves, landmarks and the edges of the domain, and what lies beside them."""
    some = np.concatenate([domain.edges, np.arange(-8.0, 8.5, 0.5), rng.integers(-100, 100, 32)])
    at = rng.choice(some, size)
    if landmarks:
        marks = rng.choice((-1.0, 1.0), size) * rng.choice(_made_of(landmarks), size)
        at = np.where(rng.random(size) < 0.5, marks, at)
    away = rng.choice((-1.0, 1.0), size) * 2.0 ** -rng.uniform(0.0, _BESIDE, size)
    exact = rng.random(size) < 0.25
    return np.where(exact, at, at + np.maximum(abs(at), 1.0) * away)
