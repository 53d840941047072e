"""Where a rule is differentiable: an open interval, less a few points."""

from __future__ import annotations

from math import inf, isnan
from typing import Final, TypeAlias

from backprop.compat import override


class Interval:  # no dataclass: to import those takes longer than all but a few of our modules
    """The open interval from `low` to `high`, less the points of `excluded`.

    A Function class states here where its derivative exists. Error messages, documentation, the
    verifier and its strategies all read it from the class.

    >>> Interval(0.0, inf)
    Interval(0, inf)
    >>> 0.0 in Interval(0.0, inf), 1e-300 in Interval(0.0, inf)
    (False, True)
    >>> REALS.without(0.0)
    Interval(-inf, inf).without(0)

    Raises ValueError if it holds no number: `low` must be below `high`.
    """

    __slots__ = ("excluded", "high", "low")

    low: Final[float]
    high: Final[float]
    excluded: Final[tuple[float, ...]]

    def __init__(self, low: float, high: float, excluded: tuple[float, ...] = ()) -> None:
        if isnan(low) or isnan(high) or not low < high:
            raise ValueError(f"an Interval needs low < high, got low={low!r}, high={high!r}")
        self.low = low
        self.high = high
        self.excluded = excluded

    def without(self, *points: float) -> Interval:
        """The same interval less `points`, where the function is not differentiable."""
        return Interval(self.low, self.high, tuple(sorted({*self.excluded, *points})))

    @property
    def edges(self) -> tuple[float, ...]:
        """Every finite place where the domain ends or has a hole, in ascending order."""
        return tuple(p for p in sorted({self.low, *self.excluded, self.high}) if abs(p) < inf)

    def __contains__(self, x: float) -> bool:
        return self.low < x < self.high and x not in self.excluded

    def distance(self, x: float) -> float:
        """How far `x` may move either way before it leaves the domain; inf if it never does."""
        return min((abs(x - edge) for edge in self.edges), default=inf)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Interval) and self._all() == other._all()

    @override
    def __hash__(self) -> int:
        return hash(self._all())

    def _all(self) -> tuple[float, float, tuple[float, ...]]:
        return self.low, self.high, self.excluded

    @override
    def __repr__(self) -> str:
        holes = ", ".join(f"{p:g}" for p in self.excluded)
        return f"Interval({self.low:g}, {self.high:g})" + (f".without({holes})" if holes else "")


REALS: Final = Interval(-inf, inf)
POSITIVE: Final = Interval(0.0, inf)
Domain: TypeAlias = Interval | tuple[Interval, ...]  # one for all inputs, or one for each
