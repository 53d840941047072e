"""Where a rule is differentiable: an open interval, less a few points."""

from __future__ import annotations

from math import inf
from numbers import Real
from typing import Final, TypeAlias

from backprop.errors import ArgumentTypeError, ArgumentValueError
from backprop.ground.arrays import brief
from backprop.ground.compat import override
from backprop.ground.narrowing import is_sequence


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

    Raises ArgumentValueError (a ValueError) if it holds no number, for `low` must be below `high`,
    and ArgumentTypeError (a TypeError) for what is no real number.
    """

    __slots__ = ("excluded", "high", "low")

    low: Final[float]
    high: Final[float]
    excluded: Final[tuple[float, ...]]

    def __init__(self, low: float, high: float, excluded: tuple[float, ...] = ()) -> None:
        self.low = _number(low, "the low end of an Interval")
        self.high = _number(high, "the high end of an Interval")
        if not self.low < self.high:  # nor is it so of nan
            raise ArgumentValueError(f"an Interval needs low < high, got low={low}, high={high}")
        self.excluded = _holes(excluded)

    def without(self, *points: float) -> Interval:
        """This interval without `points`, where the function is not differentiable."""
        return Interval(self.low, self.high, (*self.excluded, *points))

    @property
    def edges(self) -> tuple[float, ...]:
        """Every finite place where the domain ends or has a hole, in ascending order."""
        return tuple(p for p in sorted({self.low, *self.excluded, self.high}) if abs(p) < inf)

    def __contains__(self, x: float) -> bool:
        x = _number(x, "what is looked for in an Interval")
        return self.low < x < self.high and x not in self.excluded

    def distance(self, x: float) -> float:
        """How far `x` may move either way before it leaves the domain; inf if it never does."""
        x = _number(x, "what is held against the edges of an Interval")
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


def _number(x: object, what: str) -> float:
    """A real number as a Python float."""
    if type(x) is float:
        return x
    if not isinstance(x, Real):
        raise ArgumentTypeError(f"{what} is one real number, got {brief(x)}")
    try:
        return float(x)
    except OverflowError:
        raise ArgumentValueError(f"{what} is too large for a float: {brief(x)}") from None


def _holes(points: object) -> tuple[float, ...]:
    """The excluded points, each once and ascending, so that equal intervals compare equal."""
    if not is_sequence(points):
        raise ArgumentTypeError(
            "the points of an Interval that are excluded are a tuple of numbers, "
            f"got {brief(points)}"
        )
    found = {_number(p, "a point that an Interval excludes") for p in points}
    if not all(abs(p) < inf for p in found):  # nor is it so of nan
        raise ArgumentValueError(f"an Interval excludes finite numbers, got {brief(points)}")
    return tuple(sorted(found))


REALS: Final = Interval(-inf, inf)
POSITIVE: Final = Interval(0.0, inf)
Domain: TypeAlias = Interval | tuple[Interval, ...]  # one for all inputs, or one for each
