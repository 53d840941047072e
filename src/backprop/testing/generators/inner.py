"""Numbers moved into a domain: what is drawn anywhere need not be thrown away."""

from __future__ import annotations

from math import copysign, inf, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.errors import ArgumentValueError
from backprop.ground.arrays import Array
from backprop.ground.domain import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray


def inside(numbers: NDArray[np.float64], domain: Interval, dtype: str) -> Array:
    """Each number, or where the domain does not have it, one that it has: folded at its edges."""
    low, high, inner = domain.low, domain.high, Inner(domain, dtype)
    if isfinite(low) and isfinite(high):
        folded = low + np.mod(numbers - low, high - low)
    elif isfinite(low):
        folded = low + abs(numbers - low)
    elif isfinite(high):
        folded = high - abs(numbers - high)
    else:
        folded = numbers
    with np.errstate(over="ignore"):
        for candidates in (-numbers, folded):
            numbers = np.where(_holds(domain, numbers, dtype), numbers, candidates)
        for k in np.flatnonzero(~_holds(domain, numbers, dtype)):
            numbers[k] = inner.fit(float(numbers[k]))
        return numbers.astype(dtype)


def _holds(domain: Interval, numbers: NDArray[np.float64], dtype: str) -> NDArray[np.bool_]:
    """Where a number, rounded to the dtype, is finite and in the domain."""
    with np.errstate(over="ignore"):
        rounded = numbers.astype(dtype).astype(np.float64)
    held = np.isfinite(rounded) & (domain.low < rounded) & (rounded < domain.high)
    return held & ~np.isin(rounded, domain.excluded)


class Inner:
    """Moves a number into a domain, to a value that the dtype holds: rejects none."""

    def __init__(self, domain: Interval, dtype: str) -> None:
        self.domain: Interval = domain
        self.dtype: type[np.floating[Any]] = np.dtype(dtype).type

    def fit(self, x: float) -> float:
        """`x` rounded to the dtype if that is inside, else some number inside."""
        for candidate in (x, -x, self.inside()):
            rounded = float(self.dtype(candidate))
            if isfinite(rounded) and rounded in self.domain:
                return rounded
        raise ArgumentValueError(f"{self.domain!r} holds no {self.dtype.__name__}: widen it")

    def scaled(self, sign: float, significand: float, exponent: int) -> float:
        """The number ± significand · 2**exponent, moved into the domain."""
        return self.fit(sign * significand * 2.0**exponent)

    def beside(self, edge: float, side: float, exponent: int) -> float:
        """The number at 2**exponent from an edge, relative to it, moved into the domain."""
        return self.fit(edge + side * max(abs(edge), 1.0) * 2.0**exponent)

    def inside(self) -> float:
        """Some number inside."""
        most = float(np.finfo(self.dtype).max)
        ends = self.domain.low, self.domain.high
        low, high = (e if abs(e) <= most else copysign(inf, e) for e in ends)
        if isfinite(low) and isfinite(high):
            middle = low / 2 + high / 2
        elif isfinite(low) or isfinite(high):
            middle = low + max(abs(low), 1.0) if isfinite(low) else high - max(abs(high), 1.0)
        else:
            middle = 1.0
        while middle in self.domain.excluded:
            middle = middle / 2 + high / 2 if isfinite(high) else middle + max(middle, 1.0)
        return middle
