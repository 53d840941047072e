"""Rules of any kind, along one random direction at many points: a few calls look at all elements.

With v the direction, <vjp(gy), v> is the derivative of <gy, f(x + t v)> by t at 0. Where the two
differ, the halves of v that differ most are taken in turn, until few elements are left to suspect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from backprop.ground.arrays import Array, Shape
from backprop.ground.domain import Interval
from backprop.testing.generators.inner import inside
from backprop.testing.generators.strategies import span_of
from backprop.testing.judging.measuring import ULPS, wider
from backprop.testing.numeric.differences import column
from backprop.testing.numeric.limits import SAFETY
from backprop.testing.numeric.room import room_along
from backprop.testing.rules import Arrays, Rule
from backprop.testing.screening.shapes import every
from backprop.testing.screening.strata import between
from backprop.testing.screening.suspects import Suspect

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ONE_HOT: Final = 0.25
_AS_LARGE: Final = 0.2
_REGIMES: Final = ((0.0, 1.0), (10.0, 100.0), (-1.0, 0.0), (-100.0, -10.0))
_FEW: Final = 6  # elements of an input that the judge looks at one by one
_MOST: Final = 12  # suspects, of which the judge acquits all if he does the first
_GROUPS: Final = 16  # of terms, in which an error of one term is still seen
_ROOM: Final = 8  # powers of two below the end of the range
_HUGE: Final = 2.0**20
_TURNS: Final = 11  # one to every other of the regimes
_TINY: Final = 2.0**-30
_BELL: Final = 4  # the deviation of the exponents of two around 0


def along(rule: Rule, dtype: str, count: int, rng: np.random.Generator) -> Iterator[Suspect]:
    """Where the gradient looks wrong, at so many points of every shape."""
    found = (looked_at(rule, xs, rng) for xs in points(rule, dtype, count, rng))
    yield from islice((suspect for suspect in found if suspect is not None), _MOST)


def points(rule: Rule, dtype: str, count: int, rng: np.random.Generator) -> Iterator[Arrays]:
    """So many inputs of every shape, ordinary, with ties, and far or near 0 in turn."""
    for k, way in enumerate(every(rule, count, rng)):
        each = zip(rule.domains, way, strict=True)
        marks = rule.landmarks
        drawn = tuple(_drawn(domain, shape, dtype, k, rng, marks) for domain, shape in each)
        yield rule.placed(_anywhere(rule, drawn, rng) if k % 4 == 3 else drawn)


def looked_at(rule: Rule, xs: Arrays, rng: np.random.Generator) -> Suspect | None:
    """The elements of `xs` that a random direction shows to be suspect, if it does."""
    with np.errstate(all="ignore"):
        line = _Line.through(rule, xs, rng)
        if line is None:
            return None
        v = _direction(xs, rng)
        if not line.excess(v) > 0:
            return None
        return Suspect(rule, xs, line.gy, _columns(xs, _narrowed(line, v)))


@dataclass(frozen=True, slots=True)
class _Line:
    """A rule and its gradient at a point, to be looked at along directions through it."""

    rule: Rule
    at: Arrays  # the point, in the dtype of the differences
    gy: Array
    gxs: list[Array]
    size: int  # of the value
    noise: Array

    @classmethod
    def through(cls, rule: Rule, xs: Arrays, rng: np.random.Generator) -> _Line | None:
        """None where there is no finite value or no gradient: the search says what is wrong."""
        try:
            y = np.asarray(rule.forward(*xs))
            gy = _cotangent(y, rng, rule.landmarks)
            gxs = [np.asarray(gx) for gx in rule.vjp(xs, gy)]
        except Exception:
            return None
        fit = [gx.shape for gx in gxs] == [x.shape for x in xs]
        if not y.size or not fit or not np.isfinite(y).all():
            return None
        wide, noise = wider(rule, xs, y)
        at = tuple(x.astype(wide) for x in xs) if wide else xs
        return cls(rule, at, gy, gxs, y.size, noise)

    def excess(self, v: NDArray[np.float64]) -> float:
        """By how many tolerances <vjp(gy), v> differs from the numeric one; 0 if by less than 1."""
        tangents = _split(self.at, v)
        each = zip(self.rule.domains, self.at, tangents, strict=True)
        room = min(room_along(domain, x, tangent) for domain, x, tangent in each)
        if not room > 0:
            return 0.0
        g = self.gy.reshape(-1).astype(np.longdouble)
        try:
            numeric, error = self._slope(tangents, room, g)
        except Exception:  # a step leads out of where there is a value
            return 0.0
        terms = [gx.astype(np.longdouble) * tangent for gx, tangent in zip(self.gxs, tangents)]
        size: Any = sum(abs(t).sum() for t in terms) + abs(numeric).sum()
        eps = max(float(np.finfo(gx.dtype).eps) for gx in self.gxs)
        tolerance = SAFETY * error.sum() + ULPS * eps * size
        gap: Any = abs(sum(t.sum() for t in terms) - numeric.sum())
        if not np.isfinite(tolerance) or gap <= tolerance:
            return 0.0
        return float(gap / tolerance) if np.isfinite(gap) and tolerance else inf

    def _slope(self, tangents: Arrays, room: float, g: Array) -> tuple[Array, Array]:
        """The derivatives of the terms of <gy, f(x + t v)>, of many in groups, and their errors."""
        starts = np.arange(0, self.size, max(self.size // _GROUPS, 1))

        def f(t: Array) -> Array:
            moved = (x + t[0] * tangent for x, tangent in zip(self.at, tangents))
            y = np.asarray(self.rule.truth(*moved)).reshape(-1)
            return np.add.reduceat(g * y, starts).astype(t.dtype)

        noise = np.add.reduceat(abs(g) * self.noise, starts)
        slope = column(f, np.zeros(1, self.at[0].dtype), 0, Interval(-room, room), noise)
        return slope.value, slope.error


def _cotangent(y: Array, rng: np.random.Generator, landmarks: tuple[float, ...]) -> Array:
    """A random cotangent of all elements, or of one alone: so are the rows of Jacobians made.

    It may be as large as a number in the code: gradients are clipped there.
    """
    size = rng.choice(landmarks) if landmarks and rng.random() < _AS_LARGE else 1.0
    gy = np.asarray(size * rng.standard_normal(y.shape), y.dtype)
    if y.size > 1 and rng.random() < _ONE_HOT:
        gy = np.where(np.arange(y.size).reshape(y.shape) == rng.integers(y.size), gy, 0)
    return gy


def _drawn(
    domain: Interval,
    shape: Shape,
    dtype: str,
    k: int,
    rng: np.random.Generator,
    landmarks: tuple[float, ...],
) -> Array:
    """Ordinary numbers, those of which many are equal, and numbers near 0 and far, in turn.

    And arrays of which all is in one regime: between 0 and 1, above 10, ascending; and between the
    landmarks of the rule's code.
    """
    size = int(np.prod(shape))
    if landmarks and k % 5 == 4:
        numbers = between(landmarks, size, rng)
    elif k % 3 == 0 and k % 2:
        numbers = rng.uniform(*_REGIMES[k // 6 % len(_REGIMES)], size)
        numbers = np.sort(numbers) if k // 6 % 2 else numbers
    elif k % 3 == 0:
        numbers = rng.uniform(*span_of(domain), size)
    elif k % 3 == 1:
        numbers = np.round(2 * rng.uniform(*span_of(domain), size)) / 2
    else:
        numbers = rng.choice((-1.0, 1.0), size) * 2.0 ** rng.normal(0.0, _BELL, size)
    return inside(_arranged(numbers, shape, k).reshape(-1), domain, dtype).reshape(shape)


def _arranged(numbers: NDArray[np.float64], shape: Shape, k: int) -> NDArray[np.float64]:
    """The numbers as an array; in turn descending, all equal, symmetric, tiny but for one."""
    x = numbers.reshape(shape)
    if k % _TURNS == 1:
        return np.sort(numbers)[::-1].reshape(shape)
    if k % _TURNS == 2:
        return np.full(shape, numbers.mean() if numbers.size else 0.0)
    if k % _TURNS == 3 and shape == shape[::-1]:
        return (x + x.T) / 2
    if k % _TURNS == 4:
        return np.where(np.arange(x.size).reshape(shape) == x.size // 2, x, x * _TINY)
    return x


def _anywhere(rule: Rule, xs: Arrays, rng: np.random.Generator) -> Arrays:
    """The inputs at any magnitude of their dtype's range that the rule is tried at, all at one."""
    info = np.finfo(xs[0].dtype)
    most = rule.span * (min(info.maxexp, 1022) - _ROOM)
    factor = xs[0].dtype.type(2.0) ** int(rng.uniform(-most, most))
    each = zip(xs, rule.domains, strict=True)
    return tuple(
        inside((x * factor).reshape(-1), d, x.dtype.name).reshape(x.shape) for x, d in each
    )


