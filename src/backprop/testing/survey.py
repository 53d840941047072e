"""How far a finding reaches: where around it the rule is wrong, and how often elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, isfinite
from typing import Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.budget import Budget
from backprop.testing.judging.judge import mismatch
from backprop.testing.judging.measuring import Measurement, compare, measure
from backprop.testing.judging.mismatch import GradientMismatch, Place
from backprop.testing.rules import Arrays, Rule
from backprop.testing.screening.directions import points

_TRIED: Final = 24  # inputs beside the counterexample
_SMALL: Final = 32  # elements
_NEAREST: Final = 2.0**-20  # relative to x or to 1
_OUTWARD: Final = 24  # steps, each four times the last
_ROUNDS: Final = 14  # of bisection


def surveyed(failure: GradientMismatch, seed: int, budget: Budget) -> GradientMismatch:
    """The finding, and besides where the rule is wrong, how often, and the seed of the run."""
    place = failure.place
    lines = [] if place is None else [*_around(place, budget), *_elsewhere(place, budget)]
    return failure.with_lines([*lines, f"    seed       {seed}"])


def _around(place: Place, budget: Budget) -> Iterator[str]:
    at = float(place.xs[place.input].flat[place.column])
    low, high = (_reach(place, at, side, budget) for side in (-1.0, 1.0))
    if low == high:
        yield "    wrong      at this number alone, as far as was seen"
    else:
        ends = f"{_end(low)} to {_end(high)}"
        yield f"    wrong      for x from {ends}, the other elements as they are"


def _end(value: float) -> str:
    return f"{value:.6g}"


def _reach(place: Place, at: float, side: float, budget: Budget) -> float:
    """How far the rule stays wrong on one side of a number, as far as there is time to look."""
    step = max(abs(at), 1.0) * _NEAREST
    wrong, right = at, inf * side
    for _ in range(_OUTWARD):
        candidate = at + side * step
        if budget.spent:
            return wrong
        if not _is_wrong(place, candidate):
            right = candidate
            break
        wrong, step = candidate, 4 * step
    if not isfinite(right):
        return right
    for _ in range(_ROUNDS):
        if budget.spent:
            break
        middle = (wrong + right) / 2
        wrong, right = (middle, right) if _is_wrong(place, middle) else (wrong, middle)
    return wrong


def _is_wrong(place: Place, value: float) -> bool:
    """Whether the rule is wrong where the element is this number."""
    moved = tuple(x.copy() for x in place.xs)
    moved[place.input].flat[place.column] = value
    if float(moved[place.input].flat[place.column]) not in place.rule.domains[place.input]:
        return False
    columns = tuple([place.column] if i == place.input else [] for i in range(len(moved)))
    return any(failed for failed, _ in _judged(place.rule, moved, lambda y: place.gy, columns))


def _elsewhere(place: Place, budget: Budget) -> Iterator[str]:
    """At how many ordinary inputs the rule is wrong too, and the largest error there."""
    rng = np.random.default_rng(0)
    drawn = points(place.rule, place.xs[0].dtype.name, 2 * _TRIED, rng)
    few = [xs for xs in drawn if sum(x.size for x in xs) <= _SMALL][:_TRIED]
    tried, failed, largest = 0, 0, 0.0
    for xs in few:
        if budget.spent:
            break
        tried += 1
        found = list(_judged(place.rule, xs, np.ones_like, None))
        failed += any(wrong for wrong, _ in found)
        largest = max([largest, *(error for wrong, error in found if wrong)])
    if failed:
        worst = "inf or nan" if not isfinite(largest) else f"{largest:.2g} of the gradient"
        yield f"    elsewhere  at {failed} of {tried} inputs; the largest error is {worst}"
    elif tried:
        yield f"    elsewhere  at none of {tried} inputs"


def _judged(
    rule: Rule, xs: Arrays, seed: Callable[[Array], Array], columns: tuple[list[int], ...] | None
) -> Iterator[tuple[bool, float]]:
    """For each input whether its gradient is wrong, and its largest relative error."""
    try:
        with np.errstate(all="ignore"):
            point = measure(rule, xs, None, columns)
            gy = seed(point.y)
            for seen in compare(point, gy, rule.vjp(xs, gy)):
                k = mismatch(point, rule, gy, seen)
                yield k is not None, 0.0 if k is None else _relative(seen, k)
    except Exception:  # it may have no value there
        return


def _relative(seen: Measurement, k: int) -> float:
    error = abs(seen.analytic[k] - seen.numeric[k])
    return float(error / abs(seen.numeric[k])) if np.isfinite(error) else inf
