"""Numerical derivatives with an error bound. It judges the kernel, so it knows nothing of it.

A derivative is estimated from a ladder of steps, each 8 times finer than the one before.

*Steps.* Each step h is a short fraction times a power of two and many units in the last place of x,
so that x + h and x - h are floating-point numbers, nearly always exactly. It is no power of two: at
x = 2**-14 the rounding errors inside f would then be the same at all points, and no scatter betray
them. One ladder starts at half of |x|, for
functions whose scale is that of x (1/x at 1e-5); one at 1/2, for those that have a scale of their
own (sin at 1e9); both stay inside the domain. Where they overlap they are the same ladder.

*Truncation.* The central difference T(h) = (f(x+h) - f(x-h)) / 2h errs by c2 h² + c4 h⁴ + ...;
Richardson's extrapolation removes one term after the other. How much an estimate moves from one
step to the next is the bound for what truncation is left in it.

*Rounding.* f is known to 2 units in the last place, which T(h) divides by h. If finer steps scatter
by more than that, f is noisier, and the scatter is the bound: so a function that is quantised
(equal values at different points) never counts as exact.

Where the finest steps scatter as much as f moves at all, f varies faster than the steps, and
nothing is known.

*Ambiguity.* Near a kink, or when a coarse step strides over a period, the ladder has two plateaus.
If finer steps contradict the best estimate by more than both errors, the bound covers both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import frexp, inf, isfinite
from typing import Final, TypeAlias

import numpy as np

from backprop.errors import ArgumentTypeError
from backprop.ground.arrays import Array, brief
from backprop.ground.domain import REALS, Interval
from backprop.ground.narrowing import is_numpys
from backprop.testing import entries

Map: TypeAlias = Callable[[Array], Array]

_STEPS: Final = 12
_FRACTION: Final = 1327 / 1024
_RATIO: Final = 8  # between neighbours on the ladder; exponents are multiples of 3
SAFETY: Final = 4
_FLOAT64: Final = float(np.finfo(np.float64).eps)
_RIVAL: Final = 16
_TAIL: Final = 3  # the finest steps, which show the noise of f
_NOISIEST: Final = 2**12  # noise above so many ulp, and above this part of f's change, hides all
_CENTRAL: Final = (64, 4096)  # T(h) errs in h², then h⁴: 8², 8⁴
_ONE_SIDED: Final = (8, 64)  # (f(x+h) - f(x)) / h errs in h, then h²


@dataclass(frozen=True, slots=True)
class Derivative:
    """A numerical derivative: `value` is within about `error` of the true one (nan, inf: unknown).

    The shape of both is that of f(x) followed by that of x.
    """

    value: Array
    error: Array


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
    f: Map, x: Array, j: int, domain: Interval = REALS, noise: Array | float = 0.0
) -> Derivative:
    """The derivative of every element of f(x), flattened, by element `j` of `x`, flattened.

    `noise` is what is known otherwise of how exactly f is computed.
    """
    steps = ladder(x.flat[j], domain)
    if not steps:
        return _unknown(f, x)
    here, above, below, half, ulps = _evaluate(f, x, j, steps)
    with np.errstate(all="ignore"):
        jump = np.maximum(abs(above - here), abs(below - here))
        kink = _kink(above + below - 2 * here, half, np.maximum(ulps, noise))
        return _limit((above - below) / (2 * half), half, ulps, jump, _CENTRAL, noise, kink)


def one_sided(f: Map, x: Array, j: int, domain: Interval = REALS) -> tuple[Derivative, Derivative]:
    """The slopes to the left and to the right, as `column`: at a kink they differ."""
    steps = ladder(x.flat[j], domain)
    if not steps:
        unknown = _unknown(f, x)
        return unknown, unknown
    here, above, below, half, ulps = _evaluate(f, x, j, steps)
    with np.errstate(all="ignore"):
        left = _limit((here - below) / half, half, ulps, abs(here - below), _ONE_SIDED)
        right = _limit((above - here) / half, half, ulps, abs(here - above), _ONE_SIDED)
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


def ladder(x: np.floating, domain: Interval) -> list[float]:
    """The steps to take from `x`, coarse to fine; none where `x` is no inner point of `domain`."""
    at = float(x)
    if not isfinite(at) or at not in domain:
        return []
    room = _exponent(domain.distance(at)) - 2
    finest = _exponent(float(np.spacing(abs(x)))) + 11  # one more than the bits of the fraction
    tops = {min(top, room) // 3 * 3 for top in (-2, _exponent(at) - 3 if at else -2)}
    exponents = {top - 3 * k for top in tops for k in range(_STEPS)}
    return [_FRACTION * 2.0**e for e in sorted(exponents, reverse=True) if e >= finest]


def _exponent(x: float) -> int:
    """The e with 2**(e-1) <= |x| < 2**e, within float64's range."""
    return frexp(max(abs(x), 5e-324))[1] if isfinite(x) else 1024


