"""The slopes near a tie: where inputs are equal, moving one of them does not show all kinks.

The middle one of three equal numbers stays in the middle of the sorted ones, whichever way it is
moved, and the slope of every output is the same on both sides. But near by, it may be any of the
three: so sort may send its cotangent to any of them, and the median of them to any.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.domain import Interval
from backprop.testing.numeric.differences import Map, column
from backprop.testing.numeric.limits import SAFETY, Derivative
from backprop.testing.numeric.room import room

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RANKS: Final = 8
_FAR, _NEAR = 2.0**-4, 2.0**-8  # how far around, relative to x
_ALONE: Final = 2.0**-4  # in which part of that, around a point, no other element should be
_NOTHING: Final = 2.0**-20  # of the largest number, or of 1
_ASKEW: Final = 2.0**-5  # so that no two are of one size
_OUTSIDE: Final = 1.1  # beyond all others


def tied(x: Array, j: int) -> bool:
    """Whether another element of `x` is as large as element `j`, or nearly, but for its sign."""
    size = abs(x.reshape(-1))
    near = _NOTHING * max(float(size[j]), 1.0)
    return bool(np.count_nonzero(abs(size - size[j]) <= near) > 1)


def slopes_around(f: Map, x: Array, j: int, domain: Interval) -> tuple[Derivative, Derivative]:
    """The slopes of each element of f along element `j` at points around `x`: far, and nearer."""
    return _slopes(f, x, j, domain, _FAR), _slopes(f, x, j, domain, _NEAR)


def extremes(
    far: Derivative, near: Derivative, g: Array
) -> tuple[np.longdouble, np.longdouble] | None:
    """The least and the largest slope of (g * f).sum() near by, given those of slopes_around.

    None if there is no kink: then they come together as the points come near.
    """
    far, near = _known(far, g), _known(near, g)
    if not far.error.size or not near.error.size or not _kinked(far, near)[g != 0].any():
        return None
    parts = (g, near.value), (abs(g), near.error)
    along, errors = (np.where(g == 0, 0, a * b).sum(axis=-1) for a, b in parts)
    slack = SAFETY * errors.max()
    return along.min() - slack, along.max() + slack


def _known(slopes: Derivative, g: Array) -> Derivative:
    """The slopes at points where those of all outputs that count are known."""
    known = np.isfinite(np.where(g == 0, 0, slopes.error)).all(axis=-1)
    return Derivative(slopes.value[known], slopes.error[known])


def _kinked(far: Derivative, near: Derivative) -> NDArray[np.bool_]:
    """Which outputs have a kink: their slopes do not come together as the points come near."""
    slack = SAFETY * near.error.max(axis=0)
    apart = np.maximum(np.ptp(far.value, axis=0) / 2, 2 * slack)
    kinked: NDArray[np.bool_] = np.ptp(near.value, axis=0) > apart
    return kinked


def _slopes(f: Map, x: Array, j: int, domain: Interval, within: float) -> Derivative:
    # A zero stays below what is above it, unless that is as good as zero: then both move as far.
    sizes = abs(x)
    sizes = np.where(sizes < _NOTHING * max(float(sizes.max()), 1.0), 0, sizes)
    least = sizes[sizes != 0].min() if sizes.any() else 1.0
    scale = np.minimum(np.where(sizes == 0, least, sizes), room(domain, x)).astype(x.dtype) * within
    found: list[Derivative] = []
    for direction in _directions(x, j):
        p = x + scale * direction.astype(x.dtype)
        at = float(p.flat[j])
        alone = min(float(scale.flat[j]) * _ALONE, _gap(p, j) / 2)
        if at - alone < at < at + alone:
            found.append(column(f, p, j, Interval(at - alone, at + alone)))
    size = found[0].value.size if found else 1
    values = np.array([d.value for d in found], np.longdouble).reshape(-1, size)
    return Derivative(values, np.array([d.error for d in found], np.longdouble).reshape(-1, size))


def _gap(x: Array, j: int) -> float:
    """How far the size of element `j` is from that of any other."""
    sizes = abs(x.reshape(-1)).astype(np.float64)
    return float(np.delete(abs(sizes - sizes[j]), j).min(initial=inf))


def _directions(x: Array, j: int) -> Iterator[Array]:
    """Ways to break ties among the elements of x: in order, and element `j` at every rank."""
    ranks = np.linspace(-1, 1, x.size) + _ASKEW
    order = ranks.reshape(x.shape)
    yield order
    yield -order
    rng = np.random.default_rng(0)
    for rank in np.linspace(-_OUTSIDE, _OUTSIDE, _RANKS):
        direction = rng.permutation(ranks).reshape(x.shape)
        direction.flat[j] = rank
        yield direction
