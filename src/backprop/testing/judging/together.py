"""Equal elements moved together: what a rule gives each of them must add up to the slope.

At a tie of max each element may get any part of the cotangent, and central differences of one
element see a kink that allows it. When all that are equal move at once there is none: the value
moves as much, and the parts must add up to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any, Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.ground.domain import Interval
from backprop.testing.judging.judge import mismatch
from backprop.testing.judging.measuring import FEW_TRIALS, ROUNDINGS, Point, compare, measure
from backprop.testing.numeric.room import room_along
from backprop.testing.rules import Arrays, Rule

_MOST: Final = 64  # elements; in larger arrays numbers are repeated on purpose
_GROUPS: Final = 2  # of equal elements, the largest ones
_NARROW: Final = 2.0**-10  # with less room f may be flat in its own precision
_BY: Final = (None, 1.0)  # f's scale is that of the numbers, or one of its own: both must say so


def wrong_together(point: Point, rule: Rule, gy: Array) -> str | None:
    """What is wrong with the gradients of equal elements together, in words; None if nothing."""
    if rule.order > 1 or not point.known or sum(x.size for x in point.xs) > _MOST:
        return None
    for value in _repeated(point.xs):
        found = (_wrong_along(rule, point.xs, _moving(point.xs, value, by), gy) for by in _BY)
        text = next(found)
        if text is not None and None not in found:
            return f"where elements that are {value:g} move together, {text}"
    return None


def _moving(xs: Arrays, value: float, by: float | None) -> Arrays:
    """The direction that moves what is `value`, by so much or by as much as it is."""
    part = (value or 1.0) if by is None else by
    return tuple(np.where(x == value, part, 0.0).astype(x.dtype) for x in xs)


def _repeated(xs: Arrays) -> list[float]:
    """The numbers that stand in several places, those in most places first."""
    values, counts = np.unique(np.concatenate([x.reshape(-1) for x in xs]), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [float(values[k]) for k in order if counts[k] > 1][:_GROUPS]


def _wrong_along(rule: Rule, xs: Arrays, vs: Arrays, gy: Array) -> str | None:
    room = min((room_along(d, x, v) for d, x, v in zip(rule.domains, xs, vs)), default=inf)
    room = min(room, *map(_alone, xs, vs))
    if room < _NARROW:
        return None
    line, at = _line(rule, xs, vs, room), np.zeros((), np.result_type(*xs))
    point = measure(line, (at,))
    gxs = rule.vjp(xs, gy)
    size: Any = sum(abs(np.where(v == 0, 0, gx * v)).sum() for gx, v in zip(gxs, vs))
    for seen in compare(point, gy, line.vjp((at,), gy)):
        gap = abs(seen.analytic - seen.numeric)
        beyond = bool(np.any(gap > np.finfo(at.dtype).eps ** 0.5 * size))
        if (
            beyond
            and mismatch(point, line, gy, seen) is not None
            and _steady(rule, xs, vs, gy, gap)
        ):
            return (
                f"backward gives them {float(seen.analytic[0])!r} together, "
                f"and the value moves by {float(seen.numeric[0])!r}"
            )
    return None


def _alone(x: Array, v: Array) -> float:
    """How far what moves is from what stays: when it comes there, its order is another."""
    moving = v != 0
    if moving.all() or not moving.any():
        return inf
    nearest = abs(x[moving].flat[0] - x[~moving]).min()
    return float(nearest / abs(v[moving].flat[0]))


def _steady(rule: Rule, xs: Arrays, vs: Arrays, gy: Array, gap: Array) -> bool:
    """Whether the slope moves by less when all inputs move by roundings, equal ones alike."""
    eps = np.finfo(xs[0].dtype).eps
    slopes: list[Any] = []
    for k in range(FEW_TRIALS):
        at = tuple((x * (1 + ROUNDINGS * eps * np.cos(k * k))).astype(x.dtype) for x in xs)
        slopes.append(sum(np.where(v == 0, 0, g * v).sum() for g, v in zip(rule.vjp(at, gy), vs)))
    return bool(np.all(gap > 2 * np.ptp(slopes)))


def _line(rule: Rule, xs: Arrays, vs: Arrays, room: float) -> Rule:
    """The rule along a direction, as one of a number t that is 0 at the point."""

    def moved(t: Array) -> Arrays:
        return tuple(x.astype(t.dtype) + t * v.astype(t.dtype) for x, v in zip(xs, vs))

    def forward(t: Array) -> Array:
        return rule.forward(*moved(t))

    def vjp(ts: Arrays, gy: Array) -> Sequence[Array]:
        gxs = rule.vjp(moved(ts[0]), gy)
        slope: Any = sum(np.where(v == 0, 0, gx * v).sum() for gx, v in zip(gxs, vs))
        return (np.asarray(slope, ts[0].dtype),)

    return replace(
        rule,
        forward=forward,
        vjp=vjp,
        jvp=None,
        domains=(Interval(-room, room),),
        call=None,
        composed=True,
    )