def _direction(xs: Arrays, rng: np.random.Generator) -> NDArray[np.float64]:
    """A direction that moves each element by as much as it is, or by 1 if that is less.

    But by as much as it is, where that is so large that 1 would be lost beside it.
    """
    sizes = np.concatenate([abs(x.reshape(-1)) for x in xs]).astype(np.float64)
    signs = rng.choice((-1.0, 1.0), sizes.size)
    far = sizes > _HUGE
    moved = np.where(far, sizes, np.minimum(sizes, 1))
    return signs * np.where(sizes == 0, moved.max(initial=0) or 1.0, moved)


def _split(xs: Arrays, v: NDArray[np.float64]) -> Arrays:
    ends = np.cumsum([x.size for x in xs])[:-1]
    parts = np.split(v, ends)
    return tuple(part.reshape(x.shape).astype(x.dtype) for part, x in zip(parts, xs))


def _narrowed(line: _Line, v: NDArray[np.float64]) -> NDArray[np.intp]:
    """The few elements of the direction that are most to blame."""
    left = np.arange(v.size)
    while left.size > _FEW:
        halves = np.array_split(left, 2)
        blame = [line.excess(np.where(np.isin(np.arange(v.size), half), v, 0)) for half in halves]
        left = halves[int(np.argmax(blame))]
    return left


def _columns(xs: Arrays, elements: NDArray[np.intp]) -> tuple[list[int], ...]:
    ends = np.cumsum([x.size for x in xs])
    starts = [0, *ends[:-1]]
    return tuple(
        [int(e - a) for e in elements if a <= e < b] for a, b in zip(starts, ends, strict=True)
    )
