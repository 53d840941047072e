"""A second opinion: the forward of a rule, run on Variables, differentiated by verified rules.

Most forwards are NumPy code, so this kernel knows their gradient to some ulps, in any shape, for
the price of a sweep. Where the given gradient differs, the point is suspect; no more than that, for
the derivative of a program need not be that of the function it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from backprop.ground.arrays import Array
from backprop.kernel.variable import Variable
from backprop.testing.rules import Arrays, Rule
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
    """Whether there is a second opinion: the forward takes Variables and returns one."""
    if rule.body is None:
        return False
    drawn = _small(rule, "float64", _TRIED, np.random.default_rng(0))
    return any(_second(rule.body, xs) is not None for xs in drawn)


def differing(rule: Rule, dtype: str, count: int, rng: np.random.Generator) -> Iterator[Suspect]:
    """Where the gradient of a rule differs from the second opinion, at so many points."""
    if rule.body is None:
        return
    found = (_compared(rule, rule.body, xs, rng) for xs in _small(rule, dtype, count, rng))
    yield from islice((suspect for suspect in found if suspect is not None), _MOST)


def _small(rule: Rule, dtype: str, count: int, rng: np.random.Generator) -> Iterator[Arrays]:
    drawn = points(rule, dtype, count, rng)
    return (xs for xs in drawn if sum(x.size for x in xs) < _LARGE)


def _compared(
    rule: Rule, body: Callable[..., Any], xs: Arrays, rng: np.random.Generator
) -> Suspect | None:
    with np.errstate(all="ignore"):
        made = _second(body, xs)
        if made is None:
            return None
        y, inputs = made
        try:
            value = np.asarray(rule.forward(*xs))
            gy = np.asarray(rng.standard_normal(value.shape), value.dtype)
            gxs = [np.asarray(gx) for gx in rule.vjp(xs, gy)]
            others = _pulled(y, inputs, gy)
        except Exception:  # the search says what is wrong there, or nobody
            return None
        if [gx.shape for gx in gxs] != [x.shape for x in xs]:
            return None
        columns = tuple(map(_apart, gxs, others))
    return Suspect(rule, xs, gy, columns) if any(columns) else None


def _second(body: Callable[..., Any], xs: Arrays) -> tuple[Variable, tuple[Variable, ...]] | None:
    """The value as a Variable and what it was computed from, if the forward runs so."""
    inputs = tuple(map(Variable, xs))
    try:
        with np.errstate(all="ignore"):
            y = body(*inputs)
    except Exception:  # it is no NumPy code, or converts its input: there is no second opinion
        return None
    return (y, inputs) if isinstance(y, Variable) and not y.is_constant else None


def _pulled(y: Variable, inputs: Sequence[Variable], gy: Array) -> list[Array]:
    y.grad = gy.astype(y.dtype)
    y.backward()
    return [np.zeros_like(x.data) if x.grad is None else x.grad for x in inputs]


def _apart(gx: Array, other: Array) -> list[int]:
    """The few elements that differ most, by more than roundings."""
    a, b = (g.reshape(-1).astype(np.longdouble) for g in (gx, other))
    size = np.where(np.isfinite(a) & np.isfinite(b), abs(a) + abs(b), 0)
    slack = _ROUNDINGS * np.finfo(gx.dtype).eps * (size + size.mean() if size.size else size)
    gap = np.where(np.isfinite(b), abs(a - b), 0)
    suspects: NDArray[np.intp] = np.flatnonzero(~(gap <= slack))
    order = np.argsort(np.where(np.isnan(gap[suspects]), -np.inf, -gap[suspects]))
    return [int(k) for k in suspects[order][:_FEW]]
