"""Numerical derivatives with an error bound. It judges the kernel, so it knows nothing of it.

A derivative is estimated from a ladder of steps, each 8 times finer than the one before.

*Steps.* Each step h is a short fraction times a power of two and many units in the last place of x,
so that x + h and x - h are floating-point numbers, nearly always exactly. It is no power of two: at
x = 2**-14 the rounding errors inside f would then be the same at all points, and no scatter betray
them. One ladder starts at half of |x|, for
functions whose scale is that of x (1/x at 1e-5); one at 1/2, for those that have a scale of their
own (sin at 1e9); both stay inside the domain. Where they overlap they are the same ladder.

What the ladder of slopes comes to, and how well it is known, says limits.py.
"""

from __future__ import annotations

from collections.abc import Callable
from math import frexp, inf, isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from backprop.errors import ArgumentTypeError
from backprop.ground.arrays import Array, brief
from backprop.ground.domain import REALS, Interval
from backprop.ground.narrowing import is_numpys
from backprop.testing import entries
from backprop.testing.numeric.limits import (
    CENTRAL,
    ONE_SIDED,
    SAFETY,
    Derivative,
    Rungs,
    kink,
    limit,
    rungs,
)
from backprop.testing.numeric.room import room

if TYPE_CHECKING:
    from numpy.typing import NDArray

Map: TypeAlias = Callable[[Array], Array]

_STEPS: Final = 12
_QUARTER: Final = 0.25
_LARGE: Final = 2.0**10  # beyond, few steps are short beside 1
_MANY: Final = 64  # outputs, of which those that do not move at all are not looked at further
_FAR: Final = 24  # powers of two
_NARROW: Final = 2.0**-6  # relative to x
_INNER: Final = 64.0  # the most that is taken for what f computes with inside, there
_LAST: Final = 3  # steps, the finest ones
_ROUND: Final = 2.0**12  # units in the last place, beyond which no rounding reaches
_BROAD: Final = 2.0**16  # times that
_FLAT: Final = 16.0  # roots of the precision, beyond which an extremum is not flat
_FEW: Final = 6  # where thousands of points are looked at
_FRACTION: Final = 1327 / 1024
FLOAT64: Final = float(np.finfo(np.float64).eps)


def central_difference(f: Map, x: Array, *, domain: Interval = REALS) -> Derivative:
    """The Jacobian df/dx of `f` at `x` by central differences, with an error bound.

    Parameters
    ----------
    f : callable
        Maps an array like `x` to an array of any shape; it is called about 30 times for each
        element of `x`.
    x : array
        Where the derivative is taken.
    domain : Interval, default REALS
        Where `f` may be called.

    Returns
    -------
    Derivative
        The value, of shape f(x).shape + x.shape, and a bound of its error.

    Raises
    ------
    ArgumentTypeError, ArgumentValueError
        If `f` is no function of one array, or `domain` no Interval.

    Examples
    --------
    >>> d = central_difference(np.exp, np.array(1.0))
    >>> bool(abs(d.value - np.e) <= d.error), bool(d.error < 1e-10)
    (True, True)
    """
    entries.takes(entries.function(f, "f"), 1, "f")
    entries.interval(domain, "f")
    x = entries.data(x, "x")
    y = _real(f(x))
    columns = [column(f, x, j, domain) for j in range(x.size)]
    shape = y.shape + x.shape
    value = np.stack([c.value for c in columns], axis=-1) if columns else np.empty((y.size, 0))
    error = np.stack([c.error for c in columns], axis=-1) if columns else np.empty((y.size, 0))
    return Derivative(value.reshape(shape), error.reshape(shape))


def _real(y: object) -> Array:
    """What f returned, as an array."""
    if is_numpys(y) or isinstance(y, float):
        found = np.asarray(y)
        if found.dtype.kind == "f":
            return found
    raise ArgumentTypeError(f"f returns an array of floats, got {brief(y)}")


