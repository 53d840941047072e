"""The slopes near a tie: where inputs are equal, moving one of them does not show all kinks.

The middle one of three equal numbers stays in the middle of the sorted ones, whichever way it is
moved, and the slope of every output is the same on both sides. But near by, it may be any of the
three: so sort may send its cotangent to any of them, and the median of them to any.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from backprop.arrays import Array
from backprop.domain import Interval
from backprop.testing.differences import Map, column

_RANKS: Final = 8
_FAR, _NEAR = 2.0**-4, 2.0**-8  # how far around, relative to x
_ALONE: Final = 2.0**-4  # in which part of that, around a point, no other element should be
_SAFETY: Final = 4


def tied(x: Array, j: int) -> bool:
    """Whether another element of `x` is as large as element `j`, but for its sign."""
    size = abs(x.reshape(-1))
    return bool(np.count_nonzero(size == size[j]) > 1)


def slopes_around(
    f: Map, x: Array, j: int, g: Array, domain: Interval
) -> tuple[np.longdouble, np.longdouble] | None:
    """The least and the largest slope of (g * f).sum() along element `j` at points around `x`.

    None if there is no kink: then they come together as the points come near.
    """
    far, _ = _slopes(f, x, j, g, domain, _FAR)
    near, errors = _slopes(f, x, j, g, domain, _NEAR)
    if not far.size or not near.size:
        return None
    slack = _SAFETY * errors.max()
    if np.ptp(near) <= max(np.ptp(far) / 2, 2 * slack):
        return None
    return near.min() - slack, near.max() + slack


def _slopes(
    f: Map, x: Array, j: int, g: Array, domain: Interval, within: float
) -> tuple[Array, Array]:
    """The slopes that are known at points around, and their errors."""
    room = np.array([domain.distance(float(v)) for v in x.flat]).reshape(x.shape)
    least = abs(x[x != 0]).min() if x.any() else 1.0  # so that a zero stays below what is above it
    scale = np.minimum(np.where(x == 0, least, abs(x)), room).astype(x.dtype) * within
    alone = float(scale.flat[j]) * _ALONE
    found: list[list[Array]] = []
    for direction in _directions(x, j):
        p = x + scale * direction.astype(x.dtype)
        at = float(p.flat[j])
        if at - alone < at < at + alone:
            d = column(f, p, j, Interval(at - alone, at + alone))
            parts = (g * d.value, abs(g) * d.error)
            found.append([np.where(g == 0, 0, part).sum() for part in parts])
    values, errors = np.array(found, np.longdouble).reshape(-1, 2).T
    known = np.isfinite(errors)
    return values[known], errors[known]


def _directions(x: Array, j: int) -> Iterator[Array]:
    """Ways to break ties among the elements of x: in order, and element `j` at every rank."""
    order = np.linspace(-1, 1, x.size).reshape(x.shape)
    yield order
    yield -order
    rng = np.random.default_rng(0)
    for rank in np.linspace(-0.95, 0.95, _RANKS):
        direction = rng.uniform(-1, 1, x.shape)
        direction.flat[j] = rank
        yield direction
