"""How far a number may move before it leaves its domain."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.domain import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray


def room(domain: Interval, x: Array) -> Array:
    """How far each element of `x` may move either way; inf where there is no edge."""
    edges = np.array([inf, *domain.edges])
    nearest: Array = abs(x[..., np.newaxis] - edges).min(axis=-1)
    return nearest


def room_along(domain: Interval, x: Array, v: NDArray[Any]) -> float:
    """How far t may go before x + t v leaves the domain."""
    moving = v != 0
    return float((room(domain, x)[moving] / abs(v[moving])).min(initial=inf))