def column(
    f: Map,
    x: Array,
    j: int,
    domain: Interval = REALS,
    noise: Array | float = 0.0,
) -> Derivative:
    """The derivative of every element of f(x), flattened, by element `j` of `x`, flattened.

    `noise` is what is known otherwise of how exactly f is computed.
    """
    steps = ladder(x.flat[j], domain, nearest(x, j))
    if not steps:
        return _unknown(f, x)
    here, above, below, half, ulps = _evaluate(f, x, j, steps)
    still = (above == here).all(axis=0) & (below == here).all(axis=0)
    if here.size > _MANY and len(steps) > 1 and still.any():
        noise = np.broadcast_to(noise, here.shape)
        moving = ~still
        parts = here[moving], above[:, moving], below[:, moving], half, ulps[:, moving]
        found = _of_rows(*parts, noise[moving], x, j)
        value, error = np.zeros(here.shape, np.longdouble), np.maximum(ulps[1], noise) / half[1]
        value[moving], error[moving] = found.value, found.error
        return Derivative(value, error)
    return _of_rows(here, above, below, half, ulps, noise, x, j)


def _of_rows(
    here: Array,
    above: Array,
    below: Array,
    half: Array,
    ulps: Array,
    noise: Array | float,
    x: Array,
    j: int,
) -> Derivative:
    """The derivatives of the columns of what `_evaluate` gave."""
    with np.errstate(all="ignore"):
        jump = np.maximum(abs(above - here), abs(below - here))
        bend = kink(above + below - 2 * here, half, np.maximum(ulps, noise))
        slopes = (above - below) / (2 * half)
        found = limit(slopes, half, ulps, jump, CENTRAL, noise, bend, together=True)
        flat = _FLAT * float(np.finfo(x.dtype).eps) ** 0.5 * max(abs(float(x.flat[j])), 1.0)
        return _on_steps(found, jump, half, flat, ulps)


def climbed(f: Map, x: Array, j: int, domain: Interval = REALS) -> Rungs | None:
    """The ladder that `column` takes, rung by rung; None where there is no room for a step."""
    steps = ladder(x.flat[j], domain, nearest(x, j))
    if not steps:
        return None
    here, above, below, half, ulps = _evaluate(f, x, j, steps)
    with np.errstate(all="ignore"):
        jump = np.maximum(abs(above - here), abs(below - here))
        bend = kink(above + below - 2 * here, half, ulps)
        return rungs((above - below) / (2 * half), half, ulps, jump, CENTRAL, 0.0, bend)


def stairs(f: Map, x: Array, j: int, domain: Interval = REALS) -> NDArray[np.bool_]:
    """Where f may be a staircase around an `x` so large that no step is short: floor at 2**49.

    It is flat between whole numbers there, or where nothing lies between these it may be.
    """
    at = x.flat[j]
    if abs(float(at)) < _LARGE or float(at) not in domain:
        return np.zeros(np.asarray(f(x)).size, bool)
    points = [np.floor(at) + at.dtype.type(part) for part in (0.25, 0.5, 0.75)]
    within = np.spacing(abs(at)) < _QUARTER  # else most numbers there are whole, and floor is x
    values = np.array([_at(f, x, j, p) for p in (points if within else [at, 2 * at])])
    flat: NDArray[np.bool_] = (values == values[0]).all(axis=0)
    moved: Array = abs(values[1] - values[0])
    return flat if within else (moved == abs(at)) | (moved == 0)


def _on_steps(found: Derivative, jump: Array, h: Array, least: float, ulps: Array) -> Derivative:
    """`found`, but unknown where f jumps at x, and possibly 0 where f is flat around it.

    So is floor, whose slope is 1 over long steps: whoever says 0 is right too. At an extremum f is
    flat as well, for as long as its own rounding lasts: that is less than `least`.
    """
    finest = jump[-_LAST:]
    jumps = (finest[-1:] >= finest / 2).all(axis=0) & (finest[-1] > _ROUND * ulps[-1])
    flat = np.where(np.cumsum(jump[::-1], axis=0)[::-1] == 0, h, 0).max(axis=0)
    staircase = (flat > least) & (finest == 0).all(axis=0)
    error = np.where(staircase, np.maximum(found.error, abs(found.value)), found.error)
    # No rounding is as broad: there f is constant, whatever it does farther away.
    constant = (flat > _BROAD * least) & (finest == 0).all(axis=0)
    value = np.where(constant, 0, found.value)
    error = np.where(constant, ulps[-1] / np.maximum(flat, least), error)
    return Derivative(value, np.where(jumps, inf, error))


