"""The limit of a ladder of slopes as the steps go to 0, and how well it is known.

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

from dataclasses import dataclass
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from backprop.ground.arrays import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATIO: Final = 8  # between neighbours on the ladder; exponents are multiples of 3
SAFETY: Final = 4
_RIVAL: Final = 16
_TAIL: Final = 3  # the finest steps, which show the noise of f
_NOISIEST: Final = 2**12  # noise above so many ulp, and above this part of f's change, hides all
CENTRAL: Final = (64, 4096)  # T(h) errs in h², then h⁴: 8², 8⁴
ONE_SIDED: Final = (8, 64)  # (f(x+h) - f(x)) / h errs in h, then h²


@dataclass(frozen=True, slots=True)
class Derivative:
    """A numerical derivative: `value` is within about `error` of the true one (nan, inf: unknown).

    The shape of both is that of f(x) followed by that of x.
    """

    value: Array
    error: Array


@dataclass(frozen=True, slots=True)
class Rungs:
    """The candidates for a limit: a row for each step, then as many for each extrapolation."""

    values: Array
    errors: Array  # as estimated
    steps: Array
    flat: Array  # where f did not move, which says nothing
    noise: Array  # of f

    @property
    def chosen(self) -> NDArray[np.int_]:
        """The row of least estimated error in each column."""
        return _least(self.errors, self.flat)


def limit(
    t: Array,
    h: Array,
    ulps: Array,
    jump: Array,
    powers: tuple[int, ...],
    noise: Array | float = 0.0,
    kink: Array | float = 0.0,
    *,
    together: bool = False,
) -> Derivative:
    """The limit of the rows of `t` as `h` goes to 0, for each of its columns."""
    found = rungs(t, h, ulps, jump, powers, noise, kink, together=together)
    return _ambiguous(_best(found.values, found.errors, found.steps, found.flat), t)


def rungs(
    t: Array,
    h: Array,
    ulps: Array,
    jump: Array,
    powers: tuple[int, ...],
    noise: Array | float = 0.0,
    kink: Array | float = 0.0,
    *,
    together: bool = False,
) -> Rungs:
    """The candidates for the limit of each column of `t`.

    Every row of `t` and of its extrapolations is a candidate; the least estimated error wins. If
    the columns are outputs that are computed `together`, all are as noisy as the noisiest: so are
    those of a Fourier transform.
    """
    h = np.broadcast_to(h, t.shape)
    tail = _tail(t, h)
    noisy = tail > SAFETY * ulps
    known = noisy.any(axis=0) & np.isfinite(tail)
    most = tail.max(initial=0, where=known) if together else tail
    tail = np.where(noisy, SAFETY * np.maximum(tail, most), tail)  # two samples say little
    noise = np.maximum(np.maximum(ulps, noise), np.maximum(_quantum(jump, h, ulps), tail))
    known = (noise <= _NOISIEST * ulps) | (noise * _NOISIEST <= jump.max(axis=0, initial=0))
    neighbours = h[:-1] == h[1:] * RATIO
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
    steps = np.tile(h, (len(values), 1))  # those of each column
    return Rungs(np.concatenate(values), np.concatenate(errors), steps, flat, noise)


def kink(even: Array, h: Array, noise: Array) -> Array:
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
    if len(t) < _TAIL:
        return np.full(t.shape[1:], inf)
    moved: Array = abs(t[1 - _TAIL :] - t[-_TAIL:-1]) * h[1 - _TAIL :]
    neighbours = h[-_TAIL:-1] == h[1 - _TAIL :] * RATIO
    scatter: Array = np.where(neighbours & ~np.isnan(moved), moved, inf).max(axis=0)
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
    scatter = np.zeros_like(s)
    if len(s) > 1:
        coarse, fine, starts = _pairs(len(s))
        apart = abs(np.where(np.isnan(s), t, s)[fine] - s[coarse]) * h[fine]
        apart[~np.isfinite(apart)] = 0
        scatter[:-1] = np.maximum.reduceat(apart, starts)
    error: Array = moved + np.maximum(noise, scatter) / h
    return np.where(np.isfinite(error), error, inf)


@cache
def _pairs(rows: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Each row and each finer one, and where the pairs of each row begin."""
    coarse, fine = np.triu_indices(rows, 1)
    return coarse, fine, np.flatnonzero(np.diff(coarse, prepend=-1))


def _least(errors: Array, flat: Array) -> NDArray[np.int_]:
    """The candidate of least error in each column, but for those that are flat."""
    least: NDArray[np.int_] = np.where(flat, inf, errors).argmin(axis=0)
    return least


def _best(values: Array, errors: Array, steps: Array, flat: Array) -> Derivative:
    """The candidate of least error in each column, widened by what contradicts it.

    A finer one may, and a coarser one that is nearly as good: rounding inside f can be the same at
    all the finest steps, which then agree on a wrong value.
    """
    pick = _least(errors, flat)[np.newaxis]
    value, error = (np.take_along_axis(a, pick, 0)[0] for a in (values, errors))
    error = np.where(np.take_along_axis(flat, pick, 0)[0], inf, error)
    gap = abs(values - value)
    rival = (steps < np.take_along_axis(steps, pick, 0)) | (errors < _RIVAL * error)
    contradicts = rival & (gap > SAFETY * (errors + error))
    widened = np.maximum(error, np.where(contradicts, gap, 0).max(axis=0))
    return Derivative(np.where(np.isfinite(widened), value, np.nan), widened)


def _ambiguous(best: Derivative, t: Array) -> Derivative:
    """`best`, widened where the finest steps agree on quite another slope.

    Of x - sin(x) far out coarse steps see the slope 1 and lose the rest all at once, as a quantised
    function does. But that is flat between its jumps, or the steps there agree on nothing.
    """
    finest = t[-_TAIL:]
    apart = np.ptp(finest, axis=0)
    gap = abs(best.value - finest[0])
    contradicts = (apart < abs(finest[0]) / SAFETY) & (gap > SAFETY * np.maximum(best.error, apart))
    return Derivative(best.value, np.where(contradicts, np.maximum(best.error, gap), best.error))