def _evaluate(f: Map, x: Array, j: int, steps: list[float]) -> tuple[Array, ...]:
    """F at x; above and below it, a row for each step; the steps as taken; and 2 ulp of f."""
    points = x.flat[j] + np.multiply.outer(np.array([1, -1]), np.array(steps, x.dtype))
    rows = [[np.asarray(f(_moved(x, j, p))).reshape(-1) for p in side] for side in points]
    above, below = np.array(rows[0]), np.array(rows[1])
    with np.errstate(invalid="ignore"):
        ulps = 2 * np.spacing(np.maximum(abs(above), abs(below)))
        # Where f is flat throughout its rounding does not show. It is at least that of its largest
        # element or of x (log(1 + exp(-60)) is 0), and of float64: f may well compute in that.
        largest = np.max(abs(above), initial=abs(float(x.flat[j])))
        hidden = largest * max(_FLOAT64, float(np.finfo(above.dtype).eps))
        flat = (above == above[0]).all(axis=0) & (below == above[0]).all(axis=0)
        ulps = np.where(flat, np.maximum(ulps, 2 * hidden), ulps)
    half = ((points[0] - points[1]) / 2)[:, np.newaxis]
    here = np.asarray(f(x)).reshape(-1)
    exact = (a.astype(np.longdouble) for a in (here, above, below, half, ulps))
    return tuple(exact)


def _unknown(f: Map, x: Array) -> Derivative:
    size = np.asarray(f(x)).size
    return Derivative(np.full(size, np.nan), np.full(size, inf))


def _moved(x: Array, j: int, to: np.floating) -> Array:
    moved = x.copy()
    moved.flat[j] = to
    return moved


def _limit(
    t: Array,
    h: Array,
    ulps: Array,
    jump: Array,
    powers: tuple[int, ...],
    noise: Array | float = 0.0,
    kink: Array | float = 0.0,
) -> Derivative:
    """The limit of the rows of `t` as `h` goes to 0, for each of its columns.

    Every row of `t` and of its extrapolations is a candidate; the least estimated error wins.
    """
    noise = np.maximum(np.maximum(ulps, noise), np.maximum(_quantum(jump, h, ulps), _tail(t, h)))
    known = (noise <= _NOISIEST * ulps) | (noise * _NOISIEST <= jump.max(axis=0, initial=0))
    neighbours = h[:-1] == h[1:] * _RATIO
    values, errors = [t], [_error(t, t, h, noise, neighbours)]
    for power in powers:
        s = values[-1]
        better = np.full_like(s, np.nan)
        better[1:] = np.where(neighbours, s[1:] + (s[1:] - s[:-1]) / (power - 1), np.nan)
        values.append(better)
        errors.append(_error(better, t, h, noise, neighbours))
    # Between its jumps a quantised function is flat: that says nothing, unless it is so throughout.
    flat = np.tile((jump == 0) & jump.any(axis=0), (len(values), 1))
    errors = [np.where(known, np.maximum(e, kink), inf) for e in errors]
    steps = np.tile(h, (len(values), 1))
    return _best(np.concatenate(values), np.concatenate(errors), steps, flat)