def elementwise(
    f: Map, x: Array, domain: Interval = REALS, noise: Array | float = 0.0
) -> Derivative:
    """The derivative of an elementwise `f` at each element of the vector `x`, all at once.

    With fewer steps than `column` takes: half as many, of the scale of x and of 1 in turn, and for
    each element what is known better.
    """
    own, relative = (
        _at_all(f, x, domain, top, noise) for top in (np.full(x.shape, -2), _exponents(x) - 3)
    )
    better, error = relative.error < own.error, np.minimum(relative.error, own.error)
    gap = abs(relative.value - own.value)  # steps of one scale may all stride over a kink
    error = np.where(gap > SAFETY * (own.error + relative.error), np.maximum(error, gap), error)
    return Derivative(np.where(better, relative.value, own.value), error)


def _at_all(
    f: Map, x: Array, domain: Interval, top: NDArray[np.int_], noise: Array | float
) -> Derivative:
    """The derivatives by a ladder that begins at 2**top for each element, or at its room."""
    most = _exponents(room(domain, x)) - 2
    exponents = np.minimum(top, most) // 3 * 3 - 3 * np.arange(_FEW)[:, np.newaxis]
    with np.errstate(all="ignore"):
        steps: Array = (_FRACTION * 2.0**exponents).astype(x.dtype)
        steps[exponents < _exponents(np.spacing(abs(x))) + 11] = np.nan
        points = x + steps, x - steps
        rows = [np.array([np.asarray(f(row)) for row in side]) for side in points]
        largest, narrow = np.maximum(abs(rows[0]).max(axis=0), abs(x)), 2.0**most < _NARROW * abs(x)
        ulps = _ulps(rows[0], rows[1], largest, narrow)
        half: Array = (points[0] - points[1]) / 2
        here, above, below, half, ulps = _exact(np.asarray(f(x)), *rows, half, ulps)
        jump = np.maximum(abs(above - here), abs(below - here))
        bend = kink(above + below - 2 * here, half, np.maximum(ulps, noise))
        return limit((above - below) / (2 * half), half, ulps, jump, CENTRAL, noise, bend)


def one_sided(f: Map, x: Array, j: int, domain: Interval = REALS) -> tuple[Derivative, Derivative]:
    """The slopes to the left and to the right, as `column`: at a kink they differ."""
    steps = ladder(x.flat[j], domain, nearest(x, j))
    if not steps:
        unknown = _unknown(f, x)
        return unknown, unknown
    here, above, below, half, ulps = _evaluate(f, x, j, steps)
    with np.errstate(all="ignore"):
        left = limit((here - below) / half, half, ulps, abs(here - below), ONE_SIDED)
        right = limit((above - here) / half, half, ulps, abs(here - above), ONE_SIDED)
    return left, right


def reach(f: Map, x: Array, j: int, domain: Interval = REALS, within: float = inf) -> Array:
    """The steepest that each element of f(x) is along element `j` of `x`, over all steps.

    Or over those that are no longer than `within`, relative to x or to 1.
    """
    longest = within * max(abs(float(x.flat[j])), 1.0)
    steps = [step for step in ladder(x.flat[j], domain) if step <= longest]
    if not steps:
        return np.zeros(np.asarray(f(x)).size)
    here, above, below, half, _ = _evaluate(f, x, j, steps)
    with np.errstate(all="ignore"):
        slopes = np.maximum(abs(above - here), abs(here - below)) / half
        steepest: Array = np.where(np.isfinite(slopes), slopes, 0).max(axis=0)
    return steepest


def curvature(f: Map, x: Array, j: int, domain: Interval = REALS) -> Array:
    """The size of the second derivative of each element of f(x); it need not be exact."""
    at = float(x.flat[j])
    # The scale of f is that of x or one of its own, as for the ladder of steps.
    scales = {min(scale, domain.distance(at)) for scale in (abs(at) or 1.0, 1.0)}
    steps = [scale * part for scale in scales for part in (2.0**-10, 2.0**-20)]
    with np.errstate(all="ignore"):
        slopes = [
            [column(f, _moved(x, j, x.flat[j] + d), j, domain).value for d in (-s, s)]
            for s in steps
        ]
        sizes = [abs(above - below) / (2 * s) for (below, above), s in zip(slopes, steps)]
    found: Array = np.nan_to_num(np.array(sizes), nan=0.0, posinf=0.0).max(axis=0)
    return found


