"""Is a gradient wrong that is not within its tolerance? Only if nothing here acquits it.

* The same rule in the wider dtype is right, and the error is one that rounding can make;
* it lies between the slopes to the left and to the right, or at a tie between those around it: at a
  kink, any such value is right;
* the gradient moves by as much when the inputs move by some roundings: large terms cancel in it;
* differences in the rule's own dtype contradict those in the wider one: the point is ambiguous;
* verified rules give the forward's code the same gradient: it is the forward that is inexact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.judging.measuring import (
    FEW_TRIALS,
    MANY_TRIALS,
    ULPS,
    Measurement,
    Point,
    compare,
    gradient_spread,
    widened,
)
from backprop.testing.numeric.differences import FLOAT64, curvature, one_sided, reach, stairs
from backprop.testing.numeric.limits import SAFETY, Derivative
from backprop.testing.numeric.ties import extremes, slopes_around, tied
from backprop.testing.rules import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray


_CLOSE: Final = 2.0**-10
_UNSTABLE: Final = 2**6  # times what the truth moves by
_NARROW: Final = 2**8  # ulps of the slopes around, that a rule in less than float64 may lose
_CANCELLED: Final = 2.0**-7  # of a gradient in less than float64 that several rules give
_BESIDE: Final = 2.0**-13  # of 1
_BEYOND: Final = 2**5  # roundings, that a gradient may always be off by
_LOST: Final = 2.0**-4  # of a gradient: what loses all its digits does so all around, too
_AROUND: Final = 12  # points, at which no rounding is the same by chance
_QUARTER: Final = 0.25
_PARTS: Final = (1 - _QUARTER, 1 + _QUARTER)
_ALMOST: Final = 2.0**-4  # of the largest number: a product on the way may overflow


def mismatch(point: Point, rule: Rule, gy: Array, seen: Measurement) -> int | None:
    """Where in `seen` the gradient of `rule` is wrong, if it is."""
    suspects = np.flatnonzero(seen.ratio > 1)
    if not suspects.size:
        return None
    with np.errstate(all="ignore"):
        right = _right_in_wider(point, rule, gy, seen)
        for k in map(int, suspects):
            rounding = right[k] and _rounding(point, gy, seen, k)
            if rounding and _systematic(point, rule, gy, seen, k):
                return k
            if not (rounding or _excused(point, rule, gy, seen, k, stable=bool(right[k]))):
                return k
    return None


def _right_in_wider(point: Point, rule: Rule, gy: Array, seen: Measurement) -> NDArray[np.bool_]:
    """Where the same rule, run in the wider dtype, is right or much less wrong."""
    nowhere = np.zeros(len(seen.columns), bool)
    if point.wide is None:
        return nowhere
    try:
        gxs = rule.vjp(widened(point), gy.astype(point.wide))
    except Exception:
        return nowhere
    if len(gxs) != len(point.xs) or any(
        gx.dtype != point.wide or gx.shape != x.shape for gx, x in zip(gxs, point.xs)
    ):
        return nowhere
    there = list(compare(point, gy, gxs))[seen.input]
    return there.ratio <= 1


def _excused(
    point: Point, rule: Rule, gy: Array, seen: Measurement, k: int, *, stable: bool
) -> bool:
    if not np.isfinite(seen.analytic[k]):
        return False
    return (
        (seen.analytic[k] == 0 and bool(point.ask(stairs, seen.input, seen.columns[k], True).all()))
        or _last_places(point, gy, seen, k)
        or _between_slopes(point, gy, seen, k)
        or _ill_conditioned(point, rule, gy, seen, k, stable=stable)
        or bool(point.contradicted(seen.input, k).any())
        or _between_around(point, gy, seen, k)
        or _seconded(point, rule, gy, seen, k)
    )


def _between_slopes(point: Point, gy: Array, seen: Measurement, k: int) -> bool:
    i, j = seen.input, seen.columns[k]
    left, right = point.ask(one_sided, i, j, True)
    g = gy.reshape(-1).astype(np.longdouble)
    mean = Derivative(point.jacobians[i].value[:, k], point.jacobians[i].error[:, k])
    # With a kink nearer to x than any step, one side is unknown, and the other not the mean.
    kinks = (_differ(a, b) for a, b in ((left, right), (left, mean), (right, mean)))
    if not np.any(np.logical_or.reduce(list(kinks)) & (g != 0)):
        return False
    ends = np.stack([g * left.value, g * right.value])
    slack = SAFETY * abs(g) * (left.error + right.error)
    low, high = ends.min(axis=0) - slack, ends.max(axis=0) + slack
    low = np.where(g == 0, 0, np.where(np.isnan(low), -np.inf, low)).sum()  # nan: unknown
    high = np.where(g == 0, 0, np.where(np.isnan(high), np.inf, high)).sum()
    return _between(low, high, point, seen, k)


def _between(
    low: np.longdouble, high: np.longdouble, point: Point, seen: Measurement, k: int
) -> bool:
    """Whether the gradient is between these, to its own rounding."""
    analytic = seen.analytic[k]
    slack = seen.tolerance[k] + ULPS * np.finfo(point.y.dtype).eps * abs(analytic)
    return bool(low - slack <= analytic <= high + slack)


def _differ(a: Derivative, b: Derivative) -> NDArray[np.bool_]:
    """Where two slopes, as far as they are known, are not the same."""
    return abs(a.value - b.value) > SAFETY * (a.error + b.error)


def _ill_conditioned(
    point: Point, rule: Rule, gy: Array, seen: Measurement, k: int, *, stable: bool
) -> bool:
    """Whether the gradient moves as far when the inputs and the cotangent move by some roundings.

    Then large terms cancel in it, and no precision at hand tells what is left. Where a rule is
    wrong at one point, it moves away from there as well, but to one value. And where the same rule
    is right in the wider dtype (`stable`) and hardly moves there, it is not the point that is
    ill-conditioned but the rule that is unstable.
    """
    beyond = abs(seen.analytic[k] - seen.numeric[k]) - seen.tolerance[k]
    at, column = (rule, point.xs, gy, seen.input), seen.columns[k]
    moves = gradient_spread(*at, FEW_TRIALS)[column]
    if moves <= seen.tolerance[k]:  # what is 0 does not move in a few
        moves = gradient_spread(*at, MANY_TRIALS)[column]
    if beyond > 2 * moves:
        return False
    if rule.composed or not stable or point.wide is None:
        return True
    truth = gradient_spread(*at, FEW_TRIALS, point.wide)[column]
    return bool(beyond <= _UNSTABLE * truth + seen.tolerance[k])


def _last_places(point: Point, gy: Array, seen: Measurement, k: int) -> bool:
    """Whether the error is in the last places of f's slopes close by: at an extremum it may be.

    Within several rules all cotangents meet, those too that count nothing in the end, and a factor
    x multiplies the last place of what it is multiplied by (x (1 - tanh(x)²) far out).
    """
    i, j = seen.input, seen.columns[k]
    slopes = point.ask(reach, i, j, True, within=_CLOSE)
    g = abs(gy.reshape(-1).astype(np.longdouble))
    met = g.max() * slopes.max() * max(abs(point.xs[i].flat[j]), 1) if point.rule.composed else 0
    steepest = np.maximum(np.where(g == 0, 0, g * slopes).sum(), met)
    error = abs(seen.analytic[k] - seen.numeric[k])
    return bool(error <= ULPS * np.finfo(point.y.dtype).eps * steepest)


def _between_around(point: Point, gy: Array, seen: Measurement, k: int) -> bool:
    i, j = seen.input, seen.columns[k]
    if not tied(point.xs[i], j):
        return False
    g = gy.reshape(-1).astype(np.longdouble)
    ends = extremes(*point.ask(slopes_around, i, j, True), g)
    return ends is not None and _between(*ends, point, seen, k)


def _rounding(point: Point, gy: Array, seen: Measurement, k: int) -> bool:
    """Whether rounding can have made an error as large as this, if the wider dtype has none.

    A rule that is wrong in one dtype only is right in the wider one too. But rounding gives no nan
    where f' can be represented, and costs half the digits at most, as seen beside the steepest
    slopes of f around (where a rule cancels, its terms are as large as those); more only if a
    rounding of x or y moves f' as much.
    """
    i, j = seen.input, seen.columns[k]
    xs, info = widened(point), np.finfo(point.y.dtype)
    slope = abs(point.jacobians[i].value[:, k])
    if not np.isfinite(seen.analytic[k]):
        return bool(max(slope.max(), abs(seen.numeric[k])) > info.max * _ALMOST)
    g = abs(gy.reshape(-1).astype(np.longdouble))
    slopes = point.ask(reach, i, j, True)
    few = info.eps > FLOAT64 and not point.rule.composed
    part = _NARROW * info.eps if few else info.eps**0.5
    half = part * np.where(g == 0, 0, g * slopes).sum()
    if info.eps > FLOAT64 and point.rule.composed:  # terms cancel that no slope of f shows
        half = max(half, _CANCELLED * abs(seen.numeric[k]))
    steepest = slopes.max()
    if point.rule.composed:  # they meet, and cancel too, those of one element with another's
        sizes = abs(point.jacobians[i].value)
        steepest = max(steepest, sizes.max(initial=0, where=np.isfinite(sizes)))
        steepest = steepest or 1.0  # all of them cancel: the third differences of three numbers
    cotangents = ULPS * info.eps * g.max() * steepest
    flushed = info.smallest_normal * (ULPS + g.size)
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
    return bool(error <= SAFETY * moves + seen.tolerance[k])


def _systematic(point: Point, rule: Rule, gy: Array, seen: Measurement, k: int) -> bool:
    """Whether the error is the same part of the gradient all around: then it is no rounding.

    Roundings change their sign and size when the inputs move by a quarter and the cotangent, which
    is all that a linear rule reads. What is wrong in one dtype alone, by a table or a number of
    terms of its own, keeps both. Each point around is asked only if those before it said so: of a
    rounding, one or two.
    """
    eps = float(np.finfo(point.y.dtype).eps)
    first = float((seen.analytic[k] - seen.numeric[k]) / seen.numeric[k])
    if not _BEYOND * eps < abs(first) < _LOST:
        return False
    at, wide = (seen.input, seen.columns[k]), np.dtype(point.wide)
    rng = np.random.default_rng(0)
    for _ in range(_AROUND):
        parts = (1 + rng.uniform(-_QUARTER, _QUARTER, x.shape) for x in point.xs)
        moved = (np.array(np.where(x == 0, p - 1, x * p), x.dtype) for x, p in zip(point.xs, parts))
        try:
            xs, g = rule.placed(tuple(moved)), np.array(gy * rng.uniform(*_PARTS), gy.dtype)
            own = rule.vjp(xs, g)[at[0]].flat[at[1]]
            true = rule.vjp(tuple(x.astype(wide) for x in xs), g.astype(wide))[at[0]].flat[at[1]]
        except Exception:  # it is no rule there
            return False
        error = float((own.astype(wide) - true) / true)
        if not 0.5 < error / first < 2:
            return False
    return True


def _seconded(point: Point, rule: Rule, gy: Array, seen: Measurement, k: int) -> bool:
    """Whether the forward's own code, differentiated by verified rules, has the same gradient.

    Where terms cancel in a forward its values are a staircase, and no differences of it know the
    slope. But both may be wrong at a single point, where the code has a branch for it alone: so
    the gradient must be the same beside it.
    """
    if rule.verified is None:
        return False
    analytic, column = seen.analytic[k], seen.columns[k]
    close = _CLOSE * abs(analytic - seen.numeric[k])
    try:
        others = [
            rule.verified(point.xs, gy),
            *(rule.vjp(xs, gy) for xs in _beside(point, seen, k)),
        ]
    except Exception:  # it has none, or what it has is in doubt
        return False
    return all(abs(gxs[seen.input].flat[column] - analytic) <= close for gxs in others)


def _beside(point: Point, seen: Measurement, k: int) -> Iterator[tuple[Array, ...]]:
    """The inputs with one element moved, a little and by some roundings."""
    for step in (-_BESIDE, _BESIDE, -(_BESIDE**2), _BESIDE**2):
        xs = [x.copy() for x in point.xs]
        xs[seen.input].flat[seen.columns[k]] += step
        yield tuple(xs)
