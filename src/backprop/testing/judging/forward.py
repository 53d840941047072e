"""Is forward mode right? J v against central differences, and against the verified gradient.

<gy, J v> = <vjp(gy), v> holds for every gy and v. A gradient that has passed the judge is known to
be right, at kinks as well, where central differences are not; so a J v that they contradict passes
if it agrees with the gradient, in the widest dtype at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from backprop.errors import GradientShapeError, GradientTypeError
from backprop.ground.arrays import Array
from backprop.testing.frameworks.protocol import NotOffered
from backprop.testing.judging.measuring import ULPS, Point, spread
from backprop.testing.numeric.limits import SAFETY
from backprop.testing.rules import Arrays, Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Jvp: TypeAlias = Callable[[Arrays, Arrays], Array]

_ROUNDINGS: Final = 2**12  # between two ways to compute one number, in units of its terms' rounding


def wrong_tangent(point: Point, rule: Rule, gy: Array) -> str | None:
    """What is wrong with the rule's J v at the point, in words; None if it is right."""
    if rule.jvp is None or not rule.offers_jvp or not point.known:
        return None
    vs = _directions(point)
    try:
        tangent = rule.jvp(point.xs, vs)
    except (GradientShapeError, GradientTypeError) as error:
        return str(error)
    except NotOffered:
        return None
    except Exception as error:
        # Within several rules one may run on arrays only, as the notes' do: it claims no jvp.
        return None if rule.composed else f"jvp raised {type(error).__name__}: {error}"
    off = _off(point, vs, tangent)
    if not off.any() or _adjoint(point, rule, rule.jvp, gy, vs):
        return None
    if rule.composed:
        off = np.where(_cancels(point, rule.jvp, vs, off) | _contradicted(point), 0, off)
        if not off.any():
            return None
    k = int(off.argmax())
    return f"jvp gives {tangent.reshape(-1)[k]!s} for element {k} of the output, along {vs!r}"


def _directions(point: Point) -> Arrays:
    """Tangents that move the elements whose derivatives are known."""
    rng = np.random.default_rng(len(point.columns))
    vs = tuple(np.zeros_like(x) for x in point.xs)
    for v, cols in zip(vs, point.columns):
        v.flat[cols] = rng.choice((-1.0, 0.5, 1.0, 2.0), len(cols))
    return vs


def _off(point: Point, vs: Arrays, tangent: Array) -> Array:
    """By how much more than its tolerance each element of J v is off; 0 where that is not known."""
    numeric = np.zeros(point.y.size, np.longdouble)
    error, terms = numeric.copy(), numeric.copy()
    for v, cols, j in zip(vs, point.columns, point.jacobians):
        along = v.reshape(-1)[cols].astype(np.longdouble)
        numeric += (j.value * along).sum(axis=1)
        error += (j.error * abs(along)).sum(axis=1)
        terms += abs(j.value * along).sum(axis=1)
    info = np.finfo(tangent.dtype)
    tolerance = SAFETY * error + ULPS * info.eps * terms + ULPS * info.smallest_subnormal
    gap = abs(tangent.reshape(-1).astype(np.longdouble) - numeric)
    gap = np.where(np.isnan(gap), np.inf, gap)
    known = np.isfinite(tolerance) & np.isfinite(numeric) & (abs(numeric) < info.max)
    return np.where(known & (gap > tolerance), gap, 0)


def _adjoint(point: Point, rule: Rule, jvp: _Jvp, gy: Array, vs: Arrays) -> bool:
    """Whether <gy, J v> = <vjp(gy), v>, to the rounding of the widest dtype at hand."""
    dtype = point.wide or point.y.dtype.type
    xs, vs = (tuple(a.astype(dtype) for a in arrays) for arrays in (point.xs, vs))
    tangent = jvp(xs, vs)
    gxs = rule.vjp(xs, gy.astype(dtype))
    left, right = _products([gy], [tangent]), _products(gxs, vs)
    terms = sum(abs(p).sum() for p in (*left, *right)) + _natural(point, gy, vs)
    gap: Any = abs(sum(p.sum() for p in left) - sum(p.sum() for p in right))
    small = _ROUNDINGS * np.finfo(tangent.dtype).eps * terms
    return bool(gap <= small) or not np.isfinite(terms)


def _cancels(point: Point, jvp: _Jvp, vs: Arrays, off: Array) -> NDArray[np.bool_]:
    """Where J v moves as far when x and v move by some roundings: large terms cancel in it."""
    n = len(vs)
    moves = spread(lambda *at: jvp(at[:n], at[n:]), (*point.xs, *vs))
    return off <= 2 * moves


def _contradicted(point: Point) -> NDArray[np.bool_]:
    """The mask of the outputs whose differences in the two dtypes contradict each other."""
    found = [point.contradicted(i, k) for i, c in enumerate(point.columns) for k in range(len(c))]
    contradicted: NDArray[np.bool_] = np.any(found, axis=0)
    return contradicted


def _natural(point: Point, gy: Array, vs: Arrays) -> float:
    """What the products would be if y moved as much as x does, relative to itself.

    Where all terms cancel inside (corrcoef(x, x) is 1), this is what their rounding is a part of.
    """
    moves = [abs(v).max(initial=0) / abs(x[x != 0]).max() for v, x in zip(vs, point.xs) if x.any()]
    with np.errstate(over="ignore", invalid="ignore"):
        size = abs(gy.astype(np.longdouble) * point.y).sum()
    return float(max(moves, default=0.0) * size)


def _products(a: Sequence[Array], b: Sequence[Array]) -> list[Array]:
    return [np.where(y == 0, 0, x.astype(np.longdouble) * y) for x, y in zip(a, b)]