def nearest(x: Array, j: int) -> float:
    """How near another element of `x` is to element `j`, where none is equal to it: else inf."""
    with np.errstate(all="ignore"):
        gaps = abs(x.reshape(-1) - x.flat[j]).astype(float)
    return float(gaps[gaps > 0].min(initial=inf))


def ladder(x: np.floating, domain: Interval, near: float = inf) -> list[float]:
    """The steps to take from `x`, coarse to fine; none where `x` is no inner point of `domain`.

    Where another element is much nearer than the other ladders tell, one begins at its distance.
    """
    at = float(x)
    if not isfinite(at) or at not in domain:
        return []
    most = _exponent(domain.distance(at)) - 2
    finest = _exponent(float(np.spacing(abs(x)))) + 11  # one more than the bits of the fraction
    tops = {min(top, most) // 3 * 3 for top in (-2, _exponent(at) - 3 if at else -2)}
    beside = (_exponent(near) - 3) // 3 * 3
    if beside < max(tops) and not any(top - _FAR <= beside <= top for top in tops):
        tops.add(beside)
    exponents = {top - 3 * k for top in tops for k in range(_STEPS)}
    return [_FRACTION * 2.0**e for e in sorted(exponents, reverse=True) if e >= finest]


def _exponents(x: Array) -> NDArray[np.int_]:
    """As `_exponent`, of each element."""
    size = np.where(np.isfinite(x), np.maximum(abs(x), 5e-324), 2.0**1023)
    found: NDArray[np.int_] = np.frexp(size.astype(float))[1].astype(int)
    return found


def _exponent(x: float) -> int:
    """The e with 2**(e-1) <= |x| < 2**e, within float64's range."""
    return frexp(max(abs(x), 5e-324))[1] if isfinite(x) else 1024


def _evaluate(f: Map, x: Array, j: int, steps: list[float]) -> tuple[Array, ...]:
    """F at x; above and below it, a row for each step; the steps as taken; and 2 ulp of f."""
    points = x.flat[j] + np.multiply.outer(np.array([1, -1]), np.array(steps, x.dtype))
    rows = [[np.asarray(f(_moved(x, j, p))).reshape(-1) for p in side] for side in points]
    above, below = np.array(rows[0]), np.array(rows[1])
    half = ((points[0] - points[1]) / 2)[:, np.newaxis]
    largest = float(np.max(abs(above), initial=abs(float(x.flat[j]))))
    here = np.asarray(f(x)).reshape(-1)
    narrow = steps[0] < _NARROW * abs(float(x.flat[j]))
    return _exact(here, above, below, half, _ulps(above, below, largest, narrow))


def _exact(*arrays: Array) -> tuple[Array, ...]:
    return tuple(a.astype(np.longdouble) for a in arrays)


def _ulps(
    above: Array, below: Array, largest: Array | float, narrow: NDArray[np.bool_] | bool
) -> Array:
    """Two units in the last place of what f gives.

    Where f is flat throughout its rounding does not show. It is at least that of its largest
    element, of x or of 1 (log(1 + exp(-60)) is 0), and of float64: f may compute in that. Nor does
    it show where an edge leaves `narrow` room: between the jumps of 1 + erf(x) the product with x
    is a straight line.
    """
    with np.errstate(invalid="ignore"):
        ulps = 2 * np.spacing(np.maximum(abs(above), abs(below)))
        flat = (above == above[0]).all(axis=0) & (below == above[0]).all(axis=0)
        eps = max(FLOAT64, float(np.finfo(above.dtype).eps))
        hidden = np.where(
            flat,
            np.maximum(largest, 1) * eps,
            np.where(narrow, np.minimum(largest, _INNER) * eps, 0),
        )
        found: Array = np.maximum(ulps, 2 * hidden)
    return found


def _at(f: Map, x: Array, j: int, p: np.floating[Any]) -> Array:
    """What f gives where element `j` of `x` is `p`, flattened."""
    return np.asarray(f(_moved(x, j, p))).reshape(-1)


def _unknown(f: Map, x: Array) -> Derivative:
    size = np.asarray(f(x)).size
    return Derivative(np.full(size, np.nan), np.full(size, inf))


def _moved(x: Array, j: int, to: np.floating) -> Array:
    moved = x.copy()
    moved.flat[j] = to
    return moved
