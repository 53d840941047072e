"""Is an analytic gradient right? Tolerances are computed from the numbers; nothing is tuned.

Central differences are the judge. They run in the next wider dtype if the rule does, else in its
own. A gradient passes if it is within

    4 x (the estimated error of the differences) + 8 ulp x (the sum of the absolute terms).

One that does not is called wrong only if nothing below acquits it:

* the same rule in the wider dtype is right, and the error is one that rounding can make;
* it lies between the slopes to the left and to the right, or at a tie between those around it: at a
  kink, any such value is right;
* the gradient moves by as much when the inputs move by some roundings: large terms cancel in it;
* differences in the rule's own dtype contradict those in the wider one: the point is ambiguous.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

import numpy as np

from backprop.arrays import Array
from backprop.domain import Interval
from backprop.testing.differences import Derivative, Map, column, curvature, one_sided, reach
from backprop.testing.rules import Arrays, Rule
from backprop.testing.ties import extremes, slopes_around, tied

if TYPE_CHECKING:
    from numpy.typing import NDArray

_P = ParamSpec("_P")
_T = TypeVar("_T")

_WIDER: Final[dict[type[np.floating[Any]], type[np.floating[Any]]]] = {
    np.float16: np.float64,
    np.float32: np.float64,
    np.float64: np.longdouble,
}
_ALL_COLUMNS: Final = 8  # up to this size every element is checked, beyond it some
_SOME_COLUMNS: Final = 3
_SAFETY: Final = 4
_ULPS: Final = 8
_CLOSE: Final = 2.0**-10
_ALMOST: Final = 2.0**-4  # of the largest number: a product on the way may overflow
TRIALS: Final = 8
_ROUNDINGS: Final = 16  # by how many f's inputs are moved to see what one does to it


@dataclass(frozen=True, slots=True)
class Point:
    """Inputs of a rule, and what central differences say of the derivative there."""

    rule: Rule
    xs: Arrays
    y: Array
    wide: type[np.floating[Any]] | None  # the dtype of the differences, if wider than the rule's
    columns: tuple[list[int], ...]  # which elements of each input are checked
    jacobians: tuple[Derivative, ...]  # of the flat output, by these elements
    asked: dict[tuple[object, ...], Any] = field(
        default_factory=dict[tuple[object, ...], Any], repr=False
    )

    @property
    def known(self) -> bool:
        """Whether there is anything to compare with."""
        return any(np.isfinite(j.error).any() for j in self.jacobians)

    def ask(
        self,
        about: Callable[Concatenate[Map, Array, int, Interval, _P], _T],
        i: int,
        j: int,
        wide: bool,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """What `about` finds of the function along element `j` of input `i`.

        In the wider dtype or in its own. It is computed once, for many faults are tried at a point.
        """
        key = (about, i, j, wide, *args, *kwargs.values())
        if key not in self.asked:
            xs = _widened(self) if wide else self.xs
            f, domain = _partial(self.rule, xs, i, self.y.size), self.rule.domains[i]
            self.asked[key] = about(f, xs[i], j, domain, *args, **kwargs)
        found: _T = self.asked[key]
        return found


@dataclass(frozen=True, slots=True)
class Measurement:
    """The analytic and the numeric gradient of one input, at the elements that are checked."""

    input: int
    columns: list[int]  # flat indices of the elements checked
    analytic: Array
    numeric: Array
    tolerance: Array
    terms: Array

    @property
    def ratio(self) -> Array:
        """The error as a part of its tolerance; 0 where nothing is known."""
        with np.errstate(all="ignore"):
            ratio = abs(self.analytic - self.numeric) / self.tolerance
            ratio = np.where(np.isnan(self.analytic), np.inf, ratio)
            return np.where(np.isfinite(self.tolerance) & np.isfinite(self.numeric), ratio, 0)

    @property
    def detectable(self) -> float:
        """The smallest relative error of this gradient that would be seen."""
        with np.errstate(all="ignore"):
            part = self.tolerance / abs(self.numeric)
        return float(part[np.isfinite(part)].min(initial=np.inf))


def measure(rule: Rule, xs: Arrays, rng: np.random.Generator | None = None) -> Point:
    """Take the numerical derivative of `rule` at `xs`; of large inputs, at elements `rng` picks."""
    y = np.asarray(rule.forward(*xs))
    finite = bool(np.isfinite(y).all())
    wide, off = _wider(rule, xs, y) if finite else (None, 0.0)
    most = _ALL_COLUMNS if rule.order == 1 else _SOME_COLUMNS
    columns = tuple(_columns(x.size, most, rng) if finite else [] for x in xs)
    at = tuple(x.astype(wide) for x in xs) if wide else xs
    jacobians = tuple(_jacobian(rule, at, i, cols, y.size, off) for i, cols in enumerate(columns))
    return Point(rule, xs, y, wide, columns, jacobians)


def compare(point: Point, gy: Array, gxs: Sequence[Array]) -> Iterator[Measurement]:
    """The analytic gradients `gxs` beside the numeric ones, input by input."""
    g = gy.reshape(-1, 1).astype(np.longdouble)
    steepest = max(map(_steepest, point.jacobians), default=0.0) * abs(g).max(initial=0)
    for i, (gx, cols, j) in enumerate(zip(gxs, point.columns, point.jacobians)):
        with np.errstate(all="ignore"):
            parts = np.where(g == 0, 0, g * j.value)
            terms = abs(parts).sum(axis=0)
            info = np.finfo(gx.dtype)
            error = np.where(g == 0, 0, abs(g) * j.error).sum(axis=0)
            floor = np.longdouble(info.smallest_subnormal) * (_ULPS + g.size)
            # Where f is flat, and 0 at all steps, a product of two roundings may be left.
            floor += _ULPS * np.longdouble(info.eps) ** 2 * steepest
            tolerance = _SAFETY * error + _ULPS * info.eps * terms + floor
            numeric = parts.sum(axis=0)
            numeric = np.where(abs(numeric) > info.max, np.nan, numeric)  # overflows: unknown
        analytic = gx.reshape(-1)[cols].astype(np.longdouble)
        yield Measurement(i, cols, analytic, numeric, tolerance, terms)


def _steepest(jacobian: Derivative) -> np.longdouble:
    sizes = abs(jacobian.value)
    steepest: np.longdouble = np.max(sizes, initial=0, where=np.isfinite(sizes))
    return steepest


def mismatch(point: Point, rule: Rule, gy: Array, seen: Measurement) -> int | None:
    """Where in `seen` the gradient of `rule` is wrong, if it is."""
    suspects = np.flatnonzero(seen.ratio > 1)
    if not suspects.size:
        return None
    with np.errstate(all="ignore"):
        right = _right_in_wider(point, rule, gy, seen)
        for k in map(int, suspects):
            rounding = right[k] and (rule.composed or _rounding(point, gy, seen, k))
            if not (rounding or _excused(point, rule, gy, seen, k)):
                return k
    return None


def _columns(size: int, most: int, rng: np.random.Generator | None) -> list[int]:
    """All elements, or the first, the last (where loops go wrong) and some between."""
    if size <= most or rng is None:
        return list(range(size))
    between = 1 + rng.choice(size - 2, _SOME_COLUMNS - 2, replace=False)
    return [0, *sorted(map(int, between)), size - 1]


def _wider(rule: Rule, xs: Arrays, y: Array) -> tuple[type[np.floating[Any]] | None, float]:
    """The dtype to take differences in, wider than that of `xs` if the rule computes in it.

    And the noise of y that shows there. Half the digits must agree, else y is mostly rounding: flat
    between its jumps, as x + 1e8 - 1e8 is in float32. Then nothing is known.
    """
    wide = _WIDER.get(np.result_type(*xs).type)
    if wide is None or np.finfo(wide).eps >= np.finfo(np.result_type(*xs)).eps:
        return None, 0.0
    try:
        there = np.asarray(rule.forward(*(x.astype(wide) for x in xs)))
    except Exception:
        return None, 0.0
    if there.dtype != wide or there.shape != y.shape:
        return None, 0.0
    close = np.allclose(there, y, rtol=np.finfo(y.dtype).eps ** 0.5)
    return (wide, 0.0) if close else (None, np.inf)


def _jacobian(rule: Rule, xs: Arrays, i: int, cols: list[int], rows: int, off: float) -> Derivative:
    f = _partial(rule, xs, i, rows)
    noise = (np.maximum(off, _noise(rule, xs, i, j)) for j in cols)
    found = [column(f, xs[i], j, rule.domains[i], n) for j, n in zip(cols, noise)]
    if not found:
        return Derivative(np.empty((rows, 0), np.longdouble), np.empty((rows, 0), np.longdouble))
    return Derivative(
        np.stack([d.value for d in found], axis=1), np.stack([d.error for d in found], axis=1)
    )


def _noise(rule: Rule, xs: Arrays, i: int, j: int) -> Array:
    """How far f moves when all its inputs but this element move by one rounding.

    It is known no better than that. A sum may lose a small operand beside large ones that cancel;
    then f is flat, its own rounding is nothing, and only this tells.
    """
    here = np.asarray(rule.forward(*xs)).reshape(-1)
    moved = [rounded(x, k, abs(x).max(initial=0)) for k, x in enumerate(xs)]
    moved[i].flat[j] = xs[i].flat[j]
    there = np.asarray(rule.forward(*moved)).reshape(-1)
    noise: Array = abs(there.astype(np.longdouble) - here)
    return np.where(np.isfinite(noise), noise / _ROUNDINGS, 0)


def rounded(x: Array, k: int, zero: Array | float = 0.0) -> Array:
    """The elements of x some roundings away, each by another amount, so that none cancel.

    Those of 0 by as much as if they were as large as `zero`.
    """
    amount = _ROUNDINGS * np.cos(np.arange(x.size).astype(x.dtype) ** 2 + k).reshape(x.shape)
    size = np.where(x == 0, zero, x)
    return np.array(x + size * (np.finfo(x.dtype).eps * amount), x.dtype)


def _partial(rule: Rule, xs: Arrays, i: int, size: int) -> Map:
    """The function of input `i`; nan where a step leads out of where it has a value of `size`."""

    def f(x: Array) -> Array:
        try:
            y = np.asarray(rule.forward(*xs[:i], x, *xs[i + 1 :]))
        except (ArithmeticError, ValueError):
            return np.full(size, np.nan, x.dtype)
        return y if y.size == size else np.full(size, np.nan, x.dtype)

    return f


def _widened(point: Point) -> Arrays:
    return tuple(x.astype(point.wide) for x in point.xs) if point.wide else point.xs


def _right_in_wider(point: Point, rule: Rule, gy: Array, seen: Measurement) -> NDArray[np.bool_]:
    """Where the same rule, run in the wider dtype, is right or much less wrong."""
    nowhere = np.zeros(len(seen.columns), bool)
    if point.wide is None:
        return nowhere
    try:
        gxs = rule.vjp(_widened(point), gy.astype(point.wide))
    except Exception:
        return nowhere
    if len(gxs) != len(point.xs) or any(
        gx.dtype != point.wide or gx.shape != x.shape for gx, x in zip(gxs, point.xs)
    ):
        return nowhere
    there = list(compare(point, gy, gxs))[seen.input]
    return there.ratio <= 1


def _excused(point: Point, rule: Rule, gy: Array, seen: Measurement, k: int) -> bool:
    analytic = seen.analytic[k]
    if not np.isfinite(analytic):
        return False
    return (
        _last_places(point, gy, seen, k)
        or _between_slopes(point, gy, seen, k, analytic)
        or _ill_conditioned(point, rule, gy, seen, k)
        or _contradicted(point, seen, k)
        or _between_around(point, gy, seen, k, analytic)
    )


def _between_slopes(point: Point, gy: Array, seen: Measurement, k: int, analytic: Array) -> bool:
    i, j = seen.input, seen.columns[k]
    left, right = point.ask(one_sided, i, j, True)
    g = gy.reshape(-1).astype(np.longdouble)
    mean = Derivative(point.jacobians[i].value[:, k], point.jacobians[i].error[:, k])
    # With a kink nearer to x than any step, one side is unknown, and the other not the mean.
    kinks = (_differ(a, b) for a, b in ((left, right), (left, mean), (right, mean)))
    if not np.any(np.logical_or.reduce(list(kinks)) & (g != 0)):
        return False
    ends = np.stack([g * left.value, g * right.value])
    slack = _SAFETY * abs(g) * (left.error + right.error)
    low, high = ends.min(axis=0) - slack, ends.max(axis=0) + slack
    low = np.where(g == 0, 0, np.where(np.isnan(low), -np.inf, low)).sum()  # nan: unknown
    high = np.where(g == 0, 0, np.where(np.isnan(high), np.inf, high)).sum()
    return bool(low - seen.tolerance[k] <= analytic <= high + seen.tolerance[k])


def _differ(a: Derivative, b: Derivative) -> NDArray[np.bool_]:
    """Where two slopes, as far as they are known, are not the same."""
    return abs(a.value - b.value) > _SAFETY * (a.error + b.error)


def _ill_conditioned(point: Point, rule: Rule, gy: Array, seen: Measurement, k: int) -> bool:
    """Whether the gradient moves as far when the inputs and the cotangent move by some roundings.

    Then large terms cancel in it, and no precision at hand tells what is left. Where a rule is
    wrong at one point, it moves away from there as well, but to one value.
    """
    moved: list[np.longdouble] = []
    for trial in range(TRIALS):
        xs = tuple(rounded(x, TRIALS * trial + i) for i, x in enumerate(point.xs))
        gx = rule.vjp(xs, rounded(gy, trial))[seen.input]
        moved.append(np.longdouble(np.asarray(gx).reshape(-1)[seen.columns[k]]))
    error = abs(seen.analytic[k] - seen.numeric[k])
    return bool(error <= 2 * np.ptp(moved) + seen.tolerance[k])


def _last_places(point: Point, gy: Array, seen: Measurement, k: int) -> bool:
    """Whether the error is in the last places of f's slopes close by: at an extremum it may be."""
    i, j = seen.input, seen.columns[k]
    slopes = point.ask(reach, i, j, False, within=_CLOSE)
    g = abs(gy.reshape(-1).astype(np.longdouble))
    steepest = np.where(g == 0, 0, g * slopes).sum()
    error = abs(seen.analytic[k] - seen.numeric[k])
    return bool(error <= _ULPS * np.finfo(point.y.dtype).eps * steepest)