def _kink(even: Array, h: Array, noise: Array) -> Array:
    """By how much a kink near x may falsify each step that strides over it.

    There f(x+h) + f(x-h) - 2 f(x) falls with h, of a smooth function with h². At a kink in x itself
    it does so at every step, and the mean of both slopes is known well.
    """
    bend = abs(even) / (2 * h)
    strides = np.zeros(bend.shape, bool)
    strides[1:] = (bend[1:] > bend[:-1] / 2) & (abs(even[1:]) > SAFETY * noise[1:])
    strides[:1] = strides[1:2].all(axis=0)
    in_x = strides.all(axis=0) & (bend[-1] > 0.99 * bend[-2:][0])
    falsified: Array = np.where(strides & ~in_x, bend, 0)
    return falsified


def _tail(t: Array, h: Array) -> Array:
    """How much f scatters between the finest steps, where truncation no longer counts.

    If that is a large part of all that f moves, it is faster than the steps: nothing is known. Nor
    is it if those steps are no neighbours: across the gap between the two ladders f may change its
    ways (as x - sin(x) does), and that is not noise.
    """
    if len(t) < _TAIL or not (h[-_TAIL:-1] == h[1 - _TAIL :] * _RATIO).all():
        return np.full(t.shape[1:], inf)
    moved: Array = abs(t[1 - _TAIL :] - t[-_TAIL:-1]) * h[1 - _TAIL :]
    scatter: Array = np.where(np.isnan(moved), inf, moved).max(axis=0)
    return scatter


def _quantum(jump: Array, h: Array, ulps: Array) -> Array:
    """The jumps of each column, if it is quantised, wholly or in part.

    At least the square of the ratio of two steps should be left of what f moves by. A quantised
    function loses more than that from one step to the next, not before and not after: what is left
    is nothing, or the slope between the jumps. (After x**3 at 0 has lost more it goes on to.)
    """
    expected = jump[:-1] * (h[1:] / h[:-1]) ** 2
    fell = (jump[1:] < expected) & (expected > SAFETY * ulps[1:]) & np.isfinite(expected)
    alone = np.zeros_like(fell)
    alone[1:-1] = ~fell[:-2] & ~fell[2:]
    lost = fell & (alone | (jump[1:] == 0))
    quantum: Array = np.where(lost, jump[:-1], 0).max(axis=0, initial=0)
    return quantum


def _error(s: Array, t: Array, h: Array, noise: Array, neighbours: Array) -> Array:
    """How far each row of `s` may be off: its move from the coarser one, and the noise of f."""
    moved = np.full_like(s, inf)
    moved[1:] = np.where(neighbours, abs(s[1:] - s[:-1]), inf)
    scatter = abs(np.where(np.isnan(s), t, s)[np.newaxis] - s[:, np.newaxis]) * h[np.newaxis]
    finer = np.triu(np.ones((len(s), len(s)), bool), 1)[:, :, np.newaxis]
    scatter = np.where(finer & np.isfinite(scatter), scatter, 0).max(axis=1)
    error: Array = moved + np.maximum(noise, scatter) / h
    return np.where(np.isfinite(error), error, inf)


def _best(values: Array, errors: Array, steps: Array, flat: Array) -> Derivative:
    """The candidate of least error in each column, widened by what contradicts it.

    A finer one may, and a coarser one that is nearly as good: rounding inside f can be the same at
    all the finest steps, which then agree on a wrong value.
    """
    pick = np.where(flat, inf, errors).argmin(axis=0)[np.newaxis]
    value, error = (np.take_along_axis(a, pick, 0)[0] for a in (values, errors))
    error = np.where(np.take_along_axis(flat, pick, 0)[0], inf, error)
    gap = abs(values - value)
    rival = (steps < steps[pick[0], 0]) | (errors < _RIVAL * error)
    contradicts = rival & (gap > SAFETY * (errors + error))
    widened = np.maximum(error, np.where(contradicts, gap, 0).max(axis=0))
    return Derivative(np.where(np.isfinite(widened), value, np.nan), widened)
