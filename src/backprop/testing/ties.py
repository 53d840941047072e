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
from backprop.testing.differences import SAFETY, Derivative, Map, column

_RANKS: Final = 8
_FAR, _NEAR = 2.0**-4, 2.0**-8  # how far around, relative to x
_ALONE: Final = 2.0**-4  # in which part of that, around a point, no other element should be


def tied(x: Array, j: int) -> bool:
    """Whether another element of `x` is as large as element `j`, but for its sign."""
    size = abs(x.reshape(-1))
    return bool(np.count_nonzero(size == size[j]) > 1)


def slopes_around(f: Map, x: Array, j: int, domain: Interval) -> tuple[Derivative, Derivative]:
    """The slopes of each element of f along element `j` at points around `x`: far, and nearer."""
    return _slopes(f, x, j, domain, _FAR), _slopes(f, x, j, domain, _NEAR)


def extremes(
    far: Derivative, near: Derivative, g: Array
) -> tuple[np.longdouble, np.longdouble] | None:
    """The least and the largest slope of (g * f).sum() near by, given those of slopes_around.

    None if there is no kink: then they come together as the points come near.
    """
    (wide, _), (close, errors) = _along(far, g), _along(near, g)
    if not wide.size or not close.size:
        return None
    slack = SAFETY * errors.max()
    if np.ptp(close) <= max(np.ptp(wide) / 2, 2 * slack):
        return None
    return close.min() - slack, close.max() + slack


def _along(slopes: Derivative, g: Array) -> tuple[Array, Array]:
    """The slopes of (g * f).sum() that are known, and their errors."""
    sizes = (g, slopes.value), (abs(g), slopes.error)
    values, errors = (np.where(g == 0, 0, a * b).sum(axis=-1) for a, b in sizes)
    known = np.isfinite(errors)
    return values[known], errors[known]


def _slopes(f: Map, x: Array, j: int, domain: Interval, within: float) -> Derivative:
    room = np.array([domain.distance(float(v)) for v in x.flat]).reshape(x.shape)
    least = abs(x[x != 0]).min() if x.any() else 1.0  # so that a zero stays below what is above it
    scale = np.minimum(np.where(x == 0, least, abs(x)), room).astype(x.dtype) * within
    alone = float(scale.flat[j]) * _ALONE
    found: list[Derivative] = []
    for direction in _directions(x, j):
        p = x + scale * direction.astype(x.dtype)
        at = float(p.flat[j])
        if at - alone < at < at + alone:
            found.append(column(f, p, j, Interval(at - alone, at + alone)))
    size = found[0].value.size if found else 1
    values = np.array([d.value for d in found], np.longdouble).reshape(-1, size)
    return Derivative(values, np.array([d.error for d in found], np.longdouble).reshape(-1, size))


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