def _between_around(point: Point, gy: Array, seen: Measurement, k: int, analytic: Array) -> bool:
    i, j = seen.input, seen.columns[k]
    if not tied(point.xs[i], j):
        return False
    g = gy.reshape(-1).astype(np.longdouble)
    ends = extremes(*point.ask(slopes_around, i, j, True), g)
    slack = seen.tolerance[k]
    return ends is not None and bool(ends[0] - slack <= analytic <= ends[1] + slack)


def _rounding(point: Point, gy: Array, seen: Measurement, k: int) -> bool:
    """Whether rounding can have made an error as large as this, if the wider dtype has none.

    A rule that is wrong in one dtype only is right in the wider one too. But rounding gives no nan
    where f' can be represented, and costs half the digits at most, as seen beside the steepest
    slopes of f around (where a rule cancels, its terms are as large as those); more only if a
    rounding of x or y moves f' as much.
    """
    i, j = seen.input, seen.columns[k]
    xs, info = _widened(point), np.finfo(point.y.dtype)
    slope = abs(point.jacobians[i].value[:, k])
    if not np.isfinite(seen.analytic[k]):
        return bool(max(slope.max(), abs(seen.numeric[k])) > info.max * _ALMOST)
    g = abs(gy.reshape(-1).astype(np.longdouble))
    slopes = point.ask(reach, i, j, True)
    half = info.eps**0.5 * np.where(g == 0, 0, g * slopes).sum()
    cotangents = _ULPS * info.eps * g.max() * slopes.max()  # they may cancel too
    flushed = info.smallest_normal * (_ULPS + g.size)
    error = abs(seen.analytic[k] - seen.numeric[k])
    if error <= half + cotangents + flushed:
        return True
    bend = point.ask(curvature, i, j, True)
    by_x = bend * np.spacing(abs(point.xs[i].flat[j]))
    # The output may be off by more than its last place, if f itself lost digits on the way.
    lost = abs(np.asarray(point.rule.forward(*xs)).reshape(-1) - point.y.reshape(-1))
    rounded = np.maximum(np.spacing(abs(point.y.reshape(-1))), lost)
    by_y = bend * rounded / slope
    moves = np.where(g == 0, 0, g * (by_x + np.where(np.isfinite(by_y), by_y, 0))).sum()
    return bool(error <= _SAFETY * moves + seen.tolerance[k])


def _contradicted(point: Point, seen: Measurement, k: int) -> bool:
    """Whether differences in the rule's own dtype exclude what those in the wider one say."""
    if point.wide is None:
        return False
    i, j = seen.input, seen.columns[k]
    own = point.ask(column, i, j, False)
    wide = point.jacobians[i]
    gap = abs(own.value - wide.value[:, k])
    return bool(np.any(gap > _SAFETY * (own.error + wide.error[:, k])))
