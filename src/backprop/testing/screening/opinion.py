"""A second opinion: the forward of a rule, differentiated by rules that are verified themselves.

Most forwards are NumPy code, so this kernel knows their gradient to some ulps, in any shape, for
the price of a sweep; that of a torch.autograd.Function, or of a function with a custom_vjp, its own
framework knows without that rule. Where the given gradient differs, the point is suspect; no more
than that, for the derivative of a program need not be that of the function it computes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.testing.rules import Arrays, Pullback, Rule
from backprop.testing.screening.directions import points
from backprop.testing.screening.suspects import Suspect

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEW: Final = 6  # elements of an input that the judge looks at
_MOST: Final = 8  # suspects
_ROUNDINGS: Final = 2**12  # between two ways to compute one gradient
_TRIED: Final = 4  # points, to know whether there is one at all
_LARGE: Final = 300  # elements, beyond which directions look


def heard(rule: Rule) -> bool:
    """Whether there is a second opinion anywhere."""
    if rule.second is None:
        return False
    drawn = _small(rule, "float64", _TRIED, np.random.default_rng(0))
    return any(_speaks(rule, rule.second, xs) for xs in drawn)


def _speaks(rule: Rule, second: Pullback, xs: Arrays) -> bool:
    try:
        with np.errstate(all="ignore"):
            second(xs, np.ones_like(rule.forward(*xs)))
    except Exception:  # it is no such code, or converts its input
        return False
    return True


def differing(rule: Rule, dtype: str, count: int, rng: np.random.Generator) -> Iterator[Suspect]:
    """Where the gradient of a rule differs from the second opinion, at so many points."""
    if rule.second is None or not heard(rule):
        return
    found = (_compared(rule, rule.second, xs, rng) for xs in _small(rule, dtype, count, rng))
    yield from islice((suspect for suspect in found if suspect is not None), _MOST)


def _small(rule: Rule, dtype: str, count: int, rng: np.random.Generator) -> Iterator[Arrays]:
    drawn = points(rule, dtype, count, rng)
    return (xs for xs in drawn if sum(x.size for x in xs) < _LARGE)


def _compared(rule: Rule, second: Pullback, xs: Arrays, rng: np.random.Generator) -> Suspect | None:
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(rule.forward(*xs))
            gy = np.asarray(rng.standard_normal(value.shape), value.dtype)
            others = [np.asarray(gx) for gx in second(xs, gy)]
            gxs = [np.asarray(gx) for gx in rule.vjp(xs, gy)]
    except Exception:  # the search says what is wrong there, or nobody
        return None
    if [gx.shape for gx in gxs] != [x.shape for x in xs]:
        return None
    columns = tuple(map(_apart, gxs, others))
    return Suspect(rule, xs, gy, columns) if any(columns) else None


def _apart(gx: Array, other: Array) -> list[int]:
    """The few elements that differ most, by more than roundings."""
    a, b = (g.reshape(-1).astype(np.longdouble) for g in (gx, other))
    size = np.where(np.isfinite(a) & np.isfinite(b), abs(a) + abs(b), 0)
    with np.errstate(all="ignore"):
        slack = _ROUNDINGS * np.finfo(gx.dtype).eps * (size + size.mean() if size.size else size)
        gap = np.where(np.isfinite(b), abs(a - b), 0)
    suspects: NDArray[np.intp] = np.flatnonzero(~(gap <= slack))
    order = np.argsort(np.where(np.isnan(gap[suspects]), -np.inf, -gap[suspects]))
    return [int(k) for k in suspects[order][:_FEW]]
