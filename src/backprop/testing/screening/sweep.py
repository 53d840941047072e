"""Elementwise rules at thousands of points at once: what is wrong in a narrow window shows there.

Whether a rule is elementwise is seen by permuting its inputs. Then one call gives the value at all
points, and moving all of them the derivative of each: 2,500 cost as much as ten looked at alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.judging.measuring import ULPS, Measurement, wider
from backprop.testing.looks import Look, looks_of
from backprop.testing.numeric.differences import Map, elementwise
from backprop.testing.numeric.limits import SAFETY
from backprop.testing.rules import Arrays, Rule
from backprop.testing.screening.strata import between, strata
from backprop.testing.screening.suspects import Suspect

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE: Final = 2500  # more than a block of any loop that goes by blocks
_FEW: Final = 7
_CLIPPED: Final = 0.1
_ROUNDINGS: Final = 64  # by how many vector instructions may differ from those for the rest
_MOST: Final = 24  # suspects of one input, one of each binade
_PLACED: Final = 2  # of these are looked at within the whole array


def swept(rule: Rule, dtype: str, rng: np.random.Generator, looks: list[Look]) -> Iterator[Suspect]:
    """Where an elementwise rule looks wrong, each point alone and then in its place; else none.

    What was seen at all points is added to `looks`.
    """
    if rule.shapes is not None:
        return
    xs = tuple(strata(domain, SIZE, dtype, rng, rule.landmarks) for domain in rule.domains)
    with np.errstate(all="ignore"):
        if not _is_elementwise(rule, xs, rng):
            return
        gy = _cotangent(rule, dtype, rng)
        measured = list(_measured(rule, xs, gy))
        looks += looks_of(xs, measured)
        seen = [(m.input, k, m) for m in measured for k in _worst(m, xs[m.input])]
        alone = [_alone(rule, xs, gy, i, k) for i, k, _ in seen]
        yield from alone
        placed = [(i, k) for (i, k, m), one in zip(seen, alone) if not _same_alone(m, k, one, i)]
        for i, k in placed[:_PLACED]:
            alone_there = np.where(np.arange(SIZE) == k, gy, 0).astype(dtype)
            yield Suspect(rule, xs, alone_there, tuple([k] * (n == i) for n in range(len(xs))))


def _cotangent(rule: Rule, dtype: str, rng: np.random.Generator) -> Array:
    """Ordinary numbers, and a tenth as large as those in the rule's code: it may clip there."""
    gy = rng.choice((-1.5, -1.0, 0.5, 1.0), SIZE)
    half = float(np.finfo(dtype).max) / 2
    marks = tuple(mark for mark in rule.landmarks if mark < half)
    if marks:
        large = rng.choice((*marks, *between(marks, len(marks), rng)), SIZE)
        gy = np.where(rng.random(SIZE) < _CLIPPED, gy * large, gy)
    return gy.astype(dtype)


def _is_elementwise(rule: Rule, xs: Arrays, rng: np.random.Generator) -> bool:
    """Whether each element of the value depends on the same element of each input alone."""
    order = rng.permutation(SIZE)
    try:
        y = np.asarray(rule.forward(*xs))
        mixed = np.asarray(rule.forward(*(x[order] for x in xs)))
        few = np.asarray(rule.forward(*(x[:_FEW] for x in xs)))
    except Exception:  # the search says what is wrong there
        return False
    if y.shape != (SIZE,) or few.shape != (_FEW,) or y.dtype.kind != "f":
        return False
    return _alike(y[order], mixed) and _alike(y[:_FEW], few)


def _alike(a: Array, b: Array) -> bool:
    close = abs(a - b) <= _ROUNDINGS * np.spacing(abs(a))
    return bool(np.all(close | (a == b) | (np.isnan(a) & np.isnan(b))))


def _measured(rule: Rule, xs: Arrays, gy: Array) -> Iterator[Measurement]:
    """The gradient of each input beside differences, at all points."""
    y = np.asarray(rule.forward(*xs))
    wide, off = wider(rule, xs, y)
    at = tuple(x.astype(wide) for x in xs) if wide else xs
    g = gy.astype(np.longdouble)
    try:
        gxs = [np.asarray(gx) for gx in rule.vjp(xs, gy)]
    except Exception:
        return
    for i, gx in enumerate(gxs[: len(xs)]):
        if gx.shape != (SIZE,):
            continue
        known = np.isfinite(y) & np.isfinite(off)
        slopes = elementwise(_along(rule, at, i), at[i], rule.domains[i], np.where(known, off, 0))
        numeric = g * slopes.value
        error = np.where(known, abs(g) * slopes.error, np.inf)
        info = np.finfo(gx.dtype)
        floor = ULPS * np.longdouble(info.smallest_subnormal)
        tolerance = SAFETY * error + ULPS * info.eps * abs(numeric) + floor
        numeric = np.where(abs(numeric) > info.max, np.nan, numeric)
        columns = list(range(SIZE))
        analytic = gx.astype(np.longdouble)
        yield Measurement(i, columns, analytic, numeric, tolerance, abs(numeric))


def _along(rule: Rule, at: Arrays, i: int) -> Map:
    """The function of input `i` alone."""

    def f(x: Array) -> Array:
        return rule.truth(*at[:i], x, *at[i + 1 :])

    return f


def _worst(seen: Measurement, x: Array) -> list[int]:
    """The worst element of each binade, those of ordinary size first."""
    ratio = seen.ratio
    suspects = np.flatnonzero(ratio > 1)
    gap = abs(seen.analytic - seen.numeric) / (abs(seen.analytic) + abs(seen.numeric))
    badness = np.where(np.isnan(gap), 1.0, gap)
    binade = _binades(x[suspects])
    order = np.argsort(badness[suspects])
    found = dict(zip(binade[order].tolist(), suspects[order].tolist()))  # the worst comes last
    return [found[b] for b in sorted(found, key=abs)][:_MOST]


def _binades(x: Array) -> NDArray[np.int_]:
    """A number for each power of two and sign; small ones for numbers of ordinary size."""
    exponents = np.frexp(x)[1]
    found: NDArray[np.int_] = np.where(x < 0, -2 * exponents - 1, 2 * exponents)
    return found


def _alone(rule: Rule, xs: Arrays, gy: Array, i: int, k: int) -> Suspect:
    """The point as an array of one element."""
    columns = tuple([0] if n == i else [] for n in range(len(xs)))
    return Suspect(rule, tuple(x[k : k + 1].copy() for x in xs), gy[k : k + 1].copy(), columns)


def _same_alone(seen: Measurement, k: int, alone: Suspect, i: int) -> bool:
    """Whether a gradient within the array is as wrong as that of the point alone."""
    gx = np.asarray(alone.rule.vjp(alone.xs, alone.gy)[i])
    return gx.shape == (1,) and _alike(gx, seen.analytic[k : k + 1].astype(gx.dtype))
